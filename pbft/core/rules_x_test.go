package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// "Duplicates ... are decided at execution and never by voters" (spec N1, X1): a
// primary that orders a request twice is followed, and the table executes it once.
func TestDuplicateIsVotedForAndExecutedOnce(t *testing.T) {
	s := play(t, "new n=4 byz=0", "byz 0 propose on=root op=a", "byz 0 propose on=a op=a", "byz 0 propose on=a' op=a", "byz 0 PREPARE at=a''", "run",
		"expect 1,2,3 executed=3 view=0!")
	require.Equal(t, 1, s.hosts[1].table.Len())
}

// "Duplicates, expired sessions and refusals by the application are decided at execution
// and never by voters, whose states differ" (spec N1): they have executed a when it is
// proposed again.
func TestDuplicateOfAnExecutedRequestIsVotedFor(t *testing.T) {
	play(t, "new n=4 byz=0", "byz 0 propose on=root op=a", "byz 0 PREPARE at=a", "run", "expect 1,2,3 executed=1", "byz 0 propose on=a op=a",
		"byz 0 PREPARE at=a'", "run", "expect 1,2,3 executed=2 view=0!")
}

// A request whose outcome is known is left to the executor to answer (spec X1).
func TestKnownOutcomeIsAnswered(t *testing.T) {
	s := play(t, "new n=4", "submit 0 a", "run")
	h := s.hosts[1]
	h.submit("a")
	require.Len(t, h.core.Output().Answer, 1, "executed")
	s.operate(1, "b", message.SessionID{Seq: 1}, 1)
	require.Len(t, h.core.Output().Answer, 1, "not the session's key: expired")
	s.operate(1, "a", message.SessionID{Seq: 1}, 1)
	require.Empty(t, h.core.Output().Answer, "to be executed")
	require.Equal(t, 1, h.core.Status().Pending)
}

// "Requests of an unknown or evicted session are answered 'session expired' and never
// executed from then on" (spec X1): one that lags does not know which are unknown, within
// its window or beyond it.
func TestLaggingReplicaCallsNoSessionExpired(t *testing.T) {
	s := play(t, "new n=4 interval=2", "submit 0 a", "run")
	for _, seq := range []message.Seq{2, 3, 5, 1000} {
		s.operate(1, "b", message.SessionID{Seq: seq}, 1)
		require.Empty(t, s.hosts[1].core.Output().Answer, "session of block %d", seq)
	}
}

// "A replica holds one pending opening per key" (spec X1).
func TestOnePendingOpeningPerKey(t *testing.T) {
	s := play(t, "new n=4", "mute 1->*", "submit 1 a")
	s.hosts[1].submit("a2")
	o := s.hosts[1].core.Output()
	require.Len(t, o.Busy, 1)
	require.Equal(t, 1, s.hosts[1].core.Status().Pending)
}

// "in any order within a window" (spec X1): numbers of one session that come crosswise,
// at different replicas, are all executed, each once.
func TestNumbersInAnyOrder(t *testing.T) {
	s := play(t, "new n=4 interval=16", "submit 0 a", "run")
	for i, number := range []uint64{3, 1, 4, 2, 3, 1} {
		s.operate(i%4, "a", message.SessionID{Seq: 1}, number)
	}
	s.play(t, "run", "run in=1s", "expect all pending=0! view=0!")
	for _, h := range s.hosts {
		for number := range uint64(4) {
			require.True(t, h.table.Executed(message.SessionID{Seq: 1}, number+1))
		}
		require.Equal(t, s.hosts[0].state, h.state)
	}
	require.LessOrEqual(t, len(s.hosts[0].written(core.RecordBlock)), 7)
}
