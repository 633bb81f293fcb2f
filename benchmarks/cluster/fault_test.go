package cluster_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/benchmarks/cluster"
)

// Whatever fails, what clients saw is right, and all that they asked for is done in the end. All schedules are played at
// one time, since they mostly wait.
func TestFaults(t *testing.T) {
	t.Parallel()
	faults := benchmarks.Faults()
	results, errs := make([]*benchmarks.Result, len(faults)), make([]error, len(faults))
	var wg sync.WaitGroup
	for i, f := range faults {
		wg.Go(func() { results[i], errs[i] = play(t, f.Name) })
	}
	wg.Wait()
	for i, r := range results {
		require.NoError(t, errs[i], faults[i].Name)
		require.Empty(t, r.Unsafe, faults[i].Name)
		require.Zero(t, r.Failed, "%s: %s", faults[i].Name, r.FirstError)
		require.Equal(t, r.Submitted, r.Ordered, faults[i].Name)
		require.NotEmpty(t, r.Fault.Replicas, faults[i].Name)
	}
}

func play(t *testing.T, fault string) (*benchmarks.Result, error) {
	cfg := cluster.Config{Dir: t.TempDir(), Link: "memory", Log: "memory"}
	switch fault {
	case "two-primaries", "turn-again":
		cfg.Replicas = 7
	case "stalled-disk":
		cfg.Log = "wal"
	}
	c, err := cluster.Start(t.Context(), cfg)
	if err != nil {
		return nil, err
	}
	r, err := benchmarks.Run(t.Context(), c, benchmarks.Load{
		Clients: 2, Outstanding: 2, Payload: 16, Rate: 100, For: 1500 * time.Millisecond, Drain: time.Minute, Fault: fault,
	})
	return r, errors.Join(err, c.Close())
}

// A replica in a process of its own fails likewise when it is told to.
func TestProcessFails(t *testing.T) {
	t.Parallel()
	c := start(t, cluster.Config{Class: "A"})
	k, err := c.Dial(t.Context(), 0)
	require.NoError(t, err)
	require.NoError(t, c.Fail(0, benchmarks.Isolation))
	require.NoError(t, k.Do(t.Context(), []byte("without the primary")))
	require.NotZero(t, c.Primary())
	require.NoError(t, c.Heal(0))
	require.NoError(t, c.Check(t.Context(), 1, 1), "it catches up")
	require.NoError(t, k.Close())
}

func TestFailuresThatCannotBe(t *testing.T) {
	t.Parallel()
	c := start(t, cluster.Config{Link: "memory", Log: "memory"})
	require.ErrorIs(t, c.Fail(0, benchmarks.StalledDisk), errors.ErrUnsupported)
	require.ErrorIs(t, c.Fail(0, "rust"), errors.ErrUnsupported)
	require.NoError(t, c.Heal(0), "nothing to heal")
	require.NoError(t, c.Kill(0))
	require.Error(t, c.Fail(0, benchmarks.Loss), "it does not run")
}
