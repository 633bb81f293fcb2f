//go:build twothirds_bug

package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/internal/bug"
)

// That a new primary goes on at its own tip and not at the base shows only where the one
// before it dies while replicas differ in what they hold: without a crash nothing shows it,
// nor after most effects, and the sweep does.
func TestSweepBites(t *testing.T) {
	t.Cleanup(func() { bug.Set() })
	bug.Set("M22")
	sc := sim.Scenario{Seed: 3, Decisions: 6, Interval: 4, Window: 4, Clients: 1, Ahead: 3, OpsBlock: 1, SyncMax: 3 * ms, Burst: true}
	rep := sim.Sweep(sc, sim.SweepOptions{Stride: 3, Power: true, Workers: 2})
	require.Positive(t, rep.Runs)
	require.NotEmpty(t, rep.Failures)
	require.Less(t, len(rep.Failures), rep.Runs/2)
}
