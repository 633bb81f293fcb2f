package client

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// What was not turned away is what fits, and room grows again, by twice as much in each round.
func TestRoom(t *testing.T) {
	f := newFlow(1024)
	f.under = 100
	f.refused()
	require.Equal(t, 100, f.room)
	var grown []int
	for range 12 {
		for range f.room {
			f.answered()
		}
		grown = append(grown, f.room)
	}
	require.Equal(t, []int{101, 103, 107, 115, 131, 163, 227, 355, 611, 1024, 1024, 1024}, grown)
	f.under = 0
	f.refused()
	require.Equal(t, 1, f.room, "and never none")
}

// working is a bench with so many operations on their way.
func working(t *testing.T, n int) (*bench, []*call) {
	b, x := opened(t, config(1, 1, 1, 1))
	calls := []*call{x}
	for i := range n - 1 {
		calls = append(calls, b.submitted(fmt.Sprint(i)))
	}
	b.turn()
	return b, calls
}

func (b *bench) answered(x *call) {
	for i := range 2 {
		b.answer(i, done(x, ""))
	}
}

// As long as the target has calls answered in their order none is late, though each waits for longer than the
// first pause; but not without end, for it may be slow on purpose.
func TestTargetAtWork(t *testing.T) {
	b, calls := working(t, 60)
	for i, x := range calls {
		b.pass(150 * clock.Millisecond)
		b.answered(x)
		if _, again := b.turn(); len(again) > 0 {
			waited := clock.Duration(i+1) * 150 * clock.Millisecond
			require.GreaterOrEqual(t, waited, slack*DefaultRetryMin)
			require.LessOrEqual(t, waited, DefaultRetryMax+150*clock.Millisecond)
			return
		}
	}
	require.Fail(t, "no call was ever late")
}

// A call is late that others of the same target have overtaken.
func TestOvertaken(t *testing.T) {
	b, calls := working(t, 5)
	b.pass(150 * clock.Millisecond)
	b.answered(calls[0])
	b.answered(calls[2])
	b.pass(110 * clock.Millisecond)
	_, again := b.turn()
	require.Equal(t, calls[1:2], again)
	require.True(t, calls[1].all)
}

// Of many calls that are late a few are sent to all, and neither the oldest nor those beyond; if the target answers
// that one after all, it keeps its place, and if it does not, it loses it.
func TestCanary(t *testing.T) {
	for _, slow := range []bool{true, false} {
		b, calls := working(t, 40)
		b.pass(300 * clock.Millisecond)
		_, again := b.turn()
		require.Equal(t, calls[1:1+askMax], again)
		require.Zero(t, b.route.best)
		if slow {
			b.answered(calls[0])
		}
		b.answered(calls[1])
		require.Equal(t, slow, b.route.best == 0)
	}
}

// A request that was turned away waits for an answer to another, and then goes before new ones.
func TestTurnedAwayWaitsForRoom(t *testing.T) {
	b, calls := working(t, 10)
	for _, x := range calls[6:] {
		b.answer(0, coded(x, message.ReplyBusy))
	}
	require.Equal(t, 6, b.flow.room)
	fresh := b.submitted("new")
	first, again := b.turn()
	require.Empty(t, first)
	require.Empty(t, again)
	b.answered(calls[0])
	first, again = b.turn()
	require.Empty(t, first)
	require.Equal(t, calls[6:7], again)
	require.False(t, again[0].all)
	for _, x := range calls[1:] {
		if first, _ = b.turn(); len(first) > 0 {
			require.Zero(t, b.waits.len)
		}
		b.pass(clock.Millisecond)
		b.answered(x)
	}
	b.turn()
	require.Equal(t, outstanding, fresh.state)
	require.EqualValues(t, 4, b.stats.Busy)
}

// A target that says nothing is left as soon if calls are late one by one as if they are late together.
func TestSilentTargetIsLeft(t *testing.T) {
	b, calls := working(t, 1)
	b.pass(50 * clock.Millisecond)
	calls = append(calls, b.submitted("op"))
	b.turn()
	for _, want := range [][]*call{nil, calls[1:]} {
		b.pass(b.next().Sub(b.now))
		_, again := b.turn()
		require.Equal(t, want, again)
	}
	b.answered(calls[1])
	require.NotZero(t, b.route.best)
}
