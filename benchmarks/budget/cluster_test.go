package budget

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/benchmarks/cluster"
)

// callers dials clients of a cluster, each with an operation done.
func callers(t *testing.T, c *cluster.Cluster, n int) []benchmarks.Caller {
	var list []benchmarks.Caller
	for i := range n {
		k, err := c.Dial(t.Context(), i)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, k.Close()) })
		require.NoError(t, k.Do(t.Context(), make([]byte, opSize)))
		list = append(list, k)
	}
	return list
}

// spend has each client do operations, so many under way at a time, and returns what one cost the whole process and its
// replicas.
func spend(t *testing.T, c *cluster.Cluster, clients []benchmarks.Caller, outstanding, each int) map[string]float64 {
	before, mallocs := c.Counters(), allocated()
	var all sync.WaitGroup
	for _, k := range clients {
		for range outstanding {
			all.Go(func() {
				op := make([]byte, opSize)
				for range each {
					if err := k.Do(t.Context(), op); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
	all.Wait()
	n := float64(len(clients) * outstanding * each)
	want := before.Executed + uint64(c.Replicas())*uint64(n)
	require.Eventually(t, func() bool { return c.Counters().Executed >= want }, 10*time.Second, 5*time.Millisecond)
	s := c.Counters().Minus(before)
	return map[string]float64{
		"signed": float64(s.Signed) / n, "verified": float64(s.Verified) / n, "syncs": float64(s.Syncs) / n,
		"log-bytes": float64(s.LogBytes) / n, "wire-bytes": float64(s.WireBytes) / n, "client-bytes": float64(s.ClientBytes) / n,
		"allocations": float64(allocated()-mallocs) / n,
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

// bounds of what an operation costs a cluster of four with logs in files and links in memory. Goroutines decide what
// shares a turn, a write and a sync, so each figure differs from run to run, and there is room above what it is alone.
var bounds = map[string]map[string]float64{
	// One after the other. It varies which votes come in time to matter, and what shares a sync.
	"one": {
		"signed":       8.1,  // 8, and a CHECKPOINT of each replica after 128 blocks
		"verified":     24.2, // 18: a vote that comes when its quorum is there is not looked at, but all may come before that
		"syncs":        8.8,  // 7.7: at most 2 at each replica, as PREPARE and COMMIT each rest on one
		"log-bytes":    10_500,
		"wire-bytes":   4_500, // 4,060: a vote is sent again if the loop stood still for long
		"client-bytes": 700,
		"allocations":  720, // 690, all goroutines of replicas and client included
	},
	// Many at a time: what a block holds is chance, and what is allocated for each block is divided by that.
	"many": {
		"wire-bytes":   1_200, // 1,080, of which 920 are bodies
		"client-bytes": 680,
		"allocations":  50, // 38
	},
}

// Three tries, since a machine that is busy with something else for a quarter of a second makes clients ask again.
func TestClusterBounds(t *testing.T) {
	c, err := cluster.Start(t.Context(), cluster.Config{Link: "memory", Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	clients := callers(t, c, 4)
	for name, run := range map[string]func() map[string]float64{
		"one":  func() map[string]float64 { return spend(t, c, clients[:1], 1, interval) },
		"many": func() map[string]float64 { return spend(t, c, clients, 16, 16) },
	} {
		var over []string
		for range 3 {
			if over = above(bounds[name], run()); len(over) == 0 {
				break
			}
		}
		require.Empty(t, over, name)
	}
}

func above(most, is map[string]float64) (list []string) {
	for measure, limit := range most {
		if is[measure] > limit && !(raced && measure == "allocations") {
			list = append(list, fmt.Sprintf("%s: %.2f, and %.2f allowed", measure, is[measure], limit))
		}
	}
	return list
}
