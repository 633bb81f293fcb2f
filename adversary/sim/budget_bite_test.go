//go:build twothirds_bug

package sim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/internal/bug"
)

// TestFloodBites: what a replica does or keeps for a flooding peer shows within a few
// worlds (I11, I12).
func TestFloodBites(t *testing.T) {
	t.Cleanup(func() { bug.Set() })
	for name, oracle := range map[string]string{"M52": "I12"} {
		bug.Set(name)
		found := map[string]bool{}
		for seed := uint64(1); seed <= 20; seed++ {
			if f := flooded(seed).Failure; f != nil {
				found[f.Oracle] = true
			}
		}
		require.True(t, found[oracle], "%s: %v", name, found)
	}
}
