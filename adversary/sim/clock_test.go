package sim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
)

const ms = clock.Millisecond

func at(d clock.Duration) clock.Instant { return clock.At(1).Add(d) }

// Whatever a clock does, it never goes back, and a timer fires when its deadline has
// come by that clock, and not much later.
func TestMonotonicClock(t *testing.T) {
	for name, c := range map[string]Clock{
		"fast":    {Skew: 200_000},
		"slow":    {Skew: -400_000},
		"drift":   {Skew: 1000, Drift: 300_000, Period: 3 * ms},
		"coarse":  {Grain: 16 * ms, Drift: 1000},
		"late":    {Late: 5 * ms, Grain: ms},
		"nothing": {},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHand(&Scenario{Clocks: []Clock{c}}, 0, Seed(1))
			h.start(at(0))
			src, now, last := Seed(2), clock.Duration(0), clock.Instant{}
			for range 2000 {
				now += clock.Duration(src.Draw("", uint64(2*ms)))
				shown := h.read(at(now))
				require.False(t, shown.Before(last))
				if c.Grain > 0 && shown != clock.At(1) {
					require.Zero(t, shown.Nanos()%int64(c.Grain))
				}
				deadline := shown.Add(clock.Duration(src.Draw("", uint64(20*ms))))
				fires := at(now)
				for h.read(fires).Before(deadline) {
					next := h.when(fires, deadline)
					require.True(t, next.After(fires), "it must get on")
					fires = next
				}
				over := h.read(fires).Sub(deadline)
				require.LessOrEqual(t, over, c.Grain+2*c.Late+2, "at %v", now)
				now = fires.Sub(at(0))
				last = h.read(fires)
			}
		})
	}
}

// A clock gains what its skew says, one that drifts does not tell the same as another,
// and monotonic time begins anew with each process.
func TestClocksDiffer(t *testing.T) {
	s := &Scenario{Clocks: []Clock{{Replica: 0, Skew: 100_000}, {Replica: 1, Drift: 50_000}}}
	fast, drifting := newHand(s, 0, Seed(1)), newHand(s, 1, Seed(1))
	require.Nil(t, newHand(s, 2, Seed(1)))
	fast.start(at(0))
	drifting.start(at(0))
	require.Equal(t, 1100*ms, fast.read(at(1000*ms)).Sub(clock.At(1)).Round(clock.Microsecond))
	gained := drifting.read(at(1000*ms)).Sub(clock.At(1)) - 1000*ms
	require.NotZero(t, gained)
	require.Less(t, max(gained, -gained), 50*ms)
	fast.start(at(2000 * ms))
	require.Equal(t, clock.At(1), fast.read(at(2000*ms)))
}

// Half of all exponential delays are above the unit, a quarter above two of them, and
// so on; of the heavy tail one in k above k scales.
func TestSpreads(t *testing.T) {
	const n = 40_000
	src := Seed(1)
	for k := 1; k <= 6; k++ {
		long, heavy := 0, 0
		for range n {
			if exponential(src, ms) > clock.Duration(k)*ms {
				long++
			}
			if pareto(src, ms, 1000*ms) > ms<<k {
				heavy++
			}
		}
		require.InEpsilon(t, n>>k, long, 0.15, "exponential, %d", k)
		require.InEpsilon(t, n>>k, heavy, 0.15, "heavy tail, %d", k)
	}
	none := Func(func(string, uint64) uint64 { return 0 })
	require.Zero(t, exponential(none, ms), "the least draw is the least delay")
	require.Equal(t, ms, pareto(none, ms, 1000*ms))
	most := Func(func(_ string, n uint64) uint64 { return n - 1 })
	require.Equal(t, 32*ms, exponential(most, ms))
	require.Equal(t, 1000*ms, pareto(most, ms, 1000*ms))
	require.Equal(t, 1<<40*clock.Nanosecond, pareto(most, 1<<40, 1<<40), "no overflow")
}
