package core

import "github.com/twothirds-bft/twothirds/clock"

// Expire is Tick at the deadline of T1 or V6, whichever runs, without the time until
// then; else it is Tick now. It is for explorers, to whom a timeout is a choice.
func (c *Core) Expire() {
	for _, timer := range []*clock.Instant{&c.timing.progress, &c.timing.newView} {
		if !timer.IsZero() {
			*timer = c.now
		}
	}
	c.Tick(c.now)
}
