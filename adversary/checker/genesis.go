package checker

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Digest is a SHA-256 hash.
type Digest = [32]byte

// Genesis is what a cluster agrees on before it starts, as plain data. Its digest is the
// cluster id, which every signature covers (spec D3).
type Genesis struct {
	Name       string
	Interval   uint64 // K, blocks between checkpoints, 1 to 512
	Signed     bool   // requests carry their client's signature
	OpBytes    int    // largest operation; 0 means 64 KiB
	BlockBytes int    // largest payload of a block; 0 means 1 MiB, at most 2 MiB
	Members    []Member
}

// Member is one voting replica.
type Member struct {
	ID    uint32
	Key   [32]byte
	Power uint64 // at least 1 (spec M1)
}

// ErrGenesis reports a genesis that no cluster can have.
var ErrGenesis = errors.New("checker: impossible genesis")

const (
	membersMax  = 1024
	powerMax    = 1 << 53 // N (spec M1)
	intervalMax = 512
	blockMax    = 2 << 20
	// loneRequest is what a batch of one request takes beside its operation: the count and
	// the length, 4 bytes each, the request's fixed fields, and a signature.
	loneRequest = 4 + 4 + requestFixed + signatureSize
)

// complete returns g with its defaults, members in order of their ids, or says what cannot
// be.
func (g Genesis) complete() (Genesis, error) {
	g.OpBytes, g.BlockBytes = cmp.Or(g.OpBytes, 64<<10), cmp.Or(g.BlockBytes, 1<<20)
	switch {
	case g.Interval == 0 || g.Interval > intervalMax:
		return g, fmt.Errorf("%w: interval %d", ErrGenesis, g.Interval)
	case g.OpBytes < 0, g.BlockBytes > blockMax, g.OpBytes > g.BlockBytes-loneRequest:
		return g, fmt.Errorf("%w: operations of %d bytes in blocks of %d", ErrGenesis, g.OpBytes, g.BlockBytes)
	case len(g.Members) == 0 || len(g.Members) > membersMax:
		return g, fmt.Errorf("%w: %d members", ErrGenesis, len(g.Members))
	}
	g.Members = slices.Clone(g.Members)
	slices.SortFunc(g.Members, func(a, b Member) int { return cmp.Compare(a.ID, b.ID) })
	left := uint64(powerMax)
	for i, m := range g.Members {
		for _, other := range g.Members[:i] {
			if m.ID == other.ID || m.Key == other.Key {
				return g, fmt.Errorf("%w: id or key of replica %d stands twice", ErrGenesis, m.ID)
			}
		}
		if m.Power == 0 || m.Power > left {
			return g, fmt.Errorf("%w: power %d of replica %d", ErrGenesis, m.Power, m.ID)
		}
		left -= m.Power
	}
	return g, nil
}

// cluster returns the cluster id of a complete genesis.
func (g *Genesis) cluster() Digest {
	members := wide(prefix, version, domainMembers, uint64(0), uint64(len(g.Members)))
	for _, m := range g.Members {
		members = append(members, wide(uint64(m.ID), m.Power, m.Key)...)
	}
	signed := byte(0)
	if g.Signed {
		signed = 1
	}
	return hash(prefix, version, domainGenesis, uint64(len(g.Name)), g.Name,
		g.Interval, uint64(g.OpBytes), uint64(g.BlockBytes), signed, hash(members))
}

// quorum reports whether power is more than two thirds of all (spec M1). The power of all
// is at most 2^53, so nothing wraps.
func (g *Genesis) quorum(power uint64) bool {
	all := uint64(0)
	for _, m := range g.Members {
		all += m.Power
	}
	return 3*power > 2*all
}

// member returns the member of an id.
func (g *Genesis) member(id uint32) (Member, bool) {
	for _, m := range g.Members {
		if m.ID == id {
			return m, true
		}
	}
	return Member{}, false
}

// primary returns who leads a view: members take turns in order of their ids (spec V7).
func (g *Genesis) primary(view uint64) uint32 {
	return g.Members[view%uint64(len(g.Members))].ID
}
