//go:build twothirds_bug

package liar_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/internal/bug"
)

func TestBehavioursBite(t *testing.T) {
	defer bug.Set()
	for _, b := range bites {
		t.Run(b.bug+"/"+b.behaviour, func(t *testing.T) {
			bug.Set(b.bug)
			for seed := uint64(1); seed <= 30; seed++ {
				alone, lied := sim.Run(sim.Seed(seed), lying(b.world, "")), sim.Run(sim.Seed(seed), lying(b.world, b.behaviour))
				if alone.Failure == nil && lied.Failure != nil {
					t.Logf("seed %d: %.200v", seed, lied.Failure)
					return
				}
			}
			t.Error("nothing falls")
		})
	}
}

// Where a liar's own message does no harm alone: the door of the weakened core lets in
// what the true one refuses.
func TestBehavioursPassTheDoor(t *testing.T) {
	defer bug.Set()
	for _, b := range doors {
		t.Run(b.bug+"/"+b.behaviour, func(t *testing.T) {
			bug.Set()
			honest := play(t, 1, b.world, b.behaviour).refused[b.why]
			require.Positive(t, honest)
			bug.Set(b.bug)
			require.Less(t, play(t, 1, b.world, b.behaviour).refused[b.why], honest)
		})
	}
}
