package sim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// A core that is held to less than it was told, and a disk that has a proof twice, fail
// I11.
func TestBudgetIsKept(t *testing.T) {
	w := &World{sc: Scenario{Replicas: 4}.withDefaults(), now: clock.At(1), marks: map[string]uint64{}, newApp: newChainApp}
	w.build(Seed(1))
	h := w.hosts[0]
	for range 2 * budgetEvery {
		w.oracle.onTurn(h)
	}
	require.Nil(t, w.failure)

	w.tune = func(cfg *core.Config) { cfg.PoolRequests = -1000 } // less than nothing, with what is overdue on top
	for range budgetEvery {
		w.oracle.onTurn(h)
	}
	require.Equal(t, "I11", w.failure.Oracle)

	w.failure = nil
	proof := &message.Evidence{Kind: message.EvidenceBase, Culprit: 2}
	w.oracle.onRecovered(h, &core.Restored{Evidence: []*message.Evidence{proof, {Kind: message.EvidenceBase, Culprit: 3}}})
	require.Nil(t, w.failure)
	w.oracle.onRecovered(h, &core.Restored{Evidence: []*message.Evidence{proof, proof}})
	require.Equal(t, "I11", w.failure.Oracle)
}
