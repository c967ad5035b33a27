package opener

import (
	"path/filepath"
	"testing"
)

type statementCase struct {
	head
	File, Repository string
	Expect           struct {
		Refuse, Statement, SHA256 string
		SameAsMain                bool
	}
}

func runStatement(t *testing.T, folder string) {
	cases := readCases[statementCase](t, folder)
	main := ""
	for _, c := range cases {
		if c.Name == "main" {
			main = c.Expect.SHA256
		}
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			secret, err := ReadSecret(readFile(t, filepath.Join(folder, c.File)))
			if refused(t, err, c.Expect.Refuse) {
				return
			}
			statement, err := Statement(secret, c.Repository)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "statement", string(statement), c.Expect.Statement)
			same(t, "sha256", hashOf(statement), c.Expect.SHA256)
			same(t, "sameAsMain", hashOf(statement) == main, c.Expect.SameAsMain)
		})
	}
}
