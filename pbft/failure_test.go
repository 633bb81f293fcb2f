package pbft_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/storage"
	memlog "github.com/twothirds-bft/twothirds/storage/memory"
	"github.com/twothirds-bft/twothirds/transport"
)

// badDisk fails Write or Sync from a given moment on.
type badDisk struct {
	storage.Log
	write, sync atomic.Bool
}

var errDisk = errors.New("input/output error")

func (d *badDisk) Write(recs []storage.Record) error {
	if d.write.Load() {
		return errDisk
	}
	return d.Log.Write(recs)
}

func (d *badDisk) Sync() error {
	if d.sync.Load() {
		return errDisk
	}
	return d.Log.Sync()
}

// A log that fails stops its replica for good and before it says anything more; the
// others go on (spec R3).
func TestDiskFails(t *testing.T) {
	for name, fail := range map[string]func(*badDisk){
		"write": func(d *badDisk) { d.write.Store(true) },
		"sync":  func(d *badDisk) { d.sync.Store(true) },
	} {
		for _, victim := range []int{0, 3} { // primary, backup
			t.Run(fmt.Sprint(name, " of replica ", victim), func(t *testing.T) {
				disk := &badDisk{Log: memlog.New()}
				tap := newTap()
				inBubble(t, 4, tap.on(message.ReplicaID(victim)), func(t *testing.T, c *cluster) {
					c.logs[victim] = disk
					c.startAll()
					c.load(victim, 10)
					fail(disk)
					_, err := c.reps[victim].Submit(t.Context(), []byte("lost"))
					var unknown *pbft.UnknownOutcomeError
					require.ErrorAs(t, err, &unknown)
					require.ErrorIs(t, err, pbft.ErrDurability)
					<-c.reps[victim].Done()
					require.ErrorIs(t, c.reps[victim].Err(), errDisk)
					require.ErrorIs(t, c.reps[victim].Err(), pbft.ErrDurability)
					require.ErrorIs(t, c.reps[victim].Close(), pbft.ErrDurability)
					said := tap.count()
					other := (victim + 1) % 4
					c.load(other, 10)
					require.Equal(t, said, tap.count(), "a stopped replica is silent")
					require.NoError(t, c.reps[other].Err())
					require.ErrorIs(t, c.reps[victim].Status().Err, errDisk, "Status still answers")
					_, err = c.reps[victim].Submit(t.Context(), nil)
					require.ErrorIs(t, err, pbft.ErrDurability)
				})
			})
		}
	}
}

// rogue is an application that misbehaves in one way from a block on.
type rogue struct {
	counter
	from    message.Seq
	execute func(b *pbft.Block, results [][]byte) [][]byte
	digest  func(pbft.Digest) pbft.Digest
	at      message.Seq
}

func (r *rogue) Execute(b *pbft.Block) [][]byte {
	out := r.counter.Execute(b)
	if r.at = b.Seq; r.execute != nil && b.Seq >= r.from {
		return r.execute(b, out)
	}
	return out
}

func (r *rogue) Digest() pbft.Digest {
	if d := r.counter.Digest(); r.digest == nil || r.at < r.from {
		return d
	}
	return r.digest(r.counter.Digest())
}

// An application that panics or answers nonsense stops its replica, with what it
// did in the error.
func TestApplicationFails(t *testing.T) {
	for _, test := range []struct {
		name, says string
		app        *rogue
	}{
		{"panic", "panic after block 4: no such account", &rogue{
			from: 5, execute: func(*pbft.Block, [][]byte) [][]byte { panic("no such account") },
		}},
		{"too few results", "block 5 has 1 operations and 0 results", &rogue{
			from: 5, execute: func(_ *pbft.Block, results [][]byte) [][]byte { return results[1:] },
		}},
		{"panic in Digest", "panic after block 16: no root", &rogue{
			from: 16, digest: func(pbft.Digest) pbft.Digest { panic("no root") },
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, 4, func(cfg *pbft.Config) {
				if cfg.Self == 2 {
					cfg.Application = test.app
				}
			}, func(t *testing.T, c *cluster) {
				c.startAll()
				c.blocks(0, 20)
				<-c.reps[2].Done()
				require.ErrorIs(t, c.reps[2].Err(), pbft.ErrApplication)
				require.ErrorContains(t, c.reps[2].Err(), test.says)
				require.NoError(t, c.reps[1].Err())
			})
		})
	}
}

// flip changes one bit.
func flip(bit byte) func(pbft.Digest) pbft.Digest {
	return func(d pbft.Digest) pbft.Digest { d[0] ^= bit; return d }
}

// One replica whose state differs stops at the checkpoint with both digests; the
// other three go on (spec C2).
func TestDiverged(t *testing.T) {
	app := &rogue{from: 7, digest: flip(1)}
	inBubble(t, 4, func(cfg *pbft.Config) {
		if cfg.Self == 1 {
			cfg.Application = app
		}
	}, func(t *testing.T, c *cluster) {
		c.startAll()
		c.blocks(0, 40)
		<-c.reps[1].Done()
		var diverged *core.DivergedError
		require.ErrorAs(t, c.reps[1].Err(), &diverged)
		require.Equal(t, message.Seq(16), diverged.Seq)
		require.Equal(t, flip(1)(diverged.Stable.State), diverged.Own.State)
		for _, i := range []int{0, 2, 3} {
			require.NoError(t, c.reps[i].Err())
			c.await("a checkpoint without it", func() bool { return c.reps[i].Status().Stable.Seq >= 32 })
		}
		// It stays stopped: the log remembers what it signed.
		r, err := pbft.Start(c.config(1, false))
		if err == nil {
			<-r.Done()
			err = r.Err()
		}
		require.ErrorAs(t, err, &diverged)
	})
}

// An application that is not deterministic stops everyone, though two of the four
// know enough to stop before their own CHECKPOINT has left, and before what they
// sent has reached anyone (spec C2).
func TestNondeterministic(t *testing.T) {
	held := slow(func(message.ReplicaID, transport.Peer, transport.Frame) time.Duration { return 10 * time.Millisecond })
	inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
		gate := make(chan struct{})
		c.tune = func(cfg *pbft.Config) {
			held(cfg)
			app := &rogue{from: 16, digest: flip(1 << cfg.Self)}
			if cfg.Self >= 2 {
				app.execute = func(_ *pbft.Block, results [][]byte) [][]byte { <-gate; return results }
			}
			cfg.Application = app
		}
		c.startAll()
		c.blocks(0, 16)
		time.Sleep(time.Second) // the CHECKPOINTs of 0 and 1 are with 2 and 3, who are still at block 16
		close(gate)
		for i, r := range c.reps {
			<-r.Done()
			var all *core.NondeterministicError
			require.ErrorAs(t, r.Err(), &all, "replica %d", i)
			require.Equal(t, message.Seq(16), all.Seq)
		}
	})
}

// An application that is not the one that wrote the log is found at the start
// (spec C2).
func TestReplayDiverges(t *testing.T) {
	inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
		c.startAll()
		c.blocks(0, 20)
		c.await("a checkpoint", func() bool { return c.reps[2].Status().Stable.Seq == 16 })
		require.NoError(t, c.reps[2].Close())
		cfg := c.config(2, false)
		cfg.Application = &rogue{from: 3, digest: flip(4)}
		_, err := pbft.Start(cfg)
		var diverged *core.DivergedError
		require.ErrorAs(t, err, &diverged)
		require.Equal(t, message.Seq(16), diverged.Seq)
		c.start(2, false) // the right one
		c.submit(2, "back")
	})
}

// Close ends everything, waits for it, and is no failure.
func TestClose(t *testing.T) {
	inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
		c.startAll()
		c.load(0, 5)
		cut := make(chan error)
		for i := 1; i < 4; i++ {
			require.NoError(t, c.reps[i].Close())
		}
		go func() {
			_, err := c.reps[0].Submit(context.Background(), []byte("alone"))
			cut <- err
		}()
		synctest.Wait()
		require.NoError(t, c.reps[0].Close())
		require.NoError(t, c.reps[0].Close(), "again")
		err := <-cut
		var unknown *pbft.UnknownOutcomeError
		require.ErrorAs(t, err, &unknown)
		require.ErrorIs(t, err, pbft.ErrClosed)
		require.ErrorIs(t, c.reps[0].Err(), pbft.ErrClosed)
		_, _, err = c.reps[0].State(context.Background())
		require.ErrorIs(t, err, pbft.ErrClosed)
		_, err = c.reps[0].Submit(context.Background(), nil)
		require.ErrorIs(t, err, pbft.ErrClosed)
	})
}
