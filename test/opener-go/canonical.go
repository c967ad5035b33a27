package opener

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxInteger = 1<<53 - 1
	maxDepth   = 32
)

// Canonical writes a value as canonical JSON (section 1.3). Values are nil,
// bool, int64, string, []any and map[string]any.
func Canonical(value any) ([]byte, error) {
	return appendCanonical(nil, value, 0)
}

func appendCanonical(out []byte, value any, depth int) ([]byte, error) {
	var err error
	switch v := value.(type) {
	case nil:
		return append(out, "null"...), nil
	case bool:
		return strconv.AppendBool(out, v), nil
	case int64:
		if v > maxInteger || v < -maxInteger {
			return nil, refuse("canonical", "integer beyond 2^53 - 1")
		}
		return strconv.AppendInt(out, v, 10), nil
	case string:
		if !utf8.ValidString(v) {
			return nil, refuse("canonical", "string is not Unicode")
		}
		return appendText(out, v), nil
	case []any:
		if depth == maxDepth {
			return nil, refuse("canonical", "nested too deep")
		}
		out = append(out, '[')
		for i, item := range v {
			if i > 0 {
				out = append(out, ',')
			}
			if out, err = appendCanonical(out, item, depth+1); err != nil {
				return nil, err
			}
		}
		return append(out, ']'), nil
	case map[string]any:
		if depth == maxDepth {
			return nil, refuse("canonical", "nested too deep")
		}
		out = append(out, '{')
		for i, key := range slices.SortedFunc(maps.Keys(v), compareText) {
			if i > 0 {
				out = append(out, ',')
			}
			if out, err = appendCanonical(out, key, depth+1); err != nil {
				return nil, err
			}
			out = append(out, ':')
			if out, err = appendCanonical(out, v[key], depth+1); err != nil {
				return nil, err
			}
		}
		return append(out, '}'), nil
	}
	panic(fmt.Sprintf("no JSON value: %T", value))
}

func appendText(out []byte, text string) []byte {
	out = append(out, '"')
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c >= 0x20:
			out = append(out, c)
		case strings.IndexByte("\b\t\n\f\r", c) >= 0:
			out = append(out, '\\', "btnfr"[strings.IndexByte("\b\t\n\f\r", c)])
		default:
			out = fmt.Appendf(out, `\u%04x`, c)
		}
	}
	return append(out, '"')
}

// ReadCanonical reads bytes that a writer of canonical JSON would write.
func ReadCanonical(data []byte) (any, error) {
	value, err := ReadJSON(data)
	if err != nil {
		return nil, err
	}
	again, err := Canonical(value)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, data) {
		return nil, refuse("canonical", "written in another way than the canonical one")
	}
	return value, nil
}
