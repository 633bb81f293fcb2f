package checker

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
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
	b := make([]byte, 0, 256) // room for most of what is signed
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
			panic(fmt.Sprintf("checker: a field of type %T", f))
		}
	}
	return b
}

func hash(fields ...any) Digest { return sha256.Sum256(wide(fields...)) }

// extend returns the chain digest of the block with header digest link on top of chain
// (spec B1).
func extend(chain, link Digest) Digest { return hash(chain[:], link[:]) }

// climb returns the chain digests from chain up along links, chain among them.
func climb(chain Digest, links []Digest) []Digest {
	all := []Digest{chain}
	for _, link := range links {
		chain = extend(chain, link)
		all = append(all, chain)
	}
	return all
}
