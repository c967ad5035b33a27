package opener

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

const (
	snapshotNamespace = "snapshot@edgeseal.dev"
	aliveNamespace    = "alive@edgeseal.dev"
	maxSnapshotSize   = 4 << 20
	maxIndexSize      = 32 << 20
	maxAliveSize      = 4 << 10
)

// Mark is root number, sequence and hash of the last snapshot accepted.
type Mark struct {
	Root, Sequence int64
	SHA256         string
}

// Channel is what one region fetches, and what is known beforehand.
type Channel struct {
	Files      fs.FS
	Repository string
	Region     string
	Held       *Root
	Mark       *Mark // nil the first time
}

// Accepted is a channel whose snapshot was accepted.
type Accepted struct {
	New      bool // false where it is the snapshot of the mark
	Root     *Root
	Mark     Mark
	Secrets  []ListedSecret
	channel  *Channel
	snapshot *Snapshot
}

// ListedSecret is a secret that an index lists, with its bytes.
type ListedSecret struct {
	Namespace, Name string
	Version         int64
	File            []byte
}

// read is nil where the file is missing.
func (c *Channel) read(path string, limit int) ([]byte, error) {
	info, err := fs.Stat(c.Files, path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if info.Size() > int64(limit) {
		return nil, refuse("too-large", "%s has %d bytes", path, info.Size())
	}
	file, err := fs.ReadFile(c.Files, path)
	if file == nil && err == nil {
		file = []byte{}
	}
	return file, err
}

func (c *Channel) readPair(path string, limit int) (file, signatures []byte, err error) {
	if file, err = c.read(path, limit); err != nil {
		return nil, nil, err
	}
	signatures, err = c.read(path+".sig", maxSigFileSize)
	return file, signatures, err
}

// roots are the held root and those that follow it on the channel.
func (c *Channel) roots() ([]*Root, error) {
	roots := []*Root{c.Held}
	for {
		last := roots[len(roots)-1]
		file, signatures, err := c.readPair(fmt.Sprintf(".edgeseal/trust/%d", last.Number+1), maxRootSize)
		if err != nil {
			return nil, err
		}
		if file == nil || signatures == nil {
			return roots, nil
		}
		next, err := last.Next(file, signatures)
		if err != nil {
			return nil, err
		}
		roots = append(roots, next)
	}
}

// Accept judges the snapshot (section 10.5).
func (c *Channel) Accept() (*Accepted, error) {
	file, signatures, err := c.readPair(".edgeseal/snapshot", maxSnapshotSize)
	if err != nil {
		return nil, err
	}
	if file == nil || signatures == nil {
		return nil, refuse("snapshot", "no snapshot, or no signatures of it")
	}
	roots, err := c.roots()
	if err != nil {
		return nil, err
	}
	if err := signedByAny(roots, signatures, file); err != nil {
		return nil, err
	}
	snapshot, err := ReadSnapshot(file)
	if err != nil {
		return nil, err
	}
	root, err := c.rootOf(snapshot, roots)
	if err != nil {
		return nil, err
	}
	if err := root.Publishers.Check(signatures, file, snapshotNamespace); err != nil {
		return nil, err
	}
	if snapshot.Repository != c.Repository || snapshot.Repository != root.Repository || snapshot.Region != c.Region {
		return nil, refuse("snapshot", "of another repository or region")
	}
	accepted := &Accepted{
		Root:     root,
		Mark:     Mark{root.Number, snapshot.Sequence, hashOf(file)},
		channel:  c,
		snapshot: snapshot,
	}
	if accepted.New, err = c.compare(accepted); err != nil {
		return nil, err
	}
	return accepted, accepted.readListed()
}

// signedByAny wants the publishers' threshold of one of the roots. Malformed
// signatures are found before missing ones, and are the same for each root.
func signedByAny(roots []*Root, signatures, file []byte) (err error) {
	for _, root := range roots {
		if err = root.Publishers.Check(signatures, file, snapshotNamespace); err == nil {
			return nil
		}
	}
	return err
}

func (c *Channel) rootOf(snapshot *Snapshot, roots []*Root) (*Root, error) {
	for _, root := range roots {
		if root.Number == snapshot.RootNumber && root.SHA256 == snapshot.RootSHA256 {
			return root, nil
		}
	}
	if snapshot.RootNumber < c.Held.Number {
		return nil, refuse("rollback", "made under root %d", snapshot.RootNumber)
	}
	return nil, refuse("root", "root %d cannot be reached", snapshot.RootNumber)
}

// compare holds a snapshot against the mark, and says whether it is new.
func (c *Channel) compare(a *Accepted) (bool, error) {
	if c.Mark == nil {
		return true, a.snapshot.checkFirst()
	}
	order := slices.Compare([]int64{a.Mark.Root, a.Mark.Sequence}, []int64{c.Mark.Root, c.Mark.Sequence})
	switch {
	case order < 0:
		return false, refuse("rollback", "below the mark")
	case order == 0 && a.Mark.SHA256 != c.Mark.SHA256:
		return false, refuse("equivocation", "another snapshot at the mark")
	case order == 0:
		return false, nil
	case a.Mark.Root == c.Mark.Root && a.Mark.Sequence == c.Mark.Sequence+1 && a.snapshot.Previous != c.Mark.SHA256:
		return false, refuse("equivocation", "follows another snapshot than the mark")
	}
	return true, a.snapshot.checkFirst()
}

// checkFirst wants the first snapshot, and no other, to follow nothing.
func (s *Snapshot) checkFirst() error {
	if (s.Sequence == 1) != (s.Previous == "") {
		return refuse("snapshot", "previous of sequence %d", s.Sequence)
	}
	return nil
}

func (a *Accepted) readListed() error {
	indexes := map[string][]Listed{}
	for _, listed := range a.snapshot.Indexes {
		file, err := a.channel.read(".edgeseal/index/"+listed.Name, maxIndexSize)
		if err != nil {
			return err
		}
		if file == nil || !listed.is(file) {
			return refuse("snapshot", "index of %s missing or not as listed", listed.Name)
		}
		if indexes[listed.Name], err = ReadIndex(file); err != nil {
			return err
		}
	}
	for _, index := range a.snapshot.Indexes {
		for _, listed := range indexes[index.Name] {
			path := "secrets/" + index.Name + "/" + listed.Name + ".yaml"
			file, err := a.channel.read(path, maxSecretSize)
			if err != nil {
				return err
			}
			if file == nil || !listed.is(file) {
				return refuse("snapshot", "%s missing or not as listed", path)
			}
			a.Secrets = append(a.Secrets, ListedSecret{index.Name, listed.Name, listed.Version, file})
		}
	}
	return nil
}

// Heartbeat looks at the channel's heartbeat (section 10.7); nil where there is
// none. Fits says whether it is for the accepted snapshot.
func (a *Accepted) Heartbeat() (heartbeat *Heartbeat, fits bool, err error) {
	if a.Root.Heartbeat == nil {
		return nil, false, nil
	}
	file, signatures, err := a.channel.readPair(".edgeseal/alive", maxAliveSize)
	if file == nil || signatures == nil || err != nil {
		return nil, false, err
	}
	role := Role{[]*SSHKey{a.Root.Heartbeat}, 1}
	if err := role.Check(signatures, file, aliveNamespace); err != nil {
		return nil, false, err
	}
	if heartbeat, err = ReadHeartbeat(file); err != nil {
		return nil, false, err
	}
	if heartbeat.Repository != a.channel.Repository || heartbeat.Region != a.channel.Region {
		return nil, false, refuse("snapshot", "heartbeat of another repository or region")
	}
	return heartbeat, heartbeat.Snapshot == a.Mark.SHA256, nil
}
