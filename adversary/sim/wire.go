package sim

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// What enemies do to frames below authentication: they keep them and send them again,
// or change them.

// replay has an old copy of a message arrive once more.
func (l *links) replay(to int, after clock.Duration, arrive deed) {
	w := l.w
	life, view := w.age(to)
	w.after(after, func() {
		now, entered := w.age(to)
		w.Sometimes(replayed, true)
		w.Sometimes(replayedView, entered > view)
		w.Sometimes(replayedLife, now > life)
		arrive.do()
	})
}

// age returns the incarnation of a replica and the view that it has entered.
func (w *World) age(end int) (life int, view message.View) {
	if end >= len(w.hosts) {
		return 0, 0
	}
	return w.hosts[end].life, w.hosts[end].view
}

// unlessBroken has a message arrive only if the connection lasts that long.
func (l *links) unlessBroken(from, to int, id uint64, m message.Message, arrive deed) deed {
	k := l.at(from, to)
	broken := k.broken
	return deed{run: func() {
		if k.broken != broken {
			l.lose(from, to, id, m, lostConnection)
			return
		}
		arrive.do()
	}}
}

// spoil has a receiver find a frame with one bit flipped. An authenticated channel
// ends with it, in both directions. Below it the frame must fall to the decoder
// already, or, if it is signed, to the door. (What a liar broke one flip may mend.)
func (l *links) spoil(from, to int, id uint64, m message.Message, bit uint64) {
	w := l.w
	l.at(from, to).broken++
	l.at(to, from).broken++
	l.lose(from, to, id, m, lostCorrupt)
	b, err := wire.Append(nil, m)
	if err != nil {
		return // a liar's
	}
	bit %= uint64(len(b)) * 8
	b[bit/8] ^= 1 << (bit % 8)
	got, err := wire.Decode(b)
	if err != nil {
		return
	}
	w.Sometimes(corruptDecoded, true)
	if _, signed := got.(message.Signed); signed && w.passes(from, got) && w.passes(from, m) {
		w.fail("door", fmt.Sprintf("bit %d of a frame was flipped, and it passes: %s", bit, Describe(got)))
	}
}

func (w *World) passes(from int, m message.Message) bool {
	_, err := w.door.Verify(w.name(from), m)
	return err == nil
}
