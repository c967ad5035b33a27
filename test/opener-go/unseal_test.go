package opener

import (
	"path/filepath"
	"testing"
)

type unsealCase struct {
	head
	Repository, Region string
	Keys               []string
	Grow               int
	Expect             struct {
		Refuse       string
		Items        map[string]string
		NotForRegion bool
	}
}

func runUnseal(t *testing.T, suite string) {
	eachCase(t, suite, func(t *testing.T, folder string, c unsealCase) {
		file := readFile(t, filepath.Join(folder, "secret.yaml"))
		if c.Grow > 0 {
			file = grow(file, c.Grow)
		}
		reader := Reader{Repository: c.Repository, Region: c.Region, Keys: readKeys(t, folder, c.Keys)}
		items, err := reader.Unseal(file)
		if refused(t, err, c.Expect.Refuse) {
			return
		}
		same(t, "notForRegion", items == nil, c.Expect.NotForRegion)
		if items != nil {
			same(t, "items", itemsAsText(items), c.Expect.Items)
		}
	})
}
