package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// A replica whose state differs stops for good at the next stable checkpoint, and nobody
// else minds (spec C2).
func TestFlippedBit(t *testing.T) {
	sc := sim.Scenario{Seed: 5, Decisions: 30, Interval: 4, Flips: []sim.Flip{{Replica: 2, At: 30 * ms}}, Heal: 500 * ms}
	var stopped []int
	r := sim.Play(sc, sim.WithTrace(func(e sim.Event) {
		if e.Kind == sim.EventFault && e.Note == "diverged replica stopped" {
			stopped = append(stopped, e.Replica)
		}
	}))
	require.Nil(t, r.Failure)
	require.Equal(t, []int{2}, stopped)
	require.Zero(t, r.Views)
	require.EqualValues(t, 1, r.Marks["state differs"])
}

// A process that starts again has its state from what was decided: the flip is over.
func TestFlippedBitIsForgotten(t *testing.T) {
	sc := sim.Scenario{
		Seed: 5, Decisions: 30, Interval: 16, Flips: []sim.Flip{{Replica: 2, At: 30 * ms}}, Heal: 500 * ms,
		Crashes: []sim.Crash{{Replica: 2, At: 60 * ms, Down: 30 * ms}},
	}
	r := sim.Play(sc)
	require.Nil(t, r.Failure)
	require.EqualValues(t, 1, r.Marks["state differs"])
	require.Zero(t, r.Marks["diverged replica stopped"])
}

// It counts among the f that may fail.
func TestFlipsAreFaults(t *testing.T) {
	sc := sim.Scenario{Flips: []sim.Flip{{Replica: 2}}}
	require.NoError(t, sc.Validate())
	require.Equal(t, []int{2}, sc.Gone())
	sc.Byzantine = []sim.Liar{{Replica: 1, Behaviour: "silent"}}
	require.ErrorIs(t, sc.Validate(), sim.ErrScenario)
}
