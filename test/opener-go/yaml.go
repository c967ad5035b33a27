package opener

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

const maxYAMLDepth = 64

// ReadYAML reads the narrowed YAML of section 2, to the values of Canonical.
func ReadYAML(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, refuse("yaml", "not UTF-8")
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	if i := strings.IndexFunc(text, forbiddenInYAML); i >= 0 {
		return nil, refuse("yaml", "forbidden character at byte %d", i)
	}
	if strings.Contains(strings.ReplaceAll(text, "\r\n", "\n"), "\r") {
		return nil, refuse("yaml", "carriage return without a line feed")
	}
	lines := strings.Split(text, "\n")
	if startsWithDirective(lines) {
		return nil, refuse("yaml", "directive")
	}
	document, err := onlyDocument(text)
	if err != nil {
		return nil, err
	}
	if document.Kind == yaml.ScalarNode && document.Style == 0 && document.Value == "" {
		return nil, refuse("yaml", "empty document")
	}
	value, err := (&yamlReader{lines}).value(document, 0)
	if err != nil {
		return nil, err
	}
	return value, checkIndentation(text, document)
}

// forbiddenInYAML has the characters of section 2, point 2, and the rest of
// those that are not printable in YAML 1.2.2 (C1 controls, U+FFFE, U+FFFF).
func forbiddenInYAML(c rune) bool {
	switch c {
	case '\t', '\n', '\r':
		return false
	case 0x2028, 0x2029, 0xfeff, 0xfffe, 0xffff:
		return true
	}
	return c < 0x20 || 0x7f <= c && c <= 0x9f
}

// startsWithDirective finds any directive: no writer needs one, so version 1.2
// and %TAG may be refused too.
func startsWithDirective(lines []string) bool {
	for _, line := range lines {
		if strings.HasPrefix(line, "%") {
			return true
		}
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' && !strings.HasPrefix(line, "...") {
			return false
		}
	}
	return false
}

func onlyDocument(text string) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	var document, second yaml.Node
	if err := decoder.Decode(&document); err != nil {
		return nil, refuse("yaml", "%v", err)
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, refuse("yaml", "more than one document")
	}
	if document.Kind != yaml.DocumentNode || len(document.Content) != 1 {
		return nil, refuse("yaml", "no document")
	}
	return document.Content[0], nil
}

// yamlReader turns nodes into values. It keeps the lines of the source, because
// the library forgets the tag "!".
type yamlReader struct{ lines []string }

func (r *yamlReader) value(node *yaml.Node, depth int) (any, error) {
	switch {
	case depth == maxYAMLDepth && node.Kind != yaml.ScalarNode && node.Kind != yaml.AliasNode:
		return nil, refuse("yaml", "nested too deep")
	case node.Anchor != "" || node.Kind == yaml.AliasNode:
		return nil, refuse("yaml", "anchor or alias on line %d", node.Line)
	case node.Style&yaml.TaggedStyle != 0 || r.firstCharacter(node) == '!':
		return nil, refuse("yaml", "tag on line %d", node.Line)
	}
	switch node.Kind {
	case yaml.ScalarNode:
		return scalar(node)
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range node.Content {
			value, err := r.value(item, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	case yaml.MappingNode:
		object := map[string]any{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, err := r.key(node.Content[i], depth+1)
			if err != nil {
				return nil, err
			}
			if _, twice := object[key]; twice {
				return nil, refuse("yaml", "key twice on line %d", node.Content[i].Line)
			}
			if object[key], err = r.value(node.Content[i+1], depth+1); err != nil {
				return nil, err
			}
		}
		return object, nil
	}
	return nil, refuse("yaml", "unknown node on line %d", node.Line)
}

func (r *yamlReader) key(node *yaml.Node, depth int) (string, error) {
	if node.Kind == yaml.ScalarNode && node.Style == 0 && node.Value == "<<" {
		return "", refuse("yaml", "merge key on line %d", node.Line)
	}
	value, err := r.value(node, depth)
	if err != nil {
		return "", err
	}
	key, ok := value.(string)
	if !ok {
		return "", refuse("yaml", "key that is no string on line %d", node.Line)
	}
	return key, nil
}

// firstCharacter is what stands in the source where the node, with its tag,
// begins.
func (r *yamlReader) firstCharacter(node *yaml.Node) rune {
	if node.Line < 1 || node.Line > len(r.lines) {
		return 0
	}
	column := 1
	for _, c := range r.lines[node.Line-1] {
		if column == node.Column {
			return c
		}
		column++
	}
	return 0
}

var (
	yamlNumber = regexp.MustCompile(`^([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+` +
		`|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?` +
		`|[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN)$`)
	yamlInteger = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)
)

func scalar(node *yaml.Node) (any, error) {
	if node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return node.Value, nil
	}
	switch node.Value {
	case "", "~", "null", "Null", "NULL":
		return nil, nil
	case "true", "True", "TRUE":
		return true, nil
	case "false", "False", "FALSE":
		return false, nil
	}
	if !yamlNumber.MatchString(node.Value) {
		return node.Value, nil
	}
	if !yamlInteger.MatchString(node.Value) {
		return nil, refuse("yaml", "number %q on line %d", node.Value, node.Line)
	}
	number, err := strconv.ParseInt(node.Value, 10, 64)
	if err != nil || number > maxInteger || number < -maxInteger {
		return nil, refuse("yaml", "number beyond 2^53 - 1 on line %d", node.Line)
	}
	return number, nil
}
