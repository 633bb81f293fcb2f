package cluster_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/benchmarks/cluster"
)

// The test binary is the program of a replica, too.
func TestMain(m *testing.M) {
	if slices.Equal(os.Args[1:], []string{"bench", "replica"}) {
		if err := cluster.Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func start(t *testing.T, cfg cluster.Config) *cluster.Cluster {
	t.Helper()
	cfg.Dir = t.TempDir()
	c, err := cluster.Start(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func run(t *testing.T, c *cluster.Cluster, load benchmarks.Load) *benchmarks.Result {
	t.Helper()
	r, err := benchmarks.Run(t.Context(), c, load)
	require.NoError(t, err)
	require.Empty(t, r.Unsafe)
	require.Zero(t, r.Failed, r.FirstError)
	require.Equal(t, r.Submitted, r.Acknowledged)
	require.Positive(t, r.Acknowledged)
	require.Equal(t, r.Acknowledged, r.Ordered)
	return r
}

func TestKinds(t *testing.T) {
	for _, cfg := range []cluster.Config{
		{}, {Signed: true, Link: "tcp"}, {Link: "memory", Log: "memory", Replicas: 7}, {Class: "A", Procs: 1}, {Log: "recent"}, {Log: "recent", Interval: 64},
	} {
		t.Run(fmt.Sprintf("%+v", cfg), func(t *testing.T) {
			t.Parallel()
			c := start(t, cfg)
			r := run(t, c, benchmarks.Load{Clients: 3, Outstanding: 4, Payload: 100, For: 300 * time.Millisecond})
			s, n := c.Counters(), uint64(c.Replicas())
			require.Positive(t, s.Signed)
			require.Positive(t, s.Blocks)
			require.GreaterOrEqual(t, s.Executed, r.Acknowledged, "by one replica at least, and as a rule by all")
			require.GreaterOrEqual(t, s.WireBytes, (n-1)*100*r.Acknowledged, "a body goes to all others")
			require.Equal(t, cfg.Log != "", s.Syncs == 0)
			require.Equal(t, cfg.Log != "", s.LogBytes == 0)
			require.Equal(t, cfg.Class == "A", s.CPU > 0)
			if runtime.GOOS == "linux" {
				require.Equal(t, cfg.Class == "A", c.Memory().Resident > 0)
			}
			require.False(t, strings.ContainsAny(r.System, " \t"))
		})
	}
}

func TestPrimaryDiesAndComesBack(t *testing.T) {
	for _, cfg := range []cluster.Config{{Class: "A"}, {Link: "memory", Log: "memory"}} {
		t.Run(cfg.Class, func(t *testing.T) {
			t.Parallel()
			c := start(t, cfg)
			k, err := c.Dial(t.Context(), 0)
			require.NoError(t, err)
			require.NoError(t, k.Do(t.Context(), []byte("before")))
			signed := c.Counters().Signed
			require.NoError(t, c.Kill(0))
			require.GreaterOrEqual(t, c.Counters().Signed, signed, "what the dead one spent is not forgotten")
			require.NoError(t, k.Do(t.Context(), []byte("without")))
			require.Positive(t, c.View())
			require.NotZero(t, c.Primary())
			require.NoError(t, c.Start(0))
			require.NoError(t, c.Check(t.Context(), 2, 2), "it catches up")
			require.NoError(t, k.Close())
		})
	}
}

func TestStoppedProcess(t *testing.T) {
	t.Parallel()
	c := start(t, cluster.Config{Class: "A"})
	k, err := c.Dial(t.Context(), 0)
	require.NoError(t, err)
	require.NoError(t, c.Pause(0))
	require.NoError(t, k.Do(t.Context(), []byte("without the primary")))
	require.NotZero(t, c.Primary())
	require.NoError(t, c.Resume(0))
	require.NoError(t, c.Check(t.Context(), 1, 1))
	require.NoError(t, k.Close())
}

// The check can fail: here for operations that nobody submitted, and for those that were not executed.
func TestCheck(t *testing.T) {
	t.Parallel()
	c := start(t, cluster.Config{Link: "memory", Log: "memory"})
	r := run(t, c, benchmarks.Load{Clients: 1, Outstanding: 1, For: 100 * time.Millisecond})
	require.ErrorContains(t, c.Check(t.Context(), 0, r.Submitted-1), "submitted")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	require.ErrorContains(t, c.Check(ctx, r.Acknowledged+1, r.Submitted+1), "do not come to one state")
}

func TestConfig(t *testing.T) {
	for _, cfg := range []cluster.Config{
		{Replicas: 3}, {Class: "C"}, {Link: "udp"}, {Log: "tape"}, {Class: "A", Link: "memory"}, {Quota: 1}, {Class: "A", Quota: -1}, {Delay: time.Hour},
		{Interval: -1}, {Interval: cluster.IntervalMax + 1},
	} {
		_, err := cluster.Start(t.Context(), cfg)
		require.ErrorIs(t, err, cluster.ErrConfig, "%+v", cfg)
	}
}
