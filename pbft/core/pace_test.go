package core

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
)

// "more are pending than are decided ... at the recent rate (1,024 are always taken)" (spec T1).
func TestPaceLimitsWhatIsPending(t *testing.T) {
	var p pace
	now := clock.At(1)
	p.note(now, 0)
	for range 100 {
		now = now.Add(paceSpan)
		p.note(now, 1000) // 10,000 requests a second
	}
	require.InDelta(t, 10_000, p.perSecond, 10)
	require.InDelta(t, 5_000, p.limit(500*clock.Millisecond), 10)
	require.Equal(t, admittedMin, p.limit(100*clock.Millisecond))

	var idle pace
	require.Equal(t, admittedMin, idle.limit(clock.Second), "an idle cluster admits a few")
}
