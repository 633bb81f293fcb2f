//go:build twothirds_bug

package shrink_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/shrink"
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/internal/bug"
)

// Seeded bugs come down to stories that fit on a page.
func TestSeededBugs(t *testing.T) {
	defer bug.Set()
	for _, id := range []string{"M02", "M11", "M16", "M23", "M32", "M40"} {
		t.Run(id, func(t *testing.T) {
			bug.Set(id)
			sc := find(t)
			r := shrink.Run(sc, shrink.Options{Plays: 3000})
			require.NotNil(t, r.Failure)
			t.Logf("%d events to %d in %d worlds and %v: %v", r.Before, r.Events, r.Plays, r.Elapsed, r.Failure)
			require.True(t, r.Minimal)
			require.LessOrEqual(t, r.Events, 12)
			require.Equal(t, r.Hash, sim.Play(r.Scenario).Hash)

			bug.Set()
			require.Nil(t, sim.Play(r.Scenario).Failure, "it is the bug's story")
		})
	}
}

// find returns the scenario of the first seed that fails.
func find(t *testing.T) sim.Scenario {
	for seed := uint64(1); seed <= 2000; seed++ {
		sc := sim.Generate(sim.Seed(seed), sim.Options{})
		if sim.Play(sc).Failure != nil {
			return sc
		}
	}
	t.Fatal("no seed finds it")
	return sim.Scenario{}
}
