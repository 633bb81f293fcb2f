package pbft_test

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// durable is a counter whose "database" survives a restart: what it holds as of
// the last flush, metas included, written in one step.
type durable struct {
	counter
	seq   message.Seq
	metas map[message.Seq][]byte
	every message.Seq // flush after so many blocks
	disk  *image
}

type image struct {
	sum    uint64
	digest pbft.Digest
	seq    message.Seq
	metas  map[message.Seq][]byte
	forgot message.Seq
}

func open(disk *image, every message.Seq) *durable {
	d := &durable{disk: disk, every: every, seq: disk.seq, metas: maps.Clone(disk.metas)}
	d.sum, d.digest = disk.sum, disk.digest
	if d.metas == nil {
		d.metas = map[message.Seq][]byte{}
	}
	return d
}

func (d *durable) Execute(b *pbft.Block) [][]byte {
	results := d.counter.Execute(b)
	d.metas[b.Seq], d.seq = b.Meta(results), b.Seq
	if b.Seq%d.every == 0 {
		d.disk.sum, d.disk.digest, d.disk.seq = d.sum, d.digest, d.seq
		d.disk.metas = maps.Clone(d.metas)
	}
	return results
}

func (d *durable) Applied() (message.Seq, error)        { return d.disk.seq, nil }
func (d *durable) Meta(seq message.Seq) ([]byte, error) { return d.disk.metas[seq], nil }
func (d *durable) Forget(through message.Seq) error {
	d.disk.forgot = through
	for s := range d.metas {
		if s <= through {
			delete(d.metas, s)
		}
	}
	return nil
}

// A durable application resumes where it stands: it executes nothing twice, and
// its digests agree at the next checkpoints with those of replicas that ran the
// whole log (spec X7). It lags its own Execute, so that some blocks are executed
// again on the lost state.
func TestDurableApplicationResumes(t *testing.T) {
	for _, every := range []message.Seq{1, 5, 16} {
		c := newCluster(t, 4, nil)
		disk := &image{}
		app := open(disk, every)
		c.tune = func(cfg *pbft.Config) {
			if cfg.Self == 3 {
				cfg.Application = app
			}
		}
		c.startAll()
		c.pass(3, 48)
		require.NoError(t, c.reps[3].Close())
		c.load(0, 40)
		app = open(disk, every)
		executed := app.seq
		c.start(3, false)
		c.pass(3, executed+48)
		require.Eventually(t, func() bool {
			want, digest := c.apps[0].state()
			sum, got := app.state()
			return want == sum && digest == got || c.reps[3].Err() != nil
		}, 20*time.Second, 10*time.Millisecond)
		require.NoError(t, c.reps[3].Err())
		require.Positive(t, executed, "the restart must have found something")
		require.GreaterOrEqual(t, c.reps[3].Status().Stable.Seq, executed, "checkpoints go on after the restart")
		require.Positive(t, disk.forgot, "old metas are let go")
		for _, r := range c.reps {
			require.NoError(t, r.Close())
		}
	}
}

// An application that is ahead of the log belongs to another life (spec X7).
func TestApplicationAhead(t *testing.T) {
	c := newCluster(t, 4, nil)
	c.startAll()
	c.load(0, 40)
	require.NoError(t, c.reps[3].Close())
	cfg := c.config(3, false)
	cfg.Application = open(&image{seq: 1 << 40}, 1)
	_, err := pbft.Start(cfg)
	require.ErrorIs(t, err, pbft.ErrApplicationAhead)
}
