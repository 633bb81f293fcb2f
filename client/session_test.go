package client

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// A nonce that was refused is exceeded by more and more: whatever clock made the live session's, it takes
// a few dozen openings.
func TestRefusedNonce(t *testing.T) {
	const tooHigh = 1 << 62
	cfg := config(1, 1, 1, 1)
	cfg.Nonce = 1_700_000_000_000_000_000
	b := newBench(t, cfg)
	x := b.submitted("op")
	for tries := 0; ; tries++ {
		require.Less(t, tries, 40)
		first, _ := b.turn()
		o := b.opener.call
		require.Equal(t, []*call{o}, first)
		require.Equal(t, tries == 0, o.req.Number == cfg.Nonce)
		if o.req.Number > tooHigh {
			break
		}
		for i := range 2 {
			b.answer(i, coded(o, message.ReplyRefused))
		}
	}
	require.Less(t, b.opener.nonce, uint64(tooHigh*2))
	b.openSession(session1())
	first, _ := b.turn()
	require.Equal(t, []*call{x}, first)
	require.Zero(t, b.opener.bump)
}

// Nonces stop at the largest there is.
func TestNonceDoesNotWrap(t *testing.T) {
	o := opener{nonce: 1<<64 - 2}
	require.Equal(t, uint64(1<<64-1), o.open(message.PublicKey{}, 0).req.Number)
	o.refused()
	require.Equal(t, uint64(1<<64-1), o.open(message.PublicKey{}, 0).req.Number)
}

// A clock that stands still or goes back within the process does not make nonces fall.
func TestNoncesRise(t *testing.T) {
	o := opener{}
	last := uint64(0)
	for _, floor := range []uint64{100, 100, 50, 101, 0, 200} {
		x := o.open(message.PublicKey{}, floor)
		require.Greater(t, x.req.Number, last)
		require.GreaterOrEqual(t, x.req.Number, floor)
		last = x.req.Number
	}
}

// When a session ends, an operation that never left is done in the next one; one that may have left is
// asked for, and settled by its own answers, in whatever way.
func TestExpiredSession(t *testing.T) {
	cfg := config(1, 1, 1, 1)
	b, first := opened(t, cfg)
	executed, unsent, waiting := b.submitted("executed"), b.submitted("unsent"), b.submitted("staged")
	b.pass(sessionShort)
	list := b.stage(b.now, 3)
	require.Equal(t, []*call{executed, unsent, waiting}, list)
	for _, x := range list[:2] {
		b.launch(x, x.req.Digest(b.cluster), nil, b.now)
		b.leaving([]*call{x})
	}
	b.unsent([]*call{unsent})

	for i := range 2 {
		b.answer(i, coded(first, message.ReplyExpired))
	}
	var unknown *UnknownOutcomeError
	require.ErrorAs(t, first.err, &unknown)
	require.ErrorIs(t, first.err, ErrSessionExpired)
	require.Equal(t, session1(), unknown.Session)
	require.EqualValues(t, 1, unknown.Number)
	require.Equal(t, first.digest, unknown.Digest)

	require.False(t, b.launch(waiting, waiting.req.Digest(b.cluster), nil, b.now), "staged for a session that has ended")
	require.Equal(t, 2, b.queue.len)
	require.Equal(t, 1, b.numbered)
	fresh, again := b.turn()
	require.Equal(t, []*call{executed}, again, "asked for at once")
	require.Equal(t, []*call{b.opener.call}, fresh)
	require.Greater(t, b.opener.call.req.Number, cfg.Nonce)
	for i := range 2 {
		b.answer(2+i, done(executed, "result"))
	}
	require.Equal(t, "result", string(executed.results[0]))

	second := message.SessionID{Seq: 9, Pos: 1}
	b.openSession(second)
	fresh, _ = b.turn()
	require.ElementsMatch(t, []*call{unsent, waiting}, fresh)
	for _, x := range fresh {
		require.Equal(t, second, x.req.Session)
	}
}

// What is left of a session that has ended counts against the window, and ends without ending the next.
func TestOldSession(t *testing.T) {
	cfg := config(1, 1, 1, 1)
	cfg.Window = 3
	b, first := opened(t, cfg)
	left := []*call{b.submitted("a"), b.submitted("b")}
	b.turn()
	b.pass(sessionShort)
	for i := range 2 {
		b.answer(i, coded(first, message.ReplyExpired))
	}
	for range 5 {
		b.submitted("later")
	}
	second := message.SessionID{Seq: 9}
	b.openSession(second)
	fresh, _ := b.turn()
	require.Len(t, fresh, 1)
	for i := range 2 {
		b.answer(i, coded(left[0], message.ReplyExpired))
		b.answer(i, done(left[1], "result"))
	}
	require.ErrorIs(t, left[0].err, ErrSessionExpired)
	require.NoError(t, left[1].err)
	require.Equal(t, second, b.session.id)
	fresh, _ = b.turn()
	require.Len(t, fresh, 2)
}

// An operation that waits again, for another session, can be cancelled like any that waits.
func TestCancelRequeued(t *testing.T) {
	b, first := opened(t, config(1, 1, 1, 1))
	x := b.submitted("staged")
	require.Equal(t, []*call{x}, b.stage(b.now, 1))
	for i := range 2 {
		b.answer(i, coded(first, message.ReplyExpired))
	}
	require.False(t, b.launch(x, x.req.Digest(b.cluster), nil, b.now))
	late := errors.New("late")
	_, err := b.cancel(x.ops[0], late)
	require.Equal(t, late, err)
	require.True(t, isSettled(x))
	require.Zero(t, b.queue.len)
}

// Sessions that are taken away at once are not opened again at once.
func TestShortSessions(t *testing.T) {
	b, x := opened(t, config(1, 1, 1, 1))
	wait := func() (d clock.Duration) {
		for i := range 2 {
			b.answer(i, coded(x, message.ReplyExpired))
		}
		x = b.submitted("next")
		start := b.now
		for b.due(b.now); !b.ready(b.now); b.due(b.now) {
			require.True(t, b.next().After(b.now))
			b.now = b.next()
		}
		b.openSession(message.SessionID{Seq: b.session.id.Seq + message.Seq(b.now.Nanos()), Pos: 1})
		b.turn()
		return b.now.Sub(start)
	}
	require.Equal(t, DefaultRetryMin, wait())
	require.Equal(t, 2*DefaultRetryMin, wait())
	require.Equal(t, 4*DefaultRetryMin, wait())
	b.pass(sessionShort)
	require.Zero(t, wait())
	require.Equal(t, DefaultRetryMin, wait())
}
