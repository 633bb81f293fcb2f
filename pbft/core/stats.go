package core

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Drop names why a message was ignored. Each is a counter in Status.
type Drop uint8

// The reasons.
const (
	DropSender Drop = iota
	DropNotPrimary
	DropOldView
	DropOldVote
	DropDecided
	DropWindow
	DropUnasked
	DropServed
	DropInadmissible
	DropPoolFull
	DropTwoCheckpoints
	DropEarly
	DropCount // one more than the largest
)

var dropNames = [DropCount]string{
	"sender", "not-primary", "old-view", "old-vote", "decided", "window", "unasked", "served", "inadmissible", "pool-full",
	"two-checkpoints", "early",
}

// String returns the counter's name.
func (d Drop) String() string {
	if d < DropCount {
		return dropNames[d]
	}
	return fmt.Sprintf("drop-%d", uint8(d))
}

// Stats counts what this core did since it started.
type Stats struct {
	Prepares    uint64 // PREPAREs signed
	Commits     uint64 // COMMITs signed
	Suspects    uint64 // SUSPECTs signed
	Slow        uint64 // primaries suspected because what waited was proposed too late (spec T4)
	ViewChanges uint64 // VIEW-CHANGEs signed
	Views       uint64 // views entered
	Fetches     uint64 // pulls sent
	Pauses      uint64 // times T5 found that this process had been paused
	Requests    uint64 // executed, duplicates included
	Drops       [DropCount]uint64
}

func (c *Core) drop(why Drop) { c.stats.Drops[why]++ }

// Status is a copy of what people, metrics and tests want to see.
type Status struct {
	Epoch      message.Epoch
	View       message.View // entered
	Target     message.View // asked for; View unless it was left
	Primary    message.ReplicaID
	Base       message.Point
	Tip        message.Point
	Certified  message.Seq
	Decided    message.Point
	Applied    message.Seq
	Stable     message.Point
	Prepare    message.Rank // highest PC held
	Suspected  bool
	Pending    int            // requests in the pool
	Timeout    clock.Duration // in force
	Backoff    int            // k of T3
	BackoffMax int
	Waiting    string // what the progress timer waits for, for people
	Stats      Stats
}

// Status returns a copy of where the replica stands.
func (c *Core) Status() Status {
	s := Status{
		Epoch: c.epoch, View: c.view, Target: c.target, Primary: c.members.Primary(max(c.view, c.target)), Base: c.base,
		Tip: c.tip, Certified: c.prepares.certified(), Decided: c.decided, Applied: c.applied, Stable: c.low,
		Suspected: c.timing.unmet(), Pending: c.pool.live, Timeout: c.timing.timeout(c),
		Backoff: c.timing.k, BackoffMax: c.timing.bound, Waiting: c.waiting(), Stats: c.stats,
	}
	if c.pc != nil {
		s.Prepare = c.pc.Rank()
	}
	return s
}

// waiting explains in words who waits for what.
func (c *Core) waiting() string {
	p := c.members.Primary(max(c.view, c.target))
	switch {
	case c.halted != nil:
		return "stopped: " + c.halted.Error()
	case c.target > c.view:
		power := uint64(0)
		for i, vc := range c.changes.newest {
			if vc != nil && vc.View >= c.target {
				power += c.sys.Power(i)
			}
		}
		return fmt.Sprintf("NEW-VIEW %d from replica %d; VIEW-CHANGEs of power %d of %d held", c.target, p, power, c.sys.Quorum())
	case c.wantCC != nil || c.gap || c.held < c.top:
		return fmt.Sprintf("blocks above %d, pulling", c.held)
	case c.timing.oldest.block != 0:
		return fmt.Sprintf("decision of block %d; %d power has prepared, quorum is %d", c.timing.oldest.block, c.powerAt(c.timing.oldest.block), c.sys.Quorum())
	case c.timing.oldest != (obligation{}) && c.decided.Seq >= c.high():
		return fmt.Sprintf("a checkpoint above %d: the window is full", c.low.Seq)
	case c.timing.oldest != (obligation{}):
		return fmt.Sprintf("replica %d to propose a pending request", p)
	}
	return "nothing"
}

func (c *Core) powerAt(s message.Seq) uint64 {
	power := uint64(0)
	for i := range c.prepares.ballots {
		if c.prepares.ballots[i].on.at.Seq >= s {
			power += c.sys.Power(i)
		}
	}
	return power
}

// Marks is what messages are held against before their signatures are checked
// (spec N8).
type Marks struct {
	View      message.View // entered
	Low       message.Seq
	Certified message.Seq
	Decided   message.Seq
	Settled   bool // a CC of View is held: its COMMITs at decided blocks say nothing new (spec V5)
}

// Marks returns the current marks; it is cheap enough for every turn.
func (c *Core) Marks() Marks {
	return Marks{View: c.view, Low: c.low.Seq, Certified: c.prepares.certified(), Decided: c.decided.Seq, Settled: c.released >= c.view}
}
