package session

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Each kind of hashed bytes starts with a byte of its own, so that one never passes for another.
const (
	hashSession byte = 0
	hashNode    byte = 1
	hashTable   byte = 2
)

const digestDomain = "twothirds session table 1"

// Digest returns the digest of all that decides future outcomes: limits, sessions, order of last use
// and cached replies (spec C1). Replicas that applied the same log have the same one, and so has a
// table restored from a snapshot. A mirror's differs from its executor's.
//
// It is the root of a Merkle tree over the slots. A slot is a function of the log, so the leaves need
// no sorting and no commutative hash: collision resistance is SHA-256's, while sums of hashes, which
// would also be cheap to update, fall to whoever can choose many of the terms. The cost is one leaf
// and one path for each session touched since the last call, paths shared, at most 2*Sessions nodes.
// Results are hashed once.
func (t *Table) Digest() message.Digest {
	t.growTree()
	slices.Sort(t.dirty)
	for _, slot := range t.dirty {
		s := t.slots[slot]
		t.tree[0][slot] = t.hashSession(s)
		s.dirty = false
	}
	nodes := t.dirty
	for level := 1; level < len(t.tree); level++ {
		nodes = t.hashParents(level, nodes)
	}
	t.dirty = t.dirty[:0]
	return t.hashTable()
}

// growTree makes room for the slots. Nodes over no slot at all are left out, and count as zero.
func (t *Table) growTree() {
	if t.tree == nil {
		t.tree = make([][]message.Digest, 1+bits.Len(uint(t.cfg.Sessions-1)))
	}
	width := len(t.slots)
	for level, nodes := range t.tree {
		if more := width - len(nodes); more > 0 {
			t.tree[level] = append(nodes, make([]message.Digest, more)...)
		}
		width = (width + 1) / 2
	}
}

// hashParents hashes the parents, on the given level, of rising nodes of the one below, and returns
// them in the same array.
func (t *Table) hashParents(level int, nodes []uint32) []uint32 {
	n, below := 0, t.tree[level-1]
	for _, node := range nodes {
		parent := node / 2
		if n > 0 && nodes[n-1] == parent {
			continue
		}
		var b [1 + 2*len(message.Digest{})]byte
		b[0] = hashNode
		copy(b[1:], below[2*parent][:])
		if right := 2*parent + 1; int(right) < len(below) {
			copy(b[1+len(message.Digest{}):], below[right][:])
		}
		t.tree[level][parent] = sha256.Sum256(b[:])
		nodes[n] = parent
		n++
	}
	return nodes[:n]
}

// hashSession hashes what the snapshot holds of a session, each result by its digest.
func (t *Table) hashSession(s *session) message.Digest {
	b := append(t.scratch[:0], hashSession)
	b = s.appendHead(b)
	for _, c := range s.replies.live() {
		if c.digest.IsZero() {
			c.digest = sha256.Sum256(c.Result)
		}
		b = c.appendHead(b)
		b = append(b, c.digest[:]...)
	}
	t.scratch = b
	return sha256.Sum256(b)
}

// hashTable binds the tree to its limits and its length. A subtree without sessions is zero, which no
// hash is.
func (t *Table) hashTable() message.Digest {
	b := append(t.scratch[:0], hashTable)
	b = append(b, digestDomain...)
	b = t.cfg.append(b)
	b = binary.BigEndian.AppendUint32(b, uint32(len(t.slots)))
	var root message.Digest
	if len(t.slots) > 0 {
		root = t.tree[len(t.tree)-1][0]
	}
	b = append(b, root[:]...)
	t.scratch = b
	return sha256.Sum256(b)
}
