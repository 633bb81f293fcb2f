package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// "Every replica regularly tells its peers {epoch, entered view, target view, tip,
// certified, decided, stable}, also in answer to a ping" (spec S1).
func TestStatusIsTold(t *testing.T) {
	s := play(t, "new n=4 interval=2", "submit 0 a b c", "run", "run in=2s")
	list := s.hosts[1].sentKind(message.KindStatus)
	last := *list[len(list)-1].(*message.Status)
	last.Nonce, last.Echo = 0, 0
	require.Equal(t, message.Status{Tip: 3, Certified: 3, Decided: 3, Stable: 2}, last)
	pings, pongs := 0, 0
	for _, o := range s.hosts[1].sent {
		if m, ok := o.Msg.(*message.Status); ok && m.Nonce != 0 {
			pings++
		} else if ok {
			pongs++
		}
	}
	require.Greater(t, pings, 6)
	require.Greater(t, pongs, 18)
}

// "These are hints only" (spec S1): nothing that a status says is believed.
func TestStatusProvesNothing(t *testing.T) {
	s := play(t, "new n=4 byz=3", "submit 0 a", "run", "byz 3 STATUS view=7 decided=1000000", "run", "run in=1s")
	for _, h := range s.hosts[:3] {
		st := h.core.Status()
		require.EqualValues(t, 1, st.Decided.Seq)
		require.Zero(t, st.View)
		require.Zero(t, st.Target)
		require.Zero(t, st.Stable.Seq)
		require.Zero(t, st.Stats.Suspects)
	}
}

// A checkpoint is stable by its certificate and not by what a peer reports (spec C1, S1),
// be it one that this replica has signed itself.
func TestStatusMovesNoCheckpoint(t *testing.T) {
	play(t, "new n=4 interval=2 byz=3", "mute *->* CHECKPOINT", "submit 0 a b", "run", "byz 3 STATUS decided=2 stable=2", "run", "expect 0,1,2 executed=2 stable=0!")
}

// "One that is behind pulls what it lacks: NEW-VIEW, blocks with a covering certificate,
// or a checkpoint" (spec S1, C4): replica 3 missed a view, ten blocks and five stable
// checkpoints, which is more than its window.
func TestOneThatIsBehindCatchesUp(t *testing.T) {
	s := play(t, "new n=7 interval=2", "cut 0,1,2,4,5,6|3", "submit 0 a b c d e f", "run", "crash 0", "submit 1 g h i j", "submit 2 g", "run in=3s who=1,2,4,5,6 decided=10",
		"heal", "run in=3s who=1,2,3,4 executed=10 stable=10")
	require.Equal(t, s.hosts[1].state, s.hosts[3].state)
	require.EqualValues(t, 1, s.hosts[3].core.Status().View)
}

// "Nobody pushes bulk data at a peer that did not ask" (spec S1, D1): an answer that
// nobody asked for is dropped, however true.
func TestUnaskedAnswerIsDropped(t *testing.T) {
	s := play(t, "new n=4 interval=8", "cut 0,1,2|3", "submit 0 a", "run", "heal")
	r := s.hosts[0].written(core.RecordBlock)[0]
	s.transmit(0, 3, &message.Blocks{
		From: s.root, Blocks: []message.BlockData{{Header: r.Block.Header, Raw: r.Block.Payload.Raw}},
		Commit: s.hosts[0].written(core.RecordCommit)[0].Message.(*message.CommitCert),
	})
	s.play(t, "run", "expect 3 decided=0!")
	require.EqualValues(t, 1, s.hosts[3].core.Status().Stats.Drops[core.DropUnasked])
}

// "A dropped connection loses whatever was in flight" (spec S2), everything at once, at
// any step of a block's way.
func TestLinksDropAtEachStep(t *testing.T) {
	for step := range 12 {
		s := play(t, "new n=4 interval=2", "submit 0 a b", "turn 0")
		for range step {
			s.round()
		}
		s.play(t, "drop *->*", "run in=400ms decided=2 stable=2 view=0!")
	}
}

// "PREPARE until certified >= s, COMMIT until decided >= s, CHECKPOINT until stable >=
// seq" and no longer (spec S3): with all of that reported, nothing is repeated.
func TestRepeatsEnd(t *testing.T) {
	s := play(t, "new n=4 interval=2", "submit 0 a b", "run", "run in=600ms")
	for _, h := range s.hosts {
		h.sent = nil
	}
	s.play(t, "run in=5s")
	for _, h := range s.hosts {
		for _, o := range h.sent {
			require.Equal(t, message.KindStatus, o.Msg.Kind())
		}
	}
}

// "to the peers whose status does not show them" (spec S3): replica 3 alone is behind.
func TestRepeatsGoToThoseWhoLack(t *testing.T) {
	s := play(t, "new n=4 interval=8", "mute 1,2->* COMMIT", "mute 3->*", "submit 0 a", "run", "run in=300ms")
	for _, o := range s.hosts[0].sent {
		if p, ok := o.Msg.(*message.Prepare); ok && !o.All {
			require.EqualValues(t, 3, o.To, "certified 1 is reported by the others: %v", p.Seq)
		}
	}
}

// "O(1) per peer" (spec S3): each interval at most one message of a kind to a peer.
func TestRepeatsAreFew(t *testing.T) {
	s := play(t, "new n=4 interval=8", "mute *->* COMMIT,PREPARE", "submit 0 a b c d e", "run")
	s.hosts[0].sent = nil
	s.play(t, "run in=125ms")
	count := map[message.Kind]int{}
	for _, o := range s.hosts[0].sent {
		count[o.Msg.Kind()]++
	}
	require.LessOrEqual(t, count[message.KindPrepare], 3*3)
	require.Positive(t, count[message.KindPrepare])
}
