package client_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/client"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

func four(t testing.TB) *cluster { return newCluster(t, session.Config{}, 1, 1, 1, 1) }

func TestDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		for i := range uint64(10) {
			result, err := cl.Do(t.Context(), []byte("op"))
			require.NoError(t, err)
			require.Equal(t, i+1, place(t, "op", result))
		}
		synctest.Wait()
		s := cl.Status()
		require.Equal(t, client.Stats{Sent: 11, Done: 10, Sessions: 1}, s.Stats)
		require.Equal(t, message.SessionID{Seq: 1}, s.Session)
		for i := range c.nodes {
			requests, _ := c.received(i)
			require.Len(t, requests, map[bool]int{true: 11}[i == 0], "without a fault, one replica is asked")
		}
		for i, r := range s.Replicas {
			require.EqualValues(t, 10+i, r.ID)
			require.EqualValues(t, 11, r.Counted+r.Unasked)
			require.Zero(t, r.Disagreed+r.Malformed)
		}
	})
}

// What queues up while the sender is at work travels in one message, and every operation is executed
// exactly once.
func TestPipeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const operations = 2000
		c := four(t)
		cl := c.client(t, func(cfg *client.Config) { cfg.Window = 128 })
		seen := make([]bool, operations+1)
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i := range operations {
			wg.Go(func() {
				op := fmt.Sprint("op", i)
				result, err := cl.Do(t.Context(), []byte(op))
				mu.Lock()
				defer mu.Unlock()
				if err != nil || seen[place(t, op, result)] {
					t.Errorf("%s: %q %v", op, result, err)
				}
				seen[place(t, op, result)] = true
			})
		}
		wg.Wait()
		require.EqualValues(t, operations, c.executed())
		_, frames := c.received(0)
		require.Less(t, len(frames), operations/4, "messages are coalesced")
	})
}

// Calls that are made at one time share a message, even if the first of them is enough to wake the sender.
func TestCallsOfOneTimeShareAMessage(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // else the sender may run beside the callers
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		const calls = 256
		var wg sync.WaitGroup
		for range calls {
			wg.Go(func() { do(t, cl, "op") })
		}
		wg.Wait()
		_, frames := c.received(0)
		require.LessOrEqual(t, len(frames), calls/8, "one call each would be %d; the race detector shuffles who runs", calls)
	})
}
