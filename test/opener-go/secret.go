package opener

import "slices"

const (
	apiVersion    = "edgeseal.dev/v1alpha1"
	maxSecretSize = 4 << 20
	suite         = int64(1)
)

// Secret is a sealed secret (section 3).
type Secret struct {
	Name, Namespace string
	Version         int64
	Template        Template
	Envelopes       []Envelope
	Signatures      []string // armored
}

// Template is of the Secret to be made, with its defaults filled in.
type Template struct {
	Type                string
	Immutable           bool
	Labels, Annotations map[string]string
}

// Envelope is full, or elided where Digest is not empty.
type Envelope struct {
	Version    int64
	Commitment string // base64
	Recipients []Recipient
	Exposed    []string
	Data       map[string]string // item name to base64

	Digest  string
	Regions []string // that it names, sorted and unique
}

// Recipient has a key and a wrap, a key alone, or neither.
type Recipient struct {
	Region, Key, Wrapped string
}

// ReadSecret reads and checks a whole file: steps 1 to 3 of section 5.
func ReadSecret(file []byte) (*Secret, error) {
	if len(file) > maxSecretSize {
		return nil, refuse("too-large", "a file of %d bytes", len(file))
	}
	value, err := ReadYAML(file)
	if err != nil {
		return nil, err
	}
	s := &schema{}
	secret := s.secret(value)
	if s.err != nil {
		return nil, s.err
	}
	return secret, nil
}

func (s *schema) secret(value any) *Secret {
	top := s.object(value, "file", []string{"apiVersion", "kind", "metadata", "spec"})
	s.text(top["apiVersion"], "apiVersion", anyOf(apiVersion))
	s.text(top["kind"], "kind", anyOf("EdgeSecret"))
	metadata := s.object(top["metadata"], "metadata", []string{"name", "namespace"})
	spec := s.object(top["spec"], "spec", []string{"version", "envelopes", "signatures"}, "template")
	secret := &Secret{
		Name:      s.text(metadata["name"], "name", isSecretName),
		Namespace: s.text(metadata["namespace"], "namespace", isLabel),
		Version:   s.counter(spec["version"], "spec.version"),
		Template:  s.template(spec),
	}
	for _, item := range s.list(spec["envelopes"], "envelopes", 1, 256) {
		secret.Envelopes = append(secret.Envelopes, s.envelope(item, secret.Version))
	}
	for _, item := range s.list(spec["signatures"], "signatures", 0, 64) {
		signature := s.object(item, "signatures", []string{"author", "signature"})
		s.text(signature["author"], "author", between(0, 320))
		secret.Signatures = append(secret.Signatures, s.text(signature["signature"], "signature", between(0, 4096)))
	}
	return secret
}

func (s *schema) template(spec map[string]any) Template {
	object := s.sub(spec, "template", "type", "immutable", "metadata")
	metadata := s.sub(object, "metadata", "labels", "annotations")
	template := Template{
		Type:        s.textOr(object, "type", "Opaque", between(1, 253)),
		Labels:      s.names(metadata, "labels"),
		Annotations: s.names(metadata, "annotations"),
	}
	if value, there := object["immutable"]; there {
		template.Immutable = s.boolean(value, "immutable")
	}
	return template
}

func (s *schema) names(metadata map[string]any, field string) map[string]string {
	names := map[string]string{}
	value, there := metadata[field]
	if !there {
		return names
	}
	for name, item := range s.anyObject(value, field) {
		names[s.text(name, field, isMetaName)] = s.text(item, field, anyText)
	}
	return names
}

func (s *schema) envelope(value any, secretVersion int64) Envelope {
	if _, full := s.anyObject(value, "envelope")["recipients"]; !full {
		elided := s.object(value, "elided envelope", []string{"regions", "digest"})
		return Envelope{
			Regions: s.sortedTexts(elided["regions"], "regions", 1, isLabel),
			Digest:  s.text(elided["digest"], "digest", isHash),
		}
	}
	object := s.object(value, "envelope",
		[]string{"suite", "version", "commitment", "recipients", "data"}, "exposed")
	s.integer(object["suite"], "suite", suite, suite)
	s.bytes(object["commitment"], "commitment", 32)
	envelope := Envelope{
		Version:    s.integer(object["version"], "envelope version", 1, secretVersion),
		Commitment: s.text(object["commitment"], "commitment", anyText),
		Exposed:    []string{},
		Data:       map[string]string{},
	}
	for _, item := range s.list(object["recipients"], "recipients", 1, maxInteger) {
		recipient := s.recipient(item)
		envelope.Recipients = append(envelope.Recipients, recipient)
		envelope.Regions = append(envelope.Regions, recipient.Region)
	}
	for i := 1; i < len(envelope.Recipients); i++ {
		if compareRecipients(envelope.Recipients[i-1], envelope.Recipients[i]) >= 0 {
			s.fail("recipients", "not sorted and unique")
		}
	}
	envelope.Regions = sortUnique(envelope.Regions)
	if value, there := object["exposed"]; there {
		envelope.Exposed = s.sortedTexts(value, "exposed", 0, isLabel)
	}
	for _, region := range envelope.Exposed {
		if slices.Contains(envelope.Regions, region) {
			s.fail("exposed", "a recipient's region")
		}
	}
	data := s.anyObject(object["data"], "data")
	if len(data) == 0 {
		s.fail("data", "empty")
	}
	for name, item := range data {
		s.bytes(item, "data", -1)
		envelope.Data[s.text(name, "data", isItemName)] = s.text(item, "data", anyText)
	}
	return envelope
}

func (s *schema) recipient(value any) Recipient {
	object := s.object(value, "recipient", []string{"region"}, "key", "wrapped")
	recipient := Recipient{
		Region:  s.text(object["region"], "region", isLabel),
		Key:     s.textOr(object, "key", "", isKeyID),
		Wrapped: s.textOr(object, "wrapped", "", anyText),
	}
	if wrapped, there := object["wrapped"]; there {
		s.bytes(wrapped, "wrapped", wrapSize)
		if recipient.Key == "" {
			s.fail("recipient", "a wrap without a key")
		}
	}
	return recipient
}

func compareRecipients(a, b Recipient) int {
	for _, c := range []int{
		compareText(a.Region, b.Region),
		compareText(a.Key, b.Key),
		compareText(a.Wrapped, b.Wrapped),
	} {
		if c != 0 {
			return c
		}
	}
	return 0
}

func (e *Envelope) names(region string) bool { return slices.Contains(e.Regions, region) }
