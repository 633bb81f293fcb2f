package etcd

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/raft/v3"

	"github.com/twothirds-bft/twothirds/storage/wal"
)

func start(t *testing.T) (context.Context, *System, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	dir := t.TempDir()
	s, err := Start(ctx, 4, dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return ctx, s, dir
}

// do submits n operations by four clients at once.
func do(ctx context.Context, t *testing.T, s *System, n, bytes int) {
	t.Helper()
	var wg sync.WaitGroup
	errs := make(chan error, n)
	for i := range 4 {
		c, err := s.Dial(ctx, i)
		require.NoError(t, err)
		for j := range n / 4 {
			wg.Go(func() { errs <- c.Do(ctx, fmt.Appendf(make([]byte, bytes), "%d %d", i, j)) })
		}
		t.Cleanup(func() { require.NoError(t, c.Close()) })
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
}

func TestCommits(t *testing.T) {
	ctx, s, dir := start(t)
	do(ctx, t, s, 100, 256)
	require.NoError(t, s.Check(ctx, 100, 100))
	require.Error(t, s.Check(ctx, 1, 99))
	c := s.Counters()
	require.EqualValues(t, 400, c.Executed)
	require.GreaterOrEqual(t, c.Syncs, uint64(4))
	require.Greater(t, c.LogBytes, uint64(4*100*256))
	require.Greater(t, c.WireBytes, uint64(3*100*256))
	require.Less(t, c.WireBytes, uint64(4*100*256), "each byte once, without those of clients")
	require.NoError(t, s.Kill(2))
	do(ctx, t, s, 40, 256)
	require.NoError(t, s.Check(ctx, 140, 140))
	require.NoError(t, s.Close())
	require.Equal(t, 140, stored(t, dir+"/node1"), "operations in a follower's log")
	require.Equal(t, 100, stored(t, dir+"/node2"), "operations in the log of the follower that was killed")
}

// stored counts the operations in a node's log.
func stored(t *testing.T, dir string) (n int) {
	t.Helper()
	log, err := wal.Open(dir, wal.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, log.Close()) }()
	require.NotEmpty(t, log.State(stateSlot))
	for index := log.First(); index <= log.Last(); index++ {
		found, err := log.Entries(index)
		require.NoError(t, err)
		for _, b := range found {
			for len(b) > 0 {
				var header [4]uint64 // index, term, type, length
				for i := range header {
					v, size := binary.Uvarint(b)
					header[i], b = v, b[size:]
				}
				b = b[header[3]:]
				if header[3] > 0 {
					n++
				}
			}
		}
	}
	return n
}

// Entries that every follower has are let go of, and those that one lacks are not.
func TestCompaction(t *testing.T) {
	ctx, s, _ := start(t)
	for range 4 {
		do(ctx, t, s, compactEntries, 16)
	}
	require.NoError(t, s.Check(ctx, 4*compactEntries, 4*compactEntries))
	for _, n := range s.nodes {
		first, err := n.memory.FirstIndex()
		require.NoError(t, err)
		require.Greater(t, first, uint64(compactEntries))
	}
}

func TestNoSnapshots(t *testing.T) {
	_, err := memory{raft.NewMemoryStorage()}.Snapshot()
	require.ErrorIs(t, err, raft.ErrSnapshotTemporarilyUnavailable)
}
