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
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// unknown runs Do until ctx ends with an unknown outcome.
func unknown(t testing.TB, cl *client.Client, timeout time.Duration, op string) *client.UnknownOutcomeError {
	_, err := cl.Do(within(t, timeout), []byte(op))
	var e *client.UnknownOutcomeError
	require.ErrorAs(t, err, &e)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	return e
}

// "An operation that timed out or whose context was cancelled has an unknown outcome, a type of its own,
// and Resolve later tells the truth about it" (spec X5): the operation was executed.
func TestResolveExecuted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		c.do(func() { c.mute(true) })
		e := unknown(t, cl, 10*time.Millisecond, "op")
		require.EqualValues(t, 2, c.executed())
		require.EqualValues(t, 2, e.Number)
		require.Contains(t, e.Error(), "unknown outcome of operation 2 of session 1.0")
		_, err := cl.Resolve(within(t, time.Millisecond), e)
		var again *client.UnknownOutcomeError
		require.ErrorAs(t, err, &again)
		require.Equal(t, e.Digest, again.Digest)
		require.Equal(t, 1, cl.Status().Abandoned)

		c.do(func() { c.mute(false) })
		time.Sleep(client.DefaultRetryMin / 2) // nothing is sent more often than that
		for range 2 {
			result, err := cl.Resolve(within(t, time.Minute), again)
			require.NoError(t, err)
			require.EqualValues(t, 2, place(t, "op", result))
		}
		require.EqualValues(t, 2, c.executed())
		require.Zero(t, cl.Status().Outstanding)
	})
}

// The same, of an operation that had not been executed: it is now, and not before.
func TestResolveNotExecutedYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		c.do(func() {
			for _, n := range c.nodes {
				n.deaf = func(*message.Request) bool { return true }
			}
		})
		e := unknown(t, cl, time.Second, "op")
		require.EqualValues(t, 1, c.executed())
		c.do(func() {
			for _, n := range c.nodes {
				n.deaf = nil
			}
		})
		result, err := cl.Resolve(within(t, time.Minute), e)
		require.NoError(t, err)
		require.EqualValues(t, 2, place(t, "op", result))
	})
}

// Several may ask, and each is told the same.
func TestResolveTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		c.do(func() { c.hold = true })
		e := unknown(t, cl, time.Second, "op")
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				result, err := cl.Resolve(within(t, time.Minute), e)
				if err != nil || place(t, "op", result) != 2 {
					t.Errorf("%q %v", result, err)
				}
			})
		}
		time.Sleep(time.Second)
		c.release(0)
		wg.Wait()
	})
}

// Or it was executed so long ago that the cluster, which here caches a single reply, has forgotten what
// came of it.
func TestResolveForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, session.Config{ReplyBytes: session.ReplyOverhead + 20}, 1, 1, 1, 1)
		cl := c.client(t)
		opened(t, c, cl)
		c.do(func() { c.mute(true) })
		e := unknown(t, cl, 10*time.Millisecond, "op")
		c.do(func() { c.mute(false) })
		do(t, cl, "another")
		_, err := cl.Resolve(within(t, time.Minute), e)
		require.ErrorIs(t, err, client.ErrForgotten)
		require.NotErrorAs(t, err, new(*client.UnknownOutcomeError))
		require.EqualValues(t, 3, c.executed())
		require.Zero(t, cl.Status().Outstanding)
	})
}

// What the caller does with op after Do has returned does not matter.
func TestOpIsCopied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		c.do(func() {
			for _, n := range c.nodes {
				n.deaf = func(*message.Request) bool { return true }
			}
		})
		op := []byte("op")
		_, err := cl.Do(within(t, time.Millisecond), op)
		copy(op, "no")
		c.do(func() {
			for _, n := range c.nodes {
				n.deaf = nil
			}
		})
		var e *client.UnknownOutcomeError
		require.ErrorAs(t, err, &e)
		result, err := cl.Resolve(within(t, time.Minute), e)
		require.NoError(t, err)
		require.EqualValues(t, 2, place(t, "op", result))
	})
}

func TestResolveForeign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		for _, e := range []*client.UnknownOutcomeError{nil, {}, {Number: 1}} {
			_, err := cl.Resolve(t.Context(), e)
			require.ErrorIs(t, err, client.ErrForeign)
		}
	})
}
