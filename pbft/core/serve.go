package core

import (
	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// onFetch answers a pull: one per peer and turn, within AnswerBytes (spec N9, D2).
func (c *Core) onFetch(i int, m *message.Fetch) {
	p := &c.peers[i]
	if p.served && !bug.M95 || i == c.self {
		c.drop(DropServed)
		return
	}
	p.served = true
	switch {
	case m.From.Seq < c.low.Seq:
		last := (m.From.Seq/c.cfg.Interval + 1) * c.cfg.Interval
		c.out.Serve = append(c.out.Serve, Serve{To: c.members.At(i).ID, From: m.From.Seq, Last: last, Bodies: m.Bodies})
	case m.Want.Chain == message.Digest{}:
		c.serveDecided(i, m.From)
	default:
		c.serveChain(i, m)
	}
}

// serveDecided answers with decided blocks above from and the proof.
func (c *Core) serveDecided(i int, from message.Point) {
	if from.Seq >= c.decided.Seq || c.own[from.Seq] != from.Chain || c.cc == nil || c.cc.Seq <= from.Seq || c.cc.Seq > c.decided.Seq {
		return
	}
	blocks, _ := c.path(c.ownPoint(c.cc.Seq), from.Seq)
	list, last := c.pack(from, blocks, true)
	if len(list) == 0 {
		list, last = c.pack(from, blocks, false) // the bodies may be there already
	}
	c.send(i, &message.Blocks{From: from, Blocks: list, Links: c.linksBetween(last, c.cc.Point()), Commit: c.cc})
}

// serveChain answers with the blocks that lead to what was wanted, as many as fit,
// with the links that join them to it, and with the primary's newest PREPARE if it
// is of the entered view.
func (c *Core) serveChain(i int, m *message.Fetch) {
	blocks, _ := c.path(m.Want, m.From.Seq)
	if blocks == nil || blocks[0].parent != m.From.Chain {
		return
	}
	list, last := c.pack(m.From, blocks, m.Bodies)
	if len(list) == 0 {
		list, last = c.pack(m.From, blocks, false)
	}
	a := &message.Blocks{From: m.From, Blocks: list, Links: c.linksBetween(last, m.Want)}
	if v := &c.prepares.ballots[c.primary(c.view)].on; !v.none() && !bug.M85 {
		a.Prepare = c.voteMessage(&c.prepares, c.members.Primary(c.view), *v).(*message.Prepare)
	}
	c.send(i, a)
}

// pack puts blocks into an answer while their payloads fit, at least one.
func (c *Core) pack(from message.Point, blocks []*node, bodies bool) (list []message.BlockData, last message.Point) {
	last = from
	size := 0
	for k, n := range blocks {
		if k >= answerBlocks || bodies && n.payload == nil {
			break
		}
		b := message.BlockData{Header: n.header}
		if bodies {
			if size += len(n.payload.Raw); k > 0 && size > c.cfg.AnswerBytes {
				break
			}
			b.Raw, b.Payload = n.payload.Raw, n.payload
		}
		list, last = append(list, b), n.point
	}
	return list, last
}

// onFetchView passes on the NEW-VIEW by which the current view was entered, once per
// peer and turn.
func (c *Core) onFetchView(i int, m *message.FetchView) {
	p := &c.peers[i]
	if bug.M93 || c.newView == nil || m.View > c.view || m.Epoch != c.epoch || p.shown {
		return
	}
	p.shown = true
	c.send(i, c.newView)
}
