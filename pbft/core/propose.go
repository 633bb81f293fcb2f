package core

import "github.com/twothirds-bft/twothirds/pbft/message"

// propose cuts blocks from what is pending while there is room (spec B4): batch
// size follows load, and an idle cluster proposes a lone request at once. It
// never waits for an earlier block to commit.
func (c *Core) propose() {
	if !c.leads() || c.over || c.gap {
		return
	}
	undecided := c.undecidedBytes()
	for c.pool.turns.Len() > 0 && undecided <= c.cfg.WindowBytes && c.roomToPropose() {
		reqs := c.pool.take(c.cfg.BlockBytes, c.cfg.BlockRequests)
		p, err := message.ParseBatch(message.AppendBatch(nil, reqs))
		c.assert(err == nil, "own batch does not parse")
		c.proposeBlock(p)
		undecided += len(p.Raw)
	}
}

// roomToPropose holds B4's limits, that in bytes apart. An inherited suffix longer than the window is
// certified first.
func (c *Core) roomToPropose() bool {
	next := c.top + 1
	ready := c.tip.Seq == c.top || c.decided.Seq == c.top && c.held == c.top
	return ready && next-c.decided.Seq <= c.cfg.Window && next <= c.high() && c.roomForBranches(0)
}

// undecidedBytes is the payload of the undecided blocks.
func (c *Core) undecidedBytes() int {
	sum := 0
	for s := c.decided.Seq + 1; s <= c.top; s++ {
		if n := c.nodes[c.own[s]]; n != nil {
			sum += int(n.header.PayloadSize)
		}
	}
	return sum
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
	n := c.learn(parent, &h)
	c.assert(n != nil, "own block is outside the window")
	c.fill(n, p)
	c.grow([]*node{n})
	c.accept(n)
	out := &c.out.Propose
	if c.alone() {
		out = &c.out.Send
	}
	*out = append(*out,
		Outgoing{All: true, Msg: &message.PrePrepare{Parent: parent, Header: h}},
		Outgoing{All: true, Msg: &message.Body{Parent: parent, Header: h, Raw: p.Raw, Payload: p}})
}
