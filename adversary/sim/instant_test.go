package sim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A world in which something goes round and round without time passing ends soon.
func TestInstant(t *testing.T) {
	r := Play(Scenario{Seed: 1}, func(w *World) {
		var again func()
		again = func() { w.after(0, again) }
		w.after(0, again)
	})
	require.NotNil(t, r.Failure)
	require.Equal(t, "I13", r.Failure.Oracle)
	require.Less(t, r.Events, uint64(2*instantMax))
}
