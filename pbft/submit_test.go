package pbft_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
	"github.com/twothirds-bft/twothirds/transport"
	memnet "github.com/twothirds-bft/twothirds/transport/memory"
)

// Operations that are submitted at the same time share blocks, from the first on,
// when their session is not open yet.
func TestSubmitsShareBlocks(t *testing.T) {
	inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
		c.startAll()
		c.load(1, 900)
		c.settle()
		require.Less(t, c.apps[1].blocks, 100)
	})
}

// A session is used once the core knows of it, too: of operations that come before
// it keeps a few only. Here it learns of the opening together with a block that
// takes long to execute.
func TestSubmitOnceTheCoreKnows(t *testing.T) {
	var deaf atomic.Bool
	inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
		gate := make(chan struct{})
		c.tune = func(cfg *pbft.Config) {
			if cfg.Self != 1 {
				return
			}
			connect := cfg.Connect
			cfg.Connect = func(h transport.Handler, up func(transport.Peer)) (transport.Endpoint, error) {
				return connect(func(from transport.Peer, data []byte) {
					if !deaf.Load() {
						h(from, data)
					}
				}, up)
			}
			cfg.Application = &rogue{from: 2, execute: func(_ *pbft.Block, results [][]byte) [][]byte { <-gate; return results }}
		}
		deaf.Store(true)
		c.startAll()
		var wg sync.WaitGroup
		wg.Go(func() { c.load(1, 400) })
		c.await("the opening to be ordered", func() bool { return c.reps[0].Status().Executed == 1 })
		c.blocks(0, 5)
		deaf.Store(false)
		c.await("the opening to arrive", func() bool { return c.reps[1].Status().Executed == 1 })
		time.Sleep(time.Second)
		close(gate)
		wg.Wait()
		require.Zero(t, c.reps[1].Status().Stats.Drops[core.DropEarly])
	})
}

// An operation whose caller gives up before it is sent is not executed, and the
// error does not claim otherwise; after that its outcome is unknown (spec X5).
func TestSubmitCancelled(t *testing.T) {
	inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
		c.startAll()
		c.submit(2, "12345")
		var unknown *pbft.UnknownOutcomeError

		c.cut(2)
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan error)
		go func() {
			_, err := c.reps[2].Submit(ctx, []byte("12345"))
			got <- err
		}()
		synctest.Wait()
		cancel()
		err := <-got
		require.ErrorAs(t, err, &unknown)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, uint64(2), unknown.Number)
		require.ErrorContains(t, err, "outcome of operation 2 unknown: context canceled")

		c.heal(2)
		c.submit(2, "12345")
		c.await("the abandoned operation", func() bool { sum, _ := c.apps[2].state(); return sum >= 15 })
		c.settle()
		sum, _ := c.apps[2].state()
		require.Equal(t, uint64(15), sum, "executed once")
	})
}

func TestSubmitCancelledBefore(t *testing.T) {
	inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
		c.startAll()
		c.cut(3)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := c.reps[3].Submit(ctx, []byte("no session yet"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		var unknown *pbft.UnknownOutcomeError
		require.NotErrorAs(t, err, &unknown, "nothing was sent")
		c.heal(3)
		c.submit(3, "12345")
		time.Sleep(time.Minute)
		sum, _ := c.apps[3].state()
		require.Equal(t, uint64(5), sum)
	})
}

// A pool that has no room says so, for openings as for operations (spec T1, D1).
func TestSubmitOverloaded(t *testing.T) {
	inBubble(t, 4, func(cfg *pbft.Config) {
		switch cfg.Self {
		case 1:
			cfg.PoolBytes = 1
		case 2:
			cfg.PoolBytes = 300
		}
	}, func(t *testing.T, c *cluster) {
		c.startAll()
		_, err := c.reps[1].Submit(t.Context(), []byte("x"))
		require.ErrorIs(t, err, pbft.ErrOverloaded)

		c.submit(2, "opens the session")
		c.cut(2)
		first := make(chan error)
		go func() {
			_, err := c.reps[2].Submit(t.Context(), make([]byte, 150))
			first <- err
		}()
		synctest.Wait()
		_, err = c.reps[2].Submit(t.Context(), make([]byte, 150))
		require.ErrorIs(t, err, pbft.ErrOverloaded)
		c.heal(2)
		require.NoError(t, <-first)
		c.submit(2, "room again")
		c.settle()
		sum, _ := c.apps[2].state()
		require.Equal(t, uint64(len("opens the session")+150+len("room again")), sum, "what was refused is not executed")
	})
}

// No number is issued that lies a window above one still awaited: all would refuse
// it (spec X1).
func TestSubmitWithinTheWindow(t *testing.T) {
	inBubble(t, 4, func(cfg *pbft.Config) { cfg.Sessions.Window = 64 }, func(t *testing.T, c *cluster) {
		c.startAll()
		c.submit(3, "open")
		c.cut(3)
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				_, err := c.reps[3].Submit(t.Context(), []byte("waits"))
				if err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		_, err := c.reps[3].Submit(t.Context(), []byte("65th"))
		require.ErrorIs(t, err, pbft.ErrOverloaded)
		c.heal(3)
		wg.Wait()
		c.load(3, 60)
	})
}

// picky is an application that refuses some operations before they are ordered.
type picky struct{ counter }

var errUgly = errors.New("ugly")

func (*picky) Admit(op []byte) error {
	if string(op) == "ugly" {
		return errUgly
	}
	return nil
}

func TestSubmitRefused(t *testing.T) {
	inBubble(t, 4, func(cfg *pbft.Config) { cfg.Application = &picky{} }, func(t *testing.T, c *cluster) {
		c.genesis.OpBytes = 100
		c.startAll()
		_, err := c.reps[0].Submit(t.Context(), []byte("ugly"))
		require.ErrorIs(t, err, errUgly)
		_, err = c.reps[0].Submit(t.Context(), make([]byte, 101))
		require.ErrorIs(t, err, pbft.ErrTooLarge)
		require.ErrorContains(t, err, "101 bytes, limit 100")
		_, err = c.reps[0].Submit(t.Context(), make([]byte, 100))
		require.NoError(t, err)
	})
}

// Two processes that keep taking the only session from each other see all their
// operations through: executed once, or reported as not executed.
func TestSubmitAcrossEviction(t *testing.T) {
	inBubble(t, 4, func(cfg *pbft.Config) { cfg.Sessions = session.Config{Sessions: 1} }, func(t *testing.T, c *cluster) {
		c.startAll()
		var done, expired atomic.Uint64
		var wg sync.WaitGroup
		for k := range 200 {
			wg.Go(func() {
				time.Sleep(time.Duration(k) * time.Millisecond)
				_, err := c.reps[1+k%2].Submit(t.Context(), []byte("x"))
				switch {
				case err == nil:
					done.Add(1)
				case errors.Is(err, pbft.ErrSessionExpired):
					expired.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		c.settle()
		sum, _ := c.apps[0].state()
		require.Equal(t, done.Load(), sum)
		require.Positive(t, expired.Load(), "there was no contention to test")
	})
}

// A process whose wall clock went back opens a session all the same (spec X1).
func TestSubmitAfterTheClockWentBack(t *testing.T) {
	var c *cluster
	inBubble(t, 4, nil, func(t *testing.T, first *cluster) {
		c = first
		time.Sleep(24 * time.Hour)
		c.startAll()
		c.submit(1, "later")
		c.settle()
		c.closeAll()
	})
	synctest.Test(t, func(t *testing.T) {
		c.t, c.net = t, memnet.NewNetwork()
		for i := range c.keys {
			c.start(i, false)
		}
		c.submit(1, "earlier")
		c.settle()
	})
}

// ledger remembers how often each operation was executed.
type ledger struct {
	counter
	times map[string]int
}

func (l *ledger) Execute(b *pbft.Block) [][]byte {
	out := l.counter.Execute(b)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, op := range b.Ops {
		l.times[string(op.Data)]++
	}
	return out
}

// Each operation is executed exactly once and its result returned, while the other
// replicas, primaries among them, go down and come back (spec X1, R2).
func TestSubmitExactlyOnce(t *testing.T) {
	books := make([]*ledger, 4)
	inBubble(t, 4, func(cfg *pbft.Config) {
		books[cfg.Self] = &ledger{times: map[string]int{}}
		cfg.Application = books[cfg.Self]
	}, func(t *testing.T, c *cluster) {
		c.startAll()
		stop := make(chan struct{})
		var wg sync.WaitGroup
		var total atomic.Int64
		for k := range 8 {
			wg.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
						c.submit(3, fmt.Sprint(k, " does ", n))
						total.Add(1)
						time.Sleep(20 * time.Millisecond)
					}
				}
			})
		}
		for i := range 3 {
			time.Sleep(300 * time.Millisecond)
			c.restart(i)
		}
		time.Sleep(300 * time.Millisecond)
		close(stop)
		wg.Wait()
		require.GreaterOrEqual(t, c.reps[3].Status().View, message.View(2), "primaries went down")
		c.await("all books equal", func() bool {
			want := books[3].Digest()
			return books[0].Digest() == want && books[1].Digest() == want && books[2].Digest() == want
		})
		for i, b := range books {
			require.Len(t, b.times, int(total.Load()), "replica %d", i)
			for op, times := range b.times {
				require.Equal(t, 1, times, "replica %d, %s", i, op)
			}
		}
	})
}
