package opener

import (
	"encoding/hex"
	"slices"
)

var smallOrderX25519 = []string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
}

// soundX25519 says whether a public key is sound (section 4.2).
func soundX25519(point []byte) bool {
	return reduced(point) && !slices.Contains(smallOrderX25519, hex.EncodeToString(point))
}

// reduced says whether 32 little-endian bytes are below 2^255 - 19.
func reduced(number []byte) bool {
	if number[31] != 0x7f {
		return number[31] < 0x7f
	}
	for _, b := range number[1:31] {
		if b != 0xff {
			return true
		}
	}
	return number[0] < 0xed
}
