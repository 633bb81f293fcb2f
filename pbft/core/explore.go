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
// came of it stays, and of the votes those of which more is still to come without any
// other: the primary's PREPARE that signs the own chain above the base (spec N8), and
// after leaving a view a certificate in it that is not sealed yet (spec V2).
func (c *Core) Forget() {
	p, held := c.certifiedHeld()
	latent := held && c.target > c.view && (c.pc == nil || c.pc.View != c.view || c.pc.Seq < p.Seq)
	signer := c.primary(c.view)
	c.prepares.forget(c.self, func(i int, v *vote) bool { return latent || i == signer && v.at.Seq > c.base.Seq })
	c.commits.forget(c.self, func(int, *vote) bool { return false })
	suspect, change := c.changes.suspects[c.self], c.changes.newest[c.self]
	c.changes = changes{
		suspects: make([]suspicion, c.n), newest: make([]*message.ViewChange, c.n), certs: make([]*message.PrepareCert, c.n),
		mine: c.changes.mine,
	}
	c.changes.suspects[c.self], c.changes.newest[c.self] = suspect, change
	clear(c.checkpoints.votes)
	clear(c.seen.known)
}

// forget drops others' votes but for those on the own chain that are kept.
func (t *tally) forget(self int, kept func(i int, v *vote) bool) {
	for i := range t.ballots {
		switch b := &t.ballots[i]; {
		case i == self:
		case kept(i, &b.on):
			*b = ballot{on: b.on}
		default:
			*b = ballot{}
			t.points.Set(i, 0)
		}
	}
}
