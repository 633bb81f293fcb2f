package cometbft

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// start runs four nodes for a test.
func start(t *testing.T, settings Settings) (context.Context, *System) {
	t.Helper()
	if testing.Short() {
		t.Skip("a network takes 10 s to start")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	s, err := Start(ctx, settings, 4, t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return ctx, s
}

// do submits n operations by four clients at once.
func do(ctx context.Context, t *testing.T, s *System, n int, format string) {
	t.Helper()
	var wg sync.WaitGroup
	errs := make(chan error, n)
	for i := range 4 {
		c, err := s.Dial(ctx, i)
		require.NoError(t, err)
		for j := range n / 4 {
			wg.Go(func() { errs <- c.Do(ctx, fmt.Appendf(nil, format, i, j)) })
		}
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
}

const long, short = "operation %10d %10d", "x"

// With and without gossip each node's clients get on, after a node was killed, too; short operations may be the same.
func TestCommits(t *testing.T) {
	for _, settings := range []Settings{
		{Name: "gossip", Tuned: true},
		{Name: "nogossip", Tuned: true, NoGossip: true},
	} {
		t.Run(settings.Name, func(t *testing.T) {
			t.Parallel()
			ctx, s := start(t, settings)
			do(ctx, t, s, 100, long)
			require.NoError(t, s.Check(ctx, 100, 100))
			require.Error(t, s.Check(ctx, 1, 99))
			c := s.Counters()
			require.EqualValues(t, 400, c.Executed)
			require.GreaterOrEqual(t, c.Signed, 4*2*c.Blocks/4, "two votes of each node for each block with operations")
			require.Greater(t, c.WireBytes, uint64(3*100*len(long)))
			require.NoError(t, s.Kill((s.Primary()+1)%4))
			do(ctx, t, s, 40, long+"b")
			require.NoError(t, s.Check(ctx, 140, 140))
			require.Len(t, s.running(), 3)
		})
	}
}

func TestShortOperations(t *testing.T) {
	a, b := &caller{index: 1}, &caller{index: 2}
	seen := make(map[string]bool)
	for range 10 {
		for _, c := range []*caller{a, b} {
			tx := string(c.transaction([]byte(short)))
			require.False(t, seen[tx])
			seen[tx] = true
		}
	}
	op := []byte("sixteen bytes or more")
	tx := a.transaction(op)
	require.Equal(t, op, []byte(tx))
	op[0]++
	require.NotEqual(t, op, []byte(tx), "an operation is its caller's again when Do returns")
}

func TestStopEndsWaits(t *testing.T) {
	a := newApp(false)
	before := a.wait("one")
	a.stop(errStopped)
	for _, heard := range []<-chan error{before, a.wait("two")} {
		require.Len(t, heard, 1)
		require.ErrorIs(t, <-heard, errStopped)
	}
}
