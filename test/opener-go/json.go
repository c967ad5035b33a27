package opener

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// ReadJSON reads any JSON text whose value has a canonical form, and refuses
// (canonical) what has none.
func ReadJSON(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, refuse("canonical", "not UTF-8")
	}
	r := jsonReader{rest: string(data)}
	value, err := r.value(0)
	if err != nil {
		return nil, err
	}
	if r.skipSpace(); r.rest != "" {
		return nil, refuse("canonical", "something after the value")
	}
	return value, nil
}

type jsonReader struct{ rest string }

var (
	jsonNumber  = regexp.MustCompile(`^-?[0-9][-+.0-9eE]*`)
	jsonInteger = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,15})$`)
)

func (r *jsonReader) skipSpace() { r.rest = strings.TrimLeft(r.rest, " \t\r\n") }

func (r *jsonReader) take(token string) bool {
	rest, ok := strings.CutPrefix(r.rest, token)
	r.rest = rest
	return ok
}

func (r *jsonReader) value(depth int) (any, error) {
	r.skipSpace()
	switch {
	case r.take("null"):
		return nil, nil
	case r.take("true"):
		return true, nil
	case r.take("false"):
		return false, nil
	case r.take(`"`):
		return r.text()
	case r.take("["):
		return r.array(depth)
	case r.take("{"):
		return r.object(depth)
	}
	digits := jsonNumber.FindString(r.rest)
	if !jsonInteger.MatchString(digits) {
		return nil, refuse("canonical", "no value, or a number that is no plain integer")
	}
	r.rest = r.rest[len(digits):]
	return strconv.ParseInt(digits, 10, 64)
}

func (r *jsonReader) array(depth int) (any, error) {
	if depth == maxDepth {
		return nil, refuse("canonical", "nested too deep")
	}
	list := []any{}
	if r.skipSpace(); r.take("]") {
		return list, nil
	}
	for {
		item, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
		r.skipSpace()
		if r.take("]") {
			return list, nil
		}
		if !r.take(",") {
			return nil, refuse("canonical", "array is not closed")
		}
	}
}

func (r *jsonReader) object(depth int) (any, error) {
	if depth == maxDepth {
		return nil, refuse("canonical", "nested too deep")
	}
	object := map[string]any{}
	if r.skipSpace(); r.take("}") {
		return object, nil
	}
	for {
		if r.skipSpace(); !r.take(`"`) {
			return nil, refuse("canonical", "key is not a string")
		}
		key, err := r.text()
		if err != nil {
			return nil, err
		}
		if _, twice := object[key]; twice {
			return nil, refuse("canonical", "a key twice")
		}
		if r.skipSpace(); !r.take(":") {
			return nil, refuse("canonical", "no colon after a key")
		}
		if object[key], err = r.value(depth + 1); err != nil {
			return nil, err
		}
		r.skipSpace()
		if r.take("}") {
			return object, nil
		}
		if !r.take(",") {
			return nil, refuse("canonical", "object is not closed")
		}
	}
}

// text reads a string whose opening quote has been read.
func (r *jsonReader) text() (string, error) {
	var out strings.Builder
	for {
		end := strings.IndexFunc(r.rest, func(c rune) bool { return c == '"' || c == '\\' || c < 0x20 })
		if end < 0 {
			return "", refuse("canonical", "string is not closed")
		}
		out.WriteString(r.rest[:end])
		stop := r.rest[end]
		r.rest = r.rest[end+1:]
		switch stop {
		case '"':
			return out.String(), nil
		case '\\':
			c, err := r.escape()
			if err != nil {
				return "", err
			}
			out.WriteRune(c)
		default:
			return "", refuse("canonical", "raw control character")
		}
	}
}

func (r *jsonReader) escape() (rune, error) {
	if r.take("u") {
		c, err := r.codeUnit()
		if err != nil || !utf16.IsSurrogate(c) {
			return c, err
		}
		if !r.take(`\u`) {
			return 0, refuse("canonical", "half a surrogate pair")
		}
		low, err := r.codeUnit()
		if err != nil {
			return 0, err
		}
		if c = utf16.DecodeRune(c, low); c == utf8.RuneError {
			return 0, refuse("canonical", "half a surrogate pair")
		}
		return c, nil
	}
	if r.rest != "" {
		if i := strings.IndexByte(`"\/bfnrt`, r.rest[0]); i >= 0 {
			r.rest = r.rest[1:]
			return rune("\"\\/\b\f\n\r\t"[i]), nil
		}
	}
	return 0, refuse("canonical", "unknown escape")
}

func (r *jsonReader) codeUnit() (rune, error) {
	if len(r.rest) >= 4 {
		// ParseUint takes neither signs nor, with a base given, underscores.
		if unit, err := strconv.ParseUint(r.rest[:4], 16, 16); err == nil {
			r.rest = r.rest[4:]
			return rune(unit), nil
		}
	}
	return 0, refuse("canonical", "escape without four hexadecimal digits")
}
