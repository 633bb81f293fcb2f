package core

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/quorum"
)

// play lets a window measure n blocks in a cluster that takes capacity blocks without queueing, of which each has
// least from proposal to decision: what is under way beyond that waits. The primary always has something to propose.
func (w *window) play(n int, now clock.Instant, least clock.Duration, capacity message.Seq) clock.Instant {
	for s := message.Seq(n); s > 0; s-- {
		under := min(max(w.size, 1), 64)
		took := max(least, least*clock.Duration(under)/clock.Duration(capacity))
		w.probe, w.used, w.sent = 1, under, now
		now = now.Add(took)
		w.decided(now, 1)
	}
	return now
}

// "undecided blocks behind which a small one waits" (spec B4): where latency is work, one or two; where it is distance,
// as many as are made use of.
func TestWindowFollowsLatency(t *testing.T) {
	w := window{since: clock.At(1)}
	now := w.play(50, clock.At(1), 3*clock.Millisecond, 1)
	require.LessOrEqual(t, w.size, message.Seq(2))
	require.Equal(t, 3*clock.Millisecond, w.least)

	far := window{since: now}
	far.play(50, now, 60*clock.Millisecond, 64)
	require.GreaterOrEqual(t, far.size, message.Seq(64))

	some := window{since: now}
	now = some.play(50, now, 3*clock.Millisecond, 8)
	require.InDelta(t, 8, float64(some.size), 8)

	now = some.play(10_000, now, 9*clock.Millisecond, 8)
	require.Equal(t, 9*clock.Millisecond, some.least, "the network changed, and two periods have passed")
	some.play(10_000, now, 2*clock.Millisecond, 8)
	require.Equal(t, 2*clock.Millisecond, some.least, "measured with one block under way, once in each period")
}

// One block is measured at a time, and what it was proposed into is what counts.
func TestWindowMeasuresOneBlock(t *testing.T) {
	c := &Core{now: clock.At(1e9)}
	w := &c.window
	w.since = c.now
	w.proposed(c, 1)
	c.now = c.now.Add(clock.Millisecond)
	w.proposed(c, 2)
	require.Equal(t, message.Seq(1), w.probe)
	w.decided(c.now, 0)
	require.Zero(t, w.size, "another was decided")
	w.decided(c.now.Add(clock.Millisecond), 2)
	require.Equal(t, 2*clock.Millisecond, w.least)
	require.Equal(t, message.Seq(2), w.size)
	c.decided.Seq = 2
	w.proposed(c, 5)
	require.Equal(t, message.Seq(3), w.used)
}

// What is worth a block of its own grows with the number of members, up to the size of a block.
func TestWindowOfSmallBlocks(t *testing.T) {
	for _, tc := range []struct {
		n, bytes int
		waits    bool
	}{{4, 4*ample - 1, true}, {4, 4 * ample, false}, {31, 31*ample - 1, true}, {31, 31 * ample, false}, {100, 1<<20 - 1, true}, {100, 1 << 20, false}} {
		sys, err := quorum.New(slices.Repeat([]uint64{1}, tc.n))
		require.NoError(t, err)
		c := &Core{n: tc.n, sys: sys, now: clock.At(1e9), cfg: Config{}.withDefaults(), top: 1}
		c.timing.floor, c.window.size = clock.Second, 1
		require.Equal(t, tc.waits, c.wait(1, tc.bytes, clock.Instant{}), "%d members, %d bytes", tc.n, tc.bytes)
	}
}
