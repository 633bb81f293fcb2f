package core

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
)

// "Admission refuses what cannot be ordered within timeout/4 at the recent rate"
// (spec T1).
func TestPaceAdmitsAQuarterOfTheTimeout(t *testing.T) {
	var p pace
	now := clock.At(1)
	p.note(now, 0)
	for range 100 {
		now = now.Add(paceSpan)
		p.note(now, 1000) // 10,000 requests a second
	}
	require.InDelta(t, 10_000, p.perSecond, 10)
	const timeout = 2 * clock.Second
	require.True(t, p.admits(4_900, timeout))
	require.False(t, p.admits(5_100, timeout))

	var idle pace
	require.True(t, idle.admits(admittedMin-1, timeout), "an idle cluster admits a few")
	require.False(t, idle.admits(admittedMin, timeout))
}
