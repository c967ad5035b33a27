// Command open opens a sealed secret as a region. It prints the names of the
// items, and with -reveal their values, as JSON with base64.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"

	"edgeseal.dev/opener"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "open:", err)
		os.Exit(1)
	}
}

func run() error {
	keyFile := flag.String("key", "", "file of private region keys")
	repository := flag.String("repository", "", "id of the repository")
	region := flag.String("region", "", "name of the region")
	reveal := flag.Bool("reveal", false, "print the values too, as JSON with base64")
	flag.Parse()
	if *keyFile == "" || *repository == "" || *region == "" || flag.NArg() != 1 {
		return errors.New("usage: open -key FILE -repository UUID -region NAME [-reveal] secret.yaml")
	}
	keyText, err := os.ReadFile(*keyFile)
	if err != nil {
		return err
	}
	keys, err := opener.ReadRegionKeys(keyText)
	if err != nil {
		return err
	}
	file, err := os.ReadFile(flag.Arg(0))
	if err != nil {
		return err
	}
	reader := opener.Reader{Repository: *repository, Region: *region, Keys: keys}
	items, err := reader.Unseal(file)
	if err != nil {
		return err
	}
	if items == nil {
		return fmt.Errorf("not for region %s", *region)
	}
	if *reveal {
		return json.NewEncoder(os.Stdout).Encode(items)
	}
	for _, name := range slices.Sorted(maps.Keys(items)) {
		fmt.Println(name)
	}
	return nil
}
