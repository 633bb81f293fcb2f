package client

import (
	"math"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// session numbers operations. The window of numbers begins at base, the lowest that is not settled.
type session struct {
	id     message.SessionID // zero while there is none
	next   uint64            // the next number
	base   uint64
	slots  []*call // by number mod window
	opened clock.Instant
}

func (s *session) begin(id message.SessionID, window int, now clock.Instant) {
	*s = session{id: id, next: 1, base: 1, slots: make([]*call, window), opened: now}
}

func (s *session) live() bool { return s.id.Seq != 0 }

func (s *session) room() bool { return s.live() && s.next-s.base < uint64(len(s.slots)) }

func (s *session) slot(number uint64) **call { return &s.slots[number%uint64(len(s.slots))] }

// number gives an operation its identity. Awaited is the lowest number that has not been settled, so
// that replicas keep the replies that may still be asked for (spec X1).
func (s *session) number(x *call) {
	x.req.Session, x.req.Number, x.req.Awaited = s.id, s.next, s.base
	*s.slot(s.next) = x
	s.next++
}

// release notes that an operation is settled.
func (s *session) release(x *call) {
	if x.req.Session != s.id || !s.live() {
		return
	}
	*s.slot(x.req.Number) = nil
	for s.base < s.next && *s.slot(s.base) == nil {
		s.base++
	}
}

// A session that lives shorter than this was taken away: by another process with the same key, or
// because the cluster has more clients than room for sessions.
const sessionShort = clock.Second

// opener makes the openings of sessions. Their nonces rise, across restarts too (spec X1).
type opener struct {
	nonce  uint64 // the last one used
	call   *call  // the opening on its way, nil if there is none
	after  clock.Instant
	shorts int    // short sessions in a row
	bump   uint64 // by how much the next nonce exceeds one that was refused
}

// bumpMin is added to a nonce that was refused, and doubled as long as that goes on: the live session
// has a higher one, but nobody says how high. In nanoseconds it is a second.
const bumpMin = 1 << 30

// open stages an opening with a nonce of at least floor.
func (o *opener) open(client message.PublicKey, floor uint64) *call {
	o.nonce = max(add(o.nonce, 1), floor)
	o.call = newCall(message.Request{Type: message.RequestOpen, Client: client, Number: o.nonce})
	return o.call
}

// refused lets the next nonce jump. It stops at the largest there is, which the cluster then refuses
// until the session that has it is evicted.
func (o *opener) refused() {
	o.bump = max(add(o.bump, o.bump), bumpMin)
	o.nonce = add(o.nonce, o.bump)
	o.call = nil
}

// add does not wrap.
func add(a, b uint64) uint64 {
	if b > math.MaxUint64-a {
		return math.MaxUint64
	}
	return a + b
}
