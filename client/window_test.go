package client

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// The window of numbers begins at the lowest that is not settled: an answer further up makes no room.
func TestWindow(t *testing.T) {
	cfg := config(1, 1, 1, 1)
	cfg.Window = 4
	b, base := opened(t, cfg)
	for i := range 9 {
		b.submitted(fmt.Sprint(i))
	}
	first, _ := b.turn()
	require.Len(t, first, 3)
	for i := range 2 {
		b.answer(i, done(first[0], ""))
		b.answer(i, done(first[2], ""))
	}
	first2, _ := b.turn()
	require.Empty(t, first2)
	for i := range 2 {
		b.answer(i, done(base, ""))
	}
	first2, _ = b.turn()
	require.Len(t, first2, 2, "numbers 5 and 6: number 3 is the base")
	require.EqualValues(t, 3, first2[1].req.Awaited)
	require.EqualValues(t, 6, first2[1].req.Number)
}

// An operation that could not be signed, or was cancelled before it was, gives its number back.
func TestNotLaunched(t *testing.T) {
	b, x := opened(t, config(1, 1, 1, 1))
	unsigned, cancelled := b.submitted("a"), b.submitted("b")
	require.Len(t, b.stage(b.now, 8), 2)
	broken, late := errors.New("signer out of reach"), errors.New("late")
	_, err := b.cancel(cancelled.ops[0], late)
	require.Equal(t, late, err)
	require.False(t, b.launch(unsigned, message.Digest{}, broken, b.now))
	require.False(t, b.launch(cancelled, message.Digest{1}, nil, b.now))
	require.Equal(t, broken, unsigned.err)
	require.Equal(t, 1, b.numbered)
	for i := range 2 {
		b.answer(i, done(x, ""))
	}
	require.EqualValues(t, 4, b.session.base)
	last := b.submitted("c")
	b.turn()
	require.EqualValues(t, 4, last.req.Awaited)
	require.EqualValues(t, 4, last.req.Number)
}

// Each pause doubles, from what latencies say (RFC 6298).
func TestPatience(t *testing.T) {
	b, x := opened(t, config(1, 1, 1, 1))
	var pauses []clock.Duration
	for range 8 {
		start := b.now
		require.False(t, b.next().IsZero())
		b.now = b.next()
		_, again := b.turn()
		require.Equal(t, []*call{x}, again)
		pauses = append(pauses, b.now.Sub(start))
	}
	ms := clock.Millisecond
	require.Equal(t, []clock.Duration{250 * ms, 500 * ms, 1000 * ms, 2000 * ms, 4000 * ms, 5000 * ms, 5000 * ms, 5000 * ms}, pauses)
	b.flow.sample(200 * ms)
	require.Equal(t, 600*ms, b.patience(1))
	for range 100 {
		b.flow.sample(300 * ms)
	}
	require.InDelta(t, 300*ms, b.patience(1), float64(5*ms), "it does not vary")
	b.flow.usual = 20 * clock.Second
	require.Equal(t, 5000*ms, b.patience(1))
}

// Who asks for an outcome has the operation sent again, but not without end.
func TestHurry(t *testing.T) {
	b, x := opened(t, config(1, 1, 1, 1))
	for range 6 {
		b.now = b.next()
		b.turn()
	}
	for range 3 {
		b.hurry(x, b.now)
		require.False(t, b.pending(b.now), "it was sent just now")
		b.pass(DefaultRetryMin)
		b.hurry(x, b.now)
		_, again := b.turn()
		require.Equal(t, []*call{x}, again)
	}
}
