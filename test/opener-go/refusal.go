package opener

import (
	"errors"
	"fmt"
)

// Refusal says which refusal of section 12 was met, and why.
type Refusal struct {
	Name   string
	Reason string
}

func (r *Refusal) Error() string { return r.Name + ": " + r.Reason }

func refuse(name, format string, args ...any) error {
	return &Refusal{Name: name, Reason: fmt.Sprintf(format, args...)}
}

// RefusalName is the section 12 name of err; empty where err is no refusal.
func RefusalName(err error) string {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Name
	}
	return ""
}
