package client_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/client"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// elapsed runs f and returns how long it took.
func elapsed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

func do(t testing.TB, cl *client.Client, op string) uint64 {
	result, err := cl.Do(within(t, time.Minute), []byte(op))
	require.NoError(t, err)
	return place(t, op, result)
}

// A request that is lost is sent to all after a pause, and the next one goes to another replica first.
func TestLostRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		c.do(func() { c.nodes[0].deaf = func(*message.Request) bool { return true } })
		d := elapsed(func() { require.EqualValues(t, 2, do(t, cl, "op")) })
		require.InDelta(t, client.DefaultRetryMin, d, float64(client.DefaultRetryMin/4))
		require.EqualValues(t, 11, cl.Status().Target)
		require.Zero(t, elapsed(func() { do(t, cl, "op") }))
	})
}

// Replies that are lost are asked for again; the operation is executed once.
func TestLostReplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		c.do(func() {
			for _, n := range c.nodes {
				lost := 0
				n.says = func(r message.Reply) []message.Reply {
					if lost++; lost <= 2 {
						return nil
					}
					return []message.Reply{r}
				}
			}
		})
		require.EqualValues(t, 2, do(t, cl, "op"))
		require.EqualValues(t, 2, c.executed())
	})
}

// Without a link to the first replica the next one is asked, at once.
func TestPrimaryDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		c.nodes[0].kill()
		time.AfterFunc(time.Second, func() { c.release(1) })
		require.Equal(t, time.Second, elapsed(func() { do(t, cl, "op") }))
		require.NotEqual(t, c.nodes[0].id, cl.Status().Target)
		require.Zero(t, elapsed(func() { do(t, cl, "op") }))
	})
}

// Once a link is found to be down, all are asked for what went over it, without waiting for the retry.
func TestWhatThePrimaryTookAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t, alone)
		opened(t, c, cl)
		c.do(func() { c.hold = true })
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { do(t, cl, "op") })
		}
		synctest.Wait()
		c.nodes[0].kill()
		wg.Go(func() { do(t, cl, "one more") })
		synctest.Wait()
		for i := 2; i < 4; i++ {
			requests, _ := c.received(i)
			require.Len(t, requests, 3)
		}
		c.release(1)
		wg.Wait()
	})
}

// A link that comes back brings what was lost on it, without waiting for the retry (spec S2).
func TestReconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		c.do(func() { c.nodes[0].deaf = func(*message.Request) bool { return true } })
		time.AfterFunc(time.Millisecond, func() {
			c.do(func() { c.nodes[0].deaf = nil })
			c.net.Cut(c.nodes[0].key(), ring.Signer(1000).Public())
			c.net.Heal(c.nodes[0].key(), ring.Signer(1000).Public())
		})
		require.Equal(t, time.Millisecond, elapsed(func() { do(t, cl, "op") }))
	})
}

// While no link is up nothing leaves, so that a context that ends leaves no doubt; and the first link to
// come up is used.
func TestNoLinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		me := ring.Signer(1000).Public()
		for _, n := range c.nodes {
			c.net.Cut(n.key(), me)
		}
		for _, timeout := range []time.Duration{0, time.Millisecond, time.Second} {
			_, err := cl.Do(within(t, timeout), []byte("never"))
			require.Equal(t, context.DeadlineExceeded, err)
		}
		time.AfterFunc(10*time.Millisecond, func() {
			for _, n := range c.nodes {
				c.net.Heal(n.key(), me)
			}
		})
		d := elapsed(func() { require.EqualValues(t, 2, do(t, cl, "op"), "what was withdrawn was not executed") })
		require.Equal(t, 10*time.Millisecond, d)
	})
}
