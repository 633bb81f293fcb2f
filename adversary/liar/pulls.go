package liar

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// newStaleAnswers answers pulls with garbage and with older answers, several times. It
// breaks who waits for one source, or counts on answers (A39, A44).
func newStaleAnswers(e *Env) Sender {
	var old *message.Blocks
	return func(to message.ReplicaID, m message.Message) {
		b, ok := m.(*message.Blocks)
		if !ok {
			e.Send(to, m)
			return
		}
		for k := e.Draw("answers", 4); k > 0; k-- {
			e.Send(to, e.spoil(b))
		}
		if old != nil {
			e.Send(to, old)
		}
		old = b
		if e.Draw("honest", 4) == 0 {
			e.Send(to, b)
		}
	}
}

// spoil returns an answer with other headers in the places of b's.
func (e *Env) spoil(b *message.Blocks) *message.Blocks {
	c := &message.Blocks{From: b.From, Prepare: b.Prepare}
	if e.Draw("from", 3) == 0 {
		c.From.Chain = e.garbage()
	}
	for i := range b.Blocks {
		h := b.Blocks[i].Header
		h.PayloadDigest = e.garbage()
		h.View += message.View(e.Draw("view", 2)) << e.Draw("bits", 60)
		c.Blocks = append(c.Blocks, message.BlockData{Header: h})
	}
	if e.Draw("cut", 2) == 0 && len(c.Blocks) > 0 {
		c.Blocks[0] = b.Blocks[0] // a true beginning
	}
	return c
}

// newOldProof answers pulls of decided blocks with the first proof that it ever gave,
// valid and long past, sometimes with the blocks of that time. It breaks who
// installs what is certified without asking what it certifies (A42).
func newOldProof(e *Env) Sender {
	var first *message.Blocks
	return func(to message.ReplicaID, m message.Message) {
		b, ok := m.(*message.Blocks)
		if !ok || b.Stable == nil && b.Commit == nil {
			e.Send(to, m)
			return
		}
		if first == nil {
			first = b
		}
		if e.Draw("blocks", 2) == 0 {
			e.Send(to, first)
		}
		c := *b
		c.Links, c.Commit, c.Stable = first.Links, first.Commit, first.Stable
		e.Send(to, &c)
	}
}

// newFalseProof answers pulls with certificates, links or primary's votes that do not
// fit the blocks. It breaks who checks a proof and its blocks, but not that the one
// is about the other (A24).
func newFalseProof(e *Env) Sender {
	var last message.Blocks // the proofs of the answer before
	return func(to message.ReplicaID, m message.Message) {
		b, ok := m.(*message.Blocks)
		if !ok {
			e.Send(to, m)
			return
		}
		c := *b
		switch e.Draw("false", 4) {
		case 0:
			c.Commit, c.Stable = last.Commit, last.Stable
		case 1:
			c.Links = append(b.Links[:len(b.Links):len(b.Links)], e.garbage())
		case 2:
			c.Prepare = last.Prepare
		case 3:
			c.From.Chain = e.garbage()
		}
		last = *b
		e.Send(to, &c)
	}
}

// newMadeUp answers pulls of decided blocks with blocks that it made up, under the true
// certificate of the true ones, and claims to have a little more than it has so as to be
// asked. It breaks who takes a certificate for a proof of whatever came with it (A24, A42).
func newMadeUp(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		switch b := m.(type) {
		case *message.Status:
			c := *b
			c.Decided, c.Tip = c.Decided+1, max(c.Tip, c.Decided+1)
			m = &c
		case *message.Blocks:
			if b.Commit == nil && b.Stable == nil || len(b.Blocks) == 0 {
				break
			}
			c := *b
			c.Blocks = append([]message.BlockData(nil), b.Blocks...)
			for i := int(e.Draw("from", uint64(len(c.Blocks)))); i < len(c.Blocks); i++ {
				c.Blocks[i] = message.BlockData{Header: c.Blocks[i].Header}
				c.Blocks[i].Header.PayloadDigest = e.garbage()
			}
			m = &c
		}
		e.Send(to, m)
	}
}

// newDrip answers pulls with one block at a time, late. It breaks who keeps asking one
// source as long as it answers (A44; CometBFT 5860).
func newDrip(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		if b, ok := m.(*message.Blocks); ok && len(b.Blocks) > 0 {
			c := &message.Blocks{From: b.From, Blocks: b.Blocks[:1], Prepare: b.Prepare}
			e.After(clock.Duration(20+e.Draw("drip", 100))*clock.Millisecond, func() { e.Send(to, c) })
			return
		}
		e.Send(to, m)
	}
}

// newUnasked pushes its answers at everyone, asked or not. It breaks who takes an
// answer without a question, and pays for it (A44).
func newUnasked(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		if b, ok := m.(*message.Blocks); ok {
			e.each(func(other message.ReplicaID) {
				if other != to {
					e.Send(other, b)
				}
			})
		}
	}
}

// newStatusLiar claims to be far ahead, far behind and far away by turns. It breaks who
// follows hints (A40).
func newStatusLiar(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		s, ok := m.(*message.Status)
		if !ok {
			e.Send(to, m)
			return
		}
		for k := e.Draw("statuses", 4); k > 0; k-- {
			c := *s
			c.Entered, c.Target = message.View(e.far(uint64(s.Entered))), message.View(e.far(uint64(s.Target)))
			c.Tip, c.Certified = message.Seq(e.far(uint64(s.Tip))), message.Seq(e.far(uint64(s.Certified)))
			c.Decided, c.Stable = message.Seq(e.far(uint64(s.Decided))), message.Seq(e.far(uint64(s.Stable)))
			c.Nonce = e.Draw("nonce", 3)
			if e.Draw("echo", 2) == 0 {
				c.Echo += e.Draw("echo-by", 8)
			}
			e.Send(to, &c)
		}
	}
}

// newHeightLie reports that it has decided a little more than anyone, less the next
// time, and answers no pull. It breaks catching up that follows the highest peer, and
// timers that being behind stops (A40; CVE-2025-24371; story 13).
func newHeightLie(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		switch m := m.(type) {
		case *message.Blocks:
			return
		case *message.Status:
			c := *m
			ahead := message.Seq(1 + e.Draw("ahead", 8))
			if e.Draw("less", 3) == 0 {
				c.Decided, c.Stable = c.Decided/2, c.Stable/2
			} else {
				c.Decided, c.Tip, c.Certified, c.Stable = c.Decided+ahead, c.Tip+ahead, c.Certified+ahead, c.Decided
			}
			e.Send(to, &c)
			return
		}
		e.Send(to, m)
	}
}

// newAskAll asks everyone for everything all the time, mostly for what is not. It
// breaks who answers without end (A44, A52).
func newAskAll(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		s, ok := m.(*message.Status)
		if !ok {
			return
		}
		for k := e.Draw("asks", 8); k > 0; k-- {
			from := message.Point{Seq: message.Seq(e.far(uint64(s.Decided))), Chain: e.garbage()}
			want := message.Point{Seq: message.Seq(e.far(uint64(s.Tip))), Chain: e.garbage()}
			if e.Draw("decided", 2) == 0 {
				want = message.Point{}
			}
			e.Send(to, &message.Fetch{From: from, Want: want, Bodies: e.Draw("bodies", 2) == 0})
			e.Send(to, &message.FetchView{View: message.View(e.Draw("view", uint64(s.Entered)+1))})
		}
	}
}

// newReflect asks again and again for the largest answer that there is: all blocks from
// the root on, bodies included, and the newest NEW-VIEW. It breaks who lets a small
// question cost a large answer (A69).
func newReflect(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		if _, ok := m.(*message.Status); ok {
			for range 8 {
				e.Send(to, &message.Fetch{From: e.Root(), Bodies: true})
			}
			e.Send(to, &message.FetchView{Epoch: e.Members().Epoch()})
		}
	}
}
