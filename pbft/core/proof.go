package core

import "github.com/twothirds-bft/twothirds/pbft/message"

// proofs is what the log holds to show that blocks are decided (spec R1). An
// application that keeps its own state may be as far as was ever executed, so
// nothing is executed that a restart could not show to be decided, block by block
// from the stable checkpoint on (spec X7).
type proofs struct {
	commit message.Seq // of the CC on record
	stable message.Seq // of the checkpoint certificate on record
}

// saveCommit writes down the highest commit certificate, cut where blocks are missing
// (spec N5): one that speaks of blocks that are not in the log is of no use there.
func (c *Core) saveCommit() {
	if c.cc == nil {
		return
	}
	s := min(c.cc.Seq, c.held)
	if s <= c.proofs.commit || s <= c.low.Seq {
		return
	}
	m := c.cc
	if s < m.Seq {
		cut := *m
		cut.Seq, cut.Chain = s, c.own[s]
		cut.Links = append(c.linksBetween(c.ownPoint(s), m.Point()), m.Links...)
		if m = &cut; len(m.Links) > c.linksMost() {
			return // so many blocks are missing; once they come it is shorter
		}
	}
	c.proofs.commit = s
	c.persist(Record{Kind: RecordCommit, Message: m})
}

// saveStable writes down a checkpoint certificate, once the blocks up to it are held.
// It may be ahead of execution: the log then shows what is executed next.
func (c *Core) saveStable(m *message.CheckpointCert) {
	if m.Seq > c.proofs.stable {
		c.proofs.stable = m.Seq
		c.persist(Record{Kind: RecordStable, Message: m})
	}
}

// provenTo returns up to where blocks may be executed: the log, as of this turn, shows
// that they are decided.
func (c *Core) provenTo() message.Seq {
	if a := c.stableAhead(min(c.decided.Seq, c.held)); a != nil {
		c.saveStable(a)
	}
	s := max(c.low.Seq, c.proofs.stable)
	if c.cc != nil {
		s = max(s, min(c.cc.Seq, c.held))
	}
	return s
}

// shownTo returns up to where a certificate that is held shows what is decided.
func (c *Core) shownTo() message.Seq {
	s := c.low.Seq
	if a := c.stableAhead(c.decided.Seq); a != nil {
		s = a.Seq
	}
	if c.cc != nil {
		s = max(s, c.cc.Seq)
	}
	return min(s, c.decided.Seq)
}

// stableAhead returns the highest checkpoint certificate up to end, which is decided
// here, for blocks that are not executed yet; or nil.
func (c *Core) stableAhead(end message.Seq) (best *message.CheckpointCert) {
	for s, a := range c.checkpoints.ahead { // order: a maximum
		if s <= end && c.own[s] == a.Chain && (best == nil || s > best.Seq) {
			best = a
		}
	}
	return best
}
