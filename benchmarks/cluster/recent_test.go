package cluster

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/storage"
)

// However long it is written to, a recent log has at least so many of the newest blocks, and not many more.
func TestRecentLog(t *testing.T) {
	const interval, recentBlocks = 16, recentIntervals * 16
	l := newRecent(interval)
	require.NoError(t, l.Write([]storage.Record{{Slot: 1, Data: []byte("state")}}))
	for i := range uint64(10 * recentBlocks) {
		require.NoError(t, l.Write([]storage.Record{{Index: i + 1, Data: []byte{byte(i)}}}))
		require.NoError(t, l.Sync())
		first := max(l.First(), 1)
		require.LessOrEqual(t, first, max(1, i+2-min(i+1, recentBlocks)))
		require.LessOrEqual(t, i+1-first, uint64(recentBlocks+interval))
	}
	require.Equal(t, "state", string(l.State(1)))
}
