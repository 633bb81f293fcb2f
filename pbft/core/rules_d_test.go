package core_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// "All that a peer can make a replica hold is bounded" (spec D1): headers in answers
// to pulls, which no signature covers. The peer says that it has decided more, and
// answers each pull with another chain.
func TestHeadersInAnswersAreBounded(t *testing.T) {
	s := play(t, "new n=4 interval=4 byz=3", "submit 0 z", "run", "mute 3->*", "mute *->3")
	h := s.hosts[0]
	for i := range 100 {
		s.play(t, "byz 3 STATUS decided=1000000 to=0", "deliver 3->0", "turn 0", "sync 0", "tick 0", "turn 0", "sync 0")
		answer := &message.Blocks{From: s.at("z")}
		for _, m := range s.forgeChain("z", 0, 7, i) {
			answer.Blocks = append(answer.Blocks, message.BlockData{Header: m.Header, Raw: m.Raw})
		}
		s.transmit(3, 0, answer)
		s.play(t, "deliver 3->0")
		require.LessOrEqual(t, h.core.Footprint().Blocks, 4*4+8+8)
	}
	require.Greater(t, h.core.Status().Stats.Fetches, uint64(20), "nothing was pulled")
}

// The same for headers that a primary signs and does not follow up, view after view
// (spec D1, V5).
func TestHeadersOfFailedViewsAreBounded(t *testing.T) {
	s := play(t, "new n=4 interval=4 byz=1,2,3", "crash 1", "crash 2", "crash 3")
	h := s.hosts[0]
	for v := 1; v < 40; v++ {
		for i := 1; i < 4; i++ {
			s.play(t, fmt.Sprintf("byz %d VIEW-CHANGE view=%d", i, v))
		}
		if v%4 == 0 {
			s.play(t, "run")
			continue
		}
		s.play(t, fmt.Sprintf("byz %d NEW-VIEW view=%d from=1,2,3", v%4, v), "run")
		require.EqualValues(t, v, h.core.Status().View)
		chain := s.forgeChain("root", message.View(v), 8, v)
		for _, b := range chain {
			s.transmit(v%4, 0, &message.PrePrepare{Parent: b.Parent, Header: b.Header})
		}
		last := chain[len(chain)-1]
		s.play(t, fmt.Sprintf("byz %d PREPARE view=%d at=%s", v%4, v, s.digest(last.Parent.Extend(last.Header.Digest()))), "run")
		require.LessOrEqual(t, h.core.Footprint().Blocks, 2*4+4*4)
	}
}

// "Of votes the older of the same signer, kind and view gives way in place" (spec D1,
// N8): whatever a peer votes for, nothing grows, and its honest vote still counts.
func TestVotesGiveWayInPlace(t *testing.T) {
	s := play(t, "new n=4 interval=8 byz=3", "crash 3", "mute 2->*", "submit 0 a b", "run", "expect 0,1 decided=0!")
	before := s.hosts[0].core.Footprint()
	for view := range message.View(20) {
		for seq := range message.Seq(20) {
			for _, m := range []message.Signed{
				&message.Prepare{View: view, Seq: seq, Chain: message.Digest{byte(view), byte(seq)}},
				&message.Commit{View: view, Seq: seq, Chain: message.Digest{byte(view), byte(seq)}},
			} {
				_, err := s.door.Sign(s.hosts[3].signer, 3, m)
				require.NoError(t, err)
				s.transmit(3, 0, m)
			}
		}
	}
	s.play(t, "deliver 3->0")
	before.Votes += 4 // of each kind one off the chain, and one of a later view
	require.Equal(t, before, s.hosts[0].core.Footprint())
	s.play(t, "byz 3 PREPARE at=b", "byz 3 COMMIT at=b", "run", "expect 0,1 decided=2")
}

// "pool (requests, bytes, requests per client)" (spec D1).
func TestPoolIsBounded(t *testing.T) {
	w := newWorld(core.Config{Interval: 4, PoolBytes: 600, ClientRequests: 3}, 1, 1, 1, 1)
	h := w.hosts[1]
	for i := range 10 {
		h.submit(fmt.Sprintf("%c", 'a'+i))
	}
	require.LessOrEqual(t, h.core.Footprint().RequestBytes, 600)
	require.Equal(t, 4, h.core.Footprint().Requests)

	s := play(t, "new n=4 interval=16 requests=3", "submit 0 a", "run", "crash 0")
	for i := range 9 {
		s.operate(1, "a", message.SessionID{Seq: 1}, uint64(i+1))
	}
	require.Equal(t, 3, s.hosts[1].core.Footprint().Requests)
}

// "A request of a session that was opened further on than this replica has executed
// waits, in a small pool" (spec T1, D1).
func TestEarlyRequestsAreBounded(t *testing.T) {
	s := play(t, "new n=4 interval=16", "mute 0->3", "mute 1,2->3", "submit 0 a", "run")
	for i := range 400 {
		s.operate(3, "a", message.SessionID{Seq: 1}, uint64(i+1))
	}
	require.Equal(t, 256, s.hosts[3].core.Footprint().Early)
	s.play(t, "unmute", "run in=2s who=3 executed=2")
	require.Zero(t, s.hosts[3].core.Footprint().Early, "they came to be what they are")
}

// "links of a certificate" (spec D1, N3): more than 4K are refused.
func TestLinksAreBounded(t *testing.T) {
	s := play(t, "new n=4 interval=2 byz=3", "submit 0 a b", "run", "run in=100ms", "submit 0 c d", "run", "run in=100ms", "submit 0 e f", "run",
		"run in=100ms", "submit 0 g h", "run", "run in=100ms", "submit 0 i j", "run", "expect all decided=10")
	require.NoError(t, s.door.PrepareCert(s.cutPrepareCert(0, 0, s.at("b"), []int{0, 1, 2})), "eight")
	require.ErrorIs(t, s.door.PrepareCert(s.cutPrepareCert(0, 0, s.at("a"), []int{0, 1, 2})), message.ErrCert, "nine")
}

// "slices" and "bounded" answers (spec N9, D2): one pull has one answer of limited size,
// and a peer has one in each turn.
func TestOneAnswerPerTurn(t *testing.T) {
	s := play(t, "new n=4 interval=32 byz=3", "submit 0 a b c d e f g h i j", "run", "crash 3", "drop *->*", "run")
	h := s.hosts[0]
	h.sent = nil
	for range 50 {
		v, err := s.door.Verify(3, &message.Fetch{From: s.root, Want: s.at("j"), Bodies: true})
		require.NoError(t, err)
		h.core.Step(h.now, v)
	}
	s.play(t, "run")
	require.Len(t, h.sentKind(message.KindBlocks), 1)
	require.EqualValues(t, 49, h.core.Status().Stats.Drops[core.DropServed])
}
