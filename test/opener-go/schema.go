package opener

// schema reads typed fields out of values, and keeps the first refusal. After
// it, all that is read is empty, so that callers check once, at the end.
type schema struct{ err error }

func (s *schema) fail(where, what string) {
	if s.err == nil {
		s.err = refuse("schema", "%s: %s", where, what)
	}
}

// object wants a map with all required fields and no others than the optional.
func (s *schema) object(value any, where string, required []string, optional ...string) map[string]any {
	object := s.anyObject(value, where)
	known := map[string]bool{}
	for _, field := range required {
		known[field] = true
		if _, there := object[field]; !there {
			s.fail(where, "no "+field)
		}
	}
	for _, field := range optional {
		known[field] = true
	}
	for field := range object {
		if !known[field] {
			s.fail(where, "unknown field "+field)
		}
	}
	return object
}

func (s *schema) anyObject(value any, where string) map[string]any {
	object, ok := value.(map[string]any)
	if !ok {
		s.fail(where, "not a map")
	}
	return object
}

// sub is the map of an optional field; the empty one where it is absent.
func (s *schema) sub(object map[string]any, field string, optional ...string) map[string]any {
	value, there := object[field]
	if !there {
		return nil
	}
	return s.object(value, field, nil, optional...)
}

func (s *schema) list(value any, where string, low, high int) []any {
	list, ok := value.([]any)
	if !ok {
		s.fail(where, "not a list")
	} else if len(list) < low || len(list) > high {
		s.fail(where, "too few or too many")
	}
	return list
}

func (s *schema) text(value any, where string, ok func(string) bool) string {
	text, isText := value.(string)
	if !isText {
		s.fail(where, "not a string")
		return ""
	}
	if !ok(text) {
		s.fail(where, "outside its limits")
	}
	return text
}

// textOr is the optional field of a map, or what its absence means.
func (s *schema) textOr(object map[string]any, field, absent string, ok func(string) bool) string {
	value, there := object[field]
	if !there {
		return absent
	}
	return s.text(value, field, ok)
}

func (s *schema) texts(value any, where string, low, high int, ok func(string) bool) []string {
	texts := []string{}
	for _, item := range s.list(value, where, low, high) {
		texts = append(texts, s.text(item, where, ok))
	}
	return texts
}

func (s *schema) sortedTexts(value any, where string, low int, ok func(string) bool) []string {
	texts := s.texts(value, where, low, maxInteger, ok)
	if !sortedUnique(texts) {
		s.fail(where, "not sorted and unique")
	}
	return texts
}

func (s *schema) integer(value any, where string, low, high int64) int64 {
	number, ok := value.(int64)
	if !ok || number < low || number > high {
		s.fail(where, "not an integer within its limits")
	}
	return number
}

func (s *schema) counter(value any, where string) int64 {
	return s.integer(value, where, 1, maxInteger)
}

func (s *schema) boolean(value any, where string) bool {
	b, ok := value.(bool)
	if !ok {
		s.fail(where, "not a boolean")
	}
	return b
}

// bytes decodes base64; size < 0 takes any number of bytes.
func (s *schema) bytes(value any, where string, size int) []byte {
	text := s.text(value, where, anyText)
	if s.err != nil {
		return nil
	}
	data, err := DecodeBase64(text)
	if err != nil {
		s.err = err
	} else if size >= 0 && len(data) != size {
		s.fail(where, "another number of bytes")
	}
	return data
}

// hashOrNull is empty for null.
func (s *schema) hashOrNull(value any, where string) string {
	if value == nil {
		return ""
	}
	return s.text(value, where, isHash)
}
