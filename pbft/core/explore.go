package core

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// What explorers need besides Clone and Fingerprint. Nothing else calls these.

// Expire is Tick at the deadline of T1 or V6, whichever runs, without the time until
// then; else it is Tick now. To an explorer a timeout is a choice.
func (c *Core) Expire() {
	for _, timer := range []*clock.Instant{&c.timing.progress, &c.timing.newView} {
		if !timer.IsZero() {
			*timer = c.now
		}
	}
	c.Tick(c.now)
}

// Forget drops what others said (AspectHeard), as if it were still under way: votes,
// suspicions, VIEW-CHANGEs and proofs. All of it may be delivered again (spec N9). What
// came of it stays, and so does the primary's PREPARE that signs the own chain above the
// base (spec N8). A certificate that would be sealed on the next entry is sealed.
func (c *Core) Forget() {
	if c.target > c.view {
		c.sealPrepareCert()
	}
	signer := c.primary(c.view)
	signed := c.prepares.ballots[signer].on
	c.prepares.forget(c.self)
	c.commits.forget(c.self)
	if signer != c.self && signed.at.Seq > c.base.Seq {
		c.prepares.count(signer, signed)
	}
	suspect, change := c.changes.suspects[c.self], c.changes.newest[c.self]
	c.changes = changes{
		suspects: make([]suspicion, c.n), newest: make([]*message.ViewChange, c.n), certs: make([]*message.PrepareCert, c.n),
		mine: c.changes.mine,
	}
	c.changes.suspects[c.self], c.changes.newest[c.self] = suspect, change
	clear(c.checkpoints.votes)
	clear(c.seen.known)
}

// forget drops all votes but those of member i.
func (t *tally) forget(i int) {
	for j := range t.ballots {
		if j != i {
			t.ballots[j] = ballot{}
			t.points.Set(j, 0)
		}
	}
}
