package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"

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
