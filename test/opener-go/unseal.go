package opener

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"
	"crypto/subtle"

	"golang.org/x/crypto/chacha20poly1305"
)

const (
	encSize       = 1120
	wrapSize      = encSize + 32 + 16
	nonceSize     = chacha20poly1305.NonceSizeX
	tagSize       = chacha20poly1305.Overhead
	padBlock      = 64
	maxValuesSize = 1 << 20
)

// Reader is who opens: a region, or somebody with a recovery key.
type Reader struct {
	Repository string
	Region     string // whose view is wanted
	Recovery   string // also try wraps for this recovery recipient; may be empty
	Keys       []RegionKey
}

// Unseal opens a file (section 5). The items are nil where it is not for the
// region.
func (r *Reader) Unseal(file []byte) (map[string][]byte, error) {
	secret, err := ReadSecret(file)
	if err != nil {
		return nil, err
	}
	return r.UnsealSecret(secret)
}

// UnsealSecret is Unseal for a file that has been read.
func (r *Reader) UnsealSecret(secret *Secret) (map[string][]byte, error) {
	var items map[string][]byte
	for i := range secret.Envelopes {
		envelope := &secret.Envelopes[i]
		if !envelope.names(r.Region) {
			continue
		}
		if envelope.Digest != "" {
			return nil, refuse("elided", "envelope %d was left out", i)
		}
		valueKey, err := r.valueKey(secret, envelope)
		if err != nil {
			return nil, err
		}
		if items == nil {
			items = map[string][]byte{}
		}
		for name := range envelope.Data {
			if items[name], err = r.item(secret, envelope, name, valueKey); err != nil {
				return nil, err
			}
		}
	}
	total := 0
	for _, value := range items {
		total += len(value)
	}
	if total > maxValuesSize {
		return nil, refuse("too-large", "values of %d bytes", total)
	}
	return items, nil
}

func (r *Reader) valueKey(secret *Secret, envelope *Envelope) ([]byte, error) {
	dataKey, err := r.dataKey(secret, envelope)
	if err != nil {
		return nil, err
	}
	commitment, err := DecodeBase64(envelope.Commitment)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(expand(dataKey, "edgeseal.dev/v1 commitment"), commitment) != 1 {
		return nil, refuse("commitment", "the data key is another one")
	}
	return expand(dataKey, "edgeseal.dev/v1 value"), nil
}

func expand(dataKey []byte, info string) []byte {
	key, err := hkdf.Expand(sha256.New, dataKey, info, 32)
	if err != nil {
		panic(err) // only for impossible lengths
	}
	return key
}

func (r *Reader) dataKey(secret *Secret, envelope *Envelope) ([]byte, error) {
	for _, recipient := range envelope.Recipients {
		mine := recipient.Region == r.Region || (r.Recovery != "" && recipient.Region == r.Recovery)
		if !mine || recipient.Wrapped == "" {
			continue
		}
		for _, key := range r.Keys {
			if key.ID != recipient.Key {
				continue
			}
			dataKey, err := r.unwrap(secret, envelope, recipient, key)
			if dataKey != nil || err != nil {
				return dataKey, err
			}
		}
	}
	return nil, refuse("no-wrap", "no wrap opens")
}

// unwrap opens one wrap (section 4.2); nil where it does not open.
func (r *Reader) unwrap(secret *Secret, envelope *Envelope, recipient Recipient, key RegionKey) ([]byte, error) {
	wrapped, err := DecodeBase64(recipient.Wrapped)
	if err != nil {
		return nil, err
	}
	enc, sealed := wrapped[:encSize], wrapped[encSize:]
	if !soundX25519(enc[encSize-32:]) {
		return nil, refuse("wrap-malformed", "X25519 part that is not sound")
	}
	aad, err := r.wrapAAD(secret, envelope, recipient)
	if err != nil {
		return nil, err
	}
	opener, err := hpke.NewRecipient(enc, key.private, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), []byte("edgeseal.dev/v1 wrap"))
	if err != nil {
		return nil, refuse("wrap-malformed", "%v", err)
	}
	dataKey, err := opener.Open(aad, sealed)
	if err != nil {
		return nil, nil
	}
	return dataKey, nil
}

func (r *Reader) wrapAAD(secret *Secret, envelope *Envelope, recipient Recipient) ([]byte, error) {
	return Canonical(map[string]any{
		"commitment": envelope.Commitment,
		"keyId":      recipient.Key,
		"name":       secret.Name,
		"namespace":  secret.Namespace,
		"region":     recipient.Region,
		"repository": r.Repository,
		"suite":      suite,
	})
}

// item opens one item (section 4.3).
func (r *Reader) item(secret *Secret, envelope *Envelope, name string, valueKey []byte) ([]byte, error) {
	sealed, err := DecodeBase64(envelope.Data[name])
	if err != nil {
		return nil, err
	}
	if padded := len(sealed) - nonceSize - tagSize; padded < padBlock || padded%padBlock != 0 {
		return nil, refuse("item", "%s has an impossible length", name)
	}
	aad, err := r.itemAAD(secret, envelope, name)
	if err != nil {
		return nil, err
	}
	aead, err := chacha20poly1305.NewX(valueKey)
	if err != nil {
		return nil, err
	}
	padded, err := aead.Open(nil, sealed[:nonceSize], sealed[nonceSize:], aad)
	if err != nil {
		return nil, refuse("item", "%s does not decrypt", name)
	}
	value := bytes.TrimRight(padded, "\x00")
	if len(value) <= len(padded)-padBlock || value[len(value)-1] != 0x80 {
		return nil, refuse("padding", "%s", name)
	}
	return value[:len(value)-1], nil
}

func (r *Reader) itemAAD(secret *Secret, envelope *Envelope, name string) ([]byte, error) {
	return Canonical(map[string]any{
		"commitment":      envelope.Commitment,
		"envelopeVersion": envelope.Version,
		"item":            name,
		"name":            secret.Name,
		"namespace":       secret.Namespace,
		"repository":      r.Repository,
		"suite":           suite,
		"type":            secret.Template.Type,
	})
}
