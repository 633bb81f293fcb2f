//go:build !unix

package score

import (
	"time"

	"github.com/twothirds-bft/twothirds/clock"
)

// cpuTime returns how long this process has run: near to what it has used, for it has one
// busy goroutine.
func cpuTime() time.Duration { return clock.System().Now().Sub(clock.At(0)) }
