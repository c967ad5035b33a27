package opener

// Snapshot, index and heartbeat: the canonical JSON of a channel (section 10).

// Snapshot lists the indexes of a channel.
type Snapshot struct {
	Repository, Region string
	RootNumber         int64
	RootSHA256         string
	Sequence           int64
	Previous           string // empty for null
	Source             string
	Indexes            []Listed
}

// Listed is a file that a snapshot or an index lists.
type Listed struct {
	Name    string // namespace or secret name
	Version int64  // of a secret
	SHA256  string
	Size    int64
}

// Heartbeat says which snapshot was the newest at a time.
type Heartbeat struct {
	Repository, Region, Snapshot, IssuedAt string
}

// ReadSnapshot parses a snapshot.
func ReadSnapshot(file []byte) (*Snapshot, error) {
	value, err := ReadCanonical(file)
	if err != nil {
		return nil, err
	}
	s := &schema{}
	object := s.object(value, "snapshot",
		[]string{"repository", "region", "root", "sequence", "previous", "source", "indexes"})
	root := s.object(object["root"], "root", []string{"number", "sha256"})
	snapshot := &Snapshot{
		Repository: s.text(object["repository"], "repository", isUUID),
		Region:     s.text(object["region"], "region", isLabel),
		RootNumber: s.counter(root["number"], "root.number"),
		RootSHA256: s.text(root["sha256"], "root.sha256", isHash),
		Sequence:   s.counter(object["sequence"], "sequence"),
		Previous:   s.hashOrNull(object["previous"], "previous"),
		Source:     s.text(object["source"], "source", isCommit),
	}
	for _, item := range s.list(object["indexes"], "indexes", 0, maxInteger) {
		entry := s.object(item, "indexes", []string{"namespace", "sha256", "size"})
		snapshot.Indexes = append(snapshot.Indexes, s.listed(entry, "namespace", isLabel))
	}
	s.sortedListed(snapshot.Indexes)
	s.sizes(snapshot.Indexes, maxIndexSize)
	return snapshot, s.err
}

// ReadIndex parses the index of a namespace.
func ReadIndex(file []byte) ([]Listed, error) {
	value, err := ReadCanonical(file)
	if err != nil {
		return nil, err
	}
	s := &schema{}
	index := []Listed{}
	for _, item := range s.list(value, "index", 0, maxInteger) {
		entry := s.object(item, "index", []string{"name", "version", "sha256", "size"})
		listed := s.listed(entry, "name", isSecretName)
		listed.Version = s.counter(entry["version"], "version")
		index = append(index, listed)
	}
	s.sortedListed(index)
	s.sizes(index, maxSecretSize)
	return index, s.err
}

// ReadHeartbeat parses a heartbeat.
func ReadHeartbeat(file []byte) (*Heartbeat, error) {
	value, err := ReadCanonical(file)
	if err != nil {
		return nil, err
	}
	s := &schema{}
	object := s.object(value, "heartbeat", []string{"repository", "region", "snapshot", "issuedAt"})
	return &Heartbeat{
		Repository: s.text(object["repository"], "repository", isUUID),
		Region:     s.text(object["region"], "region", isLabel),
		Snapshot:   s.text(object["snapshot"], "snapshot", isHash),
		IssuedAt:   s.text(object["issuedAt"], "issuedAt", isTime),
	}, s.err
}

func (s *schema) listed(entry map[string]any, name string, ok func(string) bool) Listed {
	return Listed{
		Name:   s.text(entry[name], name, ok),
		SHA256: s.text(entry["sha256"], "sha256", isHash),
		Size:   s.integer(entry["size"], "size", 0, maxInteger),
	}
}

func (s *schema) sortedListed(list []Listed) {
	names := []string{}
	for _, listed := range list {
		names = append(names, listed.Name)
	}
	if !sortedUnique(names) {
		s.fail("list", "not sorted and unique")
	}
}

// sizes finds what is listed as longer than it may be.
func (s *schema) sizes(list []Listed, limit int64) {
	for _, listed := range list {
		if s.err == nil && listed.Size > limit {
			s.err = refuse("too-large", "%s is listed with %d bytes", listed.Name, listed.Size)
		}
	}
}

func (l *Listed) is(file []byte) bool {
	return int64(len(file)) == l.Size && hashOf(file) == l.SHA256
}
