package virtual

import (
	"time"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// packet is one message on its way. All who get it verify it; that is done once, and costs each of them as much, unless
// there are clients' signatures in it: which of those have been checked before each replica knows for itself.
type packet struct {
	from  *replica
	msg   message.Message
	bytes int

	done   bool // verified
	v      message.Verified
	err    error
	checks uint64 // of signatures
	cost   time.Duration
}

func (r *replica) verify(p *packet) {
	door := r.w.door
	if r.w.cfg.Signed && bulk(p.msg) {
		door, p.done = r.door, false
	}
	if p.done {
		return
	}
	r.w.meter.begin()
	p.v, p.err = door.Verify(p.from.id, p.msg)
	p.checks, p.cost = r.w.meter.end()
	p.done = true
}

// frameBytes is what framing adds.
const frameBytes = 8

// measure returns the bytes of a message on the wire.
func (w *world) measure(m message.Message) int {
	b, err := wire.Append(w.scratch[:0], m)
	if err != nil {
		panic(err) // it is a correct replica's
	}
	w.scratch = b
	return len(b) + frameBytes
}

// bulk reports whether a message goes behind others (spec D2).
func bulk(m message.Message) bool {
	switch m.Kind() {
	case message.KindBody, message.KindBlocks, message.KindRequests, message.KindReply:
		return true
	}
	return false
}

// receivers calls to for each replica that a message goes to.
func (r *replica) receivers(o *core.Outgoing, to func(*replica)) {
	for _, x := range r.w.replicas {
		if x != r && (o.All || x.id == o.To) {
			to(x)
		}
	}
}

// sending is what it costs to send messages: bytes and frames, and a write to each replica that gets any.
func (r *replica) sending(list []core.Outgoing) (cost time.Duration) {
	c := r.w.costs()
	written := 0
	for i := range list {
		n := 0
		r.receivers(&list[i], func(*replica) { n++ })
		cost += time.Duration(n) * (c.Frame + perByte(c.Wire, r.w.measure(list[i].Msg)))
		written = max(written, n)
	}
	return cost + time.Duration(written)*c.Wake
}

// send puts messages on the line. Those to one replica arrive in their order within their class.
func (r *replica) send(list []core.Outgoing) {
	for i := range list {
		m := list[i].Msg
		p := &packet{from: r, msg: m, bytes: r.w.measure(m)}
		behind := bulk(m)
		class := 0
		if behind {
			class = 1
		}
		r.receivers(&list[i], func(to *replica) {
			if r.loses() {
				return
			}
			r.spent.WireBytes += uint64(p.bytes)
			r.frames++
			at := r.line.depart(r.w.now, p.bytes, r.w.cfg.Bandwidth, behind).Add(r.w.spread(r.w.cfg.Delay))
			last := &to.heard[r.at][class]
			*last = latest(*last, at)
			r.w.later(*last, func() { to.hear(p) })
		})
	}
}

// lossPercent is the chance of a frame to be lost where links lose some.
const lossPercent = 1

// loses draws whether a frame does not leave.
func (r *replica) loses() bool {
	switch r.failing {
	case benchmarks.Isolation, benchmarks.Muteness:
		return true
	case benchmarks.Loss:
		return r.w.rng.IntN(100) < lossPercent
	}
	return false
}
