package checker

import (
	"crypto/sha256"
	"encoding/binary"
)

// What is signed or hashed begins with a prefix, the version and a domain that no other
// use has, and goes on with fields of fixed width, big endian (spec D3).
const (
	prefix             = "twothirds"
	version       byte = 1
	domainHeader  byte = 64
	domainRoot    byte = 65
	domainRequest byte = 66
	domainMembers byte = 67
	domainNewView byte = 68
	domainGenesis byte = 69
)

// wide writes fields one behind the other, each in the width of its type.
func wide(fields ...any) []byte {
	return widen(make([]byte, 0, 128), fields...) // room for most of what is signed
}

// widen appends what wide writes. A field must not escape, or each of them is allocated.
func widen(b []byte, fields ...any) []byte {
	for _, f := range fields {
		switch f := f.(type) {
		case byte:
			b = append(b, f)
		case uint32:
			b = binary.BigEndian.AppendUint32(b, f)
		case uint64:
			b = binary.BigEndian.AppendUint64(b, f)
		case string:
			b = append(b, f...)
		case []byte:
			b = append(b, f...)
		case Digest:
			b = append(b, f[:]...)
		default:
			panic("checker: a field of a type that has no width")
		}
	}
	return b
}

func hash(fields ...any) Digest { return sha256.Sum256(wide(fields...)) }

// extend returns the chain digest of the block with header digest link on top of chain
// (spec B1).
func extend(chain, link Digest) Digest {
	var b [2 * len(Digest{})]byte
	copy(b[copy(b[:], chain[:]):], link[:])
	return sha256.Sum256(b[:])
}

// climb returns the chain digests from chain up along links, chain among them.
func climb(chain Digest, links []Digest) []Digest {
	all := append(make([]Digest, 0, 1+len(links)), chain)
	for _, link := range links {
		chain = extend(chain, link)
		all = append(all, chain)
	}
	return all
}
