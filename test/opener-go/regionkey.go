package opener

import (
	"crypto/hpke"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// RegionKey is the private half of a region key (section 7).
type RegionKey struct {
	ID      string
	private hpke.PrivateKey
}

// RegionPublicKey is the public half.
type RegionPublicKey struct {
	ID, SHA256 string
}

const (
	privateKeyPrefix = "edgeseal-region-key-1-"
	publicKeySize    = 1216
	mlkemKeySize     = 1184
)

// ReadRegionKeys reads a private key file.
func ReadRegionKeys(file []byte) ([]RegionKey, error) {
	var keys []RegionKey
	for number, line := range strings.Split(string(file), "\n") {
		line = strings.Trim(line, " \t\r")
		if line == "" || line[0] == '#' {
			continue
		}
		text, ok := strings.CutPrefix(line, privateKeyPrefix)
		seed, strict := decodeBase64URL(text)
		if !ok || !strict || len(seed) != 32 {
			return nil, refuse("key", "line %d is no region key", number+1)
		}
		private, err := hpke.MLKEM768X25519().NewPrivateKey(seed)
		if err != nil {
			return nil, refuse("key", "%v", err)
		}
		public, err := readPublicKey(private.PublicKey().Bytes())
		if err != nil {
			return nil, err
		}
		keys = append(keys, RegionKey{public.ID, private})
	}
	if len(keys) == 0 {
		return nil, refuse("key", "no key in the file")
	}
	return keys, nil
}

// ReadRegionPublicKey reads the base64 of a public key.
func ReadRegionPublicKey(text string) (*RegionPublicKey, error) {
	data, err := DecodeBase64(text)
	if err != nil {
		return nil, err
	}
	return readPublicKey(data)
}

func readPublicKey(data []byte) (*RegionPublicKey, error) {
	if len(data) != publicKeySize {
		return nil, refuse("key", "%d bytes", len(data))
	}
	for i := 0; i < mlkemKeySize-32; i += 3 {
		a, b, c := int(data[i]), int(data[i+1]), int(data[i+2])
		if a+b%16*256 >= 3329 || b/16+c*16 >= 3329 {
			return nil, refuse("key", "coefficient that is not reduced")
		}
	}
	if !soundX25519(data[mlkemKeySize:]) {
		return nil, refuse("key", "X25519 part that is not sound")
	}
	hash := sha256.Sum256(data)
	digits := hex.EncodeToString(hash[:])
	return &RegionPublicKey{digits[:16], digits}, nil
}
