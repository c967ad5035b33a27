package opener

import (
	"crypto/sha256"
	"encoding/hex"
)

const statementNamespace = "secret@edgeseal.dev"

func hashOf(data []byte) string {
	hash := sha256.Sum256(data)
	return hex.EncodeToString(hash[:])
}

// EnvelopeDigest is what stands for an envelope in the statement (section 6).
func EnvelopeDigest(envelope *Envelope) (string, error) {
	if envelope.Digest != "" {
		return envelope.Digest, nil
	}
	text, err := envelopeText(envelope)
	return hashOf(text), err
}

func envelopeText(envelope *Envelope) ([]byte, error) {
	return Canonical(map[string]any{
		"suite":      suite,
		"version":    envelope.Version,
		"commitment": envelope.Commitment,
		"recipients": anyList(envelope.Regions),
		"exposed":    anyList(envelope.Exposed),
		"data":       anyMap(envelope.Data),
	})
}

// Statement is what the authors of a secret sign.
func Statement(secret *Secret, repository string) ([]byte, error) {
	envelopes := []any{}
	for i := range secret.Envelopes {
		envelope := &secret.Envelopes[i]
		digest, err := EnvelopeDigest(envelope)
		if err != nil {
			return nil, err
		}
		envelopes = append(envelopes, map[string]any{
			"digest":  digest,
			"regions": anyList(envelope.Regions),
		})
	}
	return Canonical(map[string]any{
		"suite":      suite,
		"repository": repository,
		"namespace":  secret.Namespace,
		"name":       secret.Name,
		"version":    secret.Version,
		"template": map[string]any{
			"type":      secret.Template.Type,
			"immutable": secret.Template.Immutable,
			"metadata": map[string]any{
				"labels":      anyMap(secret.Template.Labels),
				"annotations": anyMap(secret.Template.Annotations),
			},
		},
		"envelopes": envelopes,
	})
}

func anyList(texts []string) []any {
	list := []any{}
	for _, text := range texts {
		list = append(list, text)
	}
	return list
}

func anyMap(texts map[string]string) map[string]any {
	object := map[string]any{}
	for key, text := range texts {
		object[key] = text
	}
	return object
}
