package opener

import (
	"encoding/base64"
	"strings"
)

// DecodeBase64 reads strict base64 of section 1.2.
func DecodeBase64(text string) ([]byte, error) {
	// Go skips line breaks even in strict mode.
	if strings.ContainsAny(text, "\r\n") {
		return nil, refuse("base64", "a line break")
	}
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, refuse("base64", "%v", err)
	}
	return data, nil
}

func decodeBase64URL(text string) ([]byte, bool) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, false
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return data, err == nil
}
