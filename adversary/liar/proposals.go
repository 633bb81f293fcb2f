package liar

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// newPartial keeps one victim out of every proposal. It breaks who cannot fetch what
// it lacks: the victim sees votes for what it does not have.
func newPartial(e *Env) Sender {
	victim := e.victim()
	return func(to message.ReplicaID, m message.Message) {
		if to == victim {
			switch m.(type) {
			case *message.PrePrepare, *message.Body, *message.Prepare, *message.Blocks:
				return
			}
		}
		e.Send(to, m)
	}
}

// newNoBodies signs headers whose bodies never come. It breaks who votes on headers, and
// who waits for a block that nobody has.
func newNoBodies(e *Env) Sender {
	hidden := e.Draw("all", 2) == 0
	return func(to message.ReplicaID, m message.Message) {
		switch m := m.(type) {
		case *message.Body:
			if hidden || e.upper(to) {
				return
			}
		case *message.Blocks:
			c := *m
			c.Blocks = append([]message.BlockData(nil), m.Blocks...)
			for i := range c.Blocks {
				c.Blocks[i].Raw, c.Blocks[i].Payload = nil, nil
			}
			e.Send(to, &c)
			return
		}
		e.Send(to, m)
	}
}

// newTease gives one victim a header that nobody else has, under the primary's
// signature, and keeps COMMITs from it. It breaks who pulls in a fixed order.
func newTease(e *Env) Sender {
	victim := e.victim()
	return func(to message.ReplicaID, m message.Message) {
		if to != victim {
			e.Send(to, m)
			return
		}
		switch m := m.(type) {
		case *message.PrePrepare:
			h := m.Header
			h.PayloadDigest = e.garbage()
			c := &message.PrePrepare{Parent: m.Parent, Header: h}
			at := c.Point()
			e.Send(to, c)
			e.Send(to, e.signed(&message.Prepare{View: h.View, Base: e.base(h.View), Seq: at.Seq, Chain: at.Chain}))
			return
		case *message.Body, *message.Prepare, *message.Commit, *message.Blocks:
			return
		}
		e.Send(to, m)
	}
}

// newBeyond proposes what has no place: above the window, at gaps, on chains of nobody.
// It breaks who sizes things by a header's seq (A11, A12; Castro and Liskov, section
// 4.2).
func newBeyond(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		p, ok := m.(*message.PrePrepare)
		if !ok {
			return
		}
		c := *p
		c.Header.Seq = message.Seq(e.far(uint64(p.Header.Seq)))
		if e.Draw("parent", 2) == 0 {
			c.Parent = e.garbage()
		}
		c.Header.PayloadDigest = e.garbage()
		e.Send(to, &c)
		if at := c.Point(); at.Seq > 0 && at.Seq < 1<<62 && e.Draw("sign", 3) == 0 {
			e.Send(to, e.signed(&message.Prepare{View: p.Header.View, Base: e.base(p.Header.View), Seq: at.Seq, Chain: at.Chain}))
		}
	}
}

// newUsurp proposes blocks of its own in views that others lead, on top of what it
// voted for, and signs them; half of them have no body. It breaks who takes a block
// for the primary's because its view and seq are right: the true primary's have no
// place any more (A08).
func newUsurp(e *Env) Sender {
	b := newBook(e)
	var last *message.Prepare
	var block message.Body
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		p, ok := m.(*message.Prepare)
		if !ok || b.body == nil || e.Members().Primary(p.View) == e.Self {
			return
		}
		if p != last {
			last, block = p, message.Body{Parent: p.Chain, Raw: b.body}
			if e.Draw("hollow", 2) == 0 {
				block.Raw = nil
			}
			block.Header = message.Header{
				Epoch: p.Epoch, View: p.View, Seq: p.Seq + 1, PayloadKind: message.PayloadBatch,
			}
			block.Header.SetPayload(b.body)
		}
		e.proposeTo(to, p.Base, block)
	}
}

// proposeTo sends a block of the liar's own with its signature, the body only if there
// is one.
func (e *Env) proposeTo(to message.ReplicaID, base message.Seq, b message.Body) {
	x := &message.PrePrepare{Parent: b.Parent, Header: b.Header}
	e.Send(to, x)
	if b.Raw != nil {
		e.Send(to, &b)
	}
	h := &b.Header
	e.Send(to, e.signed(&message.Prepare{Epoch: h.Epoch, View: h.View, Base: base, Seq: h.Seq, Chain: x.Point().Chain}))
}

// newBackStep proposes, now and then, another block in the place of its last one, on top
// of that one's parent, and signs it. It breaks who moves its tip to whatever the
// primary says last (A13).
func newBackStep(e *Env) Sender {
	var last *message.Body
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		x, ok := m.(*message.Body)
		if !ok || last == x {
			return
		}
		if last != nil && last.Header.View == x.Header.View && e.Draw("back", 4) == 0 {
			h, raw := repacked(last, x.Raw)
			e.each(func(to message.ReplicaID) {
				e.proposeTo(to, e.base(h.View), message.Body{Parent: last.Parent, Header: h, Raw: raw})
			})
		}
		last = x
	}
}

// newOverfill proposes, at some block of a view that it leads, further ones up to the
// high mark and beyond, whatever its window allows, and nothing more in that view. It
// breaks view changes that certify what they inherit by a new block: there is no room
// for one (A11; docs/spec.md, story 4).
func newOverfill(e *Env) Sender {
	filled := make(map[message.View]bool)
	return func(to message.ReplicaID, m message.Message) {
		switch m := m.(type) {
		case *message.Body:
			if v := m.Header.View; !filled[v] && e.Draw("overfill", 4) == 0 {
				keep(filled, v, true)
				e.each(func(to message.ReplicaID) { e.pile(to, m) })
				return
			}
			if filled[m.Header.View] {
				return
			}
		case *message.PrePrepare:
			if filled[m.Header.View] {
				return
			}
		case *message.Prepare:
			if filled[m.View] && e.Members().Primary(m.View) == e.Self {
				return
			}
		case *message.Blocks:
			if p := m.Prepare; p != nil && p.Signer == e.Self && filled[p.View] {
				return // its core is on another chain by now
			}
		}
		e.Send(to, m)
	}
}

// pile sends a block and many more on top of it, all with one payload.
func (e *Env) pile(to message.ReplicaID, first *message.Body) {
	const many = 64
	b := *first
	for range many {
		e.proposeTo(to, e.base(b.Header.View), b)
		b.Parent = b.Parent.Extend(b.Header.Digest())
		b.Header.Seq++
	}
}

// slowDrip returns a primary that holds each proposal back for so long, just below the
// others' timeout. It breaks timeouts that any progress restarts, or that follow the
// primary's own pace (A45; Aardvark, Prime).
func slowDrip(d clock.Duration) func(*Env) Sender {
	return func(e *Env) Sender {
		return func(to message.ReplicaID, m message.Message) {
			switch m := m.(type) {
			case *message.PrePrepare, *message.Body:
				e.After(d, func() { e.Send(to, m) })
				return
			case *message.Prepare:
				if e.Members().Primary(m.View) == e.Self {
					e.After(d, func() { e.Send(to, m) })
					return
				}
			}
			e.Send(to, m)
		}
	}
}

// newLateBodies signs headers at once and sends bodies long after. It breaks who waits
// for one source of a body, and who takes a header for a promise.
func newLateBodies(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		if b, ok := m.(*message.Body); ok {
			e.After(clock.Duration(50+e.Draw("late", 200))*clock.Millisecond, func() { e.Send(to, b) })
			return
		}
		e.Send(to, m)
	}
}
