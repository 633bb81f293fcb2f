package core

import (
	"slices"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// certifiedHeld returns the highest point of the entered view that is certified
// here and held durably, and whether there is one.
func (c *Core) certifiedHeld() (message.Point, bool) {
	s := min(c.prepares.certified(), c.held)
	if bug.M81 && !c.gap {
		s = c.prepares.certified()
	}
	if s < c.base.Seq && !bug.M63 || s == 0 || c.prepares.certified() == 0 {
		return message.Point{}, false
	}
	return c.ownPoint(s), true
}

// sealPrepareCert makes the highest certificate that is held durably the own one
// and writes it down. It must happen before a COMMIT or VIEW-CHANGE that speaks
// of it (spec N4, N7, V2).
func (c *Core) sealPrepareCert() {
	p, ok := c.certifiedHeld()
	if !ok || (c.pc != nil && c.pc.Rank().Compare(message.Rank{Epoch: c.epoch, View: c.view, Seq: p.Seq}) >= 0) {
		return
	}
	votes, top := c.certVotes(c.prepares.on(), c.prepares.needed, c.base.Seq, p)
	if votes == nil {
		return // the headers that join the votes are not known yet
	}
	c.pc = &message.PrepareCert{
		Epoch: c.epoch, View: c.view, Base: c.base.Seq, Seq: p.Seq, Chain: p.Chain,
		Links: c.linksBetween(p, top), Votes: votes,
	}
	if !bug.M38 {
		c.persist(Record{Kind: RecordPrepare, Message: c.pc})
	}
}

// voteCommit signs a COMMIT for the highest certificate held, at most once per
// turn, only upwards and only on the chain of the last one (spec N4).
func (c *Core) voteCommit() {
	c.sealPrepareCert()
	p, ok := c.committable()
	if !ok || p.Seq <= c.commit.Seq {
		return
	}
	if c.commit.Seq != 0 && !c.extends(p, c.commit) && !bug.M67 {
		return
	}
	m := &message.Commit{Epoch: c.epoch, View: c.view, Seq: p.Seq, Chain: p.Chain, Signer: c.cfg.Self}
	c.commit = m.Point()
	c.sign(m)
	c.broadcast(m)
	c.mine.commit = m
	c.stats.Commits++
}

// committable returns the point of the highest certificate of the entered view that
// is held, if there is one.
func (c *Core) committable() (message.Point, bool) {
	switch {
	case bug.M05:
		return c.tip, true
	case c.pc == nil || c.pc.View != c.view || !c.heldCert():
		return message.Point{}, false
	case bug.M14:
		return c.tip, true
	}
	return c.pc.Point(), true
}

// heldCert checks once more what N4 demands of a COMMIT: the same truth, from the
// other side.
func (c *Core) heldCert() bool {
	return c.own[c.pc.Seq] == c.pc.Chain && (c.pc.Seq <= c.held || bug.M81)
}

// decideMore decides what COMMITs on the own chain certify (spec N5).
func (c *Core) decideMore() {
	if c.wantCC != nil {
		c.adopt(c.wantCC)
	}
	if s := c.commits.certified(); s > c.decided.Seq && !c.gap {
		c.decide(c.ownPoint(s), c.view)
	}
}

// decide moves the end of the decided chain to p, whose ancestors down to the old
// end are known and on the own chain.
func (c *Core) decide(p message.Point, view message.View) {
	from := c.decided
	c.decided = p
	for s := from.Seq + 1; s <= p.Seq; s++ {
		if n := c.nodes[c.own[s]]; n != nil {
			c.pool.decided(n)
			c.pool.pace.note(c.now, requestsOf(n))
		}
	}
	c.timing.onDecided(c, p.Seq-from.Seq)
	c.window.decided(c.now, p.Seq)
	c.extendHeld()
	if view > c.released {
		c.released = view
		c.release(view)
	}
}

func requestsOf(n *node) int {
	if n.payload == nil {
		return 0
	}
	return len(n.payload.Requests)
}

// sealCommitCert builds the certificate of what COMMITs of the entered view
// decided, once per turn and before those votes are forgotten.
func (c *Core) sealCommitCert() {
	s := c.commits.certified()
	if s != 0 && c.view > c.released {
		c.released = c.view // a CC of this view is held, be its point decided before or not
		c.release(c.view)
	}
	if s == 0 || c.gap || (c.cc != nil && c.cc.Seq >= s) {
		return
	}
	c.proveCommit(c.view, c.ownPoint(s), c.commits.on())
}

// proveCommit builds a CC from those of the votes that are of the view, and adopts it. It
// takes the others out of votes.
func (c *Core) proveCommit(view message.View, p message.Point, votes []vote) {
	if c.cc != nil && c.cc.Seq >= p.Seq {
		return
	}
	for i := range votes {
		if votes[i].view != view {
			votes[i] = vote{}
		}
	}
	list, top := c.certVotes(votes, c.commits.needed, 0, p)
	if list == nil {
		return
	}
	c.adopt(&message.CommitCert{
		Epoch: c.epoch, View: view, Seq: p.Seq, Chain: p.Chain, Links: c.linksBetween(p, top), Votes: list,
	})
}

// onCommitCert takes a CC that somebody passed on.
func (c *Core) onCommitCert(_ int, m *message.CommitCert) { c.adopt(m) }

// adopt takes what a valid CC proves: its point and all ancestors are decided, in
// whatever view one is (spec N5). If headers are missing it waits for them.
func (c *Core) adopt(m *message.CommitCert) {
	p := m.Point()
	switch {
	case p.Seq <= c.low.Seq:
		return
	case p.Seq > c.decided.Seq:
		if !c.reach(p, m) {
			return
		}
		c.decide(p, m.View)
	case c.own[p.Seq] != p.Chain:
		c.halt(&ForkedError{Decided: c.ownPoint(p.Seq), Other: p, Commit: c.cc, Conflict: m})
		return
	}
	if c.wantCC != nil && c.wantCC.Seq <= p.Seq {
		c.wantCC = nil
	}
	if c.cc == nil || c.cc.Seq < p.Seq {
		c.cc = m
	}
}

// reach makes the own chain lead to p, which is certified. It reports false while
// headers are missing, and halts if p contradicts what is decided here.
func (c *Core) reach(p message.Point, m *message.CommitCert) bool {
	if p.Seq <= c.top && c.own[p.Seq] == p.Chain && !c.gap {
		return true
	}
	blocks, _ := c.path(p, c.decided.Seq)
	if blocks == nil {
		if m != nil && (c.wantCC == nil || c.wantCC.Seq < p.Seq) {
			c.wantCC = m
		}
		return false
	}
	if blocks[0].parent != c.decided.Chain {
		c.halt(&ForkedError{Decided: c.decided, Other: p, Commit: c.cc, Conflict: m})
		return false
	}
	if c.gap && p.Seq < c.base.Seq {
		for _, n := range blocks { // the decided side of the gap grows
			c.cover(n)
			c.own[n.point.Seq] = n.point.Chain
		}
		return true
	}
	c.over = c.over || !c.onPath(blocks, c.tip)
	if bug.M13 && c.over {
		c.over, c.tip = false, p
	}
	c.switchOrKeep(p)
	return true
}

// onPath reports whether q is decided already or lies on blocks.
func (c *Core) onPath(blocks []*node, q message.Point) bool {
	if q.Seq <= c.decided.Seq {
		return true
	}
	if q.Seq > blocks[len(blocks)-1].point.Seq {
		return c.extends(q, blocks[len(blocks)-1].point)
	}
	return blocks[q.Seq-c.decided.Seq-1].point == q
}

// switchOrKeep makes the own chain contain p; what lies above p stays if it
// extends p.
func (c *Core) switchOrKeep(p message.Point) {
	if p.Seq <= c.top && c.own[p.Seq] == p.Chain {
		head := c.ownPoint(c.top)
		c.switchChain(head)
		return
	}
	c.switchChain(p)
}

// dispatch hands decided blocks whose bodies are here to execution, in order
// (spec N6). They, and what proves that they are decided, are in this or an earlier
// Persist, so durable when Execute is released.
func (c *Core) dispatch() {
	end := min(c.decided.Seq, c.held, c.provenTo())
	if bug.M15 {
		end = c.held
	}
	if c.sent < end {
		c.out.Execute = slices.Grow(c.out.Execute, int(end-c.sent))
	}
	for c.sent < end {
		n := c.nodes[c.own[c.sent+1]]
		c.assert(n != nil && n.logged && n.payload != nil, "block for execution is not held")
		c.sent++
		c.pool.decided(n) // its body may have come after the decision
		c.out.Execute = append(c.out.Execute, Decided{
			Block: message.Block{Header: n.header, Payload: n.payload}, Parent: n.parent, Point: n.point,
		})
	}
}
