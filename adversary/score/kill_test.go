//go:build twothirds_bug

package score_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/score"
)

// TestKill plays bugs that any worlds find at once.
func TestKill(t *testing.T) {
	for _, name := range []string{"M01", "M20", "M82"} {
		for _, st := range []string{"random", "swarm"} {
			s, err := score.Find(st)
			require.NoError(t, err)
			c := score.Play(name, s, score.Budget{Worlds: 20, Shrink: 2 * time.Second})
			require.True(t, c.Killed, "%s by %s", name, st)
			require.NotEmpty(t, c.Scenario)
			require.Positive(t, c.Events)
		}
	}
}
