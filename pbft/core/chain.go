package core

import (
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// learn records that a block with this header extends parent. It returns nil if
// the block is outside the window and above what is decided here, so that a
// faulty primary cannot make us hold by naming seq 2^62 (spec D1).
func (c *Core) learn(parent message.Digest, h *message.Header) *node {
	link := h.Digest()
	p := message.Point{Seq: h.Seq, Chain: parent.Extend(link)}
	if n := c.nodes[p.Chain]; n != nil {
		return n
	}
	if h.Seq <= c.low.Seq || h.Seq > c.high() {
		return nil
	}
	n := &node{point: p, parent: parent, link: link, header: *h, voted: h.View}
	c.nodes[p.Chain] = n
	c.loose++
	return n
}

// cover marks a block as vouched for by a signature or certificate.
func (c *Core) cover(n *node) {
	if !n.covered {
		n.covered = true
		c.loose--
		c.looseBytes -= n.weight
	}
}

// fill gives a block its payload, if it has none yet.
func (c *Core) fill(n *node, p *message.Payload) {
	if n.payload == nil && p != nil {
		n.payload = p
		c.weigh(n, len(p.Raw))
	}
}

// weigh counts bytes that are held for a block.
func (c *Core) weigh(n *node, bytes int) {
	n.weight += bytes
	if !n.covered {
		c.looseBytes += bytes
	}
}

// forget drops a block from memory.
func (c *Core) forget(d message.Digest, n *node) {
	if !n.covered {
		c.loose--
		c.looseBytes -= n.weight
	}
	delete(c.nodes, d)
}

// path returns the blocks from just above the seq floor up to p, oldest first, or
// nil if one is unknown; missing is then where the known part begins. A header says
// its own seq, and only one that stands where it says is on a chain (spec N1).
func (c *Core) path(p message.Point, floor message.Seq) (blocks []*node, missing message.Point) {
	at := p
	for at.Seq > floor {
		n := c.nodes[at.Chain]
		if n == nil || n.point.Seq != at.Seq {
			return nil, at
		}
		blocks = append(blocks, n)
		at = message.Point{Seq: at.Seq - 1, Chain: n.parent}
	}
	slices.Reverse(blocks)
	return blocks, message.Point{}
}

// ancestor returns the digest at seq on the chain of p, if every block between is
// known.
func (c *Core) ancestor(p message.Point, seq message.Seq) (message.Digest, bool) {
	if seq > p.Seq {
		return message.Digest{}, false
	}
	at := p.Chain
	for s := p.Seq; s > seq; s-- {
		if c.own[s] == at && c.joined(seq, s) {
			return c.own[seq], true
		}
		n := c.nodes[at]
		if n == nil || n.point.Seq != s {
			return message.Digest{}, false
		}
		at = n.parent
	}
	return at, true
}

// joined reports whether own holds every seq from a to b.
func (c *Core) joined(a, b message.Seq) bool {
	return a >= c.low.Seq && b <= c.top && (!c.gap || a >= c.base.Seq || b <= c.decided.Seq)
}

// extends reports whether the chain of p contains q, as far as known here.
func (c *Core) extends(p, q message.Point) bool {
	d, ok := c.ancestor(p, q.Seq)
	return ok && d == q.Chain
}

// ownPoint returns the point of the own chain at seq.
func (c *Core) ownPoint(s message.Seq) message.Point { return message.Point{Seq: s, Chain: c.own[s]} }

// switchChain makes the chain of head the own one. Blocks between the last agreed
// point and head must be known; the caller checked. Votes are sorted anew.
func (c *Core) switchChain(head message.Point) {
	at := head.Chain
	s := head.Seq
	for s > c.low.Seq && (c.own[s] != at || c.gap && s > c.decided.Seq) {
		c.own[s] = at
		n := c.nodes[at]
		c.cover(n)
		at = n.parent
		s--
	}
	c.assert(s >= c.decided.Seq || c.own[s] == at, "own chain leaves the decided one")
	for x := head.Seq + 1; x <= c.top; x++ {
		delete(c.own, x)
	}
	c.top, c.gap = head.Seq, false
	c.held = min(c.held, s)
	c.countBranches()
	c.recount()
}

// grow extends the own chain upwards by blocks that lie on top of it.
func (c *Core) grow(blocks []*node) {
	for _, n := range blocks {
		c.cover(n)
		c.own[n.point.Seq] = n.point.Chain
	}
	c.top += message.Seq(len(blocks))
	c.recount()
}

// log makes a block with its payload durable, once.
func (c *Core) log(n *node) {
	if n.logged {
		return
	}
	n.logged = true
	c.persist(Record{
		Kind: RecordBlock, Parent: n.parent,
		Block: &message.Block{Header: n.header, Payload: n.payload},
	})
}

// fillGap joins the own chain above base to the decided chain once the headers
// between are known.
func (c *Core) fillGap() {
	if !c.gap {
		return
	}
	blocks, missing := c.path(c.base, c.decided.Seq)
	if blocks == nil && missing.Seq > c.decided.Seq {
		return
	}
	if c.base.Seq >= c.decided.Seq {
		from := c.decided.Chain
		if len(blocks) > 0 {
			from = blocks[0].parent
		}
		if from != c.decided.Chain {
			c.over = true
			c.dropGap()
			c.recount()
			c.contradicted(c.decided, c.base, c.view, c.newViewCert())
			return
		}
	}
	for _, n := range blocks {
		c.cover(n)
		n.voted = c.view
		c.own[n.point.Seq] = n.point.Chain
	}
	c.gap = false
	c.countBranches()
	c.recount()
}

// extendHeld logs what certificates vouch for, as bodies come in: the inherited
// part of the own chain up to base, whatever is decided, and what is certified on a
// chain that the own tip is not on. What else is above is logged when it is accepted
// (spec N1, N4).
func (c *Core) extendHeld() {
	for c.held < c.top {
		n := c.nodes[c.own[c.held+1]]
		if n == nil || n.payload == nil {
			return
		}
		if !n.logged {
			if n.point.Seq > max(c.base.Seq, c.decided.Seq, c.prepares.certified()) {
				return
			}
			c.log(n)
		}
		c.held++
	}
}

// collect forgets blocks that nothing can need any more: those below low, and
// those off the own chain that V5 has released.
func (c *Core) collect() {
	for d, n := range c.nodes { // order: only deletes
		if n.point.Seq <= c.low.Seq {
			c.forget(d, n)
		}
	}
	c.countBranches()
	for s := range c.own { // order: only deletes
		if s < c.low.Seq {
			delete(c.own, s)
		}
	}
}

// release forgets blocks accepted in views before the one in which something was
// decided since: no certificate of theirs can be a maximum any more (spec V5).
func (c *Core) release(view message.View) {
	for d, n := range c.nodes { // order: only deletes
		if n.voted < view && c.own[n.point.Seq] != d && !c.keeps(n) {
			c.forget(d, n)
		}
	}
	c.countBranches()
}

// keeps reports whether n lies on the chain of the own highest certificate, which
// is never dropped (spec V5).
func (c *Core) keeps(n *node) bool {
	return c.pc != nil && c.extends(c.pc.Point(), n.point)
}
