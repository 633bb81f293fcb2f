package client

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// unauthenticated is a configuration under which backups cannot pass requests on (spec X6).
func unauthenticated(powers ...uint64) Config {
	cfg := config(powers...)
	cfg.Genesis.Signed = false
	return cfg
}

// Once weak power has entered a view, requests go to its primary, and those that only an older one has follow at once. What
// all were asked for stays as it is.
func TestNewPrimaryIsFollowed(t *testing.T) {
	b, x := opened(t, unauthenticated(1, 1, 1, 1))
	b.pass(b.cfg.RetryMin)
	_, again := b.turn()
	require.Equal(t, []*call{x}, again)
	y := b.submitted("another")
	b.flow.room = 2
	b.turn()
	require.True(t, x.all && y.target == 0)

	require.False(t, b.heed(3, 2, b.now), "one member may say what it likes")
	b.pass(clock.Millisecond)
	_, again = b.turn()
	require.Empty(t, again)
	require.True(t, b.heed(1, 2, b.now))
	_, again = b.turn()
	require.Equal(t, []*call{y}, again)
	require.True(t, y.target == 2 && !y.all && y.tries == 1)
	require.False(t, b.heed(2, 2, b.now), "that is no news")
	_, again = b.turn()
	require.Empty(t, again)

	z := b.submitted("a third")
	b.turn()
	require.Equal(t, 2, z.target)
	b.answer(0, done(y, "result"))
	b.answer(1, done(y, "result"))
	require.True(t, isSettled(y))
}

// What latencies were before, and how many requests the old primary was trusted with, says nothing of the new one.
func TestNewPrimaryBeginsAnew(t *testing.T) {
	b, _ := opened(t, unauthenticated(1, 1, 1, 1))
	b.flow.sample(2 * clock.Second)
	b.flow.gaveUp()
	require.True(t, b.patience(1) > b.cfg.RetryMin && b.flow.room < b.cfg.Window)
	b.heed(1, 1, b.now)
	b.heed(2, 1, b.now)
	require.Equal(t, b.cfg.RetryMin, b.patience(1))
	require.Equal(t, b.cfg.Window, b.flow.room)
	b.turn()
	require.Equal(t, 1, b.flow.under, "what follows is under way again")
}

// The view is the latest that weak power has entered, by power and not by heads, and never goes back.
func TestEnteredIsOfWeakPower(t *testing.T) {
	b := newBench(t, unauthenticated(3, 1, 1, 2)) // f = 2
	for _, step := range []struct {
		member int
		says   message.View
		want   message.View
	}{
		{1, 9, 0}, {3, 5, 5}, {2, 7, 5}, {0, 6, 6}, {0, 4, 6}, {0, 8, 8},
	} {
		b.heed(step.member, step.says, b.now)
		require.Equal(t, step.want, b.view, "%+v", step)
	}
}

// Where backups pass requests on, members are judged by how they do.
func TestViewsSayNothingWhereBackupsRelay(t *testing.T) {
	b, _ := opened(t, config(1, 1, 1, 1))
	require.False(t, b.heed(1, 2, b.now))
	require.False(t, b.heed(2, 2, b.now))
	require.Equal(t, 0, b.route.best)
}
