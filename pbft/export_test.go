package pbft

import (
	"time"

	"github.com/twothirds-bft/twothirds/clock"
)

// UseVirtualTime makes a replica that is started in a testing/synctest bubble read
// the bubble's time: the system's clock counts from the start of the process, which
// lies outside.
func UseVirtualTime(cfg *Config) { cfg.Clock = virtual{time.Now()} }

type virtual struct{ start time.Time }

func (v virtual) Now() clock.Instant { return clock.At(int64(time.Since(v.start)) + 1) }
