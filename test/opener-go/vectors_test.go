package opener

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

const vectors = "../vectors"

// The suites, each with what runs it. Folders that are no suites only hold
// files of several cases.
var (
	suites = map[string]func(*testing.T, string){
		"encoding":  runEncoding,
		"sshsig":    runSSHSig,
		"statement": runStatement,
		"unseal":    runUnseal,
		"snapshot":  runSnapshot,
	}
	noSuites = []string{"keys", "shared"}
)

func TestVectors(t *testing.T) {
	entries, err := os.ReadDir(vectors)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, entry := range entries {
		name := entry.Name()
		if !entry.IsDir() || slices.Contains(noSuites, name) {
			continue
		}
		run, known := suites[name]
		if !known {
			t.Errorf("no test runs the suite %s", name)
			continue
		}
		found++
		t.Run(name, func(t *testing.T) { run(t, filepath.Join(vectors, name)) })
	}
	if found != len(suites) {
		t.Errorf("%d of %d suites found", found, len(suites))
	}
}

// head is what cases of all suites have.
type head struct {
	Name, Why, Kind string
}

// readCases reads the cases.json of a suite.
func readCases[T any](t *testing.T, folder string) []T {
	t.Helper()
	cases := readJSONFile[[]T](t, filepath.Join(folder, "cases.json"))
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	return cases
}

// eachCase runs a suite that has a folder for each case.
func eachCase[T any](t *testing.T, suite string, run func(t *testing.T, folder string, c T)) {
	t.Helper()
	entries, err := os.ReadDir(suite)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) == 0 {
		t.Fatal("no cases")
	}
	for _, entry := range entries {
		t.Run(entry.Name(), func(t *testing.T) {
			folder := filepath.Join(suite, entry.Name())
			run(t, folder, readJSONFile[T](t, filepath.Join(folder, "case.json")))
		})
	}
}

// readJSONFile refuses members that T lacks: nothing a case says is passed over.
func readJSONFile[T any](t *testing.T, path string) T {
	t.Helper()
	var value T
	decoder := json.NewDecoder(bytes.NewReader(readFile(t, path)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return value
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// grow appends a comment until a file has so many bytes.
func grow(file []byte, size int) []byte {
	file = append(bytes.Clone(file), '#')
	return append(file, bytes.Repeat([]byte{'x'}, size-len(file))...)
}

func readKeys(t *testing.T, folder string, paths []string) (keys []RegionKey) {
	t.Helper()
	for _, path := range paths {
		some, err := ReadRegionKeys(readFile(t, filepath.Join(folder, path)))
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, some...)
	}
	return keys
}

// refused checks an error against the refusal that is expected, and says whether
// there is nothing more to check.
func refused(t *testing.T, err error, want string) bool {
	t.Helper()
	if err == nil && want == "" {
		return false
	}
	if RefusalName(err) != want || want == "" {
		t.Errorf("refused as %v, want %q", err, want)
	}
	return true
}

func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func fromHex(t *testing.T, text string) []byte {
	t.Helper()
	data, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func fromBase64(t *testing.T, text string) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func itemsAsText(items map[string][]byte) map[string]string {
	texts := map[string]string{}
	for name, value := range items {
		texts[name] = base64.StdEncoding.EncodeToString(value)
	}
	return texts
}

func lines(keys []*SSHKey) []string {
	texts := []string{}
	for _, key := range keys {
		texts = append(texts, key.Line())
	}
	return texts
}
