package opener

import (
	"slices"
	"unicode/utf16"
)

// compareText orders by UTF-16 code unit (section 1.1).
func compareText(a, b string) int {
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

// lengthOf counts UTF-16 code units.
func lengthOf(text string) int {
	n := 0
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}

func sortedUnique(list []string) bool {
	for i := 1; i < len(list); i++ {
		if compareText(list[i-1], list[i]) >= 0 {
			return false
		}
	}
	return true
}

func sortUnique(list []string) []string {
	out := slices.Clone(list)
	slices.SortFunc(out, compareText)
	return slices.Compact(out)
}
