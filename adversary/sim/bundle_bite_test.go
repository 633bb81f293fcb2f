//go:build twothirds_bug

package sim_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/internal/bug"
)

// What is done to one operation of a bundle shows, though all replicas do the same.
func TestBundlesBite(t *testing.T) {
	t.Cleanup(func() { bug.Set() })
	for id, oracle := range map[string]string{"M101": "I10", "M102": "I3", "M103": "I3"} {
		bug.Set(id)
		sc := bundled()
		sc.Reopen, sc.Byzantine = 0, []sim.Liar{{Replica: 3, Behaviour: "replay-requests"}}
		r := sim.Play(sc)
		require.NotNil(t, r.Failure, id)
		require.Equal(t, oracle, r.Failure.Oracle, "%s: %v", id, r.Failure)
	}
}
