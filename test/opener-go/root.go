package opener

const (
	rootNamespace  = "root@edgeseal.dev"
	maxRootSize    = 512 << 10
	maxRootKeyLine = 1024
	maxRootEntries = 4096
	regionRole     = "region"
	recoveryRole   = "recovery"
	maxKeys        = 64
)

// Root says who may do what (section 9).
type Root struct {
	Repository        string
	Number            int64
	Previous          string // empty for null
	Roots, Publishers Role
	Heartbeat         *SSHKey // nil where there is none
	Authors           []Author
	Regions           []RootRegion
	SHA256            string // of its bytes
}

// Author may sign the secrets of namespaces that match.
type Author struct {
	Name       string
	Keys       []*SSHKey
	Namespaces []string // globs
}

// RootRegion is a region with the states of its keys.
type RootRegion struct {
	Name, Role, Recovery string
	Keys                 []RootRegionKey
}

// RootRegionKey is a key of a region, by its hash.
type RootRegionKey struct {
	SHA256, State string
}

// rootLines are the public key lines of a root: they are read after its schema.
type rootLines struct {
	roots, publishers, heartbeat []string
	authors                      [][]string
}

// ReadRoot parses a root; whose bytes are signed is not looked at.
func ReadRoot(file []byte) (*Root, error) {
	if len(file) > maxRootSize {
		return nil, refuse("too-large", "a root of %d bytes", len(file))
	}
	value, err := ReadYAML(file)
	if err != nil {
		return nil, err
	}
	s := &schema{}
	root, lines := s.root(value)
	if s.err != nil {
		return nil, s.err
	}
	root.SHA256 = hashOf(file)
	if err := root.readKeys(lines); err != nil {
		return nil, err
	}
	return root, root.check()
}

func (s *schema) root(value any) (*Root, *rootLines) {
	top := s.object(value, "root", []string{"apiVersion", "kind", "spec"})
	s.text(top["apiVersion"], "apiVersion", anyOf(apiVersion))
	s.text(top["kind"], "kind", anyOf("TrustRoot"))
	spec := s.object(top["spec"], "spec",
		[]string{"repository", "number", "previous", "roots", "publishers", "authors", "regions"}, "heartbeat")
	root, lines := &Root{
		Repository: s.text(spec["repository"], "repository", isUUID),
		Number:     s.counter(spec["number"], "number"),
		Previous:   s.hashOrNull(spec["previous"], "previous"),
	}, &rootLines{}
	lines.roots, root.Roots.Threshold = s.role(spec["roots"], "roots")
	lines.publishers, root.Publishers.Threshold = s.role(spec["publishers"], "publishers")
	if value, there := spec["heartbeat"]; there {
		heartbeat := s.object(value, "heartbeat", []string{"key"})
		lines.heartbeat = []string{s.text(heartbeat["key"], "heartbeat", between(1, maxRootKeyLine))}
	}
	for _, item := range s.list(spec["authors"], "authors", 0, maxRootEntries) {
		author := s.object(item, "author", []string{"name", "keys", "namespaces"})
		lines.authors = append(lines.authors, s.texts(author["keys"], "author's keys", 1, 16, between(1, maxRootKeyLine)))
		root.Authors = append(root.Authors, Author{
			Name:       s.text(author["name"], "author's name", between(1, 320)),
			Namespaces: s.texts(author["namespaces"], "author's namespaces", 1, 256, isGlob),
		})
	}
	for _, item := range s.list(spec["regions"], "regions", 0, maxRootEntries) {
		root.Regions = append(root.Regions, s.rootRegion(item))
	}
	return root, lines
}

func (s *schema) role(value any, where string) ([]string, int64) {
	role := s.object(value, where, []string{"keys", "threshold"})
	return s.texts(role["keys"], where, 1, maxKeys, between(1, maxRootKeyLine)),
		s.counter(role["threshold"], where+".threshold")
}

func (s *schema) rootRegion(value any) RootRegion {
	object := s.object(value, "region", []string{"name", "role", "keys"}, "recovery")
	region := RootRegion{
		Name:     s.text(object["name"], "region's name", isLabel),
		Role:     s.text(object["role"], "region's role", anyOf(regionRole, recoveryRole)),
		Recovery: s.textOr(object, "recovery", "", isLabel),
	}
	for _, item := range s.list(object["keys"], "region's keys", 0, maxKeys) {
		key := s.object(item, "region's key", []string{"sha256", "state"})
		region.Keys = append(region.Keys, RootRegionKey{
			SHA256: s.text(key["sha256"], "sha256", isHash),
			State:  s.text(key["state"], "state", anyOf("active", "retired", "revoked")),
		})
	}
	return region
}

func (r *Root) readKeys(lines *rootLines) (err error) {
	if r.Roots.Keys, err = readSSHKeys(lines.roots); err != nil {
		return err
	}
	if r.Publishers.Keys, err = readSSHKeys(lines.publishers); err != nil {
		return err
	}
	heartbeat, err := readSSHKeys(lines.heartbeat)
	if err != nil {
		return err
	}
	if len(heartbeat) > 0 {
		r.Heartbeat = heartbeat[0]
	}
	for i := range r.Authors {
		if r.Authors[i].Keys, err = readSSHKeys(lines.authors[i]); err != nil {
			return err
		}
	}
	return nil
}

func readSSHKeys(lines []string) ([]*SSHKey, error) {
	var keys []*SSHKey
	for _, line := range lines {
		key, err := ReadSSHKey(line)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// check finds what a root contradicts itself in.
func (r *Root) check() error {
	if (r.Previous == "") != (r.Number == 1) {
		return refuse("root", "previous of root %d", r.Number)
	}
	for _, role := range []*Role{&r.Roots, &r.Publishers} {
		if role.Threshold > int64(len(role.Keys)) {
			return refuse("root", "threshold above the number of keys")
		}
		points := map[string]bool{}
		for _, key := range role.Keys {
			if points[string(key.Point)] {
				return refuse("root", "a key twice")
			}
			points[string(key.Point)] = true
		}
	}
	authors, regions, keys := map[string]bool{}, map[string]string{}, map[string]bool{}
	for _, author := range r.Authors {
		if authors[author.Name] {
			return refuse("root", "author %q twice", author.Name)
		}
		authors[author.Name] = true
	}
	for _, region := range r.Regions {
		if regions[region.Name] != "" {
			return refuse("root", "region %q twice", region.Name)
		}
		regions[region.Name] = region.Role
		for _, key := range region.Keys {
			if keys[key.SHA256] {
				return refuse("root", "region key %s twice", key.SHA256)
			}
			keys[key.SHA256] = true
		}
	}
	for _, region := range r.Regions {
		if region.Recovery != "" && (region.Role != regionRole || regions[region.Recovery] != recoveryRole) {
			return refuse("root", "recovery of region %q", region.Name)
		}
	}
	return nil
}

// FirstRoot accepts a root whose hash is pinned.
func FirstRoot(file, signatures []byte, pin string) (*Root, error) {
	if len(file) > maxRootSize {
		return nil, refuse("too-large", "a root of %d bytes", len(file))
	}
	if hashOf(file) != pin {
		return nil, refuse("pin", "another root than the pinned one")
	}
	root, err := ReadRoot(file)
	if err != nil {
		return nil, err
	}
	return root, root.Roots.Check(signatures, file, rootNamespace)
}

// Next accepts the root after r.
func (r *Root) Next(file, signatures []byte) (*Root, error) {
	if err := r.Roots.Check(signatures, file, rootNamespace); err != nil {
		return nil, err
	}
	next, err := ReadRoot(file)
	if err != nil {
		return nil, err
	}
	if err := next.Roots.Check(signatures, file, rootNamespace); err != nil {
		return nil, err
	}
	if next.Repository != r.Repository || next.Number != r.Number+1 || next.Previous != r.SHA256 {
		return nil, refuse("root", "does not follow root %d", r.Number)
	}
	return next, nil
}

// authorOf is the author who may sign for the namespace and whose key signed
// the statement; "" where there is none.
func (r *Root) authorOf(signers []*SSHKey, namespace string) string {
	for _, signer := range signers {
		for _, author := range r.Authors {
			if hasKey(author.Keys, signer) && author.entitled(namespace) {
				return author.Name
			}
		}
	}
	return ""
}

func (a *Author) entitled(namespace string) bool {
	for _, glob := range a.Namespaces {
		if matchGlob(glob, namespace) {
			return true
		}
	}
	return false
}

// Judge finds the author of a secret (section 6).
func (r *Root) Judge(secret *Secret, statement []byte) (string, error) {
	var signatures []*SSHSignature
	for _, armor := range secret.Signatures {
		signature, err := ReadSSHSignature(armor)
		if err != nil {
			return "", err
		}
		signatures = append(signatures, signature)
	}
	author := r.authorOf(Signers(signatures, statement, statementNamespace), secret.Namespace)
	if author == "" {
		return "", refuse("author", "no signature of an entitled author")
	}
	return author, nil
}
