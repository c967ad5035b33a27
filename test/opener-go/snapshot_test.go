package opener

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

type snapshotCase struct {
	head
	Repository, Region     string
	Keys, Channel, Without []string
	Grow                   map[string]int // path to bytes
	Held                   struct{ Root, Signatures, Pin string }
	Mark                   *Mark
	Floors                 map[string]Floor
	Expect                 struct {
		Refuse, Snapshot string
		Mark             Mark
		Secrets          map[string]secretResult
		Heartbeat        *heartbeatResult
	}
}

type secretResult struct {
	Refuse, Author string
	Version        int64
	Items          map[string]string
}

type heartbeatResult struct {
	Refuse, IssuedAt string
	Fits             bool
}

func runSnapshot(t *testing.T, suite string) {
	eachCase(t, suite, func(t *testing.T, folder string, c snapshotCase) {
		accepted, err := c.accept(t, folder)
		if refused(t, err, c.Expect.Refuse) {
			return
		}
		same(t, "snapshot", map[bool]string{true: "new", false: "same"}[accepted.New], c.Expect.Snapshot)
		same(t, "mark", accepted.Mark, c.Expect.Mark)
		same(t, "secrets", c.secrets(accepted, readKeys(t, folder, c.Keys)), c.Expect.Secrets)

		heartbeat, fits, err := accepted.Heartbeat()
		want := c.Expect.Heartbeat
		switch {
		case want == nil:
			if heartbeat != nil || err != nil {
				t.Errorf("heartbeat: got %v and %v, want none", heartbeat, err)
			}
		case refused(t, err, want.Refuse):
		case heartbeat == nil:
			t.Error("heartbeat: got none")
		default:
			same(t, "heartbeat", heartbeatResult{IssuedAt: heartbeat.IssuedAt, Fits: fits}, *want)
		}
	})
}

func (c *snapshotCase) accept(t *testing.T, folder string) (*Accepted, error) {
	root := readFile(t, filepath.Join(folder, c.Held.Root))
	held, err := FirstRoot(root, readFile(t, filepath.Join(folder, c.Held.Signatures)), c.Held.Pin)
	if err != nil {
		return nil, err
	}
	channel := Channel{Files: c.files(t, folder), Repository: c.Repository, Region: c.Region, Held: held, Mark: c.Mark}
	return channel.Accept()
}

// files lays the folders of the channel over each other.
func (c *snapshotCase) files(t *testing.T, folder string) fs.FS {
	files := fstest.MapFS{}
	for _, layer := range c.Channel {
		layer := os.DirFS(filepath.Join(folder, layer))
		err := fs.WalkDir(layer, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			data, err := fs.ReadFile(layer, path)
			files[path] = &fstest.MapFile{Data: data}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	for _, path := range c.Without {
		if files[path] == nil {
			t.Errorf("%s is to be left out, and is not there", path)
		}
		delete(files, path)
	}
	for path, size := range c.Grow {
		files[path].Data = grow(files[path].Data, size)
	}
	return files
}

func (c *snapshotCase) secrets(accepted *Accepted, keys []RegionKey) map[string]secretResult {
	results := map[string]secretResult{}
	for i := range accepted.Secrets {
		listed := &accepted.Secrets[i]
		name := listed.Namespace + "/" + listed.Name
		var floor *Floor
		if known, there := c.Floors[name]; there {
			floor = &known
		}
		secret, err := accepted.AcceptSecret(listed, floor, keys)
		if err != nil {
			results[name] = secretResult{Refuse: RefusalName(err)}
			continue
		}
		results[name] = secretResult{Author: secret.Author, Version: secret.Floor.Version, Items: itemsAsText(secret.Items)}
	}
	return results
}
