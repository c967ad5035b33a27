package opener

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	plainType      = "ssh-ed25519"
	securityType   = "sk-ssh-ed25519@openssh.com"
	maxSSHText     = 4096
	maxApplication = 4 + 251
)

// SSHKey is a public key of section 8.1.
type SSHKey struct {
	Type        string
	Blob        string // raw; two keys are the same where their blobs are
	Point       ed25519.PublicKey
	Application string
}

// Line is the public key line without a comment.
func (k *SSHKey) Line() string {
	return k.Type + " " + base64.StdEncoding.EncodeToString([]byte(k.Blob))
}

// ReadSSHKey reads a public key line.
func ReadSSHKey(line string) (*SSHKey, error) {
	if lengthOf(line) > maxSSHText || !utf8.ValidString(line) {
		return nil, refuse("ssh", "public key line too long or not Unicode")
	}
	if strings.ContainsFunc(line, func(c rune) bool { return unicode.In(c, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }) {
		return nil, refuse("ssh", "control or format character in a public key line")
	}
	parts := strings.SplitN(line, " ", 3)
	if len(parts) < 2 {
		return nil, refuse("ssh", "public key line without a key")
	}
	blob, err := DecodeBase64(parts[1])
	if err != nil {
		return nil, refuse("ssh", "public key line: %v", err)
	}
	key, err := readKeyBlob(blob)
	if err != nil {
		return nil, err
	}
	if key.Type != parts[0] {
		return nil, refuse("ssh", "type of the line is not that of the key")
	}
	return key, nil
}

// Of the points of small order, 0, 1 and 2^255 - 20 are told apart by y too.
var smallOrderEd25519 = []string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
}

func readKeyBlob(blob []byte) (*SSHKey, error) {
	r := sshReader{rest: blob}
	key := &SSHKey{Type: string(r.text()), Blob: string(blob)}
	key.Point = r.text()
	switch key.Type {
	case plainType:
	case securityType:
		key.Application = string(r.text())
		if !isApplication(key.Application) {
			return nil, refuse("ssh", "application of a security key")
		}
	default:
		return nil, refuse("ssh", "another type of key")
	}
	if !r.done() || len(key.Point) != ed25519.PublicKeySize {
		return nil, refuse("ssh", "malformed public key")
	}
	if !soundEd25519(key.Point) {
		return nil, refuse("ssh", "public key that is not reduced, or of small order")
	}
	return key, nil
}

// soundEd25519 says whether a point is reduced and not of small order.
func soundEd25519(point []byte) bool {
	y := slices.Clone(point)
	y[31] &= 0x7f
	return reduced(y) && !slices.Contains(smallOrderEd25519, hex.EncodeToString(y))
}

func isApplication(application string) bool {
	if !strings.HasPrefix(application, "ssh:") || len(application) > maxApplication {
		return false
	}
	for i := range len(application) {
		if application[i] <= ' ' || application[i] > '~' {
			return false
		}
	}
	return true
}

// sshReader reads SSH strings and numbers. What goes beyond the end is empty,
// and done is false then.
type sshReader struct {
	rest   []byte
	failed bool
}

func (r *sshReader) bytes(n int) []byte {
	if n > len(r.rest) {
		r.failed = true
		return make([]byte, 0)
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

func (r *sshReader) number() uint32 {
	b := r.bytes(4)
	if len(b) < 4 {
		return 0
	}
	return binary.BigEndian.Uint32(b)
}

func (r *sshReader) text() []byte { return r.bytes(int(r.number())) }

func (r *sshReader) done() bool { return !r.failed && len(r.rest) == 0 }

func appendSSH(out []byte, text []byte) []byte {
	return append(binary.BigEndian.AppendUint32(out, uint32(len(text))), text...)
}
