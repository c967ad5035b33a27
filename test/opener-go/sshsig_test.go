package opener

import "testing"

type sshsigCase struct {
	head
	Text, Signature, Signatures, Namespace, Message string
	Expect                                          struct {
		Refuse, Signer string
		Signers        []string
	}
}

func runSSHSig(t *testing.T, folder string) {
	for _, c := range readCases[sshsigCase](t, folder) {
		t.Run(c.Name, func(t *testing.T) { c.run(t) })
	}
}

func (c *sshsigCase) run(t *testing.T) {
	message := fromBase64(t, c.Message)
	switch c.Kind {
	case "signature":
		signature, err := ReadSSHSignature(c.Signature)
		if err == nil {
			err = signature.Verify(message, c.Namespace)
		}
		if !refused(t, err, c.Expect.Refuse) {
			same(t, "signer", signature.Key.Line(), c.Expect.Signer)
		}
	case "signature-file":
		signatures, err := ReadSignatureFile([]byte(c.Signatures))
		if !refused(t, err, c.Expect.Refuse) {
			same(t, "signers", lines(Signers(signatures, message, c.Namespace)), c.Expect.Signers)
		}
	case "public-key":
		key, err := ReadSSHKey(c.Text)
		if !refused(t, err, c.Expect.Refuse) {
			same(t, "signer", key.Line(), c.Expect.Signer)
		}
	default:
		t.Fatalf("unknown kind %q", c.Kind)
	}
}
