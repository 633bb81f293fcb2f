//go:build twothirds_bug

package sim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/internal/bug"
)

// TestModelBites: a rule that a replica breaks towards what others said shows in the step
// that breaks it, whatever comes of it (I20).
func TestModelBites(t *testing.T) {
	t.Cleanup(func() { bug.Set() })
	for _, id := range []string{"M12", "M24", "M26", "M28", "M29", "M30", "M50", "M66", "M68", "M69", "M70", "M71", "M79", "M83", "M85", "M86", "M87", "M89", "M90", "M92", "M93", "M95", "M99"} {
		bug.Set(id)
		var f *Failure
		seed := uint64(0)
		for f == nil && seed < 600 {
			seed++
			f = RunSeed(seed, Options{}).Failure
		}
		require.NotNil(t, f, id)
		require.Equal(t, "I20", f.Oracle, "%s: seed %d: %v", id, seed, f)
		t.Log(id, seed, f)
	}
}
