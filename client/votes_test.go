package client

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// "The client accepts a result on weak power of matching replies to its own digest" (spec X2): every
// sequence of four replies, each from any member with any of three answers, against the rule read aloud.
func TestEveryOrderOfReplies(t *testing.T) {
	if testing.Short() {
		t.Skip("tries much, in one goroutine")
	}
	for _, powers := range [][]uint64{{1, 1, 1, 1}, {2, 1, 1, 1}, {1, 1, 3, 1, 1}} {
		var total uint64
		for _, p := range powers {
			total += p
		}
		weak := (total-1)/3 + 1
		const answers = 3
		base := newBench(t, config(powers...))
		kinds := len(powers) * answers
		for code := range kinds * kinds * kinds * kinds {
			b, x := base.again().opened()
			said := map[int]int{} // the newest answer of each member
			want := -1
			for step, rest := 0, code; step < 4; step, rest = step+1, rest/kinds {
				member, answer := rest%kinds/answers, rest%answers
				b.answer(member, []message.Reply{
					done(x, "right"), coded(x, message.ReplyExpired), coded(x, message.ReplyBusy),
				}[answer])
				if want >= 0 {
					continue // settled: later replies change nothing
				}
				said[member] = answer
				power := uint64(0)
				for m, a := range said {
					if a == answer {
						power += powers[m]
					}
				}
				if power >= weak && answer != 2 {
					want = answer
				}
				if isSettled(x) != (want >= 0) {
					require.Fail(t, "acceptance", "powers %v, sequence %d, step %d: settled %t", powers, code, step, isSettled(x))
				}
			}
			check := map[int]bool{
				-1: !isSettled(x),
				0:  x.err == nil && string(x.results[0]) == "right",
				1:  errors.Is(x.err, ErrSessionExpired),
			}
			if !check[want] {
				require.Fail(t, "outcome", "powers %v, sequence %d: want %d, got %q %v", powers, code, want, x.results[0], x.err)
			}
		}
	}
}

// Replies agree only if they agree in all but the replica that sent them (spec X2).
func TestRepliesThatDifferAnywhereDoNotMatch(t *testing.T) {
	for name, alter := range map[string]func(*message.Reply){
		"request": func(r *message.Reply) { r.Request[31]++ },
		"seq":     func(r *message.Reply) { r.Seq++ },
		"code":    func(r *message.Reply) { r.Code = message.ReplyRefused },
		"session": func(r *message.Reply) { r.Session.Pos++ },
		"number":  func(r *message.Reply) { r.Number++ },
		"result":  func(r *message.Reply) { r.Result = append(r.Result, 0) },
		"nothing": func(*message.Reply) {},
	} {
		b, x := opened(t, config(1, 1, 1, 1))
		r := done(x, "result")
		b.answer(2, r)
		alter(&r)
		b.answer(3, r)
		require.Equal(t, name == "nothing", isSettled(x), name)
	}
}

// An operation for which there is no room goes on, and its context's end says why (spec D1, X5).
func TestBusy(t *testing.T) {
	b, x := opened(t, config(1, 1, 1, 1))
	_, err := b.cancel(x.ops[0], errors.New("late"))
	require.NotErrorIs(t, err, ErrOverloaded)
	for i := range 4 {
		b.answer(i, coded(x, message.ReplyBusy))
		_, err = b.cancel(x.ops[0], errors.New("late"))
		require.Equal(t, i >= 1, errors.Is(err, ErrOverloaded), "after %d", i+1)
	}
	require.False(t, isSettled(x))
	b.pass(b.patience(1))
	_, again := b.turn()
	require.Equal(t, []*call{x}, again)
	for i := range 2 {
		b.answer(i, done(x, "after all"))
	}
	require.Equal(t, "after all", string(x.results[0]))
}

// What cannot be executed is answered only by those who were asked. If the first one says so the others
// are asked at once; and if they say otherwise it loses its place.
func TestDenied(t *testing.T) {
	b, x := opened(t, config(1, 1, 1, 1))
	b.answer(1, coded(x, message.ReplyRefused))
	require.False(t, b.pending(b.now), "a denial by one who was not asked")
	b.answer(0, coded(x, message.ReplyExpired))
	require.True(t, b.pending(b.now))
	_, again := b.turn()
	require.Equal(t, []*call{x}, again)
	require.Equal(t, 0, b.route.best, "it may well be true")
	b.answer(2, done(x, "result"))
	b.answer(3, done(x, "result"))
	require.Equal(t, "result", string(x.results[0]))
	require.Equal(t, 1, b.route.best)
}
