//go:build twothirds_bug

package score_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/score"
)

// play has a strategy play a few worlds with a bug.
func play(t *testing.T, name, strategy string, b score.Budget) score.Cell {
	s, err := score.Find(strategy)
	require.NoError(t, err)
	c := score.Play(name, s, b)
	require.True(t, c.Killed, "%s by %s", name, strategy)
	return c
}

// TestKill plays bugs that any worlds find at once.
func TestKill(t *testing.T) {
	for _, name := range []string{"M01", "M20", "M82"} {
		c := play(t, name, "swarm", score.Budget{Worlds: 20, Shrink: 200 * time.Millisecond})
		require.NotEmpty(t, c.Scenario)
		require.Positive(t, c.Events)
	}
}

// TestKillOf plays bugs that are what a strategy is for.
func TestKillOf(t *testing.T) {
	for _, x := range []struct{ bug, strategy, oracle string }{
		{"M33", "logs", "R1"}, {"M34", "logs", "R1"}, {"M35", "logs", "R2"}, {"M39", "logs", "R1"},
		{"M51", "floods", "I11"}, {"M52", "floods", "I12"}, {"M46", "sweep", "I2"}, {"M75", "sweep", "X7"},
	} {
		require.Equal(t, x.oracle, play(t, x.bug, x.strategy, score.Budget{Worlds: 200}).Oracle, "%s by %s", x.bug, x.strategy)
	}
}

// What a strategy asks of its worlds is kept when they become small, as that an attack costs
// no view. The life of a log becomes a few steps.
func TestSmallCases(t *testing.T) {
	for _, x := range []struct {
		bug, strategy, oracle string
		most                  int
	}{{"M78", "attacks", "I13", 5}, {"M33", "logs", "R1", 10}, {"M39", "logs", "R1", 10}} {
		c := play(t, x.bug, x.strategy, score.Budget{Worlds: 50, Shrink: 300 * time.Millisecond})
		require.Equal(t, x.oracle, c.Oracle)
		require.Positive(t, c.Shrink, x.bug)
		require.LessOrEqual(t, c.Events, x.most, x.bug)
	}
}
