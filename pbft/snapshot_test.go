package pbft_test

import (
	"encoding/binary"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft"
)

// snapshotting is a counter that can be written down and knows how many blocks this
// process executed.
type snapshotting struct{ counter }

func (s *snapshotting) Snapshot(w io.Writer) error {
	_, err := w.Write(append(binary.BigEndian.AppendUint64(nil, s.sum), s.digest[:]...))
	return err
}

func (s *snapshotting) Restore(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.sum, s.digest = binary.BigEndian.Uint64(b), pbft.Digest(b[8:])
	return nil
}

// A volatile application with snapshots restarts from the newest one at or below
// the stable checkpoint and executes only what follows (spec X7); its checkpoints
// go on agreeing with those of replicas that executed everything.
func TestRestartFromSnapshot(t *testing.T) {
	app := &snapshotting{}
	c := newCluster(t, 4, func(cfg *pbft.Config) {
		if cfg.Self == 3 {
			cfg.Application, cfg.SnapshotEvery = app, 16
		}
	})
	c.startAll()
	c.pass(3, 48)
	require.NoError(t, c.reps[3].Close())
	before := app.blocks
	app = &snapshotting{}
	c.start(3, false)
	next := c.reps[0].Status().Applied + 16
	c.pass(0, next)
	require.Eventually(t, func() bool {
		want, digest := c.apps[0].state()
		sum, got := app.state()
		return want == sum && digest == got && c.reps[3].Status().Stable.Seq >= next || c.reps[3].Err() != nil
	}, 20*time.Second, 10*time.Millisecond)
	require.NoError(t, c.reps[3].Err())
	c.apps[0].mu.Lock()
	all := c.apps[0].blocks
	c.apps[0].mu.Unlock()
	require.Greater(t, before, 16, "there must have been a snapshot to take")
	require.Less(t, app.blocks, all-15, "the restart executed what the snapshot held")
	require.NoError(t, c.reps[3].Err())
}

// A snapshot that does not restore to the state it was taken of is refused.
type forgetful struct{ snapshotting }

func (f *forgetful) Restore(io.Reader) error { return nil }

func TestBadSnapshotIsRefused(t *testing.T) {
	c := newCluster(t, 4, func(cfg *pbft.Config) {
		if cfg.Self == 3 {
			cfg.Application, cfg.SnapshotEvery = &forgetful{}, 16
		}
	})
	c.startAll()
	c.pass(3, 48)
	require.NoError(t, c.reps[3].Close())
	_, err := pbft.Start(c.config(3, false))
	require.ErrorIs(t, err, pbft.ErrApplication)
	require.ErrorContains(t, err, "snapshot")
}
