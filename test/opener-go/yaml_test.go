package opener

import "testing"

// TestYAML has what libraries tend to be lenient in, beyond the vectors.
func TestYAML(t *testing.T) {
	for _, text := range []string{
		"a: [b,\n  c]\n",
		"a: 'b\n\n  c'\n",
		"a: [it's, 'x]',\n # c\n d]\n",
		"{a: b,\nc: d}\n",
		"a:\n- [b,\n  c]\n",
		"a: \"\\/\\N\"\n",
		"a: b#c\n",
		"a: b\r\nc: \"d\r\n  e\"\r\n",
		"a: [?x]\n",
		"a: <<\n",
		"-\ta\n",
		"a: b\n...\n# c\n",
	} {
		if _, err := ReadYAML([]byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{
		"---\n",
		"a: [\nb]\n",
		"a: [\n  b\n]\n",
		"a: 'b\nc'\n",
		"a: 'b\n\tc'\n",
		"a:\n- [b,\nc]\n",
		"a: 'b'#c\n",
		"a: [b]#c\n",
		"a: |#c\n b\n",
		"a: ! b\n",
		"a: !\n",
		"...\n%YAML 1.1\n---\na: b\n",
		"a: b\n---\n",
		"[a]: b\n",
		": a\n",
	} {
		if _, err := ReadYAML([]byte(text)); RefusalName(err) != "yaml" {
			t.Errorf("%q: refused as %v", text, err)
		}
	}
}

// FuzzYAML looks for panics.
func FuzzYAML(f *testing.F) {
	f.Add([]byte("a: [b,\n  c, {d: 'e'}] # f\n"))
	f.Add([]byte("a:\n- \"b\\\"\n  c\"\n- |\n  d\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := ReadYAML(data); err != nil && RefusalName(err) != "yaml" {
			t.Errorf("refused as %v", err)
		}
	})
}
