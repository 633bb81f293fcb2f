package client

import (
	"time"

	"github.com/twothirds-bft/twothirds/clock"
)

// bubbleClock has a reading in a bubble of testing/synctest, too, which begins in the year 2000.
type bubbleClock struct{}

func (bubbleClock) Now() clock.Instant { return clock.At(time.Now().UnixNano()) }

func init() { systemClock = func() clock.Clock { return bubbleClock{} } }
