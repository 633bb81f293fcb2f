package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// "its header says (e, v, s)" (spec N1): a chain whose headers do not count up by one
// is none, whatever its primary signs. Replicas that followed it would vote for the
// blocks in the order of their seqs, and for two chains in one view.
func TestHeaderStandsWhereItSays(t *testing.T) {
	s := play(t, "new n=4 byz=0",
		"byz 0 propose on=root op=a", "byz 0 propose on=a op=b seq=3", "byz 0 propose on=b op=c seq=2", "byz 0 propose on=c op=d seq=4",
		"byz 0 PREPARE at=d", "run")
	for _, h := range s.hosts[1:] {
		require.Zero(t, h.core.Status().Tip.Seq)
	}
}

// "with a bounded number of pulls" (spec N9, D1): a pull of a point far away is looked
// up, not sized up.
func TestFetchOfAPointFarAway(t *testing.T) {
	s := play(t, "new n=4 byz=3", "submit 0 a", "run")
	v, err := s.door.Verify(3, &message.Fetch{From: s.root, Want: message.Point{Seq: 1 << 63, Chain: message.Digest{1}}, Bodies: true})
	require.NoError(t, err)
	s.hosts[0].core.Step(s.hosts[0].now, v)
	s.play(t, "run")
}

// "From then on it sends no vote in older views, but still counts them" (spec V1):
// replica 0 is down, and replica 3 learns only in view 2 of the COMMITs of view 1 that
// decided.
func TestCommitsOfTheViewBeforeStillDecide(t *testing.T) {
	s := play(t, "new n=4 byz=1,2", "crash 0 keep=all", "submit 1 a", "mute 1,2->3 COMMIT,BLOCKS,STATUS", "run in=2s who=1,2 decided=1",
		"expect 1,2,3 view=1!", "mute 1,2->3 PREPARE", "byz 1 VIEW-CHANGE view=2 rank=1 at=a", "run", "expect 2,3 view=2")
	require.Zero(t, s.hosts[3].core.Status().Decided.Seq)
	s.play(t, "byz 1 COMMIT view=1 at=a to=3", "byz 2 COMMIT view=1 at=a to=3", "run", "expect 3 decided=1")
}

// "NEW-VIEW and everything before it go out after that sync" (spec N7): the first
// proposals of a view do not overtake what lets backups enter it.
func TestNewViewGoesBeforeTheFirstProposal(t *testing.T) {
	play(t, "new n=4 byz=0", "submit 1 a", "crash 0 keep=all", "run in=1s who=1,2,3 view=1", "run", "expect 1,2,3 decided=1 view=1!")
}

// "A replica that lacks blocks pulls" (spec N9), and one that only may not accept them
// does not: replica 3 has left the view, and what is proposed there goes on coming in.
func TestWhatIsHereIsNotPulled(t *testing.T) {
	s := play(t, "new n=4 byz=1,2", "mute 3->* LEAVE,VIEW-CHANGE", "byz 1 VIEW-CHANGE view=1 to=3", "byz 2 VIEW-CHANGE view=1 to=3", "run", "mute *->3 COMMIT,STATUS",
		"submit 0 a b c", "run in=400ms who=0,1,2 decided=3", "run in=400ms")
	require.EqualValues(t, 1, s.hosts[3].core.Status().Target)
	require.Zero(t, s.hosts[3].core.Status().Stats.Fetches)
}

// "low < s <= high" (spec N1): the block above is not invalid, and is accepted once a
// checkpoint has moved the window.
func TestBlockAboveTheWindowWaits(t *testing.T) {
	play(t, "new n=4 interval=2 byz=0", "crash 0", "byz 0 propose on=root op=a", "byz 0 propose on=a op=b", "byz 0 propose on=b op=c",
		"byz 0 propose on=c op=d", "byz 0 propose on=d op=e", "byz 0 PREPARE at=d", "mute *->* CHECKPOINT", "run", "expect 1,2,3 decided=4",
		"byz 0 PREPARE at=e", "run", "expect 1,2,3 tip=4!", "unmute", "run in=200ms who=1,2,3 stable=4", "byz 0 propose on=d op=e",
		"run in=200ms who=1,2,3 decided=5")
}

// "its header says (e, v, s)" (spec N1): a header of another view is not acceptable,
// though the primary signs the chain that it is on.
func TestHeaderOfAnotherViewIsRefused(t *testing.T) {
	play(t, "new n=4 byz=0", "byz 0 propose view=4 on=root op=a", "byz 0 PREPARE at=a", "run", "expect 1,2,3 tip=0!")
}

// "it accepted nothing else at (v, s)" (spec N1): whatever the primary signs later.
func TestSecondBlockAtOneSeqIsRefused(t *testing.T) {
	s := play(t, "new n=4 byz=0", "mute 1,2,3->*", "byz 0 propose on=root op=a", "byz 0 PREPARE at=a", "run", "expect 1,2,3 tip=1!",
		"byz 0 propose on=root op=b", "byz 0 propose on=b op=c", "byz 0 PREPARE at=c", "run", "expect 1,2,3 prepares=1!")
	require.Equal(t, s.at("a"), s.hosts[1].core.Status().Tip)
}

// "its body is here" (spec N1), and "Where header and body came from does not matter".
func TestBodyMayComeFromAnyone(t *testing.T) {
	play(t, "new n=4 byz=0", "mute 1,2,3->* FETCH", "byz 0 propose on=root op=a to=1,2", "byz 0 PREPARE at=a", "run", "expect 3 tip=0!",
		"unmute", "run in=200ms who=3 tip=1", "expect 3 fetches=1")
}

// "it does not conflict with an own decided block" (spec N1).
func TestBlockOffTheDecidedChainIsRefused(t *testing.T) {
	play(t, "new n=4 byz=0", "crash 0", "mute 3->*", "byz 0 propose on=root op=a to=1,2", "byz 0 propose on=root op=b to=3",
		"byz 0 PREPARE at=a to=1,2", "byz 0 COMMIT at=a", "run", "unmute", "mute 1,2->3 PREPARE,COMMIT", "run in=200ms who=3 decided=1",
		"byz 0 PREPARE at=b to=3", "run", "expect 3 tip=0! prepares=0!")
}

// "each covered by a checkpoint certificate or a CC with links" (spec C4, N9): replica 3
// missed block a. Replica 0 answers with another and the certificate of a.
func TestCertificateMustCoverTheAnswer(t *testing.T) {
	s := play(t, "new n=4 byz=0", "cut 0,1,2|3", "submit 0 a", "run", "crash 0", "heal", "mute 1,2->3", "mute 3->0", "byz 0 STATUS decided=1", "run in=200ms",
		"expect 3 fetches=1")
	other := s.forgeBlock(0, args{pairs: map[string]string{"on": "root", "op": "x"}})[1].(*message.Body)
	s.transmit(0, 3, &message.Blocks{
		From: s.root, Blocks: []message.BlockData{{Header: other.Header, Raw: other.Raw}},
		Commit: s.hosts[1].written(core.RecordCommit)[0].Message.(*message.CommitCert),
	})
	s.play(t, "run", "expect 3 decided=0!", "unmute", "run in=1s who=3 executed=1")
}

// "A replica signs at most one per turn of its loop, for its newest accepted block"
// (spec N2).
func TestOnePreparePerTurn(t *testing.T) {
	s := play(t, "new n=4 interval=8", "submit 0 a b c d e", "turn 0", "deliver 0->1", "turn 1", "sync 1")
	votes := s.hosts[1].sentKind(message.KindPrepare)
	require.Len(t, votes, 1)
	require.Equal(t, s.at("e"), votes[0].(*message.Prepare).Point())
	require.Zero(t, votes[0].(*message.Prepare).Base)
}

// "On entering v it votes at once for s = base" (spec N2), without the blocks, whose
// digest is all that it needs (spec V4).
func TestVoteAtTheBase(t *testing.T) {
	s := play(t, "new n=4 byz=0", "mute *->3", "mute *->* COMMIT", "submit 0 a b", "run", "unmute", "mute *->3 BLOCKS,BODY", "mute *->* COMMIT",
		"crash 0", "run in=2s who=3 view=1", "run")
	votes := s.hosts[3].sentKind(message.KindPrepare)
	require.Equal(t, s.at("b"), votes[0].(*message.Prepare).Point())
	require.EqualValues(t, 2, votes[0].(*message.Prepare).Base)
	require.Empty(t, s.hosts[3].sentKind(message.KindCommit), "COMMIT needs the blocks (spec N4)")
}

// "only to descendants of the replica's last COMMIT in v" (spec N4). Certificates of one
// view never part unless more than f are faulty: of seven replicas, five vote for a and,
// by five liars, for c on top of b. Replica 1 must not be made to contradict itself.
func TestCommitsStayOnOneChain(t *testing.T) {
	s := play(t, "new n=7 byz=0,2,3,4,5,6", "mute *->2,3,4,5,6", "mute 2,3,4,5,6->*", "byz 0 propose on=root op=a to=1", "byz 0 propose on=root op=b to=1",
		"byz 0 propose on=b op=c to=1", "unmute", "byz 0 PREPARE at=a to=1", "byz 2 PREPARE at=a to=1", "byz 3 PREPARE at=a to=1", "byz 4 PREPARE at=a to=1",
		"deliver 0,2,3,4->1", "turn 1", "turn 1", "sync 1", "expect 1 commits=1!")
	for _, who := range []string{"2", "3", "4", "5", "6"} {
		s.play(t, "byz "+who+" PREPARE at=c to=1", "deliver "+who+"->1")
	}
	s.play(t, "turn 1", "turn 1", "sync 1", "expect 1 commits=1! target=0!")
}

// "Its COMMITs go on" (spec N1): a replica that caught up past a checkpoint is needed for
// the next decision, though what joined its last COMMIT to the next is gone.
func TestCommitsGoOnAfterCatchingUp(t *testing.T) {
	play(t, "new n=4 interval=2", "submit 0 a", "run", "expect all decided=1 commits=1!", "cut 0,1,3|2", "submit 0 b c d", "run",
		"heal", "run in=500ms decided=4", "expect 2 stable=4 commits=1!", "crash 3 keep=all", "submit 0 e", "run in=400ms who=0,1,2 decided=5",
		"expect 0,1,2 view=0!")
}

// "Durable are: ... base, tip, PREPAREs over or not" (spec R1): a
// replica that changed over to the certified chain stays mute though it was stopped in good order.
func TestOverIsDurable(t *testing.T) {
	play(t, "new n=7 byz=0,6", "crash 0", "crash 6", "byz 0 propose on=root op=a", "byz 0 propose on=root op=b to=5",
		"byz 0 PREPARE at=a to=1,2,3,4", "byz 0 PREPARE at=b to=5", "byz 6 PREPARE at=a", "run", "expect 5 decided=1 tip=1! prepares=1!",
		"stop 5", "restart 5", "byz 0 propose on=a op=c", "byz 0 PREPARE at=c to=1,2,3,4", "run", "expect 5 prepares=0!")
}

// "PREPAREs of quorum power of one epoch, one view and one base ... together with the
// links" (spec N3): what a replica writes down is valid for everyone, and of the votes
// at 1, 2, 3 and 3 it certifies the third largest.
func TestPrepareCertificate(t *testing.T) {
	s := play(t, "new n=4 interval=8", "submit 0 a b c", "turn 0", "deliver 0->1,2,3 PRE-PREPARE,PREPARE", "deliver 0->1 BODY most=1",
		"deliver 0->2 BODY most=2", "drop 0->1,2 BODY", "deliver 0->3 BODY", "turn 1,2,3", "sync 1,2,3", "deliver *->0", "turn 0", "sync 0")
	certs := s.hosts[0].written(core.RecordPrepare)
	require.Len(t, certs, 1)
	pc := certs[0].Message.(*message.PrepareCert)
	require.NoError(t, s.door.PrepareCert(pc))
	require.Equal(t, s.at("b"), pc.Point())
	require.Zero(t, pc.Base)
	require.Len(t, pc.Votes, 3)
	require.Len(t, pc.Links, 1)
}

// "Among votes of one base the certified point is the quorum-th largest (by power)"
// (spec N3, M1): of powers 4, 1, 1, 1 quorum is 5, so nothing goes without the first.
func TestQuorumIsPower(t *testing.T) {
	cfg := core.Config{Interval: 4}
	w := newWorld(cfg, 4, 1, 1, 1)
	w.mute = append(w.mute, func(from, _ int, _ message.Message) bool { return from == 2 || from == 3 })
	w.hosts[0].submit("a")
	w.settle()
	require.EqualValues(t, 1, w.hosts[1].core.Status().Decided.Seq, "the first two have power 5 of 7")
	w = newWorld(cfg, 1, 1, 1, 4)
	w.mute = append(w.mute, func(from, _ int, _ message.Message) bool { return from == 3 })
	w.hosts[0].submit("a")
	w.settle()
	require.Zero(t, w.hosts[1].core.Status().Certified, "three of four have power 3 of 7")
}

// "Votes of different bases are never counted together" (spec N3).
func TestBasesAreNotMixed(t *testing.T) {
	play(t, "new n=4 interval=8 byz=3", "crash 3", "mute 2->*", "submit 0 a b", "run", "byz 3 PREPARE base=1 at=b", "run",
		"expect 0,1 certified=0!", "byz 3 PREPARE base=0 at=b", "run", "expect 0,1 certified=2")
}

// "never above the highest PC held, only to descendants of the replica's last COMMIT"
// (spec N4): the newest COMMIT speaks of what is certified.
func TestCommitFollowsTheCertificate(t *testing.T) {
	s := play(t, "new n=4 interval=8", "mute 2,3->*", "submit 0 a", "run", "expect 0,1 commits=0!", "unmute", "submit 0 b", "run",
		"expect 0,1 decided=2 commits=1!")
	require.Equal(t, s.at("b"), s.hosts[1].sentKind(message.KindCommit)[0].(*message.Commit).Point())
}

// "and only for an s that it holds durably" (spec N4, M5): the certificate is of the
// highest seq that is certified and held.
func TestCommitNeedsBodies(t *testing.T) {
	s := play(t, "new n=4 interval=8", "mute 0->2 BODY", "mute *->2 BLOCKS", "submit 0 a b", "run", "expect 0,1,3 decided=2",
		"expect 2 certified=2 commits=0! executed=0! decided=2")
	require.Empty(t, s.hosts[2].written(core.RecordPrepare))
	s.play(t, "unmute", "run in=200ms who=2 executed=2")
}

// "It is sent for the base also where the base is decided already, for that is what V5
// releases by" (spec N4).
func TestCommitForADecidedBase(t *testing.T) {
	s := play(t, "new n=4 byz=0", "submit 0 a", "run", "expect all decided=1 commits=1!", "byz 0 VIEW-CHANGE view=1", "run",
		"expect 1,2,3 view=1 decided=1! commits=2!")
	last := s.hosts[2].sentKind(message.KindCommit)[1].(*message.Commit)
	require.EqualValues(t, 1, last.View)
	require.Equal(t, s.at("a"), last.Point())
}

// "C_s and all its ancestors are decided, whatever view one is in" (spec N5): replica 3
// is in view 1 when it is shown the CC of view 0.
func TestCommitCertificateCountsInAnyView(t *testing.T) {
	s := play(t, "new n=4 byz=0", "mute *->3 PREPARE,COMMIT,STATUS,BLOCKS", "submit 0 a b", "run", "expect 0,1,2 decided=2",
		"byz 0 VIEW-CHANGE view=1", "run", "expect 3 view=1 decided=0!")
	cc := s.hosts[1].written(core.RecordCommit)[0].Message
	require.NoError(t, s.door.CommitCert(cc.(*message.CommitCert)))
	s.transmit(1, 3, cc)
	s.play(t, "run", "expect 3 decided=2")
}

// "Decided blocks are executed in the order of their seqs, once they are held durably"
// (spec N6): replica 2 has the second body and not the first.
func TestExecutionIsInOrder(t *testing.T) {
	s := play(t, "new n=4 interval=8", "submit 0 a b", "turn 0", "deliver 0->2 BODY most=1", "drop 0->2 BODY", "mute *->2 BLOCKS", "run",
		"expect 2 decided=2 executed=1!", "unmute", "run in=200ms who=2 executed=2")
	require.Equal(t, s.hosts[0].state, s.hosts[2].state)
}

// "One sync covers a whole turn of the loop" and what binds across a restart leaves after
// it (spec N7): a COMMIT does, and proposals and PREPAREs do not.
func TestCommitWaitsForItsSync(t *testing.T) {
	s := play(t, "new n=4", "submit 0 a", "turn 0")
	require.Len(t, s.links[0][1], 3, "the primary's proposal")
	s.play(t, "deliver 0->*", "turn 1,2,3")
	require.Len(t, s.links[1][0], 1, "a backup's PREPARE")
	s.play(t, "deliver *->0", "turn 0")
	require.Empty(t, s.links[0][1], "the primary's COMMIT")
	s.play(t, "sync 0")
	require.Len(t, s.links[0][1], 1)
}

// "but no PREPARE of a view leaves before the record of its entry is durable" (spec N7):
// else a replica that lost it could enter once more and vote for something else.
func TestFirstVoteWaitsForTheEntry(t *testing.T) {
	s := play(t, "new n=4 byz=0", "submit 0 a", "run", "crash 0", "byz 0 VIEW-CHANGE view=1", "deliver 0->*", "turn 1,2,3", "sync 1,2,3",
		"deliver *->1", "turn 1", "sync 1", "turn 1", "sync 1", "drop *->1", "deliver 1->2 NEW-VIEW", "turn 2", "turn 2")
	require.EqualValues(t, 1, s.hosts[2].core.Status().View)
	require.Empty(t, s.links[2][1])
	s.play(t, "sync 2")
	require.NotEmpty(t, s.links[2][1])
}

// "for a VIEW-CHANGE its signed bytes (once per view)" and "for a CHECKPOINT its signed
// bytes (once per seq, ever; repeats are those bytes)" (spec N7).
func TestRepeatsAreTheSameBytes(t *testing.T) {
	s := play(t, "new n=4 interval=2 byz=0", "mute *->* CHECKPOINT", "submit 0 a b", "run", "byz 0 VIEW-CHANGE view=1 to=3",
		"mute 3->*", "mute *->3 NEW-VIEW", "run in=300ms")
	for _, k := range []message.Kind{message.KindCheckpoint, message.KindViewChange} {
		list := s.hosts[3].sentKind(k)
		require.Greater(t, len(list), 5)
		for _, m := range list {
			require.Same(t, list[0], m)
		}
	}
	require.Len(t, s.hosts[3].written(core.RecordChange), 1)
	require.Len(t, s.hosts[3].written(core.RecordCheckpoint), 1)
}

// "of its own view, the highest vote on its own header chain and the highest that is not"
// (spec N8): the primary's votes overtake each other and its blocks. The one for b waits
// for b's header, whatever comes before that.
func TestHighestVoteWaitsForItsHeader(t *testing.T) {
	play(t, "new n=4 byz=0", "byz 0 propose on=root op=a to=1", "byz 0 propose on=a op=b to=1", "byz 0 PREPARE at=a to=1", "byz 0 PREPARE at=b to=1",
		"reorder 0->1", "deliver 0->1 PREPARE most=1", "reorder 0->1", "deliver 0->1 PRE-PREPARE,BODY most=2", "deliver 0->1 PREPARE", "expect 1 tip=1!",
		"deliver 0->1", "expect 1 tip=2")
}

// "and the highest of a later view" (spec N8): votes that come before NEW-VIEW count
// after it.
func TestVotesOfALaterViewWait(t *testing.T) {
	play(t, "new n=4 byz=0", "submit 0 a", "run", "mute *->3 NEW-VIEW", "byz 0 VIEW-CHANGE view=1", "run", "expect 1,2 view=1",
		"expect 3 view=0! target=1!", "unmute", "mute *->3 PREPARE", "byz 0 STATUS view=1 to=3", "run", "expect 3 view=1 certified=1")
}

// "Direct votes are taken only from their signer's own authenticated link" (spec N8).
func TestRelayedVoteIsRefused(t *testing.T) {
	s := play(t, "new n=4", "submit 0 a", "run")
	_, err := s.door.Verify(2, s.hosts[1].sentKind(message.KindPrepare)[0])
	require.ErrorIs(t, err, message.ErrSender)
}

// "unsigned headers give way to signed ones" (spec N8, D1): the primary floods
// replica 1 with headers before it signs one, which costs nothing but a pull.
func TestUnsignedHeadersGiveWay(t *testing.T) {
	s := play(t, "new n=4 interval=4 byz=0")
	for i := range 40 {
		for _, b := range s.forgeChain("root", 0, 2, i) {
			s.transmit(0, 1, &message.PrePrepare{Parent: b.Parent, Header: b.Header})
		}
	}
	s.play(t, "run")
	require.LessOrEqual(t, s.hosts[1].core.Footprint().Blocks, 16)
	s.play(t, "byz 0 propose on=root op=a", "byz 0 PREPARE at=a", "run", "expect 1,2,3 decided=1")
}

// "one pull at a time, each from another peer" (spec N9): whoever does not answer costs
// one try.
func TestPullsGoRound(t *testing.T) {
	s := play(t, "new n=4 interval=8", "mute 0->3 BODY", "mute *->3 BLOCKS", "submit 0 a", "run in=400ms")
	asked := map[message.ReplicaID]int{}
	for _, o := range s.hosts[3].sent {
		if o.Msg.Kind() == message.KindFetch {
			asked[o.To]++
		}
	}
	require.Len(t, asked, 3)
	require.LessOrEqual(t, asked[0]+asked[1]+asked[2], 8)
}

// "pulls by (own tip, wanted C)" (spec N9), though long without an answer: what is above the decided block may be
// known here only, so every second round begins there. When all did so from then on,
// an answer that holds one block brought what was here, each time anew.
func TestPullsReturnToTheTip(t *testing.T) {
	s := play(t, "new n=4 answer=1", "mute *->* COMMIT,SUSPECT", "submit 0 a", "run", "expect 3 tip=1 decided=0",
		"mute 0->3 BODY", "mute *->3 BLOCKS", "submit 0 b", "run in=1s", "expect 3 tip=1")
	s.play(t, "unmute", "mute *->* COMMIT,SUSPECT", "mute 0->3 BODY", "run in=1s", "expect 3 tip=2")
}

// A peer answers one pull a turn (spec D2), so what is lacking at one time is asked of
// different peers, and of one that owes an answer nothing else. Asked together, of one
// peer over a link that keeps the order, the first answer was taken for the last
// question and the others for unasked, each time anew: the replica never caught up.
func TestOnePullPerPeer(t *testing.T) {
	s := play(t, "new n=4 answer=1", "mute *->3 PRE-PREPARE,BODY,BLOCKS", "submit 0 a b c d e", "run in=1s")
	all, most := 0, 0
	for range 20 {
		for to := range 3 {
			s.links[3][to] = nil
		}
		s.play(t, "tick 3 +63ms", "turn 3", "sync 3")
		for to := range 3 {
			n := 0
			for _, m := range s.links[3][to] {
				if m.Kind() == message.KindFetch {
					n++
				}
			}
			all, most = all+n, max(most, n)
		}
	}
	require.Greater(t, all, 20, "more than one thing is lacking")
	require.Equal(t, 1, most)
}

// "An answer is bounded and carries the newest PREPARE of the view's primary that
// covers the range" (spec N9).
func TestAnswerCarriesThePrimarysVote(t *testing.T) {
	s := play(t, "new n=4 interval=8", "mute 0->3 PRE-PREPARE,BODY", "mute *->* COMMIT", "submit 0 a b", "run in=100ms")
	var answer *message.Blocks
	for _, h := range s.hosts {
		for _, m := range h.sentKind(message.KindBlocks) {
			answer = m.(*message.Blocks)
		}
	}
	require.NotNil(t, answer)
	require.Len(t, answer.Blocks, 2)
	require.EqualValues(t, 0, answer.Prepare.Signer)
	require.Equal(t, s.at("b"), answer.Prepare.Point())
}

// "and v' is not below the view of a CC that it holds" (spec V4): replica 3 knows the block
// of view 0 and what decided it in view 2, and then hears of view 1.
func TestCommitCertificateOvertakesNewView(t *testing.T) {
	deaf := "mute *->3 PREPARE,COMMIT,STATUS,SUSPECT,LEAVE,VIEW-CHANGE,NEW-VIEW"
	s := play(t, "new n=4 byz=0,1", deaf, "mute *->* COMMIT", "submit 0 a", "run", "byz 0 VIEW-CHANGE view=1 to=1", "byz 0 VIEW-CHANGE view=1 to=2", "run",
		"expect 2 view=1!", "byz 1 VIEW-CHANGE view=2 to=0", "byz 1 VIEW-CHANGE view=2 to=2", "run", "expect 2 view=2!", "unmute", deaf, "run in=1s", "expect 2 view=2! decided=1", "expect 3 view=0! decided=0!")
	s.transmit(2, 3, s.hosts[2].written(core.RecordCommit)[0].Message)
	s.play(t, "run in=1s", "expect 3 view=0! decided=1")
	s.transmit(1, 3, s.hosts[2].written(core.RecordNewView)[0].Message)
	s.play(t, "unmute", "deliver 1->3", "turn 3", "expect 3 view=0!")
}
