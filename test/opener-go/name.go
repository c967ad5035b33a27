package opener

import (
	"regexp"
	"strings"
	"time"
	"unicode"
)

// Patterns of section 1.1. \z, not $: a line feed at the end makes another string.
var (
	uuidPattern   = regexp.MustCompile(`\A[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\z`)
	hashPattern   = regexp.MustCompile(`\A[0-9a-f]{64}\z`)
	keyIDPattern  = regexp.MustCompile(`\A[0-9a-f]{16}\z`)
	labelPattern  = regexp.MustCompile(`\A[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\z`)
	itemPattern   = regexp.MustCompile(`\A[-A-Za-z0-9_.]{1,253}\z`)
	globPattern   = regexp.MustCompile(`\A[-a-z0-9*?]{1,253}\z`)
	commitPattern = regexp.MustCompile(`\A([0-9a-f]{40}|[0-9a-f]{64})\z`)
	timePattern   = regexp.MustCompile(`\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\z`)
)

func isUUID(s string) bool   { return uuidPattern.MatchString(s) }
func isHash(s string) bool   { return hashPattern.MatchString(s) }
func isKeyID(s string) bool  { return keyIDPattern.MatchString(s) }
func isLabel(s string) bool  { return labelPattern.MatchString(s) }
func isGlob(s string) bool   { return globPattern.MatchString(s) }
func isCommit(s string) bool { return commitPattern.MatchString(s) }

func isSecretName(s string) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if !isLabel(label) {
			return false
		}
	}
	return true
}

func isItemName(s string) bool {
	return itemPattern.MatchString(s) && s != "." && !strings.HasPrefix(s, "..")
}

// isMetaName is for the names of labels and annotations.
func isMetaName(s string) bool {
	return s != "" && lengthOf(s) <= 317 &&
		!strings.ContainsFunc(s, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) || c == 0xfeff })
}

func isTime(s string) bool {
	_, err := time.Parse("2006-01-02T15:04:05Z", s)
	return timePattern.MatchString(s) && err == nil
}

func between(low, high int) func(string) bool {
	return func(s string) bool { return low <= lengthOf(s) && lengthOf(s) <= high }
}

func anyOf(allowed ...string) func(string) bool {
	return func(s string) bool {
		for _, a := range allowed {
			if s == a {
				return true
			}
		}
		return false
	}
}

func anyText(string) bool { return true }
