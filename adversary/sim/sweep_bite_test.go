//go:build twothirds_bug

package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/internal/bug"
)

// A primary that proposes again in its view after a restart forks only if it dies
// between two effects: a single run does not show it, the sweep does.
func TestSweepBites(t *testing.T) {
	t.Cleanup(func() { bug.Set() })
	bug.Set("M66")
	sc := sim.Scenario{
		Seed: 3, Decisions: 6, Interval: 4, Window: 4, Clients: 1, Ahead: 3, OpsBlock: 1, SyncMax: 3 * ms, Burst: true,
		Crashes: []sim.Crash{{Replica: 0, At: 20 * ms, Down: 300 * ms}},
	}
	rep := sim.Sweep(sc, sim.SweepOptions{Stride: 3, Power: true, Workers: 2})
	require.Positive(t, rep.Runs)
	require.NotEmpty(t, rep.Failures)
	require.Less(t, len(rep.Failures), rep.Runs/2)
}
