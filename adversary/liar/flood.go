package liar

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// newSilent says nothing at all. It breaks who waits for all n.
func newSilent(*Env) Sender { return func(message.ReplicaID, message.Message) {} }

// delayed returns a liar that is late with everything, up to so much. It breaks timers
// learnt from one peer, and orders that links keep.
func delayed(most clock.Duration) func(*Env) Sender {
	return func(e *Env) Sender {
		return func(to message.ReplicaID, m message.Message) {
			e.After(clock.Duration(e.Draw("delayed", uint64(most)+1)), func() { e.Send(to, m) })
		}
	}
}

// newDelay draws how late it is.
func newDelay(e *Env) Sender {
	return delayed(clock.Duration(10+e.Draw("delay-by", 400)) * clock.Millisecond)(e)
}

// newReplay mixes old messages into new ones. It breaks who takes the newest arrival
// for the newest message (A22).
func newReplay(e *Env) Sender {
	var old []message.Message
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		if len(old) < 64 {
			old = append(old, m)
		} else if e.Draw("keep", 4) == 0 {
			old[e.Draw("slot", 64)] = m
		}
		if e.Draw("replay", 3) == 0 {
			e.Send(to, old[e.Draw("which", uint64(len(old)))])
		}
	}
}

// newFuture sends many votes and proposals for views and seqs to come, each with a
// number of its own and validly signed, and as primary many blocks that it does not sign.
// It breaks buffers for the future that have no bound (A51, Spam of go-f3).
func newFuture(e *Env) Sender {
	next := uint64(0)
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		p, ok := m.(*message.Prepare)
		if !ok {
			return
		}
		for range 8 {
			next++
			v, s := p.View+message.View(1+next%7), p.Seq+message.Seq(next)
			d := p.Chain.Extend(p.Chain)
			e.Send(to, e.signed(&message.Prepare{Epoch: p.Epoch, View: v, Base: p.Seq, Seq: s, Chain: d}))
			e.Send(to, e.signed(&message.Commit{Epoch: p.Epoch, View: v, Seq: s, Chain: d}))
			h := message.Header{Epoch: p.Epoch, View: v, Seq: s, PayloadKind: message.PayloadBatch, PayloadHash: message.HashSHA256}
			e.Send(to, &message.PrePrepare{Parent: d, Header: h})
		}
		if e.Members().Primary(p.View) == e.Self {
			e.unsigned(to, p)
		}
	}
}

// unsigned proposes blocks of the view that it leads, in the window, that it never signs.
func (e *Env) unsigned(to message.ReplicaID, p *message.Prepare) {
	for range 12 {
		h := message.Header{
			Epoch: p.Epoch, View: p.View, Seq: p.Seq + 1 + message.Seq(e.Draw("ahead", 8)), PayloadKind: message.PayloadBatch,
			PayloadHash: message.HashSHA256, PayloadDigest: e.garbage(),
		}
		e.Send(to, &message.PrePrepare{Parent: p.Chain, Header: h})
	}
}

// newBadSignatures sends each vote many times over with signatures that are wrong by a
// bit. It breaks who verifies before it looks whether a vote can still matter (A52).
func newBadSignatures(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		if s, ok := m.(message.Signed); ok {
			for range 4 {
				if c := corrupted(s); c != nil {
					e.Send(to, c)
				}
			}
		}
		e.Send(to, m)
	}
}

// corrupted returns a vote whose signature is wrong.
func corrupted(m message.Signed) message.Message {
	switch m := m.(type) {
	case *message.Prepare:
		c := *m
		c.Sig = flip(m.Sig)
		return &c
	case *message.Commit:
		c := *m
		c.Sig = flip(m.Sig)
		return &c
	case *message.ViewChange:
		c := *m
		c.Sig = flip(m.Sig)
		return &c
	}
	return nil
}

// newMasks passes others' votes on as they are, and sends its own in others' names. It
// breaks who takes the name in a message for its sender's: the votes of correct
// replicas would count before they send them, or count twice (A52, A70).
func newMasks(e *Env) Sender {
	e.OnReceive(func(from message.ReplicaID, m message.Message) bool {
		s, ok := m.(message.Signed)
		if !ok {
			return false
		}
		if id, _ := s.Author(); id == from { // else liars would pass it on for ever
			e.each(func(to message.ReplicaID) {
				if to != from {
					e.Send(to, s)
				}
			})
		}
		return false
	})
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		if p, ok := m.(*message.Prepare); ok {
			c := *p
			c.Chain = c.Chain.Extend(c.Chain)
			e.Sign(&c)
			c.Signer = e.victim()
			e.Send(to, &c)
		}
	}
}

// newOverflow sends votes, reports and hints with numbers at the ends of what fits: 0,
// 2^62, 2^63, 2^64-1 and their neighbours. It breaks sums that wrap, indexes and
// loops over what a peer named (A12; BFT-SMaRt b7533c7a).
func newOverflow(e *Env) Sender {
	edge := func() uint64 { return 1<<(62+e.Draw("edge", 3)) - 2 + e.Draw("next", 4) } // 1<<64 is 0
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		switch m := m.(type) {
		case *message.Prepare:
			e.Send(to, e.signed(&message.Prepare{View: message.View(edge()), Base: message.Seq(edge()), Seq: message.Seq(edge()), Chain: m.Chain}))
			e.Send(to, e.signed(&message.Prepare{View: m.View, Base: m.Base, Seq: message.Seq(edge()), Chain: m.Chain}))
			e.Send(to, e.signed(&message.Commit{View: m.View, Seq: message.Seq(edge()), Chain: m.Chain}))
			e.Send(to, &message.PrePrepare{Parent: m.Chain, Header: message.Header{View: m.View, Seq: message.Seq(edge()), PayloadSize: 1<<32 - 1, PayloadKind: 1, PayloadHash: 1}})
		case *message.Status:
			v := message.View(edge())
			e.Send(to, e.signed(&message.Suspect{View: v, Decided: message.Seq(edge())}))
			e.Send(to, e.signed(&message.ViewChange{View: v, Rank: message.Rank{View: v - 1, Seq: message.Seq(edge())}, Chain: e.Root().Chain}))
			e.Send(to, &message.Status{Entered: v, Target: v, Tip: message.Seq(edge()), Decided: message.Seq(edge()), Stable: message.Seq(edge()), Nonce: edge(), Echo: edge()})
			e.Send(to, &message.Fetch{From: message.Point{Seq: message.Seq(edge())}, Want: message.Point{Seq: message.Seq(edge()), Chain: e.Root().Chain}, Bodies: true})
			e.Send(to, &message.FetchView{View: v})
		}
	}
}

// newAmplify sends messages that are small for what they make a receiver do: answers
// of nothing but headers, certificates that are all links, lists at their limit. It
// breaks decoders that allocate what is announced and verifiers that check before
// they count (A53; CometBFT 5946).
func newAmplify(e *Env) Sender {
	n := 0
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		p, ok := m.(*message.Prepare)
		if n++; !ok || n%8 != 0 {
			return
		}
		limits := e.Door.Limits()
		long := &message.CommitCert{Epoch: p.Epoch, View: p.View, Seq: p.Seq, Chain: p.Chain, Links: make([]message.Digest, limits.Links)}
		vote := message.CertVote{Signer: e.Self, Seq: p.Seq + message.Seq(limits.Links), Sig: p.Sig}
		for range e.Members().Len() {
			long.Votes = append(long.Votes, vote)
		}
		e.Send(to, long)
		blocks := &message.Blocks{From: p.Point(), Links: long.Links}
		for i := range limits.Blocks {
			h := message.Header{Epoch: p.Epoch, View: p.View, Seq: p.Seq + 1 + message.Seq(i), PayloadKind: 1, PayloadHash: 1}
			blocks.Blocks = append(blocks.Blocks, message.BlockData{Header: h})
		}
		e.Send(to, blocks)
		e.Send(to, &message.Requests{List: make([]message.Request, 256)})
	}
}

// newKaleidoscope hands each message to another behaviour, or holds it back for a
// while. What those hear, its core hears too.
func newKaleidoscope(e *Env) Sender {
	c := *e
	c.hear = func(f func(from message.ReplicaID, m message.Message) bool) {
		e.hear(func(from message.ReplicaID, m message.Message) bool {
			f(from, m)
			return false
		})
	}
	var all []Sender
	for i := range alone {
		all = append(all, alone[i].New(&c))
	}
	return func(to message.ReplicaID, m message.Message) {
		if e.Draw("late", 8) == 0 {
			e.After(clock.Duration(e.Draw("late-by", uint64(300*clock.Millisecond))), func() { e.Send(to, m) })
			return
		}
		all[e.Draw("which", uint64(len(all)))](to, m)
	}
}
