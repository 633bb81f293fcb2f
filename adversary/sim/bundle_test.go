package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// bundled is a world whose clients send bundles through a view change and a restart.
func bundled() sim.Scenario {
	return sim.Scenario{
		Seed: 1, Decisions: 60, Bundle: 16, OpBytes: 4096, Burst: true, Heal: 800 * ms, SyncMax: 2 * ms, Reopen: 5,
		Links:   sim.Links{DelayMin: ms, DelayMax: 10 * ms, LossPercent: 5, DuplicatePercent: 5},
		Crashes: []sim.Crash{{Replica: 0, At: 100 * ms, Down: 50 * ms}, {Replica: 2, At: 300 * ms, Down: 100 * ms}},
	}
}

// Bundles of all looks are asked for, and each operation of them is answered.
func TestBundles(t *testing.T) {
	var w sizes
	r := sim.Play(bundled(), sim.WithInvariant(&w))
	require.Nil(t, r.Failure)
	require.Positive(t, r.Views)
	require.Greater(t, r.Marks["bundle acknowledged"], uint64(20))
	require.Positive(t, r.Marks["results of a bundle came in parts"])
	require.Positive(t, w.empty)
	require.Positive(t, w.long)
	require.Greater(t, r.Requests, 3*r.Decisions)

	sc := bundled()
	sc.Bundle, sc.OpBytes = 0, 0
	require.Zero(t, sim.Play(sc).Marks["bundle acknowledged"])
	sc.Bundle = 257
	require.ErrorIs(t, sc.Validate(), sim.ErrScenario)
	sc.Bundle, sc.OpBytes = 2, 1
	require.ErrorIs(t, sc.Validate(), sim.ErrScenario)
}

// sizes counts the operations that were answered and are empty, or long.
type sizes struct{ empty, long int }

// Name implements sim.Invariant.
func (*sizes) Name() string { return "sizes" }

// OnEvent implements sim.Invariant.
func (*sizes) OnEvent(*sim.World, sim.Event) error { return nil }

// AtEnd implements sim.Invariant.
func (x *sizes) AtEnd(w *sim.World) error {
	for _, op := range w.History() {
		switch {
		case op.Done && len(op.Input) == 0:
			x.empty++
		case op.Done && len(op.Input) > 1000:
			x.long++
		}
	}
	return nil
}
