package core

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// propose cuts blocks from what is pending while there is room (spec B4): batch
// size follows load, and an idle cluster proposes a lone request at once. A block
// that is worth it never waits for an earlier one to commit.
func (c *Core) propose() {
	since := c.window.waits
	c.window.waits, c.window.until = clock.Instant{}, clock.Instant{}
	if !c.leads() || c.over || c.gap {
		return
	}
	requests, bytes := c.undecided()
	for c.pool.turns.Len() > 0 && bytes <= c.cfg.WindowBytes && c.roomToPropose() {
		if c.wait(c.pool.live-requests, c.pool.bytes-bytes, since) {
			return
		}
		reqs := c.pool.take(c.cfg.BlockBytes, c.cfg.BlockRequests)
		p, err := message.ParseBatch(message.AppendBatch(nil, reqs))
		c.assert(err == nil, "own batch does not parse")
		c.proposeBlock(p)
		requests, bytes = requests+len(reqs), bytes+len(p.Raw)
		since = clock.Instant{}
	}
}

// roomToPropose holds B4's limits, that in bytes apart. An inherited suffix longer than the window is
// certified first.
func (c *Core) roomToPropose() bool {
	next := c.top + 1
	ready := c.tip.Seq == c.top || c.decided.Seq == c.top && c.held == c.top
	return ready && next-c.decided.Seq <= c.cfg.Window && next <= c.high() && c.roomForBranches(0)
}

// undecided is what the undecided blocks hold.
func (c *Core) undecided() (requests, bytes int) {
	for s := c.decided.Seq + 1; s <= c.top; s++ {
		if n := c.nodes[c.own[s]]; n != nil {
			requests += requestsOf(n)
			bytes += int(n.header.PayloadSize)
		}
	}
	return requests, bytes
}

// proposeBlock puts a block on top of the own chain, accepts it, and sends its
// header before its body (spec B2). Both may leave before the own sync; the
// PREPARE of this turn signs them (spec N7).
func (c *Core) proposeBlock(p *message.Payload) {
	h := message.Header{
		Epoch: c.epoch, View: c.view, Seq: c.top + 1,
		PayloadKind: message.PayloadBatch,
	}
	h.SetPayload(p.Raw)
	parent := c.own[c.top]
	c.window.proposed(c, h.Seq)
	n := c.learn(parent, &h)
	c.assert(n != nil, "own block is outside the window")
	c.fill(n, p)
	c.grow([]*node{n})
	c.accept(n)
	c.early(&message.PrePrepare{Parent: parent, Header: h})
	c.early(&message.Body{Parent: parent, Header: h, Raw: p.Raw, Payload: p})
}
