//go:build twothirds_bug

package sim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/internal/bug"
)

// TestFloodBites: what a replica does or keeps for a flooding peer shows within twenty
// worlds (I11, I12).
func TestFloodBites(t *testing.T) {
	t.Cleanup(func() { bug.Set() })
	for _, tc := range []struct {
		bug, oracle string
		liars       []string
	}{
		{"M51", "I11", []string{"future"}},
		{"M52", "I12", floods},
	} {
		bug.Set(tc.bug)
		found := map[string]int{}
		for seed := uint64(1); seed <= 20; seed++ {
			if f := flooded(seed, tc.liars...).Failure; f != nil {
				found[f.Oracle]++
			}
		}
		t.Log(tc.bug, found)
		require.NotZero(t, found[tc.oracle], "%s: %v", tc.bug, found)
	}
}
