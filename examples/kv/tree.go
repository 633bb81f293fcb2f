package kv

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

type hash = [sha256.Size]byte

// First bytes of what is hashed, so that a branch is never a leaf.
const (
	tagLeaf   = 0
	tagBranch = 1
)

const fanout = 16

// branch is all keys whose places begin with the same digits of four bits. It exists if there are two
// or more, or if it is the root, so the shape of the tree follows from its content. Hashes stand beside
// the pointers to what they are of, since most of the cost is fetching nodes from memory.
type branch struct {
	slots [fanout]slot
	used  uint16 // slots that are not empty
	stale uint16 // slots below which something has changed since they were hashed
}

// slot is empty, or one key, or a branch of several.
type slot struct {
	hash  hash
	leaf  *entry
	below *branch
}

// put adds a key, or replaces the one at its place. Depth is how many digits lead here.
func (b *branch) put(e *entry, content hash, depth int) {
	i := digit(&e.place, depth)
	s := &b.slots[i]
	switch {
	case s.below != nil:
		s.below.put(e, content, depth+1)
		b.stale |= 1 << i
	case s.leaf == nil || s.leaf.place == e.place:
		s.leaf, s.hash = e, content
		b.used |= 1 << i
	default:
		deeper := new(branch)
		deeper.put(s.leaf, s.hash, depth+1)
		deeper.put(e, content, depth+1)
		*s = slot{below: deeper}
		b.stale |= 1 << i
	}
}

// remove takes the key at a place away, if there is one.
func (b *branch) remove(place *hash, depth int) {
	i := digit(place, depth)
	s := &b.slots[i]
	switch {
	case s.below != nil:
		s.below.remove(place, depth+1)
		b.stale |= 1 << i
		if last := s.below.single(); last != nil {
			*s = *last
			b.stale &^= 1 << i
		}
	case s.leaf != nil && s.leaf.place == *place:
		*s = slot{}
		b.used &^= 1 << i
	}
}

// single returns the only slot in use, if it is one key.
func (b *branch) single() *slot {
	if bits.OnesCount16(b.used) != 1 {
		return nil
	}
	s := &b.slots[bits.TrailingZeros16(b.used)]
	if s.leaf == nil {
		return nil
	}
	return s
}

// sum returns the hash of all below, hashing anew what is stale. It need not cover the digits that lead
// here, since leaves cover their places.
func (b *branch) sum() hash {
	var buf [3 + fanout*sha256.Size]byte
	buf[0] = tagBranch
	binary.BigEndian.PutUint16(buf[1:], b.used)
	n := 3
	for used := b.used; used != 0; used &= used - 1 {
		i := bits.TrailingZeros16(used)
		s := &b.slots[i]
		if b.stale>>i&1 != 0 {
			s.hash = s.below.sum()
		}
		n += copy(buf[n:], s.hash[:])
	}
	b.stale = 0
	return sha256.Sum256(buf[:n])
}

// digit returns digit i of a place.
func digit(place *hash, i int) int { return int(place[i/2]>>(4-i%2*4)) & (fanout - 1) }
