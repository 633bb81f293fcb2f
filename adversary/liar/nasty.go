package liar

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Nasty lists the liars that go for what a replica must not trust: answers to pulls,
// hints, votes off every chain, proposals that cannot be completed.
var Nasty = append(plain[:len(plain):len(plain)],
	Behaviour{"kaleidoscope", "is another liar with each message", newKaleidoscope})

var plain = []Behaviour{
	{"stale-answers", "answers pulls with garbage or with older answers, several times; breaks who waits for one source or counts on answers", newStaleAnswers},
	{"status-liar", "claims to be far ahead, far behind and far away by turns; breaks who follows hints", newStatusLiar},
	{"new-view-half", "gives each NEW-VIEW of its own to half of the replicas; breaks who leaves entry to the primary", newNewViewHalf},
	{"two-new-views", "builds two NEW-VIEWs of one view, each valid, for two halves; breaks who counts votes of two bases", newTwoNewViews},
	{"far-votes", "votes for seqs and views far away, on chains that are none; breaks who keeps what it cannot place", newFarVotes},
	{"other-base", "votes from other bases than its own; breaks who counts votes by seq alone", newOtherBase},
	{"resign", "resigns from each view that it leads once it has proposed; breaks who waits for a timer", newResign},
	{"no-bodies", "signs headers whose bodies never come; breaks who waits for a block that nobody has", newNoBodies},
	{"tease", "shows one victim a header of its own and hides the decisions of the others; breaks who pulls in a fixed order", newTease},
	{"beyond", "proposes above the window, at gaps, and on chains of nobody; breaks who sizes things by a header", newBeyond},
	{"ask-all", "asks everyone for everything all the time; breaks who answers without end", newAskAll},
	{"high-report", "reports certificates that it does not have; breaks who waits for the highest report", newHighReport},
	{"two-reports", "reports one thing to one half and another to the other half; breaks who builds on digests of summaries", newTwoReports},
	{"false-checkpoint", "signs other states than it has; breaks who takes f+1 for a quorum", newFalseCheckpoint},
	{"zero-chain", "votes for the zero digest; breaks who takes what is missing for what is zero", newZeroChain},
	{"late-commit", "holds each COMMIT back until the next; breaks who forgets the votes of a view that it left", newLateCommit},
}

// newStaleAnswers spoils BLOCKS (A39, A44).
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

// newStatusLiar lies in each field of STATUS, and sends more of them (A40).
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

func newNewViewHalf(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		if v, ok := m.(*message.NewView); ok && v.Signer == e.Self && e.upper(to) {
			return
		}
		e.Send(to, m)
	}
}

// newTwoNewViews understates its own summary in the second NEW-VIEW, and leaves out
// one of the others where quorum power remains.
func newTwoNewViews(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		v, ok := m.(*message.NewView)
		if !ok || v.Signer != e.Self || !e.upper(to) {
			e.Send(to, m)
			return
		}
		c := *v
		c.Changes = append([]message.ViewChange(nil), v.Changes...)
		for i := range c.Changes {
			if own := &c.Changes[i]; own.Signer == e.Self {
				own.Rank, own.Chain = message.Rank{}, e.Root().Chain
				e.Sign(own)
			}
		}
		if message.JustifyNewView(e.Members(), c.View, c.Changes, c.Cert) != nil {
			c.Changes = append([]message.ViewChange(nil), v.Changes...)
		}
		drop := int(e.Draw("drop", uint64(len(c.Changes))))
		fewer := append(append([]message.ViewChange(nil), c.Changes[:drop]...), c.Changes[drop+1:]...)
		if message.JustifyNewView(e.Members(), c.View, fewer, c.Cert) == nil {
			c.Changes = fewer
		}
		e.Send(to, e.signed(&c))
	}
}

// newFarVotes adds votes that lie nowhere (A51).
func newFarVotes(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		switch m := m.(type) {
		case *message.Prepare:
			c := *m
			c.View, c.Seq = message.View(e.far(uint64(m.View))), m.Base+message.Seq(e.far(uint64(m.Seq-m.Base)))
			if e.Draw("here", 2) == 0 {
				c.View, c.Seq = m.View, m.Seq+1+message.Seq(e.Draw("near", 8))
			}
			c.Chain = e.garbage()
			e.Send(to, e.signed(&c))
		case *message.Commit:
			c := *m
			c.View, c.Seq, c.Chain = message.View(e.far(uint64(m.View))), message.Seq(e.far(uint64(m.Seq))), e.garbage()
			e.Send(to, e.signed(&c))
		}
	}
}

func newOtherBase(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		p, ok := m.(*message.Prepare)
		if !ok || e.Draw("true", 3) == 0 {
			e.Send(to, m)
			return
		}
		c := *p
		c.Base = message.Seq(e.Draw("base", uint64(p.Seq)+1))
		e.Send(to, e.signed(&c))
	}
}

// newResign leaves each view of its own after a few proposals (spec V1).
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
			for i := range e.Members().Len() {
				if id := e.Members().At(i).ID; id != e.Self && e.Draw("tell", 3) > 0 {
					e.Send(id, vc)
				}
			}
		}
	}
}

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
// signature, and keeps COMMITs from it.
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
			e.Send(to, e.signed(&message.Prepare{View: h.View, Seq: at.Seq, Chain: at.Chain}))
			return
		case *message.Body, *message.Prepare, *message.Commit, *message.Blocks:
			return
		}
		e.Send(to, m)
	}
}

// newBeyond proposes what has no place (A11, A12).
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
			e.Send(to, e.signed(&message.Prepare{View: p.Header.View, Seq: at.Seq, Chain: at.Chain}))
		}
	}
}

// newAskAll floods with pulls (A44, A52).
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

func newTwoReports(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		if vc, ok := m.(*message.ViewChange); ok && e.upper(to) {
			c := *vc
			c.Rank, c.Chain = message.Rank{}, e.Root().Chain
			m = e.signed(&c)
		}
		e.Send(to, m)
	}
}

func newFalseCheckpoint(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		if cp, ok := m.(*message.Checkpoint); ok {
			c := *cp
			c.State = e.garbage()
			if e.Draw("far", 3) == 0 {
				c.Seq = message.Seq(e.far(uint64(cp.Seq)))
			}
			m = e.signed(&c)
		}
		e.Send(to, m)
	}
}

func newZeroChain(e *Env) Sender {
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		switch m := m.(type) {
		case *message.Prepare:
			c := *m
			c.Seq, c.Chain = m.Base+message.Seq(e.Draw("seq", uint64(m.Seq-m.Base)+4)), message.Digest{}
			e.Send(to, e.signed(&c))
		case *message.Commit:
			c := *m
			c.Seq, c.Chain = message.Seq(e.Draw("seq", uint64(m.Seq)+4)), message.Digest{}
			e.Send(to, e.signed(&c))
		}
	}
}

func newLateCommit(e *Env) Sender {
	held := make(map[message.ReplicaID]message.Message)
	return func(to message.ReplicaID, m message.Message) {
		if c, ok := m.(*message.Commit); ok {
			old := held[to]
			held[to] = c
			if old == nil {
				return
			}
			m = old
		}
		e.Send(to, m)
	}
}

// newKaleidoscope hands each message to another behaviour.
func newKaleidoscope(e *Env) Sender {
	var all []Sender
	for i := range plain {
		all = append(all, plain[i].New(e))
	}
	all = append(all, newVoteTwice(e), newLowVote(e), newReplay(e), newSuspicious(e), newEquivocate(e))
	return func(to message.ReplicaID, m message.Message) {
		if e.Draw("late", 8) == 0 {
			e.After(clock.Duration(e.Draw("late-by", uint64(300*clock.Millisecond))), func() { e.Send(to, m) })
			return
		}
		all[e.Draw("which", uint64(len(all)))](to, m)
	}
}
