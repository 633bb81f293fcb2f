package core_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// "A pending request that every correct replica would accept, by a pure function of
// its bytes and the own executed session table" (spec T1): one that was overtaken
// since it was admitted is nobody's obligation. Replica 1 holds an opening that a
// newer one of its client has made void, and must not suspect for it.
func TestOvertakenRequestIsNoObligation(t *testing.T) {
	s := play(t, "new n=4", "mute 1->* REQUESTS", "submit 1 a", "run", "submit 0 a2", "run in=3s decided=1", "run in=3s",
		"expect 1 suspects=0! pending=0!")
	require.EqualValues(t, 0, s.hosts[1].core.Status().View)
}

// "an undecided block up to the base of the entered view, or accepted in that view"
// (spec T1): a block that its primary proposes and nobody decides ends the view though
// no client waits.
func TestUndecidedBlockIsAnObligation(t *testing.T) {
	play(t, "new n=4 byz=0", "crash 0", "byz 0 propose on=root op=a", "byz 0 PREPARE at=a", "mute *->* COMMIT", "run in=400ms",
		"expect 1,2,3 suspects=0!", "run in=200ms", "expect 1,2,3 suspects=1 view=1")
}

// "what was accepted in an older view and left above the base is none" (spec T1).
func TestAbandonedBlockIsNoObligation(t *testing.T) {
	play(t, "new n=4 byz=0", "crash 0", "mute *->* PREPARE", "byz 0 propose on=root op=a", "byz 0 PREPARE at=a", "run in=600ms",
		"expect 1,2,3 view=1! tip=0!", "unmute", "run in=20s", "expect 1,2,3 view=1! decided=0!")
}

// "The timer belongs to the oldest obligation, runs its full length from when that
// becomes the oldest" (spec T1): each of two requests has a whole timeout.
func TestTimerBelongsToTheOldest(t *testing.T) {
	play(t, "new n=4 byz=0", "mute *->0 REQUESTS", "mute 1->2,3 REQUESTS", "submit 1 x", "run in=300ms", "submit 1 y", "submit 0 x", "run",
		"expect 1 decided=1", "run in=450ms", "expect 1 suspects=0!", "run in=60ms", "expect 1 suspects=1!")
}

// Requests that come later have their turn later (spec T1): the oldest is not ordered,
// and neither are those that keep coming.
func TestNewerRequestsDoNotRestartTheTimer(t *testing.T) {
	play(t, "new n=4 byz=0", "mute *->0 REQUESTS", "submit 1 x", "load 1 every=100ms in=400ms", "expect 1 suspects=0!",
		"submit 1 y", "run in=110ms", "expect 1 suspects=1!")
}

// "is met by the decision of just that, never by execution and never by heartbeats"
// (spec T1): other requests are decided all the time.
func TestOtherDecisionsDoNotMeetIt(t *testing.T) {
	play(t, "new n=4 interval=4 byz=0", "mute *->0 REQUESTS", "submit 1 x", "load 0 every=50ms in=450ms", "expect 1 suspects=0!",
		"load 0 every=50ms in=100ms", "expect 1 suspects=1!", "expect 1 decided=8")
}

// "a slow application deposes nobody" (spec T1): nothing is executed for long.
func TestSlowApplicationDeposesNobody(t *testing.T) {
	s := play(t, "new n=4 interval=4", "submit 0 a b")
	for range 40 {
		for _, h := range s.hosts {
			h.turn()
			h.sync()
			h.tick(h.deadline.Sub(h.now))
		}
		for i := range 16 {
			s.deliver(i/4, i%4, anything, false)
		}
	}
	s.play(t, "expect all decided=2 executed=0! suspects=0! view=0!", "run", "expect all executed=2")
}

// "a slow application deposes nobody" (spec T1), and not that of the primary alone either:
// it proposes operations of a session whose opening it has decided, though the others
// alone have executed that, and it takes up its client's next opening.
func TestSlowPrimaryServesNewSessions(t *testing.T) {
	s := play(t, "new n=4", "busy 0", "submit 0 a", "run in=1s decided=1", "expect 1,2,3 executed=1")
	s.operate(1, "a", message.SessionID{Seq: 1}, 1)
	s.play(t, "run in=100ms decided=2", "expect 0 executed=0! pending=0!", "submit 1 a2", "run in=100ms decided=3")
	s.operate(1, "a2", message.SessionID{Seq: 3}, 1)
	s.play(t, "run in=100ms decided=4", "run in=5s", "expect all suspects=0! view=0! decided=4!", "busy 0", "run", "expect all executed=4")
}

// The same where the operation comes to the primary before it has decided the opening, and
// where the block that it is in loses its place.
func TestEarlyOperations(t *testing.T) {
	s := play(t, "new n=4", "busy 0", "busy 1", "mute 2,3->0 COMMIT", "submit 0 a", "run", "expect 2 executed=1", "expect 0 decided=0!")
	s.operate(0, "a", message.SessionID{Seq: 1}, 1)
	s.play(t, "unmute", "run in=2s decided=2", "expect all view=0! suspects=0!", "expect 0,1 executed=0!")

	s = play(t, "new n=4", "busy 1", "submit 0 a", "run in=1s decided=1", "mute 0->2,3", "mute 1->2,3 BLOCKS")
	for i := range 4 {
		s.operate(i, "a", message.SessionID{Seq: 1}, 1)
	}
	s.play(t, "run in=100ms", "expect 1 tip=2! decided=1!", "crash 0", "run in=3s who=1,2,3 decided=2", "expect 1 executed=0! pending=0! view=1!", "busy 1", "run", "expect 1 executed=2")
}

// "what a member has waited for goes first" (spec T1): a client's share of the primary's
// pool is used up, and still the primary takes what another replica has waited for, four
// of each replica, and proposes it before all that it had.
func TestOverdueRequestsGoFirst(t *testing.T) {
	s := play(t, "new n=4 interval=16 requests=2", "submit 0 a", "run", "crash 3")
	h, id := s.hosts[0], message.SessionID{Seq: 1}
	pass := func(from int, number uint64, overdue bool) {
		r := s.operation("a", id, number)
		v, err := s.door.Verify(message.ReplicaID(from), &message.Requests{List: []message.Request{r}, Overdue: overdue})
		require.NoError(t, err)
		h.core.Step(h.now, v)
	}
	for number := uint64(1); number <= 3; number++ {
		pass(1, number, false)
	}
	require.Equal(t, 2, h.core.Footprint().Requests, "the third has no room")
	for number := uint64(3); number <= 9; number++ {
		pass(1, number, true)
	}
	pass(1, 2, true)
	pass(2, 10, true)
	require.Equal(t, 2+4+1, h.core.Footprint().Requests)
	f := h.core.Footprint()
	require.NoError(t, f.Within(s.cfg, 4))
	var order []uint64
	h.turn()
	for _, m := range s.links[0][1] {
		if b, ok := m.(*message.Body); ok {
			for i := range b.Payload.Requests {
				order = append(order, b.Payload.Requests[i].Number)
			}
		}
	}
	require.Equal(t, []uint64{3, 4, 5, 6, 10, 1, 2}, order)
	s.play(t, "run", "expect 0,1,2 view=0!")
	pass(1, 11, true)
	require.Equal(t, 1, h.core.Footprint().Requests, "those that were decided are none any more")

	_, err := s.door.VerifyClient(s.operation("a", id, 1).Client, &message.Requests{List: []message.Request{s.operation("a", id, 1)}, Overdue: true})
	require.ErrorIs(t, err, message.ErrSender, "a client waits for nobody")
}

// While the window is full for want of a checkpoint nobody is suspected for a request, and
// once there is room the primary has a whole timeout (spec T1).
func TestNoObligationWithoutRoom(t *testing.T) {
	play(t, "new n=4 interval=2", "mute *->* CHECKPOINT", "submit 1 a b c d e", "run in=5s", "expect all decided=4! suspects=0! view=0!", "unmute",
		"run in=1s decided=5")
}

// "or as many blocks as it needs for what is overdue" (spec T1): where execution is slower
// than agreement the window is full again and again, and that does not excuse a primary
// that orders what others ask for and leaves out one client.
func TestFullWindowsDoNotHideACensor(t *testing.T) {
	s := play(t, "new n=4 interval=1 byz=0", "mute *->0 REQUESTS", "submit 1 x")
	for i := range 30 {
		s.play(t, fmt.Sprintf("submit 0 a%d b%d c%d", i+1, i+1, i+1), "busy all", "run in=30ms", "busy all", "run in=10ms")
	}
	s.play(t, "run", "expect 1,2,3 view=1! decided=91!")

	play(t, "new n=4 interval=1 byz=0", "mute *->0 REQUESTS", "submit 1 x", "submit 0 a b c d e f", "busy all", "run in=5s", "expect all decided=2! suspects=0!",
		"busy all", "run in=1ms", "crash 0", "run in=450ms", "expect 1,2,3 suspects=0!", "run in=200ms", "expect 1,2,3 suspects=1 view=1")
}

// "Being behind never stops or restarts the timer ... the suspicion waits until this
// replica has itself decided d, that d and no later one" (spec T1): replica 1's peers
// are always ahead in what they report, and it holds a request that is not ordered.
func TestLagExcusesNobody(t *testing.T) {
	s := play(t, "new n=4 interval=32 byz=0", "mute *->0 REQUESTS", "submit 1 x", "run in=5ms", "mute 2,3->1 COMMIT,BLOCKS", "mute 0->1 COMMIT,BLOCKS",
		"load 0 every=50ms in=400ms", "expect 1 decided=0!", "run in=100ms", "run in=50ms", "expect 1 suspects=0!", "unmute", "mute *->0 REQUESTS")
	s.play(t, "run in=200ms who=1 decided=8", "run in=100ms", "expect 1 suspects=1")
}

// "A pending request goes to the primary on arrival and on each entry, and ... to all at
// half the timeout and after each further half, also while the target is not entered"
// (spec T1).
func TestRequestsAreForwardedAgain(t *testing.T) {
	s := play(t, "new n=7", "crash 0", "crash 1", "submit 4 x", "run in=3s who=2,3,4,5,6 decided=1")
	toPrimary, toAll := map[message.ReplicaID]int{}, 0
	for _, o := range s.hosts[4].sent {
		if o.Msg.Kind() != message.KindRequests {
			continue
		}
		if o.All {
			toAll++
		} else {
			toPrimary[o.To]++
		}
	}
	require.GreaterOrEqual(t, toAll, 3)
	require.Equal(t, 1, toPrimary[0], "on arrival")
	require.Equal(t, 1, toPrimary[2], "on entry of view 2")
}

// "answered busy and not taken ... if the pool is full, or if its client has too many"
// (spec T1, D1).
func TestFullPoolIsBusy(t *testing.T) {
	cfg := core.Config{Interval: 4, PoolRequests: 2}
	w := newWorld(cfg, 1, 1, 1, 1)
	for _, name := range []string{"a", "b", "c"} {
		w.hosts[1].submit(name)
	}
	o := w.hosts[1].core.Output()
	require.Len(t, o.Busy, 1)
	require.Equal(t, w.names.request(w, "c").Client, o.Busy[0].Client)
	require.Equal(t, 2, w.hosts[1].core.Status().Pending)
}

// "if its client has its share ... and more are pending" (spec T1): who came first keeps nobody
// else out, and gets no more.
func TestRoomIsShared(t *testing.T) {
	s := play(t, "new n=4 interval=16 requests=4096", "submit 0 a b c", "run", "mute 1->*")
	busy := func(client string, seq message.Seq, from, to uint64) int {
		for i := from; i <= to; i++ {
			s.operate(1, client, message.SessionID{Seq: seq}, i)
		}
		return len(s.hosts[1].core.Output().Busy)
	}
	require.Zero(t, busy("a", 1, 1, 1000))
	require.Equal(t, 600-512, busy("b", 2, 1, 600), "half is taken")
	require.Equal(t, 24, busy("a", 1, 1001, 1024))
	require.Equal(t, 600-342, busy("c", 3, 1, 600), "a third")
	require.Zero(t, busy("b", 2, 1, 512), "what is known needs no room")
}

// "Primaries take turns over clients" (spec T1): a client that asked for much first
// does not go before one that asked for little. An opening is one per client, so both
// have sessions here.
func TestTurnsOverClients(t *testing.T) {
	s := play(t, "new n=4 interval=16 window=1", "submit 0 a b", "run", "submit 0 z", "turn 0")
	for i := range 5 {
		s.operate(0, "a", message.SessionID{Seq: 1}, uint64(i+1))
	}
	s.operate(0, "b", message.SessionID{Seq: 2}, 1)
	s.play(t, "run", "expect all decided=9")
	blocks := s.hosts[1].written(core.RecordBlock)
	require.Equal(t, "b", s.names.clients[blocks[4].Block.Payload.Requests[0].Client], "a's first, then b's")
}

// Turns go round in the order in which clients came (spec T1): what is proposed
// depends on nothing else.
func TestTurnsGoInOrder(t *testing.T) {
	s := play(t, "new n=4 interval=16 batch=16", "submit 0 a b c d e f g h", "turn 0")
	require.Equal(t, "a+b+c+d+e+f+g+h", s.digest(s.hosts[0].core.Status().Tip.Chain))
}

// "Q is the smallest r such that the own power and that of the peers with an RTO
// estimate <= r reach quorum" (spec T2): the primary's own latency alone moves
// nothing. Replica 3 answers late, which only the farthest quorum would feel.
func TestUnitFollowsTheQuorum(t *testing.T) {
	s := play(t, "new n=4 floor=40ms cap=8s")
	for range 50 {
		for _, h := range s.hosts {
			h.tick(max(h.deadline.Sub(h.now), 0))
			h.turn()
			h.sync()
		}
		for _, h := range s.hosts {
			h.now = h.now.Add(20 * clock.Millisecond) // what a message takes between replicas 0, 1 and 2
		}
		for i := range 9 {
			s.deliver(i/3, i%3, anything, false)
		}
	}
	st := s.hosts[1].core.Status()
	require.GreaterOrEqual(t, st.Timeout, 80*clock.Millisecond, "4 times 20 ms at least")
	require.Less(t, st.Timeout.Seconds(), 2.0)
	require.Equal(t, 0, st.Backoff)
}

// "It never follows the primary's own latency" (spec T2): replica 0 is the primary and
// answers a fifth of a second late, the others at once.
func TestUnitIgnoresThePrimary(t *testing.T) {
	s := play(t, "new n=4 floor=40ms cap=8s")
	for i := range 50 {
		for _, h := range s.hosts {
			h.tick(max(h.deadline.Sub(h.now), 0))
			h.turn()
			h.sync()
		}
		for _, h := range s.hosts {
			h.now = h.now.Add(clock.Millisecond)
		}
		for j := range 16 {
			if late := j/4 == 0 || j%4 == 0; !late || i%10 == 9 {
				s.deliver(j/4, j%4, anything, false)
			}
		}
	}
	require.Less(t, s.hosts[1].core.Status().Timeout, 200*clock.Millisecond)
}

// "k grows by the number of views passed without a decision, counted in view numbers"
// and "k <= ceil(log2(cap/floor))" (spec T3): a replica that jumps several views has
// passed them all.
func TestBackoffCountsViews(t *testing.T) {
	s := play(t, "new n=4 byz=2,3 cap=4s", "submit 0 a", "run", "byz 2 VIEW-CHANGE view=3 to=1", "byz 3 VIEW-CHANGE view=3 to=1", "run")
	require.Equal(t, 2, s.hosts[1].core.Status().Backoff)
	require.Equal(t, 3, s.hosts[1].core.Status().BackoffMax)
	s.play(t, "byz 2 VIEW-CHANGE view=90 to=1", "byz 3 VIEW-CHANGE view=90 to=1", "run")
	require.Equal(t, 3, s.hosts[1].core.Status().Backoff)
	require.EqualValues(t, 4, s.hosts[1].core.Status().Timeout.Seconds())
}

// "It falls by one at a time, after 1,000 blocks or 100 timeouts, and 30 s" and
// "Nothing else lowers it" (spec T3): a decision alone does not.
func TestBackoffFallsSlowly(t *testing.T) {
	s := play(t, "new n=4 interval=64 byz=2,3 cap=4s", "byz 2 VIEW-CHANGE view=3", "byz 3 VIEW-CHANGE view=3", "run", "submit 3 a", "run",
		"expect all decided=1 view=3!")
	require.Equal(t, 2, s.hosts[0].core.Status().Backoff)
	s.play(t, "load 3 blocks=40 every=1s in=28s")
	require.Equal(t, 2, s.hosts[0].core.Status().Backoff, "30 s are not over")
	s.play(t, "load 3 blocks=40 every=1s in=4s")
	require.Equal(t, 1, s.hosts[0].core.Status().Backoff)
}

// late plays rounds in which replicas 1 and 2 hold a request that the primary hears of only
// after a while; each is decided well within the timeout. between is played 50 ms after the
// request has come.
func late(t *testing.T, s *script, rounds int, after string, between ...string) {
	for range rounds {
		s.loads++
		x := fmt.Sprintf("x%d", s.loads)
		s.play(t, "submit 1 "+x, "submit 2 "+x, "run in=50ms")
		s.play(t, between...)
		s.play(t, "run in="+after, "unmute", "mute *->0 REQUESTS", "submit 0 "+x, "run in=100ms")
	}
}

// "Of the time in which the primary was late ... a sum is kept ... At max(1 s, twice the timeout)
// ... SUSPECT" (spec T4), though the timer of T1 never fires: each request is decided in time.
func TestSlowPrimaryIsSuspected(t *testing.T) {
	s := play(t, "new n=4 interval=16 byz=0", "run in=1s", "mute *->0 REQUESTS")
	late(t, s, 3, "300ms")
	s.play(t, "expect 1,2 suspects=0! view=0! decided=3!")
	late(t, s, 1, "300ms")
	s.play(t, "expect 1,2 suspects=1 view=1!", "expect 3 suspects=0! view=1!")
	require.EqualValues(t, 1, s.hosts[1].core.Status().Stats.Slow)
}

// "less a tenth of the time in which it was not" (spec T4): who is late now and then is not
// suspected.
func TestNowAndThenIsNotSlow(t *testing.T) {
	s := play(t, "new n=4 interval=64 byz=0", "run in=1s", "mute *->0 REQUESTS")
	for range 12 {
		late(t, s, 1, "100ms")
		s.play(t, "run in=1300ms")
	}
	s.play(t, "expect 1,2 suspects=0! view=0! decided=12!")
}

// Of time only that counts "in which the primary had room as seen here" (spec T4): it may not
// have refused the request, and its window is not full, unless a block below its limits
// passes the request over. While replica 1 judges, two blocks of other clients are undecided.
func TestRoomOfTheSlowPrimary(t *testing.T) {
	for name, c := range map[string]struct {
		world string
		slow  bool
	}{
		"room":                         {"new n=4 interval=16 byz=0", true},
		"it may have refused it":       {"new n=4 interval=16 byz=0 requests=2", false},
		"its window is full":           {"new n=4 interval=16 byz=0 window=2", false},
		"of blocks that could hold it": {"new n=4 interval=16 byz=0 window=2 batch=16", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, c.world, "run in=1s", "mute *->0 REQUESTS")
			for range 4 {
				late(t, s, 1, "280ms", "mute *->* COMMIT", fmt.Sprintf("submit 0 a%d", s.loads+1), "run", fmt.Sprintf("submit 0 b%d", s.loads+1))
			}
			require.Equal(t, c.slow, s.hosts[1].core.Status().Stats.Slow > 0)
		})
	}
}

// "is handed to the primary once more, up to 64 of the own clients' to all" (spec T4), so that
// a lone suspicion becomes common; and again where the primary may have refused it.
func TestWhatWaitsIsHandedOver(t *testing.T) {
	s := play(t, "new n=4 interval=16 byz=0 requests=2", "run in=1s", "mute *->0 REQUESTS", "submit 1 x", "run in=10ms")
	handed := func() (n int) {
		for _, o := range s.hosts[1].sent {
			if m, ok := o.Msg.(*message.Requests); ok && o.All {
				require.False(t, m.Overdue, "it has no privilege")
				n++
			}
		}
		return n
	}
	require.Zero(t, handed()+s.hosts[2].core.Status().Pending)
	s.play(t, "run in=100ms")
	require.Equal(t, 1, handed())
	require.Equal(t, 1, s.hosts[2].core.Status().Pending)
	s.play(t, "mute *->* COMMIT", "submit 0 a b", "run in=50ms", "unmute", "mute *->0 REQUESTS", "run in=70ms")
	require.Equal(t, 2, handed())
}

// "j grows by one with each view that is left after an own suspicion of T4 in it, and falls by
// one each minute" (spec T4): one that was measured too low costs few views.
func TestTurnaroundBacksOff(t *testing.T) {
	s := play(t, "new n=4 interval=512 byz=0", "run in=1s", "mute *->0 REQUESTS")
	late(t, s, 4, "300ms")
	s.play(t, "expect 1,2,3 view=1!")
	steady := func() uint64 {
		for range 100 { // 45 ms are more than a sixteenth of 500, and less than an eighth
			s.loads++
			x := fmt.Sprintf("y%d", s.loads)
			s.play(t, "unmute", "mute *->1 REQUESTS", "submit 2 "+x, "submit 3 "+x, "run in=45ms", "submit 1 "+x, "run")
		}
		return s.hosts[2].core.Status().Stats.Slow
	}
	require.EqualValues(t, 1, steady())
	s.play(t, "run in=60s")
	require.EqualValues(t, 2, steady())
}

// "at most twice before it fires. It is counted" (spec T5).
func TestPausesPutOffTwice(t *testing.T) {
	s := play(t, "new n=4", "mute *->1", "submit 1 x", "turn 1", "tick 1 +3s", "turn 1", "tick 1 +3s", "turn 1", "expect 1 suspects=0!",
		"tick 1 +3s", "turn 1", "expect 1 suspects=1!")
	require.EqualValues(t, 2, s.hosts[1].core.Status().Stats.Pauses)
}

// What was decided before the timer fired, though in the same turn, is no reason to suspect
// (spec T1): a busy replica takes in many messages in one turn.
func TestDecidedInTheTurnOfTheTimer(t *testing.T) {
	prepared := []string{"new n=4 byz=3", "crash 3", "mute 2->*", "submit 0 a", "run in=20ms", "byz 3 PREPARE at=a", "run in=380ms", "expect 1 certified=1 decided=0! suspects=0!"}
	play(t, append(prepared, "tick 1 +200ms", "expect 1 suspects=1!")...)
	play(t, append(prepared, "byz 3 COMMIT at=a", "deliver 3->1 COMMIT", "expect 1 decided=1", "tick 1 +200ms", "expect 1 suspects=0!")...)
}
