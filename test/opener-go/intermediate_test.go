package opener

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"
)

type intermediate struct {
	About, File, Region string
	RegionKey           struct{ File, PublicKeySHA256, KeyID string }
	HPKE                struct {
		Info, AAD, EncFirst16, Ciphertext, SharedSecret, SuiteID        string
		PSKIDHash, InfoHash, KeyScheduleContext, Secret, Key, BaseNonce string
	}
	Envelope       struct{ DataKey, ValueKey, Commitment string }
	EnvelopeDigest struct{ JSON, SHA256 string }
	Items          []struct{ Item, AAD, Nonce, Padded string }
}

// TestIntermediate goes from the private key to the items, value by value.
func TestIntermediate(t *testing.T) {
	want := readJSONFile[intermediate](t, filepath.Join(vectors, "intermediate.json"))
	keys := readKeys(t, vectors, []string{want.RegionKey.File})
	public, err := readPublicKey(keys[0].private.PublicKey().Bytes())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "publicKeySha256", public.SHA256, want.RegionKey.PublicKeySHA256)
	same(t, "keyId", keys[0].ID, want.RegionKey.KeyID)

	secret, err := ReadSecret(readFile(t, filepath.Join(vectors, want.File)))
	if err != nil {
		t.Fatal(err)
	}
	reader := Reader{Repository: "6f1d1c5e-0000-4000-8000-000000000001", Region: want.Region, Keys: keys}
	envelope := &secret.Envelopes[0]
	var recipient Recipient
	for _, r := range envelope.Recipients {
		if r.Region == want.Region {
			recipient = r
		}
	}
	aad, err := reader.wrapAAD(secret, envelope, recipient)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "aad", string(aad), want.HPKE.AAD)
	wrapped := fromBase64(t, recipient.Wrapped)
	same(t, "encFirst16", hex.EncodeToString(wrapped[:16]), want.HPKE.EncFirst16)
	same(t, "ciphertext", hex.EncodeToString(wrapped[encSize:]), want.HPKE.Ciphertext)
	checkKeySchedule(t, &want, wrapped[encSize:])

	dataKey, err := reader.dataKey(secret, envelope)
	if err != nil {
		t.Fatal(err)
	}
	valueKey, err := reader.valueKey(secret, envelope)
	if err != nil {
		t.Fatal(err)
	}
	text, err := envelopeText(envelope)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "dataKey", hex.EncodeToString(dataKey), want.Envelope.DataKey)
	same(t, "valueKey", hex.EncodeToString(valueKey), want.Envelope.ValueKey)
	same(t, "commitment", hex.EncodeToString(fromBase64(t, envelope.Commitment)), want.Envelope.Commitment)
	same(t, "envelopeDigest", string(text), want.EnvelopeDigest.JSON)
	same(t, "envelopeDigest", hashOf(text), want.EnvelopeDigest.SHA256)

	for _, item := range want.Items {
		aad, err := reader.itemAAD(secret, envelope, item.Item)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "aad of "+item.Item, string(aad), item.AAD)
		sealed := fromBase64(t, envelope.Data[item.Item])
		same(t, "nonce of "+item.Item, hex.EncodeToString(sealed[:nonceSize]), item.Nonce)
		value, err := reader.item(secret, envelope, item.Item, valueKey)
		if err != nil {
			t.Fatal(err)
		}
		padded := append(append([]byte{}, value...), 0x80)
		padded = append(padded, make([]byte, (padBlock-len(padded)%padBlock)%padBlock)...)
		same(t, "padded "+item.Item, hex.EncodeToString(padded), item.Padded)
	}
}

// checkKeySchedule goes from the shared secret to the data key by RFC 9180,
// section 5.1, without the HPKE library.
func checkKeySchedule(t *testing.T, want *intermediate, ciphertext []byte) {
	t.Helper()
	suiteID := fromHex(t, want.HPKE.SuiteID)
	extract := func(salt []byte, label string, input []byte) []byte {
		out, err := hkdf.Extract(sha256.New, bytes.Join([][]byte{[]byte("HPKE-v1"), suiteID, []byte(label), input}, nil), salt)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	expand := func(secret []byte, label string, info []byte, length int) []byte {
		labelled := bytes.Join([][]byte{{0, byte(length)}, []byte("HPKE-v1"), suiteID, []byte(label), info}, nil)
		out, err := hkdf.Expand(sha256.New, secret, string(labelled), length)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	pskIDHash := extract(nil, "psk_id_hash", nil)
	infoHash := extract(nil, "info_hash", []byte(want.HPKE.Info))
	context := bytes.Join([][]byte{{0}, pskIDHash, infoHash}, nil)
	secret := extract(fromHex(t, want.HPKE.SharedSecret), "secret", nil)
	key, nonce := expand(secret, "key", context, 32), expand(secret, "base_nonce", context, 12)
	same(t, "pskIdHash", hex.EncodeToString(pskIDHash), want.HPKE.PSKIDHash)
	same(t, "infoHash", hex.EncodeToString(infoHash), want.HPKE.InfoHash)
	same(t, "keyScheduleContext", hex.EncodeToString(context), want.HPKE.KeyScheduleContext)
	same(t, "secret", hex.EncodeToString(secret), want.HPKE.Secret)
	same(t, "key", hex.EncodeToString(key), want.HPKE.Key)
	same(t, "baseNonce", hex.EncodeToString(nonce), want.HPKE.BaseNonce)

	aead, err := chacha20poly1305.New(key)
	if err != nil {
		t.Fatal(err)
	}
	dataKey, err := aead.Open(nil, nonce, ciphertext, []byte(want.HPKE.AAD))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "dataKey", hex.EncodeToString(dataKey), want.Envelope.DataKey)
}

// TestRecovery opens us-east's view with us-west's key, as a recovery key does.
func TestRecovery(t *testing.T) {
	keys := readKeys(t, vectors, []string{"keys/us-west.key"})
	file := readFile(t, filepath.Join(vectors, "unseal/pass-plain/secret.yaml"))
	reader := Reader{Repository: "6f1d1c5e-0000-4000-8000-000000000001", Region: "us-east", Recovery: "us-west", Keys: keys}
	items, err := reader.Unseal(file)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "password", string(items["password"]), "made-up-password")
}
