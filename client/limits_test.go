package client_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/client"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
	"github.com/twothirds-bft/twothirds/transport"
)

// A session that was evicted ends the operations sent in it; later ones go on in a new one. The cluster
// here has room for one session.
func TestEvictedSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, session.Config{Sessions: 1}, 1, 1, 1, 1)
		cl := c.client(t)
		opened(t, c, cl)
		other := c.client(t, func(cfg *client.Config) { *cfg = c.config(1001) })
		opened(t, c, other)
		time.Sleep(time.Minute)

		_, err := cl.Do(t.Context(), []byte("op"))
		require.ErrorIs(t, err, client.ErrSessionExpired)
		var e *client.UnknownOutcomeError
		require.ErrorAs(t, err, &e)
		_, err = cl.Resolve(t.Context(), e)
		require.ErrorIs(t, err, client.ErrSessionExpired)
		require.EqualValues(t, 2, c.executed())
		require.EqualValues(t, 3, do(t, cl, "op"))
		require.EqualValues(t, 2, cl.Status().Stats.Sessions)
	})
}

// A client that was restarted with the same key takes over, even if the clock that makes its nonces went
// back by an hour (spec X1).
func TestClockWentBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		nonce := uint64(time.Now().UnixNano())
		for range 3 {
			cl := c.client(t, func(cfg *client.Config) { cfg.Nonce = nonce })
			require.Zero(t, elapsed(func() { do(t, cl, "op") }))
			require.NoError(t, cl.Close())
			nonce -= uint64(time.Hour)
		}
		require.EqualValues(t, 3, c.executed())
	})
}

// A cluster without room pushes back: the operation waits, and its context's end says why (spec D1).
func TestOverloaded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		c.do(func() {
			for _, n := range c.nodes {
				n.deaf = func(r *message.Request) bool {
					n.send(r.Client, message.Reply{
						Replica: n.id, Request: r.Digest(n.door.Cluster()), Code: message.ReplyBusy, Session: r.Session, Number: r.Number,
					})
					return true
				}
			}
		})
		e := unknown(t, cl, 10*time.Second, "op")
		require.ErrorIs(t, e, client.ErrOverloaded)
		requests, _ := c.received(3)
		require.LessOrEqual(t, len(requests), 7, "the pauses double")
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

// A target without room is asked again, and nobody else: the others would hold against it what it had to
// turn away (spec T1). It loses no trust for it.
func TestBusyTargetIsAskedAlone(t *testing.T) {
	for _, row := range []struct{ busy, others int }{{0, 0}, {1, 0}, {3, 0}, {4, 1}} {
		synctest.Test(t, func(t *testing.T) {
			c := four(t)
			cl := c.client(t)
			opened(t, c, cl)
			left := row.busy
			c.do(func() {
				c.nodes[0].deaf = func(r *message.Request) bool {
					if left--; left < 0 {
						return false
					}
					c.nodes[0].send(r.Client, message.Reply{
						Replica: c.nodes[0].id, Request: r.Digest(c.door.Cluster()), Code: message.ReplyBusy, Session: r.Session, Number: r.Number,
					})
					return true
				}
			})
			require.EqualValues(t, 2, do(t, cl, "op"))
			synctest.Wait()
			for i := 1; i < 4; i++ {
				requests, _ := c.received(i)
				require.Len(t, requests, row.others, "busy %d times", row.busy)
			}
			require.Equal(t, row.others == 0, cl.Status().Target == c.nodes[0].id)
		})
	}
}

// A window that is larger than the cluster's is an error with a certain outcome.
func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, session.Config{Window: 64}, 1, 1, 1, 1)
		cl := c.client(t, alone)
		opened(t, c, cl)
		c.do(func() { c.nodes[0].deaf = func(r *message.Request) bool { return r.Number == 2 } }) // holds the base
		var wg sync.WaitGroup
		refused := make(chan error, 100)
		for range 70 {
			wg.Go(func() {
				if _, err := cl.Do(t.Context(), []byte("op")); err != nil {
					refused <- err
				}
			})
		}
		wg.Wait()
		require.Len(t, refused, 6)
		for range 6 {
			err := <-refused
			require.ErrorIs(t, err, client.ErrRefused)
			require.NotErrorAs(t, err, new(*client.UnknownOutcomeError))
		}
		require.EqualValues(t, 1+64, c.executed())
	})
}

// Who waits for room in the window has sent nothing.
func TestWindowFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t, alone, func(cfg *client.Config) { cfg.Window = 2 })
		opened(t, c, cl)
		c.do(func() { c.hold = true })
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { do(t, cl, "op") })
		}
		synctest.Wait()
		_, err := cl.Do(within(t, time.Second), []byte("never"))
		require.Equal(t, context.DeadlineExceeded, err)
		require.Equal(t, 2, cl.Status().Outstanding)
		c.release(0)
		wg.Wait()
		require.EqualValues(t, 4, do(t, cl, "op"))
	})
}

// Close ends everything, and tells what may have left from what has not.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t, func(cfg *client.Config) { cfg.Window = 1 })
		opened(t, c, cl)
		c.do(func() { c.hold = true })
		errs := make(chan error, 2)
		for range 2 {
			go func() { _, err := cl.Do(t.Context(), []byte("op")); errs <- err }()
			synctest.Wait()
		}
		for range 2 {
			require.NoError(t, cl.Close())
		}
		var e *client.UnknownOutcomeError
		known := 0
		for range 2 {
			err := <-errs
			require.ErrorIs(t, err, client.ErrClosed)
			if !errors.As(err, &e) {
				known++
			}
		}
		require.Equal(t, 1, known, "one had been sent, one had not")
		_, err := cl.Resolve(t.Context(), e)
		require.ErrorIs(t, err, client.ErrClosed)
		_, err = cl.Do(t.Context(), []byte("op"))
		require.Equal(t, client.ErrClosed, err)
	})
}

func TestTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		do(t, cl, string(make([]byte, client.DefaultOpBytesMax)))
		_, err := cl.Do(t.Context(), make([]byte, client.DefaultOpBytesMax+1))
		require.ErrorIs(t, err, client.ErrTooLarge)
		do(t, cl, "")
	})
}

// Where the cluster does not authenticate clients nothing is signed (spec X6).
func TestUnsigned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		c.genesis.Signed = false
		c.identify(ring.Verifier())
		cl := c.client(t)
		do(t, cl, "op")
		requests, _ := c.received(0)
		require.Nil(t, requests[0].Sig)
	})
}

// Many large operations are cut into frames that the replicas take.
func TestFrames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t)
		opened(t, c, cl)
		var wg sync.WaitGroup
		for range 12 { // whose replies fit into a client's queue
			wg.Go(func() { do(t, cl, string(make([]byte, client.DefaultOpBytesMax))) })
		}
		wg.Wait()
		_, frames := c.received(0)
		for _, n := range frames {
			require.LessOrEqual(t, n, 3)
		}
		require.Zero(t, cl.Status().Stats.Retransmitted)
	})
}

func TestConfig(t *testing.T) {
	c := four(t)
	for name, alter := range map[string]func(*client.Config){
		"no members":     func(cfg *client.Config) { cfg.Genesis.Members = nil },
		"no key":         func(cfg *client.Config) { cfg.Key = nil },
		"no connect":     func(cfg *client.Config) { cfg.Connect = nil },
		"a member's key": func(cfg *client.Config) { cfg.Key = ring.Signer(2) },
		"window":         func(cfg *client.Config) { cfg.Window = client.WindowMax + 1 },
		"no window":      func(cfg *client.Config) { cfg.Window = -1 },
		"op":             func(cfg *client.Config) { cfg.OpBytesMax = client.DefaultFrameBytesMax },
		"no op":          func(cfg *client.Config) { cfg.OpBytesMax = -1 },
		"frame":          func(cfg *client.Config) { cfg.FrameBytesMax = 5 << 20 },
		"no pause":       func(cfg *client.Config) { cfg.RetryMin = -1 },
		"pauses":         func(cfg *client.Config) { cfg.RetryMin, cfg.RetryMax = time.Second, time.Millisecond },
	} {
		cfg := c.config(1000)
		alter(&cfg)
		require.ErrorIs(t, cfg.Validate(), client.ErrConfig, name)
		_, err := client.New(cfg)
		require.ErrorIs(t, err, client.ErrConfig, name)
	}
	cfg := c.config(1000)
	cfg.RetryMin = time.Minute
	require.NoError(t, cfg.Validate(), "RetryMax follows")
	broken := errors.New("no network")
	cfg.Connect = func(transport.Handler, func(transport.Peer)) (client.Endpoint, error) { return nil, broken }
	_, err := client.New(cfg)
	require.ErrorIs(t, err, broken)
}
