package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
)

// Clients go on for as long as the scenario says, and nobody waits.
func TestLoad(t *testing.T) {
	sc := sim.Scenario{Seed: 1, Decisions: 20, Load: 2 * clock.Second, Limit: clock.Second}
	r := sim.Play(sc)
	require.Nil(t, r.Failure)
	require.GreaterOrEqual(t, r.Elapsed, sc.Load)
	require.Greater(t, r.Decisions, 2*sc.Decisions)
}

// One client that is not heard is a failure while the others are served, and none without
// load: in time it would have been heard.
func TestOneWaitsUnderLoad(t *testing.T) {
	sc := sim.Scenario{
		Seed: 1, Clients: 3, Limit: clock.Second, Load: 3 * clock.Second,
		Rules: []sim.Rule{{Do: sim.Drop, From: []int{4}, Kinds: []string{"REQUESTS"}, End: 1200 * ms, Always: true}},
	}
	r := sim.Play(sc)
	require.NotNil(t, r.Failure)
	require.Equal(t, "I13", r.Failure.Oracle)
	require.Contains(t, r.Failure.What, "under load")
	require.Greater(t, r.Decisions, 1)
	sc.Load, sc.Limit = 0, 4*clock.Second
	require.Nil(t, sim.Play(sc).Failure)
}

// Timeouts that grew stop at the cap: the longer the outage, the more that decides how
// soon a lost primary is replaced.
func TestCapOfTimeouts(t *testing.T) {
	sc := sim.Scenario{
		Seed: 1, Burst: true, Heal: 9 * clock.Second, Limit: 4 * clock.Second, Cap: clock.Second,
		Rules: []sim.Rule{{Do: sim.Drop, Kinds: []string{"COMMIT"}}},
	}
	replaced := 0
	for r := range 4 {
		sc.Lost = []int{r}
		sc.Cap = clock.Second
		require.Nil(t, sim.Play(sc).Failure)
		sc.Cap = 10 * clock.Second
		if sim.Play(sc).Failure != nil {
			replaced++
		}
	}
	require.Equal(t, 1, replaced, "where the primary was lost")
	sc.Cap = ms
	require.ErrorIs(t, sc.Validate(), sim.ErrScenario)
}

// Clients that send to all at once are heard by all at once.
func TestWide(t *testing.T) {
	heard := func(wide bool) map[int]bool {
		by := map[int]bool{}
		_, all := play(t, sim.Scenario{Seed: 1, Decisions: 10, Wide: wide})
		for _, e := range deliveries(all, func(e sim.Event) bool { return e.Peer >= 4 && e.Replica < 4 }) {
			by[e.Replica] = true
		}
		return by
	}
	require.Len(t, heard(false), 1)
	require.Len(t, heard(true), 4)
}
