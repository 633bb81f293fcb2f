package sim

import (
	"errors"
	"fmt"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Flip is a bit of an application's state that flips in memory: the first block that a
// replica executes from At on, and all behind it, have a wrong digest and wrong results,
// until the process starts again. All else about the replica is right. Once it finds a
// stable checkpoint of another state than its own it must stop for good (spec C2), so the
// others have to go on without it.
type Flip struct {
	Replica int            `toml:"replica"`
	At      clock.Duration `toml:"at"`
}

// strikeBit flips the bit when it is due, before block s.
func (h *host) strikeBit(s message.Seq) {
	for i, f := range h.flips {
		if h.w.elapsed() >= f.At {
			h.flips = append(h.flips[:i:i], h.flips[i+1:]...)
			h.odd = true
			h.app.odd = s
			h.fault(differs)
			return
		}
	}
}

// state returns the state after the last block, or what the application takes for it.
func (x *executor) state() message.Digest {
	d := x.app.Digest()
	if x.odd > 0 {
		d[0] ^= 1
	}
	return d
}

// results are those of the last block, or what the application takes for them.
func (x *executor) results(list [][]byte) [][]byte {
	if x.odd > 0 {
		for i := range list {
			list[i] = append([]byte{1}, list[i]...)
		}
	}
	return list
}

// halted ends a process whose core stopped for good. Only one whose state differs may do
// so, for that reason.
func (h *host) halted(why error) {
	var diverged *core.DivergedError
	switch {
	case h.faulty:
	case h.odd && errors.As(why, &diverged):
		h.stop(divergence)
	default:
		h.w.fail("halt", fmt.Sprintf("replica %d: %v", h.at, why))
	}
}

// goesOn checks that a replica that signed another state than that of a stable checkpoint
// does not take the checkpoint for its own (I8).
func (h *host) goesOn(o *core.Output) {
	for i := range o.Persist {
		m, ok := o.Persist[i].Message.(*message.CheckpointCert)
		if !ok {
			continue
		}
		if own, signed := h.w.oracle.books[h.at].points[m.Seq]; signed && own != m.CheckpointBody {
			h.w.fail("I8", fmt.Sprintf("replica %d goes on at the stable checkpoint %v, and signed another state", h.at, m.Point()))
		}
	}
}
