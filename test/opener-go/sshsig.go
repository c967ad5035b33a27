package opener

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/sha512"
	"strings"
)

// SSHSignature is a well-formed signature of section 8.2.
type SSHSignature struct {
	Key                 *SSHKey
	Namespace, Reserved string
	signature           []byte
	flags               byte
	counter             []byte
}

const (
	armorBegin      = "-----BEGIN SSH SIGNATURE-----"
	armorEnd        = "-----END SSH SIGNATURE-----"
	maxArmorLine    = 76
	maxSigFileSize  = 64 << 10
	maxSigFileCount = 64
	sshsigMagic     = "SSHSIG"
)

// ReadSSHSignature reads one armored signature.
func ReadSSHSignature(armor string) (*SSHSignature, error) {
	if lengthOf(armor) > maxSSHText {
		return nil, refuse("ssh", "armored signature too long")
	}
	lines := strings.Split(strings.TrimSuffix(armor, "\n"), "\n")
	last := len(lines) - 1
	if last < 2 || lines[0] != armorBegin || lines[last] != armorEnd {
		return nil, refuse("ssh", "malformed armor")
	}
	for _, line := range lines[1:last] {
		if line == "" || len(line) > maxArmorLine {
			return nil, refuse("ssh", "armored line empty or too long")
		}
	}
	blob, err := DecodeBase64(strings.Join(lines[1:last], ""))
	if err != nil {
		return nil, refuse("ssh", "armor: %v", err)
	}
	return readSignatureBlob(blob)
}

func readSignatureBlob(blob []byte) (*SSHSignature, error) {
	r := sshReader{rest: blob}
	magic, version, keyBlob := string(r.bytes(len(sshsigMagic))), r.number(), r.text()
	signature := &SSHSignature{Namespace: string(r.text()), Reserved: string(r.text())}
	hash, inner := string(r.text()), sshReader{rest: r.text()}
	if !r.done() || magic != sshsigMagic || version != 1 || hash != "sha512" {
		return nil, refuse("ssh", "malformed signature")
	}
	if !isNamespace(signature.Namespace) {
		return nil, refuse("ssh", "malformed namespace")
	}
	key, err := readKeyBlob(keyBlob)
	if err != nil {
		return nil, err
	}
	signature.Key = key
	innerType := string(inner.text())
	signature.signature = inner.text()
	if key.Type == securityType {
		flags := inner.bytes(1)
		signature.counter = inner.bytes(4)
		if !inner.failed {
			signature.flags = flags[0]
		}
	}
	if !inner.done() || innerType != key.Type || len(signature.signature) != ed25519.SignatureSize {
		return nil, refuse("ssh", "malformed inner signature")
	}
	return signature, nil
}

func isNamespace(namespace string) bool {
	for i := range len(namespace) {
		if namespace[i] < ' ' || namespace[i] > '~' {
			return false
		}
	}
	return namespace != ""
}

// Verify says whether the signature is good for a message and a namespace.
func (s *SSHSignature) Verify(message []byte, namespace string) error {
	if s.Namespace != namespace {
		return refuse("invalid", "signed for %q", s.Namespace)
	}
	if !soundEd25519(s.signature[:32]) {
		return refuse("invalid", "R is not reduced, or of small order")
	}
	hash := sha512.Sum512(message)
	data := []byte(sshsigMagic)
	data = appendSSH(data, []byte(s.Namespace))
	data = appendSSH(data, []byte(s.Reserved))
	data = appendSSH(data, []byte("sha512"))
	data = appendSSH(data, hash[:])
	if s.Key.Type == securityType {
		if s.flags&1 == 0 {
			return refuse("invalid", "nobody was present")
		}
		application, inner := sha256.Sum256([]byte(s.Key.Application)), sha256.Sum256(data)
		data = append(application[:], s.flags)
		data = append(data, s.counter...)
		data = append(data, inner[:]...)
	}
	if !ed25519.Verify(s.Key.Point, data, s.signature) {
		return refuse("invalid", "does not verify")
	}
	return nil
}

// ReadSignatureFile reads a .sig file (section 8.3).
func ReadSignatureFile(file []byte) ([]*SSHSignature, error) {
	if len(file) > maxSigFileSize {
		return nil, refuse("too-large", "signature file of %d bytes", len(file))
	}
	var signatures []*SSHSignature
	for rest := string(file); rest != ""; {
		armor := rest
		if end := strings.Index(rest, armorEnd+"\n"); end >= 0 {
			armor = rest[:end+len(armorEnd)+1]
		}
		rest = rest[len(armor):]
		signature, err := ReadSSHSignature(armor)
		if err != nil {
			return nil, err
		}
		signatures = append(signatures, signature)
	}
	if len(signatures) > maxSigFileCount {
		return nil, refuse("ssh", "%d signatures", len(signatures))
	}
	return signatures, nil
}

// Signers are the distinct keys whose signatures verify, in their order.
func Signers(signatures []*SSHSignature, message []byte, namespace string) []*SSHKey {
	signers := []*SSHKey{}
	seen := map[string]bool{}
	for _, signature := range signatures {
		if !seen[signature.Key.Blob] && signature.Verify(message, namespace) == nil {
			seen[signature.Key.Blob] = true
			signers = append(signers, signature.Key)
		}
	}
	return signers
}

// Role is a list of keys of which a threshold has to sign.
type Role struct {
	Keys      []*SSHKey
	Threshold int64
}

// Check wants the threshold of the role's keys among the signers.
func (r *Role) Check(signatureFile, message []byte, namespace string) error {
	signatures, err := ReadSignatureFile(signatureFile)
	if err != nil {
		return err
	}
	count := int64(0)
	for _, signer := range Signers(signatures, message, namespace) {
		if hasKey(r.Keys, signer) {
			count++
		}
	}
	if count < r.Threshold {
		return refuse("signature", "%d of %d signers", count, r.Threshold)
	}
	return nil
}

func hasKey(keys []*SSHKey, wanted *SSHKey) bool {
	for _, key := range keys {
		if key.Blob == wanted.Blob {
			return true
		}
	}
	return false
}
