// Package quorum holds the arithmetic of voting power (spec M1) and the two ways in which votes are counted: a [Set] of
// members who said one thing, and [Votes], which keeps the newest cumulative vote of each member and the point up to
// which enough of them agree (spec N3, N5).
//
// Members are named by their index, 0 to Len()-1, in the order in which their powers were given to [New]. Which replica
// stands at an index, which epoch it belongs to and whether a vote's signature is good is the caller's to know. An index
// outside that range can only come from an error in the calling code, never from a peer's message, so it panics.
//
// A [System] never changes and may be shared. A [Set] and a [Votes] have one owner and do no locking. After their
// constructors have returned, nothing in this package allocates.
package quorum

import (
	"errors"
	"fmt"

	"github.com/twothirds-bft/twothirds/internal/bug"
)

const (
	// MembersMax is the largest number of members of a System.
	MembersMax = 1024
	// PowerMax is the largest total power. It keeps 2N and every sum far from overflow, and every power is exact in the
	// 53-bit integers that JSON readers offer.
	PowerMax = 1 << 53
)

// Errors of New. They are wrapped with the figures at fault; test for them with errors.Is.
var (
	ErrNoMembers      = errors.New("quorum: no members")
	ErrTooManyMembers = errors.New("quorum: too many members")
	ErrZeroPower      = errors.New("quorum: member without power")
	ErrTotalPower     = errors.New("quorum: total power too large")
)

// System is the voting power of a fixed list of members and the thresholds that follow from its total N. With
// f = floor((N-1)/3), for every N:
//
//   - a quorum is what is left when f stays silent: Quorum = N - f, which is also floor(2N/3) + 1;
//   - two quorums share at least 2*Quorum - N = N - 2f >= Weak, so at least one correct member;
//   - Weak = f + 1 is the least power that faulty members alone cannot have.
//
// Its methods are safe for concurrent use.
type System struct {
	powers []uint64
	total  uint64
	f      uint64
}

// New makes a System of 1 to MembersMax members, each of power 1 or more, of total power PowerMax at most. It copies the
// slice. Systems that tolerate no fault (N < 4) are accepted: whether a cluster may run like that is decided where it is
// configured, with [System.TolerantOfFaults].
func New(powers []uint64) (*System, error) {
	if len(powers) == 0 {
		return nil, ErrNoMembers
	}
	if len(powers) > MembersMax {
		return nil, fmt.Errorf("%w: %d, limit %d", ErrTooManyMembers, len(powers), MembersMax)
	}
	var total uint64
	for i, power := range powers {
		if power == 0 {
			return nil, fmt.Errorf("%w: index %d", ErrZeroPower, i)
		}
		if power > PowerMax-total { // total <= PowerMax here, so nothing wraps
			return nil, fmt.Errorf("%w: exceeds %d at index %d", ErrTotalPower, uint64(PowerMax), i)
		}
		total += power
	}
	return &System{powers: append([]uint64(nil), powers...), total: total, f: (total - 1) / 3}, nil
}

// Len returns the number of members.
func (s *System) Len() int { return len(s.powers) }

// Power returns the power of member i.
func (s *System) Power(i int) uint64 { return s.powers[i] }

// Total returns N, the power of all members together.
func (s *System) Total() uint64 { return s.total }

// F returns f, the largest power that may be faulty: less than a third of Total.
func (s *System) F() uint64 { return s.f }

// Quorum returns the least power that is more than two thirds of Total.
func (s *System) Quorum() uint64 {
	switch {
	case bug.M03:
		return s.total/2 + 1
	case bug.M04:
		return 2*s.f + 1
	}
	return 2*s.total/3 + 1
}

// Weak returns f+1: members of this power together include a correct one.
func (s *System) Weak() uint64 { return s.f + 1 }

// TolerantOfFaults reports whether f is at least 1. Where it is false (N < 4) one faulty unit of power can fork the
// history, and "f+1 matching replies" means to trust a single replica.
func (s *System) TolerantOfFaults() bool { return s.f > 0 }
