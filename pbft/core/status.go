package core

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// peer is what one replica told of itself (spec S1): hints only.
type peer struct {
	status message.Status
	heard  clock.Instant
	served bool          // a pull of this peer was answered in this turn
	shown  bool          // NEW-VIEW was given to it in this turn
	asked  clock.Instant // for its NEW-VIEW
	rto    estimator
	echo   uint64         // newest ping that it answered
	trip   clock.Duration // shortest round trip since the last ping, 0 if none ended
}

// onStatus takes a hint, answers a ping, and measures a pong.
func (c *Core) onStatus(i int, m *message.Status) {
	p := &c.peers[i]
	if i == c.self || m.Epoch != c.epoch {
		return
	}
	if m.Echo != 0 {
		c.timing.onPong(c, p, m.Echo)
	}
	p.heard = c.now
	if t := &c.timing; bug.M26 && !t.progress.IsZero() {
		t.progress = c.now.Add(t.timeout(c))
	}
	p.status = *m
	if own := c.ownCheckpoint(m.Stable); bug.M42 && own != nil {
		c.low = own.Point()
		c.collect()
	}
	if m.Nonce != 0 {
		s := c.report()
		s.Echo = m.Nonce
		c.send(i, s)
	}
	if m.Entered > c.view && m.Entered >= c.target {
		c.askView(i, m.Entered)
	}
}

// askView pulls the NEW-VIEW of a peer, once per repeat interval.
func (c *Core) askView(i int, v message.View) {
	p := &c.peers[i]
	if p.asked.IsZero() || c.now.Sub(p.asked) >= c.timing.interval(c) {
		p.asked = c.now
		c.send(i, &message.FetchView{Epoch: c.epoch, View: v})
	}
}

func (c *Core) report() *message.Status {
	return &message.Status{
		Epoch: c.epoch, Entered: c.view, Target: c.target, Tip: c.tip.Seq, Certified: c.prepares.certified(),
		Decided: c.decided.Seq, Stable: c.low.Seq,
	}
}

// ping tells all peers where this replica stands, and closes the measurement of round
// trips that the last one began.
func (c *Core) ping() {
	t := &c.timing
	t.nonce++
	t.pinged[t.nonce%pingsKept] = c.now
	for i := range c.peers {
		if p := &c.peers[i]; p.trip > 0 {
			p.rto.sample(p.trip)
			p.trip = 0
		}
	}
	s := c.report()
	s.Nonce = t.nonce
	c.broadcast(s)
}

// outbox holds the newest own signed messages, to be repeated as they are
// (spec S3).
type outbox struct {
	prepare    *message.Prepare
	commit     *message.Commit
	change     *message.ViewChange
	leaves     []*message.Leave         // since the last by numbers, or the entry
	checkpoint []*message.Checkpoint    // above low
	undone     []message.CheckpointBody // what execution made of them after a restart, where that is something else
}

func (o *outbox) enter() { o.prepare, o.commit, o.leaves = nil, nil, nil }

// restless reports whether S3 has anything to repeat.
func (c *Core) restless() bool {
	return c.top > c.decided.Seq || c.tip.Seq > c.decided.Seq || c.timing.unmet() || c.target > c.view || len(c.mine.checkpoint) > 0
}

// repeat sends again what the peers' statuses do not show (spec S3): stored bytes,
// O(1) per peer.
func (c *Core) repeat() {
	for i := range c.peers {
		if i != c.self {
			c.repeatTo(i, &c.peers[i].status)
		}
	}
	if c.timing.unmet() && c.now.Sub(c.timing.suspectedAt) >= c.timing.interval(c) {
		c.suspect()
	}
}

func (c *Core) repeatTo(i int, s *message.Status) {
	o := &c.mine
	if s.Entered < c.view && c.newView != nil {
		c.send(i, c.newView)
	}
	if !bug.M70 && o.prepare != nil && s.Entered <= c.view && s.Decided < o.prepare.Seq && (s.Entered < c.view || s.Certified < o.prepare.Seq) {
		c.send(i, o.prepare)
	}
	if !bug.M70 && o.commit != nil && s.Decided < o.commit.Seq {
		c.send(i, o.commit)
	}
	for _, cp := range o.checkpoint {
		if s.Stable < cp.Seq && !bug.M71 {
			c.send(i, cp)
		}
	}
	if c.target > c.view && o.change != nil && s.Entered < c.target && !bug.M30 {
		for _, l := range o.leaves {
			if s.Target < l.View {
				c.send(i, l)
			}
		}
		c.send(i, o.change)
		if c.pc != nil && i == c.primary(c.target) {
			c.send(i, c.pc)
		}
	}
}
