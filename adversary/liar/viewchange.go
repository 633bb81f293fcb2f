package liar

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// newLowReport hides its certificates from each new primary. It breaks who takes the
// first summaries as they come for the highest (A04).
func newLowReport(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		if vc, ok := m.(*message.ViewChange); ok {
			c := e.root(vc.View)
			m = &c
		}
		e.Send(to, m)
	}
}

// newHighReport reports certificates that it does not have. It breaks who waits for the
// certificate of the highest report (A09).
func newHighReport(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		if vc, ok := m.(*message.ViewChange); ok && e.Draw("lie", 3) > 0 {
			c := *vc
			c.Rank.View = c.View - 1 - message.View(e.Draw("rank", uint64(c.View)))
			c.Rank.Seq, c.Chain = message.Seq(e.far(uint64(vc.Rank.Seq))), e.garbage()
			m = e.signed(&c)
		}
		e.Send(to, m)
	}
}

// newTwoReports reports one thing to one half and another to the other half. It breaks
// who builds on digests of summaries, for receivers see different ones (A02).
func newTwoReports(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		if vc, ok := m.(*message.ViewChange); ok && e.upper(to) {
			c := e.root(vc.View)
			m = &c
		}
		e.Send(to, m)
	}
}

// reporting returns a liar that reports, and shows, the certificates that forge makes
// instead of its core's, as long as it makes any.
func reporting(e *Env, forge func(b *book, vc *message.ViewChange) *message.PrepareCert) Sender {
	b := newBook(e)
	forged := make(map[message.View]*message.PrepareCert)
	return func(to message.ReplicaID, m message.Message) {
		b.note(m)
		switch vc := m.(type) {
		case *message.ViewChange:
			pc := forged[vc.View]
			if pc == nil {
				pc = forge(b, vc)
				keep(forged, vc.View, pc)
			}
			if pc != nil {
				c := *vc
				c.Rank, c.Chain = pc.Rank(), pc.Chain
				e.Send(to, e.signed(&c))
				e.Send(to, pc)
				return
			}
		case *message.PrepareCert:
			if forged[e.core.Target] != nil {
				return // the true one
			}
		}
		e.Send(to, m)
	}
}

// newForgedCert reports a certificate that it made up, and shows it: the core's own
// one with more height, its own signature in everyone's place. It breaks primaries
// who believe a report because some certificate came with it (A09).
func newForgedCert(e *Env) Sender {
	return reporting(e, func(_ *book, vc *message.ViewChange) *message.PrepareCert {
		pc := &message.PrepareCert{Epoch: vc.Epoch, View: vc.View - 1, Base: vc.Rank.Seq, Seq: vc.Rank.Seq + 1}
		pc.Chain = vc.Chain.Extend(vc.Chain)
		vote := message.Prepare{Epoch: pc.Epoch, View: pc.View, Base: pc.Base, Seq: pc.Seq, Chain: pc.Chain}
		e.Sign(&vote)
		for i := range e.quorum() {
			pc.Votes = append(pc.Votes, message.CertVote{Signer: e.Members().At(i).ID, Seq: pc.Seq, Sig: vote.Sig})
		}
		return pc
	})
}

// newWrongView reports a true certificate of an old view as one of the newest. It breaks
// who checks a carried certificate against the view that it arrives in instead of its
// own (A07; go-ibft eea78df).
func newWrongView(e *Env) Sender {
	return reporting(e, func(b *book, vc *message.ViewChange) *message.PrepareCert {
		var old *message.PrepareCert
		for _, c := range b.certs { // order: a maximum
			if c.View+1 < vc.View && (old == nil || c.Rank().Compare(old.Rank()) > 0) {
				old = c
			}
		}
		if old == nil {
			return nil
		}
		pc := *old
		pc.View = vc.View - 1
		return &pc
	})
}

// newLowCut cuts certificates below their base, out of the true votes of others and a
// true but low one of its own, and reports them; its votes in such views it keeps to
// itself. It breaks rule N3 without its bound: such a PC outranks the one that was
// decided (docs/spec.md, story 1).
func newLowCut(e *Env) Sender {
	report := reporting(e, func(b *book, vc *message.ViewChange) *message.PrepareCert {
		if pc := b.lowCut(); pc != nil && pc.View < vc.View {
			return pc
		}
		return nil
	})
	return func(to message.ReplicaID, m message.Message) {
		if p, ok := m.(*message.Prepare); !ok || p.Base == 0 {
			report(to, m)
		}
	}
}

// lowCut makes a certificate one block below the base of the newest view in which
// enough votes are known.
func (b *book) lowCut() *message.PrepareCert {
	p := b.newest(func(p place) bool { return p.base > 0 })
	if p.base == 0 {
		return nil
	}
	return b.cut(p, b.prepares[p], p.base-1)
}

// newest returns the newest place that fits and from which votes of a quorum are known,
// counting the liar's.
func (b *book) newest(fits func(place) bool) (best place) {
	for p, votes := range b.prepares { // order: a maximum
		newer := p.view > best.view || p.view == best.view && p.base >= best.base
		if newer && fits(p) && len(votes) >= b.e.quorum()-1 {
			best = p
		}
	}
	return best
}

// cut makes a certificate at s of the votes of one place: the liar's own one stands at
// s, the others where they are.
func (b *book) cut(p place, votes map[message.ReplicaID]*message.Prepare, s message.Seq) *message.PrepareCert {
	var top *message.Prepare
	for i := range b.e.Members().Len() {
		v := votes[b.e.Members().At(i).ID]
		if v != nil && v.Signer != b.e.Self && (top == nil || v.Seq > top.Seq) {
			top = v
		}
	}
	if top == nil || top.Seq < s {
		return nil
	}
	at, ok := b.below(top.Point(), top.Seq-s)
	if !ok {
		return nil
	}
	pc := &message.PrepareCert{Epoch: top.Epoch, View: p.view, Base: p.base, Seq: s, Chain: at.Chain}
	pc.Links, _ = b.links(at, top.Point())
	for i := range b.e.Members().Len() {
		id := b.e.Members().At(i).ID
		v := votes[id]
		if id == b.e.Self {
			v = &message.Prepare{Epoch: top.Epoch, View: p.view, Base: p.base, Seq: s, Chain: at.Chain}
			b.e.Sign(v)
		}
		if v == nil {
			continue
		}
		if _, ok := b.links(v.Point(), top.Point()); ok {
			pc.Votes = append(pc.Votes, message.CertVote{Signer: id, Seq: v.Seq, Sig: v.Sig})
		}
	}
	return pc
}

// newNewViewHalf gives each NEW-VIEW of its own to half of the replicas. It breaks who
// leaves entry to the primary.
func newNewViewHalf(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		if v, ok := m.(*message.NewView); ok && v.Signer == e.Self && e.upper(to) {
			return
		}
		e.Send(to, m)
	}
}

// newSuspicious asks for other views all the time. It breaks who leaves a view at one
// word (A49).
func newSuspicious(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		if s, ok := m.(*message.Status); ok && s.Nonce != 0 {
			e.Send(to, e.signed(&message.Suspect{View: s.Target, Decided: s.Decided}))
			e.Send(to, e.signed(&message.ViewChange{View: s.Target + 1 + message.View(s.Nonce%3), Chain: e.Root().Chain}))
		}
	}
}

// newStorm asks for the next views, all of them, whenever it says anything of itself,
// and passes its own word on as if it were that of many. It breaks who joins at f
// instead of f+1, who counts words and not signers, and who keeps them all (A49).
func newStorm(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		s, ok := m.(*message.Status)
		if !ok {
			return
		}
		l := &message.Leave{Epoch: s.Epoch, View: s.Target + 1}
		for v := s.Target; v < s.Target+4; v++ {
			x := message.Suspect{Epoch: s.Epoch, View: v}
			e.Sign(&x)
			c := e.root(v + 1)
			e.Send(to, &x)
			e.Send(to, &c)
			if len(l.Suspects) < e.Members().Len() {
				l.Suspects = append(l.Suspects, x)
			}
			l.Changes = append(l.Changes[:0], c)
		}
		e.Send(to, l)
	}
}

// newLure is a primary that is slow and tells one victim alone that it should suspect.
// It breaks view changes in which one replica can be made to leave and nobody
// follows: from then on the liar is needed for every quorum (story 15).
func newLure(e *Env) Sender {
	victim, slow := e.victim(), slowDrip(150*clock.Millisecond)(e)
	return func(to message.ReplicaID, m message.Message) {
		slow(to, m)
		if s, ok := m.(*message.Status); ok && to == victim && e.Leads() {
			e.Send(to, e.signed(&message.Suspect{Epoch: s.Epoch, View: s.Target}))
		}
	}
}

// newResign leaves each view of its own after a few proposals. It breaks who waits for
// a timer (spec V1).
func newResign(e *Env) Sender {
	proposals := 0
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		p, ok := m.(*message.Prepare)
		if !ok || e.Members().Primary(p.View) != e.Self {
			return
		}
		if proposals++; proposals%4 == 0 {
			vc := e.signed(&message.ViewChange{View: p.View + 1 + message.View(e.Draw("skip", 3)), Chain: e.Root().Chain})
			e.each(func(id message.ReplicaID) {
				if e.Draw("tell", 3) > 0 {
					e.Send(id, vc)
				}
			})
		}
	}
}
