package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// Clients that open one session after the other are served, and what they send again is
// answered and not executed (spec X1).
func TestReopenedSessions(t *testing.T) {
	sc := sim.Scenario{Seed: 3, Decisions: 40, Clients: 2, Ahead: 2, Reopen: 3, Burst: true}
	r := sim.Play(sc)
	require.Nil(t, r.Failure)
	require.Greater(t, r.Marks["old operations sent again in the next session"], uint64(4))
	require.Zero(t, r.Marks["session evicted under its client"])
	require.Greater(t, r.Requests, 20)
}

// Where sessions are fewer than clients, these lose theirs, open others, and are served.
func TestEvictedSessions(t *testing.T) {
	sc := sim.Scenario{Seed: 3, Decisions: 60, Clients: 3, Ahead: 1, Sessions: 2, Heal: 500 * ms}
	r := sim.Play(sc)
	require.Nil(t, r.Failure)
	require.Positive(t, r.Marks["session evicted under its client"])
	require.Positive(t, r.Requests)
	sc.Sessions = 3
	require.Zero(t, sim.Play(sc).Marks["session evicted under its client"])
}
