package core

import (
	"errors"
	"fmt"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// ErrRestored reports a durable state that no correct run can have left. The
// replica must not vote on it (spec R2).
var ErrRestored = errors.New("core: restored state contradicts itself")

// restore takes up what was durable (spec R1, R2): the replica signs nothing that
// conflicts with it.
func (c *Core) restore(r Restored) error {
	c.sessions = r.Sessions
	if c.sessions == nil {
		c.sessions = session.New(c.cfg.Sessions)
	}
	root := c.cfg.Root
	c.low, c.decided, c.base, c.tip = root, root, root, root
	if r.Stable != nil {
		c.low, c.checkpoints.stable = r.Stable.Point(), r.Stable
		c.proofs.stable = c.low.Seq
		c.decided = c.low
	}
	if r.Executed.Seq < c.low.Seq {
		return fmt.Errorf("%w: executed to %d, stable checkpoint at %d", ErrRestored, r.Executed.Seq, c.low.Seq)
	}
	c.own[c.low.Seq] = c.low.Chain
	c.top, c.held, c.sent, c.applied = c.low.Seq, c.low.Seq, c.low.Seq, c.low.Seq
	c.restoreBlocks(r.Blocks)
	if err := c.restoreDecided(r); err != nil {
		return err
	}
	if err := c.restoreView(r); err != nil {
		return err
	}
	c.mine.checkpoint = r.Checkpoints
	for _, e := range r.Evidence {
		c.seen.known[[2]uint32{uint32(e.Culprit), uint32(e.Kind)}] = e
	}
	c.resume(r)
	return nil
}

// restoreBlocks takes the logged blocks above low. Parents come before children:
// the log holds them in the order in which they were accepted or pulled, not
// always by chain, so the few that come early wait.
func (c *Core) restoreBlocks(blocks []RestoredBlock) {
	for i := range blocks {
		b := &blocks[i]
		link := b.Block.Header.Digest()
		n := &node{
			point:  message.Point{Seq: b.Block.Header.Seq, Chain: b.Parent.Extend(link)},
			parent: b.Parent, link: link, header: b.Block.Header, payload: b.Block.Payload, logged: true, covered: true, voted: b.Block.Header.View,
		}
		if n.point.Seq > c.low.Seq {
			c.nodes[n.point.Chain] = n
		}
	}
}

// restoreDecided takes the highest CC: all below it is decided. Blocks that it
// covers and that are missing here are pulled.
func (c *Core) restoreDecided(r Restored) error {
	if r.Commit != nil && r.Commit.Seq > c.low.Seq {
		if blocks, _ := c.path(r.Commit.Point(), c.low.Seq); blocks == nil {
			c.wantCC = r.Commit
		} else if blocks[0].parent != c.low.Chain {
			return fmt.Errorf("%w: commit certificate %v is off the stable checkpoint's chain", ErrRestored, r.Commit.Point())
		} else {
			c.grow(blocks)
			c.decided, c.cc = r.Commit.Point(), r.Commit
			c.proofs.commit = c.decided.Seq
		}
		c.timing.decidedIn = r.Commit.View
	}
	if r.Executed.Seq > c.decided.Seq {
		return fmt.Errorf("%w: application is at %d, decided is %d", ErrRestored, r.Executed.Seq, c.decided.Seq)
	}
	c.sent, c.applied = r.Executed.Seq, r.Executed.Seq
	c.held = max(c.held, c.applied)
	c.extendHeld()
	return nil
}

// restoreView takes the hard state: entered view, base, tip and the newest
// certificate.
func (c *Core) restoreView(r Restored) error {
	s := &r.State
	c.view, c.target, c.pc = s.View, s.View, r.Prepare
	if r.NewView != nil && r.NewView.View == s.View {
		c.newView = r.NewView // one of a later view was written and its entry was not: it never left
	}
	if s.View == 0 {
		s.Base = c.cfg.Root
	}
	c.base, c.tip, c.commit, c.over = s.Base, s.Tip, s.Commit, s.Over
	if c.tip.Seq == 0 && s.View == 0 {
		c.tip = c.cfg.Root
	}
	c.released = s.View
	c.rebase()
	if c.tip.Seq <= c.decided.Seq && c.tip.Seq > c.cfg.Root.Seq && c.own[c.tip.Seq] != c.tip.Chain {
		c.over = true // decided was another chain, or one cannot tell any more (spec N4)
	}
	if c.tip.Seq > max(c.base.Seq, c.decided.Seq) && !c.over {
		blocks, _ := c.path(c.tip, c.top)
		if blocks == nil || blocks[0].parent != c.own[c.top] {
			// The chain left the tip before the crash: PREPAREs in this view are over.
			c.over = true
		} else {
			c.grow(blocks)
		}
	}
	c.extendTip()
	// PREPAREs do not wait for the disk, so after a crash this replica may have sent one
	// that it has forgotten. Nobody else has seen those of a single member.
	c.over = c.over || c.n > 1 && !r.Bootstrap && !s.Stopped && !bug.M32 && !(bug.M66 && c.primary(c.view) == c.self)
	if ch := r.Change; ch != nil && ch.View > c.view {
		c.target, c.mine.change = ch.View, ch
	}
	return nil
}

// extendTip marks what was accepted as held: it is in the log.
func (c *Core) extendTip() {
	for c.held < c.top {
		n := c.nodes[c.own[c.held+1]]
		if n == nil || !n.logged {
			return
		}
		c.held++
	}
}

// resume decides how to go on (spec R2): the primary of an entered view may have
// proposals about that it does not remember, so it resigns. primary(0) leads view 0
// only in the process that wrote the bootstrap record.
func (c *Core) resume(r Restored) {
	c.timing.k = min(c.timing.bound, int(min(c.view-min(c.view, c.timing.decidedIn), 64)))
	if bug.M89 {
		c.timing.k = 0
	}
	c.timing.kept = c.timing.k
	for _, m := range c.mine.checkpoint {
		c.onCheckpoint(c.self, m)
		c.broadcast(m)
	}
	for _, e := range r.Passed {
		c.checkpoint(e)
	}
	switch {
	case c.target > c.view:
		c.timing.onTarget(c)
		c.changes.newest[c.self] = c.mine.change
		c.broadcast(c.mine.change)
		c.sendCert()
	case c.primary(c.view) == c.self && !r.Bootstrap && c.n > 1 && !bug.M66:
		c.leave(c.view+1, nil)
	case c.commit.Seq != 0 && c.pc != nil && c.pc.View == c.view && c.pc.Seq >= c.commit.Seq: // else it is where low lifted it
		m := &message.Commit{Epoch: c.epoch, View: c.view, Seq: c.commit.Seq, Chain: c.commit.Chain, Signer: c.cfg.Self}
		c.sign(m)
		c.broadcast(m)
		c.mine.commit = m
	}
	c.writeState(c.hardState())
	c.out.Barrier = r.State.Stopped // no PREPARE of this process before that is taken back
	c.progress()
}

// Stop returns the last record of a replica that ends in good order. It speaks of all
// outputs that were taken so far and must be durable after theirs (spec R2). Nothing may be
// sent after it.
func (c *Core) Stop() Record {
	s := c.saved
	s.Stopped = true
	return Record{Kind: RecordState, State: &s}
}

func (c *Core) hardState() HardState {
	s := HardState{
		Epoch: c.epoch, View: c.view, Base: c.base, Tip: c.tip, Commit: c.commit, Over: c.over, Low: c.low,
	}
	if bug.M37 {
		s.Tip = s.Base
	}
	return s
}

// saveState writes the hard state down in the turn in which it changed (spec N7).
func (c *Core) saveState() {
	if s := c.hardState(); s != c.saved {
		c.writeState(s)
	}
}

func (c *Core) writeState(s HardState) {
	c.saved = s
	if bug.M36 {
		s.View, s.Base, s.Tip, s.Commit, s.Over = 0, c.cfg.Root, c.cfg.Root, message.Point{}, false
	}
	c.persist(Record{Kind: RecordState, State: &s})
}
