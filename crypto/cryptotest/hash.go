package cryptotest

import (
	"encoding/binary"
	"math/bits"

	"github.com/twothirds-bft/twothirds/crypto"
)

// secret keys the hash that stands in for signatures. The hash multiplies 16 bytes at a time into 64 bits, as wyhash does:
// a few nanoseconds for a vote. It resists whoever does not know the secret and sees no more than worlds of this package
// show; it is no hash for other uses.
type secret struct{ a, b uint64 }

// golden is 2^64 divided by the golden ratio: odd, and far from anything periodic.
const golden = 0x9e3779b97f4a7c15

func newSecret(seed uint64) secret {
	return secret{a: fold(seed^golden, 0xd6e8feb86659fd93), b: fold(seed+golden, 0xa0761d6478bd642f)}
}

// tag is the hash of a key and a message.
func (s secret) tag(key *crypto.PublicKey, msg []byte) uint64 {
	length := uint64(len(msg))
	h := s.block(s.b, key[:16])
	h = s.block(h, key[16:])
	for len(msg) >= 16 {
		h = s.block(h, msg[:16])
		msg = msg[16:]
	}
	var rest [16]byte
	copy(rest[:], msg)
	h = s.block(h, rest[:])
	return fold(h^s.a, length^s.b) // the length, so that zeros at the end count
}

func (s secret) block(h uint64, b []byte) uint64 {
	return fold(binary.LittleEndian.Uint64(b)^s.a, binary.LittleEndian.Uint64(b[8:])^h)
}

// fold multiplies to 128 bits and adds the halves without carry: every bit of the factors reaches every bit of it.
func fold(x, y uint64) uint64 {
	hi, lo := bits.Mul64(x, y)
	return hi ^ lo
}
