package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"
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
