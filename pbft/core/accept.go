package core

import (
	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// onPrePrepare takes a proposed header from the primary's own link (spec B2, N1).
// It binds nobody before the primary's PREPARE covers it.
func (c *Core) onPrePrepare(i int, m *message.PrePrepare) {
	if n := c.proposed(i, m.Parent, &m.Header); n != nil {
		c.retryPrimary()
	}
}

// onBody takes a block with its payload from the primary's own link.
func (c *Core) onBody(i int, m *message.Body) {
	n := c.proposed(i, m.Parent, &m.Header)
	if n == nil {
		return
	}
	c.fill(n, m.Payload)
	if m.Payload == nil && n.invalid == nil {
		n.invalid = m.Raw
		c.weigh(n, len(m.Raw))
	}
	c.retryPrimary()
	c.checkPayload(n)
	c.justify()
}

// proposed files a header that the primary of its view sent. What no signature
// covers yet is bounded (spec D1, N8).
func (c *Core) proposed(i int, parent message.Digest, h *message.Header) *node {
	switch {
	case h.View != c.view || !c.proposes(i):
		c.drop(DropNotPrimary)
		return nil
	case h.Seq <= c.decided.Seq:
		c.drop(DropDecided)
		return nil
	case h.Seq > c.high():
		c.beyond(h.Seq)
		return nil
	}
	c.shed()
	n := c.learn(parent, h)
	if n == nil {
		c.drop(DropWindow)
	}
	return n
}

// proposes reports whether member i is the primary of the entered view: nobody else's
// blocks count (spec N1).
func (c *Core) proposes(i int) bool { return i == c.primary(c.view) || bug.M12 }

// shed forgets what no signature covers once there is much of it: a correct primary
// signs what it proposes in the same turn, so there is little (spec D1).
func (c *Core) shed() {
	if c.loose < int(4*c.cfg.Interval) && c.looseBytes <= 2*c.cfg.WindowBytes || bug.M51 {
		return
	}
	for d, n := range c.nodes { // order: only deletes, all of a kind
		if !n.covered {
			c.forget(d, n)
		}
	}
}

// retryPrimary grows the own chain if the primary's newest PREPARE was only
// waiting for the header that just came, and sorts votes that waited.
func (c *Core) retryPrimary() {
	b := &c.prepares.ballots[c.primary(c.view)]
	if b.off.none() || !c.follow(c.primary(c.view), b.off) {
		return
	}
	c.countOff(&c.commits)
}

// signedTo returns how far the primary's signature covers the own chain.
func (c *Core) signedTo() message.Seq {
	p := c.primary(c.view)
	if p == c.self || bug.M12 {
		return c.top
	}
	return c.prepares.ballots[p].on.at.Seq
}

// acceptMore moves the tip over every block that N1 lets it accept. In the order
// of the rule: of this view, within the window, covered by the primary's
// signature, on top of the tip or (the tip being decided) of any decided block
// above it, its body here and valid.
func (c *Core) acceptMore() {
	if c.target != c.view || c.over {
		return
	}
	for {
		s := c.tip.Seq + 1
		if c.tip.Seq < c.decided.Seq {
			if c.held < c.decided.Seq || bug.M83 {
				return
			}
			s = c.decided.Seq + 1
		}
		if s > c.signedTo() || s > c.high() || s > c.top {
			return
		}
		n := c.nodes[c.own[s]]
		if n == nil || n.payload == nil || n.header.View != c.view || !c.roomForBranches(int(n.header.PayloadSize)) {
			return
		}
		if bug.M76 && !c.admissible(n) {
			return
		}
		c.accept(n)
	}
}

// accept binds this replica to n: nothing else at its (view, seq) is accepted any
// more, because the tip only moves to a descendant (spec N1, N2).
func (c *Core) accept(n *node) {
	c.log(n)
	n.accepted = c.now
	c.tip = n.point
	c.extendHeld()
	c.pool.inFlight(n)
	c.timing.turn.noteRoom(c, n)
}

// roomForBranches holds V5's byte limit: blocks above a base that was not theirs
// stay in the log, and views that fail must not make them many. Votes at the base
// certify it in this view, which lets them go; the root cannot be certified, so
// there the limit would have no way out.
func (c *Core) roomForBranches(more int) bool {
	return c.branchBytes+more <= 4*c.cfg.WindowBytes || c.base == c.cfg.Root
}

// vote emits the PREPARE and the COMMIT of this turn.
func (c *Core) vote() {
	if c.target != c.view {
		if bug.M23 {
			c.voteCommit()
		}
		return
	}
	c.votePrepare()
	c.voteCommit()
}

// votePrepare signs for the newest accepted block, at most once per turn
// (spec N2).
func (c *Core) votePrepare() {
	if c.over || c.tip.Seq == 0 || c.tip == c.voted || bug.M31 && c.tip == c.base {
		return
	}
	m := &message.Prepare{Epoch: c.epoch, View: c.view, Base: c.base.Seq, Seq: c.tip.Seq, Chain: c.tip.Chain, Signer: c.cfg.Self}
	c.voted = c.tip
	c.sign(m)
	c.mine.prepare = m
	c.stats.Prepares++
	c.early(m)
}
