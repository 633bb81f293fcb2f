package core_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

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
		require.LessOrEqual(t, h.core.Held().Nodes, 4*4+8+8)
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
		require.LessOrEqual(t, h.core.Held().Nodes, 2*4+4*4)
	}
}
