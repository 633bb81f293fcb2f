package message

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/quorum"
)

// Member is one voting replica of an epoch.
type Member struct {
	ID    ReplicaID
	Key   PublicKey
	Power uint64 // voting power, at least 1 (spec M1)
}

// Members is the membership of one epoch, sorted by id. It is immutable and safe
// for concurrent use.
type Members struct {
	epoch Epoch
	list  []Member
	index map[ReplicaID]int
	sys   *quorum.System
}

// ErrMembers reports a membership that cannot be.
var ErrMembers = errors.New("message: invalid membership")

// NewMembers checks and sorts a membership: ids and keys are distinct, powers
// are as M1 says.
func NewMembers(epoch Epoch, list []Member) (*Members, error) {
	m := &Members{epoch: epoch, list: slices.Clone(list), index: make(map[ReplicaID]int, len(list))}
	slices.SortFunc(m.list, func(a, b Member) int { return cmp.Compare(a.ID, b.ID) })
	powers := make([]uint64, len(m.list))
	keys := make(map[PublicKey]bool, len(list))
	for i, mem := range m.list {
		if _, ok := m.index[mem.ID]; ok || keys[mem.Key] {
			return nil, fmt.Errorf("%w: id or key of replica %d stands twice", ErrMembers, mem.ID)
		}
		m.index[mem.ID], keys[mem.Key] = i, true
		powers[i] = mem.Power
	}
	var err error
	if m.sys, err = quorum.New(powers); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMembers, err)
	}
	return m, nil
}

// Epoch returns the epoch in which these members vote.
func (m *Members) Epoch() Epoch { return m.epoch }

// Len returns the number of members.
func (m *Members) Len() int { return len(m.list) }

// At returns the member of index i, 0 <= i < Len.
func (m *Members) At(i int) Member { return m.list[i] }

// Index returns the index of a member, or -1.
func (m *Members) Index(id ReplicaID) int {
	if i, ok := m.index[id]; ok {
		return i
	}
	return -1
}

// Quorums returns the arithmetic of the epoch (spec M1).
func (m *Members) Quorums() *quorum.System { return m.sys }

// Needed returns the power that votes of a kind need to certify or justify (spec N3,
// N5, C1, V3): it is quorum for each.
func (m *Members) Needed(k Kind) uint64 {
	if bug.M01 && k == KindPrepare || bug.M02 && k == KindCommit || bug.M20 && k == KindViewChange {
		return m.sys.Quorum() - 1
	}
	return m.sys.Quorum()
}

// Primary returns the primary of a view: round-robin (spec V7).
func (m *Members) Primary(v View) ReplicaID {
	n := uint64(len(m.list))
	if bug.M98 {
		n = min(n, 4)
	}
	return m.list[uint64(v)%n].ID
}

// Digest names the membership in checkpoints (spec C1).
func (m *Members) Digest() Digest {
	b := appendDomain(nil, domainMembers)
	b = appendUint64(b, uint64(m.epoch), uint64(len(m.list)))
	for _, mem := range m.list {
		b = appendUint64(b, uint64(mem.ID), mem.Power)
		b = append(b, mem.Key[:]...)
	}
	return sha256.Sum256(b)
}
