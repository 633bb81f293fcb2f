package memory

import (
	"bytes"

	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/internal/links"
)

// link is one connection: a queue each way, from which the receiving end's goroutine takes.
type link struct {
	ends [2]*end       // the dialler's, the target's
	done chan struct{} // closed once it has fallen
}

// end is what one endpoint has of a link.
type end struct {
	link    *link
	owner   *Endpoint
	peer    *peer        // the other endpoint, as the owner knows it
	out, in *links.Queue // in is the other end's out
}

// newLink makes a link, unless the target refuses. The network is locked.
func newLink(dialler, target *Endpoint) bool {
	l := &link{done: make(chan struct{})}
	a, b := &end{link: l, owner: dialler}, &end{link: l, owner: target}
	l.ends = [2]*end{a, b}
	older, reason := target.accept(dialler.self, b)
	if reason != 0 {
		target.tally.Add(reason, 1)
		dialler.peer(target.self).meter.Fail(transport.ReasonRefused)
		return false
	}
	dialler.attach(dialler.peer(target.self), a)
	a.in, b.in = b.out, a.out
	if older != nil {
		older.link.drop(transport.ReasonReplaced)
	}
	for _, x := range l.ends {
		go x.receive()
	}
	return true
}

func (l *link) dialler() *Endpoint { return l.ends[0].owner }
func (l *link) target() *Endpoint  { return l.ends[1].owner }

// drop ends the link for both ends. Queued frames are lost (spec S2). The network is locked.
func (l *link) drop(err error) {
	if l.fallen() {
		return
	}
	close(l.done)
	for _, x := range l.ends {
		x.owner.detach(x, err)
	}
	if e, key := l.dialler(), l.target().self; e.dials(key) {
		e.network.waiting.add(key, e)
	}
}

func (l *link) fallen() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// receive hands what the other end sends to the owner's Handler until the link falls. Waiting is on
// channels only, so that a synctest bubble sees it as durably blocked.
func (x *end) receive() {
	e, p := x.owner, x.peer
	defer e.running.Done()
	defer e.network.release(x)
	select {
	case <-p.turn: // the Handler may still be at work for an earlier link of this peer
	case <-x.link.done:
		return
	}
	defer func() { p.turn <- struct{}{} }()
	if e.cfg.OnUp != nil {
		e.cfg.OnUp(p.key)
	}
	for batch := []links.Slice(nil); ; {
		if batch = x.in.Take(batch[:0]); len(batch) == 0 {
			select {
			case <-x.in.Ready():
				continue
			case <-x.link.done:
				return
			}
		}
		for _, s := range batch {
			if x.link.fallen() {
				return
			}
			x.deliver(s)
		}
		clear(batch)
	}
}

// deliver hands over a copy: data is the callee's, and the sender may have sent it to others as well.
func (x *end) deliver(s links.Slice) {
	e, p := x.owner, x.peer
	other := x.link.ends[0]
	if other == x {
		other = x.link.ends[1]
	}
	n := uint64(s.To - s.From)
	other.peer.meter.BytesOut.Add(n)
	p.meter.BytesIn.Add(n)
	if !s.Last() {
		return
	}
	if len(s.Frame) > e.frameBytesMax(p) {
		e.tally.Add(transport.ReasonOversize, 1)
		e.network.drop(x.link, transport.ReasonOversize)
		return
	}
	other.peer.meter.FramesOut.Add(1)
	p.meter.FramesIn.Add(1)
	e.cfg.Handler(p.key, bytes.Clone(s.Frame))
}
