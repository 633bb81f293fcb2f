package pbft_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Votes are cumulative: with one request in a block, a window of 64 and at least 64
// operations outstanding, a replica signs fewer votes than blocks are decided
// (spec N2, N4). One signature for each phase of each block would be two.
func TestFewerSignaturesThanBlocks(t *testing.T) {
	c := newCluster(t, 4, func(cfg *pbft.Config) {
		cfg.BlockRequests, cfg.Window = 1, 64
	})
	c.genesis.Interval = 128
	c.startAll()
	c.load(0, 1) // opens the session
	before := c.reps[0].Status()
	const workers, each = 128, 20
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for k := range each {
				if _, err := c.reps[0].Submit(context.Background(), fmt.Appendf(nil, "%d.%d", w, k)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	c.settle()
	blocks := c.reps[0].Status().Decided.Seq - before.Decided.Seq
	require.GreaterOrEqual(t, blocks, message.Seq(workers*each), "one request in a block")
	for i, r := range c.reps {
		require.GreaterOrEqual(t, r.Status().Checked, uint64(workers*each), "replica %d: each operation is signed", i)
		s := r.Status().Stats
		perBlock := float64(s.Prepares+s.Commits) / float64(blocks)
		t.Logf("replica %d: %.3f signatures for each of %d blocks", i, perBlock, blocks)
		require.Less(t, perBlock, 1.0, "replica %d", i)
	}
}

// Requests that are there at one time share a block, even if the first of them is
// enough to wake the loop.
func TestRequestsOfOneTimeShareABlock(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // else the loop may run beside the submitters
	c := newCluster(t, 4, nil)
	c.genesis.Interval, c.genesis.Signed = 128, false
	c.startAll()
	c.load(0, 1) // opens the session
	before := c.reps[0].Status().Decided.Seq
	const requests = 256
	c.load(0, requests)
	c.settle()
	require.LessOrEqual(t, c.reps[0].Status().Decided.Seq-before, message.Seq(requests/32))
}
