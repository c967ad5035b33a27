package opener

import (
	"encoding/hex"
	"testing"
)

type encodingCase struct {
	head
	Text, JSON, Bytes string
	Expect            struct {
		Refuse, Bytes, Canonical, SHA256, KeyID string
		Accept                                  bool
		KeyIDs                                  []string
	}
}

func runEncoding(t *testing.T, folder string) {
	for _, c := range readCases[encodingCase](t, folder) {
		t.Run(c.Name, func(t *testing.T) { c.run(t) })
	}
}

func (c *encodingCase) run(t *testing.T) {
	switch c.Kind {
	case "canonical-read":
		_, err := ReadCanonical(fromHex(t, c.Bytes))
		if !refused(t, err, c.Expect.Refuse) {
			same(t, "accept", true, c.Expect.Accept)
		}
	case "canonical-write":
		value, err := ReadJSON([]byte(c.JSON))
		var text []byte
		if err == nil {
			text, err = Canonical(value)
		}
		if !refused(t, err, c.Expect.Refuse) {
			same(t, "canonical", string(text), c.Expect.Canonical)
		}
	case "base64":
		data, err := DecodeBase64(c.Text)
		if !refused(t, err, c.Expect.Refuse) {
			same(t, "bytes", hex.EncodeToString(data), c.Expect.Bytes)
		}
	case "region-public-key":
		key, err := ReadRegionPublicKey(c.Text)
		if !refused(t, err, c.Expect.Refuse) {
			same(t, "sha256", key.SHA256, c.Expect.SHA256)
			same(t, "keyId", key.ID, c.Expect.KeyID)
		}
	case "region-private-key":
		keys, err := ReadRegionKeys([]byte(c.Text))
		if !refused(t, err, c.Expect.Refuse) {
			ids := []string{}
			for _, key := range keys {
				ids = append(ids, key.ID)
			}
			same(t, "keyIds", ids, c.Expect.KeyIDs)
		}
	default:
		t.Fatalf("unknown kind %q", c.Kind)
	}
}
