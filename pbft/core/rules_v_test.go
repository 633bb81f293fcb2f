package core_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// "When such blocks exceed a byte limit, the replica votes only at bases until
// something is decided" (spec V5): views together, not each. View after view fills
// its window and fails; then the network heals and all goes on.
func TestAbandonedBlocksAreBoundedOverViews(t *testing.T) {
	s := play(t, "new n=4 interval=8 bytes=1000 cap=1s", "submit 0 z", "run", "expect all decided=1",
		"submit 0 a b c d e f g h", "submit 1 a b c d e f g h")
	s.mute = append(s.mute, func(from, _ int, m message.Message) bool {
		p, ok := m.(*message.Prepare)
		return ok && from != int(p.View)%4 // the primary's own vote alone arrives
	})
	s.runUntil(func() bool { return false }, 40*clock.Second)
	require.Greater(t, s.hosts[3].core.Status().View, message.View(8))
	logged := 0
	for _, r := range s.hosts[3].disk {
		if r.Kind == core.RecordBlock {
			logged += int(r.Block.Header.PayloadSize)
		}
	}
	require.Greater(t, logged, 2000, "the limit was not reached")
	require.LessOrEqual(t, logged, (4+1)*1000+500)
	s.play(t, "unmute", "run in=20s decided=9")
}

// "broadcasts SUSPECT(e, v, decided seq), signed, and goes on voting" (spec V1).
func TestSuspectingReplicaVotesOn(t *testing.T) {
	s := play(t, "new n=4", "mute 3->0 REQUESTS", "mute 3->1,2 REQUESTS", "submit 3 x", "run in=600ms", "expect 3 suspects=1 target=0!",
		"submit 0 a", "run", "expect all decided=1", "expect 3 prepares=1! commits=1!")
	m := s.hosts[3].sentKind(message.KindSuspect)[0].(*message.Suspect)
	require.Zero(t, m.View)
	require.Zero(t, m.Decided)
}

// "While the obligation is unmet it signs SUSPECT anew, with its decided seq of then,
// at most once per S3 interval" (spec V1).
func TestSuspectIsSignedAnew(t *testing.T) {
	s := play(t, "new n=4 interval=16", "mute 3->* REQUESTS", "submit 3 x", "run in=510ms", "submit 0 a", "run in=510ms")
	list := s.hosts[3].sentKind(message.KindSuspect)
	require.EqualValues(t, 1, list[len(list)-1].(*message.Suspect).Decided)
	require.LessOrEqual(t, len(list), 2+8, "more than one in 62.5 ms")
	require.GreaterOrEqual(t, len(list), 6)
}

// "A SUSPECT that came on its signer's own link counts for one timeout of the receiver
// after its last arrival" (spec V1).
func TestSuspectLapses(t *testing.T) {
	play(t, "new n=4 byz=2,3", "byz 3 SUSPECT to=1", "run", "run in=600ms", "byz 2 SUSPECT to=1", "run", "expect 1 target=0!",
		"byz 3 SUSPECT to=1", "run", "expect 1 target=1")
}

// "One in a passed-on set counts when it comes, whatever its age and its decided seq"
// (spec V1): replica 1 left by two SUSPECTs that were sent to it alone, and takes
// everyone along.
func TestLeaveTakesAllAlong(t *testing.T) {
	play(t, "new n=4 interval=2 byz=2,3", "submit 0 a b c d e f", "run", "byz 2 SUSPECT decided=0 to=1", "byz 3 SUSPECT decided=0 to=1", "run",
		"expect all view=1!")
}

// "A VIEW-CHANGE never lapses" (spec V1).
func TestViewChangeDoesNotLapse(t *testing.T) {
	play(t, "new n=4 byz=2,3", "byz 3 VIEW-CHANGE view=1 to=1", "run", "run in=20s", "expect 1 target=0!", "byz 2 VIEW-CHANGE view=1 to=1",
		"run", "expect 1 target=1")
}

// "the largest view such that members who together have weak power each sent
// SUSPECT(>= w-1) or VIEW-CHANGE(>= w)" (spec V1): of 2, 6 and 9 at f = 2 it is 2, and
// of 3, 6 and 9 with SUSPECT(2) counted as 3 it is 3.
func TestLargestViewThatWeakPowerAsksFor(t *testing.T) {
	s := play(t, "new n=7 byz=4,5,6", "byz 4 VIEW-CHANGE view=9 to=2", "byz 5 VIEW-CHANGE view=6 to=2", "run", "expect 2 target=0!",
		"byz 6 VIEW-CHANGE view=2 to=2", "deliver 6->2", "expect 2 target=2!", "byz 6 SUSPECT view=2 to=2", "deliver 6->2", "expect 2 target=3!")
	s.cut[2] = 9
}

// "on proof that primary(v) equivocated (two PREPAREs, of two chains or two bases, or
// two NEW-VIEWs)" (spec V1): with the proof everyone leaves at once.
func TestProofEndsTheView(t *testing.T) {
	t.Run("two chains", func(t *testing.T) {
		s := play(t, "new n=4 byz=0", "byz 0 propose on=root op=a", "byz 0 propose on=root op=b", "byz 0 PREPARE at=a to=1",
			"byz 0 PREPARE at=b to=1", "run", "expect 1,2,3 view=1!")
		require.Equal(t, message.EvidencePrepareFork, s.hosts[2].written(core.RecordEvidence)[0].Evidence.Kind)
	})
	t.Run("two bases", func(t *testing.T) {
		s := play(t, "new n=4 byz=0", "crash 0", "byz 0 propose on=root op=a", "byz 0 PREPARE at=a", "run", "byz 0 PREPARE at=a base=1 to=3",
			"run", "expect 1,2,3 view=1!")
		require.Equal(t, message.EvidenceBase, s.hosts[1].written(core.RecordEvidence)[0].Evidence.Kind)
	})
	t.Run("two NEW-VIEWs", func(t *testing.T) {
		s := play(t, "new n=4 byz=0,1", "crash 0", "crash 1", "byz 0 VIEW-CHANGE view=1", "run", "byz 1 VIEW-CHANGE view=1",
			"byz 1 NEW-VIEW view=1 from=0,2,3 to=2", "run", "expect 2 view=1 target=1!", "byz 1 NEW-VIEW view=1 from=1,2,3 to=2", "run",
			"expect 2,3 target=2")
		require.Equal(t, message.EvidenceNewView, s.hosts[3].written(core.RecordEvidence)[0].Evidence.Kind)
	})
}

// "A PREPARE of the own view with another base than the own ... makes the receiver ask
// its signer for its NEW-VIEW(v)" (spec V1): the primary of view 1 shows replica 2 one
// base and replica 3 another, and never both to anyone.
func TestTwoBasesFindTheirProof(t *testing.T) {
	s := play(t, "new n=4 byz=0,1", "mute 1,2,3->0,1,2 PREPARE", "mute 3->* COMMIT", "submit 0 a", "run", "expect 2 certified=0!", "expect 3 certified=1",
		"crash 0", "crash 1", "byz 0 VIEW-CHANGE view=1", "byz 1 VIEW-CHANGE view=1", "run", "unmute", "byz 1 NEW-VIEW view=1 from=0,1,2 to=2",
		"byz 1 NEW-VIEW view=1 from=0,1,3 to=3", "run", "run in=200ms who=2,3 target=2")
	require.Equal(t, message.EvidenceNewView, s.hosts[2].written(core.RecordEvidence)[0].Evidence.Kind)
}

// "A proof for another view does nothing" (spec V1).
func TestProofForAnotherViewDoesNothing(t *testing.T) {
	play(t, "new n=4 byz=1", "crash 1", "submit 0 a", "run", "byz 1 PREPARE view=1 base=0 at=a", "byz 1 PREPARE view=1 base=1 at=a", "run",
		"expect 0,2,3 view=0! target=0!")
}

// "its SUSPECT does not do" (spec V1): the primary's own suspicion is one among others.
func TestPrimarysSuspectIsNoResignation(t *testing.T) {
	play(t, "new n=4 byz=0", "byz 0 SUSPECT", "run", "expect all view=0! target=0!")
}

// "A VIEW-CHANGE that came before v was the replica's view is looked at when it becomes
// that" (spec V1): the primary of view 1 had resigned beforehand.
func TestEarlyResignationCounts(t *testing.T) {
	play(t, "new n=4 byz=0,1", "byz 1 VIEW-CHANGE view=2", "run", "expect 2,3 view=0! target=0!", "byz 0 VIEW-CHANGE view=1", "run",
		"expect 2,3 view=2!")
	// The same where view 0 is left for SUSPECTs, or for a proof, and nobody else asks.
	s := play(t, "new n=4 byz=0,1", "byz 1 VIEW-CHANGE view=2 to=2", "run", "mute *->2 VIEW-CHANGE", "mute *->2 LEAVE", "byz 0 SUSPECT to=2", "byz 1 SUSPECT to=2")
	s.deliver(0, 2, anything, false)
	s.deliver(1, 2, anything, false)
	s.play(t, "expect 2 view=0! target=2!")
}

// "never below its own COMMITs" and "The PC itself goes to primary(v')" (spec V2).
func TestReportOfWhatIsHeld(t *testing.T) {
	s := play(t, "new n=4", "mute *->* COMMIT", "submit 0 a b", "run", "crash 0", "run in=510ms")
	vc := s.hosts[3].sentKind(message.KindViewChange)[0].(*message.ViewChange)
	require.Equal(t, message.Rank{Seq: 2}, vc.Rank)
	require.Equal(t, s.at("b").Chain, vc.Chain)
	for _, o := range s.hosts[3].sent {
		if o.Msg.Kind() == message.KindPrepareCert {
			require.False(t, o.All)
			require.EqualValues(t, 1, o.To)
		}
	}
	require.NotEmpty(t, s.hosts[3].sentKind(message.KindPrepareCert))
}

// "A replica without a PC of the epoch reports the epoch's root" (spec V2).
func TestReportOfTheRoot(t *testing.T) {
	s := play(t, "new n=4", "crash 0", "submit 1 a", "submit 2 a", "run in=510ms")
	vc := s.hosts[3].sentKind(message.KindViewChange)[0].(*message.ViewChange)
	require.Equal(t, message.Rank{}, vc.Rank)
	require.Equal(t, s.root.Chain, vc.Chain)
}

// "one that names a rank and shows no PC holds nobody up" (spec V2).
func TestRankWithoutCertificateHoldsNobodyUp(t *testing.T) {
	play(t, "new n=4 byz=3", "crash 3", "submit 0 a", "run", "byz 3 VIEW-CHANGE view=1 rank=0 at=a", "mute 3->*", "crash 0", "submit 1 b",
		"submit 2 b", "restart 0", "run in=2s who=0,1,2 view=1", "run in=2s who=0,1,2 decided=2")
}

// "Only the highest VIEW-CHANGE of each peer is kept" (spec V2, D1), and an older one
// that comes late changes nothing.
func TestOldViewChangeIsDropped(t *testing.T) {
	s := play(t, "new n=4 byz=2,3", "byz 3 VIEW-CHANGE view=5 to=1", "byz 3 VIEW-CHANGE view=2 to=1", "run")
	require.EqualValues(t, 1, s.hosts[1].core.Status().Stats.Drops[core.DropOldView])
}

// "whose own VIEW-CHANGE(v') is durable and among them" (spec V3): the primary of view 1
// holds those of all others and has not left view 0 itself.
func TestPrimaryIsAmongThoseThatAsk(t *testing.T) {
	s := play(t, "new n=7 byz=0,5,6", "crash 0", "crash 5", "crash 6", "byz 5 VIEW-CHANGE view=1 to=1", "byz 6 VIEW-CHANGE view=1 to=1", "run",
		"expect 1 target=0!")
	require.Empty(t, s.hosts[1].sentKind(message.KindNewView))
	s.play(t, "byz 0 VIEW-CHANGE view=1 to=1", "run", "expect 1,2,3,4 view=1")
	nv := s.hosts[1].sentKind(message.KindNewView)[0].(*message.NewView)
	require.Contains(t, signers(nv.Changes), "1")
	require.Less(t, slices.IndexFunc(s.hosts[1].disk, func(r core.Record) bool { return r.Kind == core.RecordChange }),
		slices.IndexFunc(s.hosts[1].disk, func(r core.Record) bool { return r.Kind == core.RecordNewView }))
}

// "takes the highest-ranked PC of theirs whose blocks can be had" (spec V3): replicas 0 and 1
// voted for a and lost it with their power, and the liar has a certificate out of their votes.
// View 1 waits for the report of replica 2, and begins without a.
func TestNewViewNeedsItsBlocks(t *testing.T) {
	s := play(t, "new n=4 byz=3", "submit 0 a", "turn 0", "deliver 0->1", "turn 1", "byz 3 PREPARE at=a", "byz 3 PC at=a from=0,1,3", "drop *->*",
		"crash 0 keep=none", "crash 1 keep=none", "restart 1", "mute 2->* VIEW-CHANGE", "mute 3->* BLOCKS", "restart 0",
		"byz 3 PC at=a from=0,1,3 to=1", "byz 3 VIEW-CHANGE view=1 at=a", "run in=300ms", "expect 1 target=1! view=0!")
	require.NotZero(t, s.hosts[1].core.Status().Stats.Fetches, "the liar is asked")
	s.play(t, "unmute", "run in=300ms", "expect 0,1,2 view=1!")
	require.Zero(t, s.hosts[1].core.Status().Base.Seq)
}

// "if they are not here, it pulls them from those who report it" (spec V3): of the correct
// replicas 2 alone holds a, and the liar is silent.
func TestBlocksForANewViewArePulled(t *testing.T) {
	s := play(t, "new n=4 byz=3", "mute *->1 PRE-PREPARE,BODY,BLOCKS", "byz 3 PREPARE at=a", "submit 0 a", "turn 0", "deliver 0->2", "turn 2", "deliver *->2",
		"byz 3 PREPARE at=a to=2", "mute 3->*", "deliver 3->2", "turn 2", "sync 2", "drop *->*", "mute *->* PREPARE,COMMIT",
		"crash 0 keep=none", "restart 0", "run in=300ms")
	require.EqualValues(t, 1, s.hosts[2].core.Status().Prepare.Seq)
	require.EqualValues(t, 1, s.hosts[1].core.Status().Target)
	require.Zero(t, s.hosts[1].core.Status().View)
	s.play(t, "unmute", "mute 3->*", "run in=300ms who=0,1,2 view=1", "run in=300ms who=0,1,2 decided=1")
	require.Equal(t, s.at("a"), s.hosts[1].core.Status().Base)
}

// "or if VIEW-CHANGEs of weak power report as much" (spec V3): then a correct replica holds
// them, and the view need not wait until they are here.
func TestWeakPowerVouchesForBlocks(t *testing.T) {
	s := play(t, "new n=4", "mute *->1 PRE-PREPARE,BODY,BLOCKS", "mute *->* COMMIT", "submit 0 a", "run in=100ms", "expect 2,3 certified=1",
		"crash 0", "restart 0", "run in=300ms", "expect 1 view=1!")
	require.Equal(t, s.at("a"), s.hosts[1].core.Status().Base)
}

// "Its size is O(n) and does not grow with the window" (spec V3): one certificate.
func TestNewViewHoldsOneCertificate(t *testing.T) {
	s := play(t, "new n=4 interval=16", "mute *->* COMMIT", "submit 0 a b c d e f g h", "run", "crash 0", "run in=600ms who=1,2,3 view=1")
	nv := s.hosts[1].sentKind(message.KindNewView)[0].(*message.NewView)
	require.Len(t, nv.Changes, 3)
	require.Equal(t, s.at("h"), nv.Cert.Point())
	require.LessOrEqual(t, len(nv.Cert.Votes), 3)
}

// "A replica enters v' once, only if v' > its entered view, v' >= its target" (spec V4).
func TestNewViewBelowTheTargetIsIgnored(t *testing.T) {
	s := play(t, "new n=4 byz=2,3", "mute *->1 NEW-VIEW", "byz 2 VIEW-CHANGE view=2", "byz 3 VIEW-CHANGE view=2", "run", "expect 0 view=2!",
		"expect 1 view=0! target=2!", "byz 2 VIEW-CHANGE view=4 to=1", "byz 3 VIEW-CHANGE view=4 to=1", "run", "expect 1 target=4!")
	s.transmit(0, 1, s.hosts[2].sentKind(message.KindNewView)[0])
	s.play(t, "run", "expect 1 view=0!")
}

// "Anyone may pass a NEW-VIEW on" (spec V4, S1): a replica that missed it asks whoever
// has entered.
func TestNewViewIsPassedOn(t *testing.T) {
	s := play(t, "new n=4 byz=0", "crash 0", "mute 1->3 NEW-VIEW", "submit 2 a", "submit 3 a", "run in=900ms who=1,2,3 view=1", "run in=300ms who=3 decided=1")
	require.NotEmpty(t, s.hosts[2].sentKind(message.KindNewView))
}

// "a PREPARE above the base needs the bodies above the base" (spec V4): and not those
// at or below it. Replica 3 has none of a and b, and votes for c.
func TestPrepareAboveTheBaseNeedsNoBodiesBelow(t *testing.T) {
	s := play(t, "new n=4 byz=0", "mute *->3 PRE-PREPARE,BODY,BLOCKS", "mute *->* COMMIT", "submit 0 a b", "run", "unmute", "mute *->3 BLOCKS",
		"mute *->* COMMIT", "crash 0", "submit 1 c", "run in=2s who=1,2,3 view=1", "run", "expect 3 tip=3 executed=0! commits=0!")
	require.EqualValues(t, 3, s.hosts[3].sentKind(message.KindPrepare)[len(s.hosts[3].sentKind(message.KindPrepare))-1].(*message.Prepare).Seq)
}

// "more than f are faulty: the replica stops for good (ForkedError) and keeps both
// certificates" (spec V4): three liars show a base that conflicts with a decision of
// the view before.
func TestForkedBaseStops(t *testing.T) {
	s := play(t, "new n=4 byz=1,2,3", "submit 0 a", "run", "crash 1", "crash 2", "crash 3", "byz 1 propose view=0 on=root op=b", "byz 1 PREPARE at=b",
		"byz 2 PREPARE at=b", "byz 3 PREPARE at=b", "byz 1 PC view=0 base=0 at=b from=1,2,3")
	for _, i := range []string{"1", "2", "3"} {
		s.play(t, "byz "+i+" VIEW-CHANGE view=1 rank=0 at=b")
	}
	s.play(t, "drop *->* PREPARE,PRE-PREPARE,BODY", "byz 1 NEW-VIEW view=1 from=1,2,3", "run")
	var forked *core.ForkedError
	require.ErrorAs(t, s.hosts[0].fault, &forked)
	require.NotNil(t, forked.Commit)
	require.NotNil(t, forked.Prepare)
	s.violations = nil
}

// "Two CCs that conflict stop the replica always" (spec V4).
func TestForkedDecisionStops(t *testing.T) {
	s := play(t, "new n=4 byz=1,2,3", "submit 0 a", "run", "crash 1", "crash 2", "crash 3", "byz 1 propose view=0 on=root op=b")
	cc := &message.CommitCert{View: 3, Seq: 1, Chain: s.at("b").Chain}
	for i := 1; i < 4; i++ {
		m := &message.Commit{View: 3, Seq: 1, Chain: cc.Chain}
		_, err := s.door.Sign(s.hosts[i].signer, message.ReplicaID(i), m)
		require.NoError(t, err)
		cc.Votes = append(cc.Votes, message.CertVote{Signer: m.Signer, Seq: 1, Sig: m.Sig})
	}
	s.transmit(2, 0, cc)
	s.play(t, "run")
	var forked *core.ForkedError
	require.ErrorAs(t, s.hosts[0].fault, &forked)
	require.Same(t, cc, forked.Conflict)
	s.violations = nil
}

// "Accepted blocks above the base are no longer extended and their requests return to
// the pool, but they stay in the log ... until this replica holds a CC of a later view
// than the one in which it voted for them" (spec V5).
func TestAbandonedBlocksStayUntilALaterCertificate(t *testing.T) {
	s := play(t, "new n=4 interval=8", "submit 0 z", "run", "mute 1,2,3->* PREPARE", "submit 0 a b", "run", "expect all tip=3 certified=1!", "crash 0",
		"mute *->* PREPARE", "run in=510ms who=1,2,3 view=1")
	require.Equal(t, 3, s.hosts[2].core.Footprint().Blocks, "z, a, b")
	s.play(t, "unmute", "run in=1s who=1,2,3 decided=1", "submit 1 y", "run in=1s who=1,2,3 decided=2")
	require.Equal(t, 2, s.hosts[2].core.Footprint().Blocks, "z, y")
	require.Len(t, s.hosts[2].written(core.RecordBlock), 4, "the log keeps them")
}

// "The NEW-VIEW timer of v' starts when VIEW-CHANGEs of quorum power for views >= v' are
// held, not before" and "When it fires: SUSPECT(v')" (spec V6).
func TestNewViewTimerStartsAtQuorum(t *testing.T) {
	s := play(t, "new n=4 byz=2,3", "mute 1->*", "byz 2 VIEW-CHANGE view=4 to=1", "byz 3 SUSPECT view=3 to=1", "run", "expect 1 target=4!",
		"run in=20s", "expect 1 suspects=0!", "byz 3 VIEW-CHANGE view=5 to=1", "run", "run in=9s", "expect 1 suspects=1")
	require.EqualValues(t, 4, s.hosts[1].sentKind(message.KindSuspect)[0].(*message.Suspect).View)
}

// "Entry arms T1 at full length" (spec V6): what was left of view 0's timer does not
// carry over.
func TestEntryArmsAFullTimeout(t *testing.T) {
	play(t, "new n=4 byz=0", "crash 0", "mute 1->* PRE-PREPARE,BODY,PREPARE", "submit 2 a", "run in=400ms", "byz 0 VIEW-CHANGE view=1", "run",
		"expect 1,2,3 view=1", "run in=490ms", "expect 2 suspects=0!", "run in=20ms", "expect 2 suspects=1!")
}

// "round-robin over the epoch's members" (spec V7).
func TestPrimariesTakeTurns(t *testing.T) {
	s := play(t, "new n=4 byz=2,3")
	for v := 1; v < 6; v++ {
		s.play(t, fmt.Sprintf("byz 2 VIEW-CHANGE view=%d", v), fmt.Sprintf("byz 3 VIEW-CHANGE view=%d", v), "run", fmt.Sprintf("expect 0,1 view=%d", v))
		require.EqualValues(t, v%4, s.hosts[0].core.Status().Primary)
	}
}
