package client

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/transport"
)

// ring holds the members' keys from 0 on and the clients' from 1000 on.
var ring = cryptotest.NewRing(7)

func genesis(powers ...uint64) message.Genesis {
	g := message.Genesis{Name: "test", Interval: 128, Signed: true}
	for i, power := range powers {
		g.Members = append(g.Members, message.Member{ID: message.ReplicaID(10 + i), Key: ring.Signer(i).Public(), Power: power})
	}
	return g
}

func config(powers ...uint64) Config {
	return Config{
		Genesis: genesis(powers...), Key: ring.Signer(1000), Nonce: 1,
		Connect: func(transport.Config) (Endpoint, error) { return nil, errors.New("no links here") },
	}
}

// bench is a table whose time and replies are the test's.
type bench struct {
	*table
	t       require.TestingT
	now     clock.Instant
	cluster message.Digest
}

func newBench(t require.TestingT, cfg Config) *bench {
	require.NoError(t, cfg.Validate())
	cluster, members, err := cfg.Genesis.Cluster()
	require.NoError(t, err)
	return &bench{table: newTable(cfg.withDefaults(), members), t: t, now: clock.At(1), cluster: cluster}
}

// again is a new bench of the same cluster.
func (b *bench) again() *bench {
	return &bench{table: newTable(b.cfg, b.members), t: b.t, now: clock.At(1), cluster: b.cluster}
}

func (b *bench) pass(d clock.Duration) { b.now = b.now.Add(d) }

// submitted is a call as Do makes it.
func (b *bench) submitted(op string) *call {
	x := newCall(message.Request{Client: b.key, Op: []byte(op)})
	b.submit(x)
	return x
}

// turn does what the sender does; a link takes everything.
func (b *bench) turn() (first, again []*call) {
	again = b.due(b.now)
	b.leaving(again)
	for {
		list := b.stage(b.now, 8)
		if len(list) == 0 {
			return first, again
		}
		for _, x := range list {
			if b.launch(x, x.req.Digest(b.cluster), nil, b.now) {
				first = append(first, x)
			}
		}
		b.leaving(first)
	}
}

func (b *bench) answer(member int, r message.Reply) {
	r.Replica = b.members.At(member).ID
	b.reply(member, &r, fingerprint(&r), b.now)
}

// done is what correct replicas answer once x is executed.
func done(x *call, result string) message.Reply {
	return message.Reply{
		Request: x.digest, Seq: 7, Session: x.req.Session, Number: x.req.Number, Result: []byte(result),
	}
}

func coded(x *call, code message.ReplyCode) message.Reply {
	r := done(x, "")
	r.Code = code
	return r
}

// open brings a session about.
func (b *bench) openSession(id message.SessionID) {
	b.turn()
	require.NotNil(b.t, b.opener.call, "no opening is under way")
	r := done(b.opener.call, "")
	r.Session = id
	for i := range b.members.Len() {
		b.answer(i, r)
	}
	require.Equal(b.t, id, b.session.id)
}

func session1() message.SessionID { return message.SessionID{Seq: 1, Pos: 2} }

// opened is a bench with a session and one operation on its way.
func opened(t require.TestingT, cfg Config) (*bench, *call) { return newBench(t, cfg).opened() }

func (b *bench) opened() (*bench, *call) {
	x := b.submitted("op")
	b.turn()
	b.opening(b.opener.call, &message.Reply{Session: session1()}, b.now)
	first, _ := b.turn()
	require.True(b.t, len(first) == 1 && first[0] == x)
	return b, x
}

func isSettled(x *call) bool {
	select {
	case <-x.done:
		return true
	default:
		return false
	}
}

// "The client accepts a result on weak power of matching replies to its own digest" (spec X2): every
// sequence of four replies, each from any member with any of three answers, against the rule read aloud.
func TestEveryOrderOfReplies(t *testing.T) {
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
				0:  x.err == nil && string(x.result) == "right",
				1:  errors.Is(x.err, ErrSessionExpired),
			}
			if !check[want] {
				require.Fail(t, "outcome", "powers %v, sequence %d: want %d, got %q %v", powers, code, want, x.result, x.err)
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
	_, err := b.cancel(x, errors.New("late"))
	require.NotErrorIs(t, err, ErrOverloaded)
	for i := range 4 {
		b.answer(i, coded(x, message.ReplyBusy))
		_, err = b.cancel(x, errors.New("late"))
		require.Equal(t, i >= 1, errors.Is(err, ErrOverloaded), "after %d", i+1)
	}
	require.False(t, isSettled(x))
	b.pass(b.patience(1))
	_, again := b.turn()
	require.Equal(t, []*call{x}, again)
	for i := range 2 {
		b.answer(i, done(x, "after all"))
	}
	require.Equal(t, "after all", string(x.result))
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
	require.Equal(t, "result", string(x.result))
	require.Equal(t, 1, b.route.best)
}

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
	require.EqualValues(t, uint64(1<<64-1), o.open(message.PublicKey{}, 0).req.Number)
	o.refused()
	require.EqualValues(t, uint64(1<<64-1), o.open(message.PublicKey{}, 0).req.Number)
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
	require.Equal(t, 2, b.queue.Len())
	require.Equal(t, 1, b.numbered)
	fresh, again := b.turn()
	require.Equal(t, []*call{executed}, again, "asked for at once")
	require.Equal(t, []*call{b.opener.call}, fresh)
	require.Greater(t, b.opener.call.req.Number, cfg.Nonce)
	for i := range 2 {
		b.answer(2+i, done(executed, "result"))
	}
	require.Equal(t, "result", string(executed.result))

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
	_, err := b.cancel(x, late)
	require.Equal(t, late, err)
	require.True(t, isSettled(x))
	require.Zero(t, b.queue.Len())
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
	_, err := b.cancel(cancelled, late)
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

// Each pause doubles, from four times the usual latency.
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
	b.route.members[b.route.best].usual = 200 * ms
	require.Equal(t, 800*ms, b.patience(1))
	b.route.members[b.route.best].usual = 20 * clock.Second
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

// world drives a table at random and checks what must hold at all times.
type world struct {
	*bench
	calls   []*call
	left    map[*call]bool // a link took it
	numbers map[message.SessionID]map[uint64]*call
	seq     message.Seq
}

func TestTableModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := config(1, 1, 1, 1)
		cfg.Window = rapid.IntRange(1, 5).Draw(t, "window")
		w := &world{bench: newBench(t, cfg), left: map[*call]bool{}, numbers: map[message.SessionID]map[uint64]*call{}}
		t.Repeat(map[string]func(*rapid.T){
			"submit": func(t *rapid.T) { w.calls = append(w.calls, w.submitted("op")) },
			"turn":   w.send,
			"reply":  w.hear,
			"cancel": w.giveUp,
			"hurry": func(*rapid.T) {
				for _, x := range w.calls {
					w.hurry(x, w.now)
				}
			},
			"link": func(t *rapid.T) { w.linkUp(rapid.IntRange(0, 3).Draw(t, "member")) },
			"pass": func(t *rapid.T) { w.pass(clock.Duration(rapid.Int64Range(0, 2e9).Draw(t, "ns"))) },
			"":     w.check,
		})
	})
}

// send is one turn of the sender, with links that take a parcel or not.
func (w *world) send(t *rapid.T) {
	deliver := func(list []*call) {
		fresh := w.leaving(list)
		if rapid.Bool().Draw(t, "taken") {
			for _, x := range list {
				w.left[x] = true
			}
			return
		}
		w.unsent(fresh)
	}
	for {
		_, list, ok := w.missing()
		if !ok {
			break
		}
		deliver(list)
	}
	deliver(w.due(w.now))
	list := w.stage(w.now, 2)
	for _, x := range list {
		w.checkNumber(t, x)
	}
	var out []*call
	for _, x := range list {
		var err error
		switch rapid.IntRange(0, 9).Draw(t, "while signing") {
		case 0:
			err = errors.New("no signature")
		case 1:
			if x != w.opener.call {
				_, _ = w.cancel(x, errors.New("cancelled"))
			}
		}
		if x == w.opener.call {
			err = nil
		}
		if w.launch(x, x.req.Digest(w.cluster), err, w.now) {
			out = append(out, x)
		}
	}
	deliver(out)
}

// checkNumber checks the identity that an operation was given.
func (w *world) checkNumber(t *rapid.T, x *call) {
	if x == w.opener.call {
		return
	}
	s := w.numbers[x.req.Session]
	if s == nil {
		s = map[uint64]*call{}
		w.numbers[x.req.Session] = s
	}
	require.Nil(t, s[x.req.Number], "number %d given twice", x.req.Number)
	s[x.req.Number] = x
	require.EqualValues(t, len(s), x.req.Number)
	lowest := x.req.Number
	for n, y := range s {
		if y.state != settled && y.state != queued {
			lowest = min(lowest, n)
		}
	}
	require.Equal(t, lowest, x.req.Awaited, "the lowest outstanding")
	require.Less(t, x.req.Number-x.req.Awaited, uint64(w.cfg.Window))
}

func (w *world) hear(t *rapid.T) {
	if w.table.open.Len() == 0 {
		return
	}
	k := rapid.IntRange(0, w.table.open.Len()-1).Draw(t, "call")
	e := w.table.open.Front()
	for range k {
		e = e.Next()
	}
	x := e.Value.(*call)
	code := rapid.SampledFrom([]message.ReplyCode{0, 0, 0, 0, 1, 2, 3, 9}).Draw(t, "code")
	r := coded(x, code)
	if x.req.Type == message.RequestOpen && code == message.ReplyOK {
		w.seq++
		r.Session = message.SessionID{Seq: w.seq}
	}
	for _, member := range rapid.SliceOfN(rapid.IntRange(0, 3), 1, 4).Draw(t, "members") {
		w.answer(member, r)
	}
}

func (w *world) giveUp(t *rapid.T) {
	if len(w.calls) == 0 {
		return
	}
	x := rapid.SampledFrom(w.calls).Draw(t, "call")
	before := isSettled(x)
	reason := errors.New("cancelled")
	_, err := w.cancel(x, reason)
	switch {
	case before:
		require.True(t, err == x.err)
	case err == reason:
		require.False(t, w.left[x], "said not to have left, but has")
		require.True(t, isSettled(x))
	default:
		var unknown *UnknownOutcomeError
		require.ErrorAs(t, err, &unknown)
		require.Same(t, x, unknown.call)
	}
}

func (w *world) check(t *rapid.T) {
	count := 0
	for e := w.table.open.Front(); e != nil; e = e.Next() {
		x := e.Value.(*call)
		require.Equal(t, outstanding, x.state)
		require.Same(t, x, w.byDigest[x.digest])
		require.False(t, w.deadline.IsZero() || x.due.Before(w.deadline), "due at %v, deadline %v", x.due, w.deadline)
		if x != w.opener.call {
			count++
		}
		if x.req.Session == w.session.id && w.session.live() {
			require.Same(t, x, *w.session.slot(x.req.Number))
		}
	}
	require.Len(t, w.byDigest, w.table.open.Len())
	require.Equal(t, count, w.numbered)
	require.LessOrEqual(t, count, w.cfg.Window)
	for _, x := range w.calls {
		require.Equal(t, isSettled(x), x.state == settled)
		if x.state == settled && w.left[x] && x.err != nil {
			var unknown *UnknownOutcomeError
			require.True(t, errors.As(x.err, &unknown) || errors.Is(x.err, ErrRefused), "sent, but %v", x.err)
		}
	}
	if w.queue.Len() > 0 && !w.ready(w.now) {
		require.False(t, w.next().IsZero(), "operations wait for nothing")
	}
	require.True(t, w.session.base <= w.session.next)
	require.False(t, slices.ContainsFunc(w.calls, func(x *call) bool { return x.state == staged }))
}
