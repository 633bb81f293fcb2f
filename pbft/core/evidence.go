package core

import (
	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// evidence is what was proved so far: one proof per culprit and kind is enough.
type evidence struct {
	known map[[2]uint32]*message.Evidence
}

func newEvidence(n int) *evidence {
	return &evidence{known: make(map[[2]uint32]*message.Evidence, n)}
}

// convict keeps a valid proof, and leaves the view whose primary it convicts of
// equivocation (spec E1, V1).
func (c *Core) convict(e *message.Evidence) {
	key := [2]uint32{uint32(e.Culprit), uint32(e.Kind)}
	if c.seen.known[key] == nil {
		c.seen.known[key] = e
		if !bug.M92 {
			c.persist(Record{Kind: RecordEvidence, Evidence: e})
		}
		c.out.Evidence = append(c.out.Evidence, e)
	}
	v := e.View()
	if c.members.Primary(v) != e.Culprit {
		return
	}
	switch e.Kind {
	case message.EvidencePrepareFork, message.EvidenceBase, message.EvidenceNewView, message.EvidencePayload:
		c.leaveProven(v, v+1, &message.Leave{Epoch: c.epoch, View: v + 1, Proof: e})
	}
}

// compareVotes looks for a contradiction between two votes of one signer, kind and
// view (spec E1). Where headers are missing it finds nothing yet.
func (c *Core) compareVotes(t *tally, i int, a, b vote) {
	if a.none() || b.none() || a.view != b.view && !bug.M57 {
		return
	}
	if a.at.Seq > b.at.Seq {
		a, b = b, a
	}
	if t == &c.prepares && a.base != b.base {
		c.convictVotes(t, i, a, b, &message.Evidence{Kind: message.EvidenceBase})
		return
	}
	fork, known := c.ancestor(b.at, a.at.Seq)
	if !known || fork == a.at.Chain {
		return
	}
	e := &message.Evidence{Kind: message.EvidenceCommitFork, Fork: fork, Links: c.linksBetween(message.Point{Seq: a.at.Seq, Chain: fork}, b.at)}
	if t == &c.prepares {
		e.Kind = message.EvidencePrepareFork
	}
	c.convictVotes(t, i, a, b, e)
}

func (c *Core) convictVotes(t *tally, i int, a, b vote, e *message.Evidence) {
	e.Culprit = c.members.At(i).ID
	e.First, e.Second = c.voteMessage(t, e.Culprit, a), c.voteMessage(t, e.Culprit, b)
	c.convict(e)
}

// voteMessage makes the signed message again that a vote was counted from.
func (c *Core) voteMessage(t *tally, id message.ReplicaID, v vote) message.Signed {
	if t == &c.prepares {
		return &message.Prepare{Epoch: c.epoch, View: v.view, Base: v.base, Seq: v.at.Seq, Chain: v.at.Chain, Signer: id, Sig: v.sig}
	}
	return &message.Commit{Epoch: c.epoch, View: v.view, Seq: v.at.Seq, Chain: v.at.Chain, Signer: id, Sig: v.sig}
}

// compareKept looks again at all kept votes after headers came in: an
// equivocation by halves shows itself only so (spec N9).
func (c *Core) compareKept() {
	for i := 0; i < c.n; i++ {
		for _, t := range []*tally{&c.prepares, &c.commits} {
			c.compareVotes(t, i, t.ballots[i].on, t.ballots[i].off)
		}
	}
}

// checkPayload convicts the primary that signed a block whose payload is invalid
// (spec E1). It leaves the view as an equivocation does: nobody will ever accept
// the block.
func (c *Core) checkPayload(n *node) {
	p := c.primary(c.view)
	v := &c.prepares.ballots[p].on
	if n.invalid == nil || n.header.View != c.view || v.none() || v.at.Seq < n.point.Seq || c.own[n.point.Seq] != n.point.Chain {
		return
	}
	id := c.members.At(p).ID
	c.convict(&message.Evidence{
		Kind: message.EvidencePayload, Culprit: id, First: c.voteMessage(&c.prepares, id, *v),
		Fork: n.parent, Header: n.header, Raw: n.invalid, Links: c.linksBetween(n.point, v.at),
	})
}

// checkChange compares a VIEW-CHANGE with the one held of its view and with the
// signer's COMMITs (spec E1, V2).
func (c *Core) checkChange(i int, old, m *message.ViewChange) {
	id := c.members.At(i).ID
	if old != nil && old.View == m.View && (old.Rank != m.Rank || old.Chain != m.Chain) {
		c.convict(&message.Evidence{Kind: message.EvidenceViewChange, Culprit: id, First: old, Second: m})
	}
	b := &c.commits.ballots[i]
	for _, v := range []vote{b.on, b.off, b.past} {
		if !v.none() && v.view < m.View && m.Rank.Compare(message.Rank{Epoch: c.epoch, View: v.view, Seq: v.at.Seq}) < 0 {
			c.convict(&message.Evidence{Kind: message.EvidenceLowReport, Culprit: id, First: c.voteMessage(&c.commits, id, v), Second: m})
			return
		}
	}
}

// checkNewView compares a NEW-VIEW with the one by which its view was entered.
func (c *Core) checkNewView(m *message.NewView) {
	if old := c.newView; old != nil && old.View == m.View && old.BodyDigest() != m.BodyDigest() {
		c.convict(&message.Evidence{Kind: message.EvidenceNewView, Culprit: m.Signer, First: old, Second: m})
	}
}
