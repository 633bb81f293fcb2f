package sim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Correct primaries may lose as many views as timeouts can double, and one; views of
// faulty ones, and those left while a correct replica is down, do not count.
func TestLossesAreCounted(t *testing.T) {
	w := still()
	o, h := w.oracle, w.hosts[1]
	require.Equal(t, 7, o.losses.most)
	leave := func(v message.View) bool {
		o.onLeft(h, v, v+1)
		return w.failure != nil
	}
	require.False(t, leave(0), "too early")
	require.Empty(t, o.losses.views)
	w.now = w.now.Add(w.sc.Heal + settling)
	require.False(t, leave(3), "the liar's")
	require.Empty(t, o.losses.views)
	w.hosts[2].core = nil
	require.False(t, leave(0), "one is down")
	require.Empty(t, o.losses.views)
	w.hosts[2].core = h.core
	for _, v := range []message.View{0, 1, 2, 4, 5, 6, 8} {
		require.False(t, leave(v))
		require.False(t, leave(v), "a second replica leaves it")
	}
	require.True(t, leave(9))
	require.Equal(t, "I13", w.failure.Oracle)
}

// A calm world loses no view: 20 of them, all with as little load as that asks for.
func TestCalmWorldsLoseNothing(t *testing.T) {
	for seed := range uint64(20) {
		sc := Scenario{
			Seed: seed, Replicas: 4 + int(seed%4), Decisions: 12, Clients: 2, Ahead: 1 + int(seed%3), OpsBlock: 1, Interval: 1 + int(seed%8), Burst: seed%2 == 0,
			Links: Links{DelayMin: clock.Millisecond / 5, DelayMax: 2 * clock.Millisecond}, SyncMax: 2 * clock.Millisecond, ExecMax: clock.Millisecond,
		}
		full := sc.withDefaults()
		require.True(t, full.calm())
		require.Zero(t, newLosses(&full).most)
		r := Play(sc)
		require.Nil(t, r.Failure)
		require.Zero(t, r.Views)
	}
}
