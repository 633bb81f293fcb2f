package core_test

import (
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
