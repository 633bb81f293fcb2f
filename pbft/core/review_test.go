package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// hand gives a replica a message as if it came on the link of from.
func (s *script) hand(from, to int, m message.Message) {
	v, err := s.door.Verify(message.ReplicaID(from), m)
	s.check(err)
	s.hosts[to].core.Step(s.hosts[to].now, v)
}

// junk is an answer to a pull with headers that lead nowhere.
func (s *script) junk(n, seed int) *message.Blocks {
	m := &message.Blocks{From: s.root}
	for i := range n {
		h := message.Header{Seq: message.Seq(i + 1), View: 1 << 50, PayloadKind: message.PayloadBatch, PayloadHash: message.HashSHA256}
		h.PayloadDigest[0], h.PayloadDigest[1], h.PayloadDigest[2] = byte(seed), byte(seed>>8), 1
		m.Blocks = append(m.Blocks, message.BlockData{Header: h})
	}
	return m
}

// "All that a peer can make a replica hold is bounded" (spec D1), answers to its
// pulls included: a pull has one answer, and headers that nothing vouches for are few.
func TestAnswersAreBounded(t *testing.T) {
	s := play(t, "new n=4 interval=8 byz=3", "mute 3->* STATUS", "byz 3 STATUS decided=9 to=0", "run in=200ms")
	for seed := range 1000 {
		s.hand(3, 0, s.junk(16, seed))
	}
	require.LessOrEqual(t, s.hosts[0].core.BlocksKnown(), 64)
}

// "A replica that lacks blocks pulls" (spec N9), also where they are more than one
// answer holds: replica 2 has none of the blocks below the base of view 1, and is
// needed for a quorum there.
func TestBaseBeyondOneAnswer(t *testing.T) {
	s := play(t, "new n=4 interval=8 answer=300 byz=3", "cut 0,1,3|2", "mute 3->* COMMIT", "submit 0 a b c d e f g h", "run",
		"expect 0,1 certified=8 decided=0!", "mute 3->*", "heal", "run in=20s who=0,1,2 decided=8")
	require.EqualValues(t, 8, s.hosts[2].core.Status().Decided.Seq)
}

// "One lost message must never cost more than this interval" (spec S3, N9): a liar
// that claims to be ahead, and votes for what nobody has, keeps replica 2 from pulling
// neither the block that it lost nor what was decided without it.
func TestLiesStarveNoPull(t *testing.T) {
	lies := []string{"mute 3->*", "byz 3 STATUS decided=1000 to=2", "byz 3 propose on=root op=z to=3", "byz 3 PREPARE at=z to=2", "byz 3 COMMIT at=z to=2"}
	s := play(t, append([]string{"new n=4 byz=3"}, lies...)...)
	s.play(t, "lose 0->2 PRE-PREPARE", "lose 0->2 BODY", "submit 0 a", "run in=400ms who=0,1,2 decided=1")

	// The primary shows replica 1 a header whose body does not exist, and goes on with
	// the others.
	s = play(t, "new n=4 byz=0", "mute 0->1 PRE-PREPARE,BODY,PREPARE,COMMIT,BLOCKS", "byz 0 propose on=root op=z to=1", "byz 0 PREPARE at=z to=1")
	s.links[0][1] = s.links[0][1][:1] // the header alone
	s.play(t, "byz 0 PREPARE at=z to=1", "run", "load 0 every=100ms in=400ms", "run in=200ms who=1 decided=3")
}

// Bodies of decided blocks are pulled also while the headers below a base are missing:
// else a replica that lacks both, with its window full, never gets either.
func TestBodiesBelowAGap(t *testing.T) {
	s := play(t, "new n=4 interval=4", "submit 0 a b c d", "run", "mute *->2 BODY", "mute 2->* FETCH", "submit 0 e f g h", "run", "submit 0 i j k l", "run",
		"expect 2 decided=12 executed=4!", "submit 0 m n", "run", "crash 0", "submit 1 o", "run in=2s who=1,2,3 view=1", "unmute")
	require.EqualValues(t, 14, s.hosts[2].core.Status().Base.Seq)
	s.play(t, "run in=10s who=1,2,3 executed=15")
}

// A primary whose NEW-VIEW was written down, and its entry was not, before it crashed,
// may build another one. It must not show the first (spec N7, E1).
func TestTornNewViewIsNotShown(t *testing.T) {
	s := play(t, "new n=4 byz=0", "mute 0->*", "submit 1 a", "submit 2 b", "mute *->1 VIEW-CHANGE", "run in=550ms",
		"unmute", "mute 0->*", "tick 2", "tick 3", "turn 2,3", "sync 2,3", "deliver 2,3->1", "turn 1", "crash 1 keep=1", "restart 1")
	s.hand(3, 1, &message.FetchView{})
	s.play(t, "turn 1", "sync 1", "drop 1->3", "unmute", "mute 2->*", "mute *->2", "run in=1s who=1,3 view=1")
}

// "The primary verifies a PC only if its rank exceeds the best verified one" (spec V2):
// a summary below that needs none. That of replica 2 never arrives: it may be stale at
// the receiver's filter, and its summary is needed for a quorum.
func TestSummaryBelowTheBestNeedsNoCertificate(t *testing.T) {
	s := play(t, "new n=4 byz=3", "mute 3->*", "submit 0 a", "run", "expect 0,1,2 decided=1", "mute 1->2 PREPARE", "submit 0 b", "run", "expect 0,1 certified=2",
		"expect 2 certified=1!", "mute 2->* PC", "mute *->0 REQUESTS", "submit 1 c")
	s.play(t, "run in=900ms who=0,1,2 view=1")
}

// An obligation is a request "that every correct replica would accept" (spec T1): one
// that the executed session table refuses is none any more. Else a client that shows
// the primary a newer opening than the others deposes it with two messages.
func TestClientOfTwoNoncesDeposesNobody(t *testing.T) {
	play(t, "new n=4", "submit 0 a2", "submit 1,2,3 a", "run in=3s", "expect all decided=1 view=0!")
}

// A request that one liar gives to one replica only becomes everyone's (spec T1, point
// 3): else that replica suspects each primary alone, and the liar beside it is weak power.
func TestLoneRequestBecomesCommon(t *testing.T) {
	s := play(t, "new n=4 byz=3", "mute 3->*")
	r := s.names.request(s.world, "a")
	s.hand(3, 1, &message.Requests{List: []message.Request{r}})
	s.play(t, "run in=1s who=0,1,2 decided=1", "expect 0,1,2 view=0!")
}

// Round trips are measured also where they take longer than the time between two pings
// (spec T2): else a slow network looks like none.
func TestRoundTripsLongerThanAPing(t *testing.T) {
	s := play(t, "new n=4", "drop *->*")
	for range 6 {
		s.play(t, "tick 0", "turn 0", "sync 0", "drop *->*")
	}
	for from := 1; from < 4; from++ {
		s.hand(from, 0, &message.Status{Echo: 3})
	}
	s.play(t, "tick 0")
	require.Greater(t, s.hosts[0].core.Status().Timeout, 500*clock.Millisecond)
}

// A pause of the own process is no round trip (spec T2, T5): a pong that waited for it
// in the inbox says nothing about the network.
func TestOwnPauseIsNoRoundTrip(t *testing.T) {
	s := play(t, "new n=4", "run in=1s", "tick 0", "turn 0", "sync 0", "deliver 0->*", "turn 1,2,3", "sync 1,2,3")
	before := s.hosts[0].core.Status().Timeout
	h := s.hosts[0]
	h.now = h.now.Add(2 * clock.Second) // nobody ticks it meanwhile
	s.play(t, "deliver *->0", "tick 0", "turn 0", "tick 0")
	require.Equal(t, before, h.core.Status().Timeout)
}

// asked counts the messages of a kind that a replica has sent to another, not to all.
func (h *host) asked(to int, k message.Kind) (n int) {
	for _, o := range h.sent {
		if !o.All && int(o.To) == to && o.Msg.Kind() == k {
			n++
		}
	}
	return n
}

// A liar that claims to be in a later view uses up its own questions only (spec D2, S1).
func TestEachPeerIsAskedForItsView(t *testing.T) {
	s := play(t, "new n=4 byz=3", "run in=100ms")
	s.hand(3, 2, &message.Status{Entered: 99, Target: 99})
	s.hand(1, 2, &message.Status{Entered: 1, Target: 1})
	s.play(t, "turn 2", "sync 2")
	require.Equal(t, 1, s.hosts[2].asked(3, message.KindFetchView))
	require.Equal(t, 1, s.hosts[2].asked(1, message.KindFetchView))
}

// A small question has a large answer once in a turn (spec D2).
func TestOneNewViewForManyQuestions(t *testing.T) {
	s := play(t, "new n=4 byz=3", "mute 0->*", "submit 1 a", "run in=2s who=1,2 view=1")
	before := s.hosts[1].asked(3, message.KindNewView)
	for range 100 {
		s.hand(3, 1, &message.FetchView{View: 1})
	}
	s.play(t, "turn 1", "sync 1")
	require.Equal(t, before+1, s.hosts[1].asked(3, message.KindNewView))
}

// Each answer that leads on counts as one, however many it takes (spec N9).
func TestBaseBeyondManyAnswers(t *testing.T) {
	play(t, "new n=4 interval=16 answer=10 byz=3", "cut 0,1,3|2", "mute 3->* COMMIT", "submit 0 a b c d e f g h i j k l m n o p", "run",
		"expect 0,1 certified=16 decided=0!", "mute 3->*", "heal", "run in=5s who=0,1,2 decided=16")
}

// A header that is lost in the middle is pulled (spec N9): that the head of the chain is
// here does not say that the rest is.
func TestHeaderLostInTheMiddle(t *testing.T) {
	s := play(t, "new n=4 interval=8 byz=3", "mute 3->*", "lose 0->2 PRE-PREPARE", "lose 0->2 BODY", "submit 0 a b c d", "run in=400ms who=0,1,2 decided=4")
	require.Zero(t, s.hosts[2].core.Status().View)
}

// What a checkpoint certificate decided ahead of execution is executed, whatever a liar
// claims (spec C1, X7). Replica 2 learns of blocks up to its window's end by a certificate
// beyond it.
func TestDecidedWithoutACertificateIsExecuted(t *testing.T) {
	s := play(t, "new n=4 interval=4 byz=3", "mute 3->* STATUS", "cut 0,1,3|2", "submit 0 a b c d e f g h i", "run", "submit 0 j k l", "run", "expect 0 stable=12")
	disk := s.hosts[0]
	blocks := disk.replay(s.hosts[0].core.Status().Stable)
	m := &message.Blocks{From: s.root}
	for i := range blocks {
		h := blocks[i].Block.Header
		if i < 8 {
			m.Blocks = append(m.Blocks, message.BlockData{Header: h, Raw: blocks[i].Block.Payload.Raw})
		} else {
			m.Links = append(m.Links, h.Digest())
		}
	}
	for _, r := range disk.disk {
		if c, ok := r.Message.(*message.CheckpointCert); ok && c.Seq == 12 {
			m.Stable = c // beyond what replica 2 has a window for
		}
	}
	s.hand(3, 2, &message.Status{Decided: 1000})
	s.play(t, "run in=200ms") // it asks replica 3
	s.hand(3, 2, m)
	s.play(t, "run", "expect 2 decided=8 executed=0!", "heal", "run in=2s who=2 executed=12")
}
