package session_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// One test per sentence of X1 that concerns the table.

// "the session's id is (seq, position in the block) and is never used again" (spec X1)
func TestIDIsThePlaceOfTheOpening(t *testing.T) {
	table := session.New(small)
	require.Equal(t, session.Outcome{Verdict: session.Opened, Session: id(7, 3)}, table.Apply(7, 3, opening(alice, 1)))
	require.Equal(t, session.Outcome{Verdict: session.Opened, Session: id(7, 4)}, table.Apply(7, 4, opening(bob, 1)))
	require.Equal(t, session.Outcome{Verdict: session.Opened, Session: id(8, 0)}, table.Apply(8, 0, opening(alice, 2)))
	require.Equal(t, 2, table.Len())
}

// A block told twice would make two sessions of one id, or execute a request twice after its eviction. No log does
// that, so it is an error of the caller and must not pass in silence.
func TestPlacesRise(t *testing.T) {
	table := session.New(small)
	require.Panics(t, func() { table.Apply(0, 1, opening(alice, 1)) }, "genesis has no requests")
	table.Apply(5, 2, opening(alice, 1))
	for _, place := range []message.SessionID{id(5, 2), id(5, 1), id(4, 9), id(0, 9)} {
		require.Panics(t, func() { table.Apply(place.Seq, place.Pos, opening(bob, 1)) }, "%v", place)
		require.Panics(t, func() { table.Apply(place.Seq, place.Pos, operation(alice, id(5, 2), 1, 1)) }, "%v", place)
	}
	require.Equal(t, session.Execute, table.Apply(5, 3, operation(alice, id(5, 2), 1, 1)).Verdict)
	require.Panics(t, func() { table.Apply(5, 3, operation(alice, id(5, 2), 2, 1)) })
	require.Equal(t, session.Execute, table.Apply(6, 0, operation(alice, id(5, 2), 2, 1)).Verdict)
}

// "one live session per key; the same nonce returns the same id, a lower one is refused, a higher one replaces the
// session" (spec X1)
func TestOneLiveSessionPerKey(t *testing.T) {
	w := newWorld(t, small)
	first := w.open(alice, 5)
	w.execute(alice, first, 1, 1, "one")

	repeated := w.order(opening(alice, 5))
	require.Equal(t, session.Outcome{
		Verdict: session.Duplicate, Session: first, Cached: true, Reply: session.Reply{Seq: first.Seq},
	}, repeated, "the reply is the first one's")
	require.Equal(t, session.Outcome{Verdict: session.Refused}, w.order(opening(alice, 4)))
	require.Equal(t, session.Duplicate, w.verdict(operation(alice, first, 1, 1)), "still the same session")

	second := w.open(alice, 6)
	require.NotEqual(t, first, second)
	require.Equal(t, 1, w.Len())
	require.Equal(t, session.Expired, w.verdict(operation(alice, first, 1, 1)))
	require.Equal(t, session.Expired, w.verdict(operation(alice, first, 2, 1)))
	require.Equal(t, session.Execute, w.verdict(operation(alice, second, 1, 1)), "numbers are the session's own")
	require.Equal(t, session.Refused, w.verdict(opening(alice, 5)), "a replayed opening does not bring the old one back")
}

// A new session has nothing of the one whose place it takes.
func TestReplacedSessionStartsClean(t *testing.T) {
	w := newWorld(t, small)
	old := w.open(alice, 1)
	w.execute(alice, old, 60, 50, "old")
	fresh := newWorld(t, small)
	fresh.seq = w.seq
	require.Equal(t, w.open(alice, 2), fresh.open(alice, 2))
	same(t, fresh.Table, w.Table)
}

// "that the key is the session's at execution" (spec X1)
func TestSessionBelongsToItsKey(t *testing.T) {
	w := newWorld(t, small)
	s := w.open(alice, 1)
	w.open(bob, 1)
	require.Equal(t, session.Expired, w.verdict(operation(bob, s, 1, 1)))
	require.Equal(t, session.Execute, w.verdict(operation(alice, s, 1, 1)))
	require.Equal(t, session.Expired, w.verdict(operation(bob, s, 1, 1)), "nor is another's reply shown")
}

// "executes each number at most once, in any order within a window" (spec X1)
func TestAtMostOnceInAnyOrder(t *testing.T) {
	w := newWorld(t, small)
	s := w.open(alice, 1)
	for _, n := range []uint64{64, 1, 33, 2, 63, 32} {
		require.False(t, w.Executed(s, n))
		require.Equal(t, session.Execute, w.verdict(operation(alice, s, n, 1)), "%d", n)
		require.True(t, w.Executed(s, n))
		require.Equal(t, session.Duplicate, w.verdict(operation(alice, s, n, 1)), "%d", n)
	}
	require.False(t, w.Executed(id(99, 0), 1), "no such session")
}

// The window is measured from the request's own Awaited: a refusal depends on nothing but the bytes. Otherwise one who
// kept the refused request could have it executed later, when its client takes it for refused.
func TestNumberBeyondItsWindowIsRefusedForEver(t *testing.T) {
	w := newWorld(t, small)
	s := w.open(alice, 1)
	beyond := operation(alice, s, 101, 37)
	require.Equal(t, session.Refused, w.verdict(beyond))
	w.execute(alice, s, 100, 90, "")
	require.Equal(t, session.Refused, w.verdict(beyond), "though 101 is in the session's window by now")
	require.Equal(t, session.Refused, w.verdict(operation(bob, id(99, 0), 65, 1)), "whatever the session")
	require.Equal(t, session.Execute, w.verdict(operation(alice, s, 101, 38)), "the last of its window")
	require.Equal(t, session.Refused, w.verdict(operation(alice, s, 65, 0)), "numbers start at 1, so 0 is as good as 1")
}

// What the door would not let pass is refused here too, and changes nothing.
func TestMalformedRequestIsRefused(t *testing.T) {
	w := newWorld(t, small)
	s := w.open(alice, 1)
	before := w.Digest()
	for _, r := range []*message.Request{
		operation(alice, s, 0, 0), operation(alice, s, 3, 4), operation(alice, s, 1, math.MaxUint64), opening(alice, 0), opening(bob, 0),
		{Type: 3, Client: alice, Session: s, Number: 1},
	} {
		require.False(t, w.Admissible(r))
		require.Equal(t, session.Refused, w.verdict(r), "%+v", r)
	}
	require.Equal(t, before, w.Digest())
}

// "lowest number still awaited" (spec X1): what lies below is done with. It never falls.
func TestAwaitedOnlyRises(t *testing.T) {
	w := newWorld(t, small)
	s := w.open(alice, 1)
	w.execute(alice, s, 10, 8, "ten")
	require.Equal(t, session.Outcome{Verdict: session.Duplicate, Session: s}, w.order(operation(alice, s, 7, 1)), "withdrawn")
	w.execute(alice, s, 9, 2, "nine")
	require.Equal(t, session.Duplicate, w.verdict(operation(alice, s, 7, 1)), "Awaited is still 8")
	require.Equal(t, session.Execute, w.verdict(operation(alice, s, 8, 1)))
}

// Only a request that is executed moves the window, so repeating one cannot.
func TestRepeatedRequestChangesNothing(t *testing.T) {
	w := newWorld(t, small)
	s, other := w.open(alice, 1), w.open(bob, 1)
	w.execute(alice, s, 1, 1, "one")
	w.execute(bob, other, 1, 1, "one")
	before := w.AppendSnapshot(nil)
	for _, r := range []*message.Request{
		operation(alice, s, 1, 1), opening(alice, 1), operation(alice, id(9, 9), 2, 2),
		operation(bob, s, 2, 2), operation(alice, s, 500, 2), {Client: alice, Session: s, Number: 1, Awaited: 1, Op: []byte("other")},
	} {
		require.False(t, w.Admissible(r))
		w.order(r)
		require.Equal(t, before, w.AppendSnapshot(nil), "%+v", r)
	}
}

// Numbers may jump to the end of their range.
func TestLargestNumbers(t *testing.T) {
	w := newWorld(t, small)
	s := w.open(alice, 1)
	w.execute(alice, s, math.MaxUint64, math.MaxUint64-1, "last")
	require.Equal(t, session.Duplicate, w.verdict(operation(alice, s, math.MaxUint64, math.MaxUint64)))
	require.Equal(t, session.Duplicate, w.verdict(operation(alice, s, 1, 1)))
	restored, err := session.Restore(small, w.AppendSnapshot(nil))
	require.NoError(t, err)
	same(t, w.Table, restored)
	w.execute(alice, s, math.MaxUint64-1, math.MaxUint64-1, "last but one")
}

// "and caches replies" (spec X1), which are the first execution's (spec X2).
func TestRepliesAreCachedWhileAwaited(t *testing.T) {
	w := newWorld(t, small)
	s := w.open(alice, 1)
	result := []byte("result")
	require.Equal(t, session.Execute, w.verdict(operation(alice, s, 1, 1)))
	executed := w.seq
	require.False(t, w.order(operation(alice, s, 1, 1)).Cached, "none stored yet")
	w.Store(s, 1, session.Reply{Seq: executed, Code: message.ReplyBusy, Result: result})
	copy(result, "POISON")
	want := session.Outcome{Verdict: session.Duplicate, Session: s, Cached: true,
		Reply: session.Reply{Seq: executed, Code: message.ReplyBusy, Result: []byte("result")}}
	require.Equal(t, want, w.order(operation(alice, s, 1, 1)))
	require.Equal(t, want, w.Judge(operation(alice, s, 1, 1)))

	w.execute(alice, s, 2, 2, "")
	require.Equal(t, session.Outcome{Verdict: session.Duplicate, Session: s}, w.order(operation(alice, s, 1, 1)))
	require.True(t, w.order(operation(alice, s, 2, 2)).Cached)
}

// A reply may come after the whole block, when a later request has evicted its session or given it up.
func TestLateRepliesAreDropped(t *testing.T) {
	w := newWorld(t, small)
	s := w.open(alice, 1)
	w.verdict(operation(alice, s, 1, 1))
	w.verdict(operation(alice, s, 2, 2))
	before := w.AppendSnapshot(nil)
	w.Store(s, 1, session.Reply{Seq: w.seq, Result: []byte("late")})
	w.Store(id(99, 0), 1, session.Reply{Seq: w.seq, Result: []byte("late")})
	require.Equal(t, before, w.AppendSnapshot(nil))

	require.Panics(t, func() { w.Store(s, 3, session.Reply{Seq: w.seq}) }, "never executed")
	require.Panics(t, func() { w.Store(s, 2, session.Reply{Seq: s.Seq - 1}) }, "executed before it was opened")
	require.Panics(t, func() { w.Store(s, 2, session.Reply{Seq: w.seq + 1}) }, "executed in a block to come")
	w.Store(s, 2, session.Reply{Seq: w.seq})
	require.Panics(t, func() { w.Store(s, 2, session.Reply{Seq: w.seq}) }, "stored before")
}

// "it is bounded (sessions, numbers, bytes)" (spec X1): numbers above, here sessions.
func TestSessionsAreBounded(t *testing.T) {
	w := newWorld(t, small)
	for i := range 100 {
		w.open(key(i), 1)
		require.Equal(t, min(i+1, small.Sessions), w.Len())
	}
}

// "it is bounded (sessions, numbers, bytes)" (spec X1): bytes. The largest holder pays, so that no client can make
// another's replies be forgotten (spec D1), and a forgotten reply does not make its number executable again.
func TestReplyBytesAreBoundedAtTheLargestHolder(t *testing.T) {
	w := newWorld(t, small)
	quiet, loud := w.open(alice, 1), w.open(bob, 1)
	w.execute(alice, quiet, 1, 1, strings.Repeat("a", 100))
	const n = 60
	for i := uint64(1); i <= n; i++ {
		w.execute(bob, loud, i, 1, strings.Repeat("b", 100))
		held := 0
		for j := uint64(1); j <= i; j++ {
			o := w.Judge(operation(bob, loud, j, 1))
			require.Equal(t, session.Duplicate, o.Verdict)
			if o.Cached {
				held += 100 + session.ReplyOverhead
			}
		}
		require.LessOrEqual(t, held+100+session.ReplyOverhead, small.ReplyBytes)
		require.True(t, w.Judge(operation(bob, loud, i, 1)).Cached, "the newest stays")
	}
	require.True(t, w.Judge(operation(alice, quiet, 1, 1)).Cached)
	require.False(t, w.Judge(operation(bob, loud, 1, 1)).Cached, "the oldest goes")
	require.Equal(t, session.Duplicate, w.verdict(operation(bob, loud, 1, 1)))
}

// A result that could never stay is not copied at all.
func TestReplyLargerThanTheCache(t *testing.T) {
	w := newWorld(t, small)
	s := w.open(alice, 1)
	w.execute(alice, s, 1, 1, "kept")
	w.execute(alice, s, 2, 1, strings.Repeat("x", small.ReplyBytes))
	require.True(t, w.Judge(operation(alice, s, 1, 1)).Cached)
	require.Equal(t, session.Outcome{Verdict: session.Duplicate, Session: s}, w.Judge(operation(alice, s, 2, 1)))
}

// "evicts by a function of the ordered log" (spec X1): the session whose last executed request is oldest goes.
func TestEvictsTheLeastRecentlyUsed(t *testing.T) {
	w := newWorld(t, small)
	a, b, c := w.open(alice, 1), w.open(bob, 1), w.open(carol, 1)
	w.execute(alice, a, 1, 1, "")
	w.verdict(operation(bob, b, 65, 1)) // refused, so no use
	w.verdict(opening(bob, 1))          // repeated, so no use
	w.open(key(3), 1)
	require.Equal(t, session.Expired, w.verdict(operation(bob, b, 1, 1)))
	require.Equal(t, session.Execute, w.verdict(operation(carol, c, 1, 1)))
	w.open(key(4), 1)
	require.Equal(t, session.Expired, w.verdict(operation(alice, a, 2, 1)))
	require.Equal(t, session.Execute, w.verdict(operation(carol, c, 2, 1)))
}

// "Requests of an unknown or evicted session are answered ErrSessionExpired, never executed" (spec X1). An opening of
// an evicted session that somebody kept and orders again makes another session, in which old requests mean nothing.
func TestEvictedSessionNeverExecutesAgain(t *testing.T) {
	w := newWorld(t, small)
	require.Equal(t, session.Expired, w.verdict(operation(alice, id(1, 0), 1, 1)), "a place to come")
	first := opening(alice, 1)
	o := w.order(first)
	old := operation(alice, o.Session, 1, 1)
	require.Equal(t, session.Execute, w.verdict(old))
	for i := range small.Sessions {
		w.open(key(10+i), 1)
	}
	require.Equal(t, session.Expired, w.verdict(old))
	again := w.order(first)
	require.Equal(t, session.Opened, again.Verdict)
	require.NotEqual(t, o.Session, again.Session)
	require.Equal(t, session.Expired, w.verdict(old))
}

// A primary repeats requests inside a block and in later blocks: all replicas take the first for good.
func TestRepeatedInsideABlock(t *testing.T) {
	table := session.New(small)
	require.Equal(t, session.Opened, table.Apply(1, 0, opening(alice, 1)).Verdict)
	require.Equal(t, id(1, 0), table.Apply(1, 1, opening(alice, 1)).Session)
	r := operation(alice, id(1, 0), 1, 1)
	require.Equal(t, session.Execute, table.Apply(1, 2, r).Verdict)
	require.Equal(t, session.Duplicate, table.Apply(1, 3, r).Verdict)
	require.Equal(t, session.Duplicate, table.Apply(2, 0, r).Verdict)
	require.Equal(t, session.Duplicate, table.Apply(3, 0, r).Verdict)
}

// There is no time in a request, so none that a liar could set far ahead to have the table forget. Numbers far ahead
// are the nearest to it: they end the liar's own session and nobody else's.
func TestFarNumbersForgetNothing(t *testing.T) {
	w := newWorld(t, small)
	a, b := w.open(alice, 1), w.open(bob, math.MaxUint64)
	w.execute(alice, a, 1, 1, "one")
	w.execute(bob, b, 1, 1, "one")
	w.execute(bob, b, math.MaxUint64, math.MaxUint64, "end")
	require.Equal(t, session.Duplicate, w.verdict(operation(bob, b, 1, 1)))
	require.Equal(t, session.Duplicate, w.verdict(operation(alice, a, 1, 1)))
	require.Equal(t, session.Refused, w.verdict(opening(bob, 1)))
	w.execute(alice, a, 2, 1, "two")
}

// "a pending request or session opening that every correct replica would accept" (spec T1 (2))
func TestAdmissible(t *testing.T) {
	w := newWorld(t, small)
	require.True(t, w.Admissible(opening(alice, 5)))
	s := w.open(alice, 5)
	w.execute(alice, s, 3, 3, "")
	for want, list := range map[bool][]*message.Request{
		true:  {opening(alice, 6), opening(bob, 1), operation(alice, s, 4, 1), operation(alice, s, 66, 3), operation(alice, s, 1000, 999)},
		false: {opening(alice, 5), opening(alice, 4), operation(alice, s, 3, 3), operation(alice, s, 2, 2), operation(alice, s, 67, 3), operation(bob, s, 4, 3), operation(alice, id(2, 2), 4, 3)},
	} {
		for _, r := range list {
			before := w.AppendSnapshot(nil)
			require.Equal(t, want, w.Admissible(r), "%+v", r)
			require.Equal(t, before, w.AppendSnapshot(nil))
		}
	}
}
