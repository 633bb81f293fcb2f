package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// A crash after every single effect of every replica, alone and with all others, and
// pairs of them: nothing that was acknowledged is lost, nobody contradicts what it
// signed, and all go on.
func TestSweep(t *testing.T) {
	sc := sim.Scenario{Seed: 3, Decisions: 4, Interval: 2, Window: 2, Clients: 1, Ahead: 1, OpsBlock: 1, SyncMax: ms, Burst: true}
	o := sim.SweepOptions{Power: true, Pairs: 50, Workers: 2}
	if testing.Short() {
		o.Stride = 7
	}
	rep := sim.Sweep(sc, o)
	for _, f := range rep.Failures {
		t.Errorf("%v\n%s", f.Failure, f.Scenario.TOML())
	}
	require.Len(t, rep.Effects, 4)
	all := 0
	for _, n := range rep.Effects {
		require.Greater(t, n, 30)
		all += n
	}
	if !testing.Short() {
		require.Equal(t, 2*all+50, rep.Runs)
		require.LessOrEqual(t, rep.Missed, 50, "a single crash is always reached")
	}
}
