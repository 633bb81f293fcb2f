package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// "C_s names the block and its whole past" (spec B1): two blocks with one header on
// different parents are different points.
func TestPointNamesThePast(t *testing.T) {
	s := play(t, "new n=4 interval=8", "submit 0 a b", "run")
	blocks := s.hosts[1].written(core.RecordBlock)
	h := blocks[1].Block.Header
	require.Equal(t, s.at("b").Chain, blocks[0].Parent.Extend(blocks[0].Block.Header.Digest()).Extend(h.Digest()))
	require.NotEqual(t, s.at("b").Chain, s.root.Chain.Extend(h.Digest()))
}

// "view is where the block was first proposed; inheriting does not change it"
// (messages; spec B1).
func TestInheritedBlockKeepsItsHeader(t *testing.T) {
	s := play(t, "new n=4", "mute *->* COMMIT", "submit 0 a", "run", "crash 0", "run in=600ms who=1,2,3 view=1", "unmute",
		"run in=1s who=1,2,3 decided=1")
	blocks := s.hosts[2].written(core.RecordBlock)
	require.Len(t, blocks, 1)
	require.Zero(t, blocks[0].Block.Header.View)
}

// "first the header, the body behind it. The primary's own cumulative PREPARE, sent in
// the same turn of its loop, signs it" (spec B2).
func TestHeaderThenBodyThenVote(t *testing.T) {
	s := play(t, "new n=4", "submit 0 a b", "turn 0")
	var kinds []message.Kind
	for _, m := range s.links[0][1] {
		kinds = append(kinds, m.Kind())
	}
	require.Equal(t, []message.Kind{
		message.KindPrePrepare, message.KindBody, message.KindPrePrepare, message.KindBody, message.KindPrepare,
	}, kinds)
	require.Equal(t, s.at("b"), s.links[0][1][4].(*message.Prepare).Point())
}

// "over the primary's authenticated channel" (spec B2): from anyone else a proposal is
// nothing.
func TestProposalOfABackupIsDropped(t *testing.T) {
	s := play(t, "new n=4 byz=3", "byz 3 propose on=root op=a", "byz 3 PREPARE at=a", "run")
	for _, h := range s.hosts[:3] {
		require.Zero(t, h.core.Status().Tip.Seq)
		require.EqualValues(t, 2, h.core.Status().Stats.Drops[core.DropNotPrimary])
	}
}

// "A backup votes only for what that signature covers" (spec B2, N1).
func TestUnsignedProposalBindsNobody(t *testing.T) {
	play(t, "new n=4 byz=0", "byz 0 propose on=root op=a", "byz 0 propose on=a op=b", "byz 0 PREPARE at=a", "run",
		"expect 1,2,3 tip=1! prepares=1!", "byz 0 PREPARE at=b", "run", "expect 1,2,3 tip=2!")
}

// "at most W blocks undecided" (spec B4).
func TestPrimaryKeepsToItsWindow(t *testing.T) {
	play(t, "new n=4 interval=8 window=3", "submit 0 a b c d e", "turn 0", "turn 0", "expect 0 tip=3!", "run", "expect all decided=5")
}

// "undecided bytes within their limit" (spec B4): a block of one opening has 138 bytes.
func TestPrimaryKeepsToItsBytes(t *testing.T) {
	play(t, "new n=4 interval=8 bytes=300", "submit 0 a b c d e", "turn 0", "turn 0", "expect 0 tip=3!", "run", "expect all decided=5")
}

// "It never waits for block s to commit before it proposes s+1" (spec B4).
func TestProposalsOverlap(t *testing.T) {
	play(t, "new n=4", "submit 0 a", "turn 0", "submit 0 b", "turn 0", "expect 0 tip=2! decided=0!")
}

// "and seq <= low+L" (spec B4, M5).
func TestPrimaryStopsAtTheHighMark(t *testing.T) {
	play(t, "new n=4 interval=2", "mute *->* CHECKPOINT", "submit 0 a b c d e f g", "run", "expect all decided=4! tip=4!", "unmute",
		"run in=1s decided=7")
}

// "Of an inherited suffix longer than W enough is decided first" (spec B4): the base
// is three blocks above what is decided, and the window is two.
func TestInheritedSuffixGoesFirst(t *testing.T) {
	s := play(t, "new n=4 interval=8 window=2 byz=0", "mute *->* COMMIT", "crash 0",
		"byz 0 propose on=root op=a", "byz 0 propose on=a op=b", "byz 0 propose on=b op=c", "byz 0 PREPARE at=c", "run", "submit 1 d",
		"run in=600ms who=1,2,3 view=1", "run", "expect 1 tip=3!", "unmute", "run in=1s who=1,2,3 decided=4")
	require.EqualValues(t, 1, s.hosts[1].core.Status().View)
}

// "an idle cluster proposes a lone request at once", and "all that has queued goes
// into one block (up to its limits)" (spec B4).
func TestBatchesFollowTheLoad(t *testing.T) {
	s := play(t, "new n=4 interval=8 window=1 batch=3", "submit 0 a", "turn 0", "submit 0 b c d e", "run")
	var sizes []int
	for _, r := range s.hosts[2].written(core.RecordBlock) {
		sizes = append(sizes, len(r.Block.Payload.Requests))
	}
	require.Equal(t, []int{1, 3, 1}, sizes)
}
