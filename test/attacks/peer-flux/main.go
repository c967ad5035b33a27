// Fetches a branch as Flux's source-controller 1.9.1 does (its Git client, its options: a shallow clone onto disk), and says in
// one line of JSON what came of it. `npm run attacks:peers` runs it against the attacks of test/attacks.
package main

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/fluxcd/pkg/git"
	"github.com/fluxcd/pkg/git/gogit"
	"github.com/fluxcd/pkg/git/repository"
)

type outcome struct {
	Refused string  `json:"refused,omitempty"`
	Files   int     `json:"files"`
	Links   int     `json:"links"`
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"seconds"`
	PeakMB  int64   `json:"peakMB"`
}

func main() {
	url, branch, dir := os.Args[1], os.Args[2], os.Args[3]
	began := time.Now()
	// A GitRepository's own default.
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	result := outcome{}
	if err := clone(ctx, url, branch, dir); err != nil {
		result.Refused = strings.ToValidUTF8(err.Error(), "?")
	}
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || (entry.IsDir() && entry.Name() == ".git") {
			return filepath.SkipDir
		}
		if entry.Type()&fs.ModeSymlink != 0 {
			result.Links++
		} else if info, err := entry.Info(); err == nil && entry.Type().IsRegular() {
			result.Files++
			result.Bytes += info.Size()
		}
		return nil
	})
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	result.Seconds = time.Since(began).Seconds()
	result.PeakMB = usage.Maxrss / 1024
	_ = json.NewEncoder(os.Stdout).Encode(result)
}

func clone(ctx context.Context, url, branch, dir string) error {
	client, err := gogit.NewClient(dir, &git.AuthOptions{Transport: git.HTTP},
		gogit.WithDiskStorage(), gogit.WithInsecureCredentialsOverHTTP())
	if err != nil {
		return err
	}
	defer client.Close()
	_, err = client.Clone(ctx, url, repository.CloneConfig{
		ShallowClone:     true,
		CheckoutStrategy: repository.CheckoutStrategy{Branch: branch},
	})
	return err
}
