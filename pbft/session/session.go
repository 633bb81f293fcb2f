package session

import (
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// session is one client's state. done, raise and mark are the whole of at-most-once execution.
type session struct {
	id      message.SessionID // the place of its opening
	client  message.PublicKey
	nonce   uint64
	awaited uint64            // numbers below it are done, executed or not; never falls
	used    message.SessionID // the place of its last executed request, at first of its opening
	bits    []uint64          // bit n mod Window: n is executed, awaited <= n < awaited + Window

	replies    replies
	slot       uint32
	dirty      bool
	prev, next *session // of the ring by last use
}

func newSession(slot uint32, window uint64) *session {
	s := &session{slot: slot, bits: make([]uint64, window/64)}
	s.prev, s.next = s, s
	return s
}

// reset turns s into the session that the opening r at the given place makes, and returns the reply
// bytes set free.
func (s *session) reset(at message.SessionID, r *message.Request) (freed int) {
	freed = s.replies.dropAll()
	s.id, s.client, s.nonce, s.awaited = at, r.Client, r.Number, 1
	clear(s.bits)
	return freed
}

func (s *session) window() uint64 { return 64 * uint64(len(s.bits)) }

// bit returns the word and the mask of number n. Window is a power of two, so n mod Window goes on
// steadily even where n would pass 2^64.
func (s *session) bit(n uint64) (word *uint64, mask uint64) {
	i := n & (s.window() - 1)
	return &s.bits[i/64], 1 << (i % 64)
}

// done reports whether n must not be executed any more.
func (s *session) done(n uint64) bool {
	if n < s.awaited {
		return true
	}
	word, mask := s.bit(n)
	return n-s.awaited < s.window() && *word&mask != 0
}

// raise moves the window up to start at awaited, if that is above where it starts, and returns the
// bytes of the replies that nobody awaits any more. It clears the bits that fall out at the low end,
// whole words at a time: they stand for new numbers from now on.
func (s *session) raise(awaited uint64) (freed int) {
	if awaited <= s.awaited {
		return 0
	}
	if awaited-s.awaited >= s.window() {
		clear(s.bits)
		s.awaited = awaited
	}
	for s.awaited < awaited {
		word, mask := s.bit(s.awaited)
		span := min(64-s.awaited%64, awaited-s.awaited)
		*word &^= mask * (1<<span - 1)
		s.awaited += span
	}
	return s.replies.dropBelow(awaited)
}

// mark records n as executed. The caller has raised the window over it.
func (s *session) mark(n uint64) {
	word, mask := s.bit(n)
	*word |= mask
}

// empty reports whether nothing was executed: an executed request leaves the bit of its number,
// which only a later one can push out of the window.
func (s *session) empty() bool {
	for _, word := range s.bits {
		if word != 0 {
			return false
		}
	}
	return true
}

func (s *session) unlink() {
	s.prev.next, s.next.prev = s.next, s.prev
}

func (s *session) linkAfter(other *session) {
	s.prev, s.next = other, other.next
	s.prev.next, s.next.prev = s, s
}
