package cluster

import (
	"sync/atomic"

	"github.com/twothirds-bft/twothirds/clock"
)

// clockStep is longer than the timeouts of a run, so that all that is waited for is late at once.
const clockStep = 10 * clock.Second

// steppedClock is the system's clock, and may jump ahead.
type steppedClock struct{ ahead atomic.Int64 }

// Now implements clock.Clock.
func (c *steppedClock) Now() clock.Instant {
	return clock.System().Now().Add(clock.Duration(c.ahead.Load()))
}

func (c *steppedClock) step() { c.ahead.Add(int64(clockStep)) }
