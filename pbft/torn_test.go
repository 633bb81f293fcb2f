package pbft_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/storage"
	"github.com/twothirds-bft/twothirds/storage/wal"
)

// powerCut is a log in files that loses power in a sync: what was to be synced may be
// on the disk in part, and the replica never hears that it is.
type powerCut struct {
	storage.Log
	t             *testing.T
	file          string // its only segment
	armed         atomic.Bool
	before, after []byte // the file, around the group that was not synced
}

var errPower = errors.New("power failure")

func (p *powerCut) Sync() error {
	if !p.armed.Load() {
		return p.Log.Sync()
	}
	var err error
	if p.before, err = os.ReadFile(p.file); err != nil {
		return err
	}
	if err = p.Log.Sync(); err != nil {
		return err
	}
	if p.after, err = os.ReadFile(p.file); err != nil {
		return err
	}
	return errPower
}

// torn returns where the group that was not synced lies in the file.
func (p *powerCut) torn() (from, to int) {
	from = len(p.after)
	for i, b := range p.after {
		if i >= len(p.before) || b != p.before[i] {
			from, to = min(from, i), i+1
		}
	}
	require.Less(p.t, from, to)
	return from, to
}

// image writes a folder in which the disk had got as far as cut: what is behind is
// missing, or zero.
func (p *powerCut) image(cut int, zeros bool) string {
	dir := p.t.TempDir()
	b := bytes.Clone(p.after[:cut])
	if zeros {
		b = append(b, make([]byte, len(p.after)-cut)...)
	}
	require.NoError(p.t, os.WriteFile(filepath.Join(dir, filepath.Base(p.file)), b, 0o600))
	return dir
}

// onPower puts the log of replica i into a file that can lose power.
func onPower(t *testing.T, c *cluster, i int, dir string, open func(string, wal.Options) (*wal.Log, error)) *powerCut {
	log, err := open(dir, small)
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(dir, "*.wal"))
	require.NoError(t, err)
	cut := &powerCut{Log: log, t: t, file: files[len(files)-1]}
	c.logs[i] = cut
	c.reopen = func(int) storage.Log { return cut }
	return cut
}

// A replica whose last group of records is torn at any place comes back with all
// that it had answered (spec R2, M4).
func TestTornTail(t *testing.T) {
	inBubble(t, 1, nil, func(t *testing.T, c *cluster) {
		disk := onPower(t, c, 0, t.TempDir(), wal.Create)
		c.start(0, true)
		c.load(0, 5)
		sum, _ := c.apps[0].state()
		disk.armed.Store(true)
		_, err := c.reps[0].Submit(t.Context(), []byte("lost or not"))
		require.ErrorIs(t, err, errPower)
		<-c.reps[0].Done()
		from, to := disk.torn()
		for cut := from; cut <= to; cut += max(1, (to-from)/100) {
			onPower(t, c, 0, disk.image(cut, cut%2 == 0), wal.Open)
			c.start(0, false)
			after := c.submit(0, "")
			require.Contains(t, [][]byte{number(sum), number(sum + uint64(len("lost or not")))}, after, "cut at %d of %d to %d", cut, from, to)
			require.NoError(t, c.reps[0].Close())
		}
	})
}

// Among others it then contradicts nothing that it said before (spec R2).
func TestTornTailAmongOthers(t *testing.T) {
	for victim, part := range map[int]float64{0: 0.3, 1: 0, 2: 0.7} {
		t.Run(fmt.Sprint("replica ", victim), func(t *testing.T) {
			inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
				disk := onPower(t, c, victim, t.TempDir(), wal.Create)
				c.startAll()
				c.load(3, 10)
				disk.armed.Store(true)
				c.load(3, 20)
				<-c.reps[victim].Done()
				require.ErrorIs(t, c.reps[victim].Err(), pbft.ErrDurability)
				from, to := disk.torn()
				onPower(t, c, victim, disk.image(from+int(part*float64(to-from)), true), wal.Open)
				c.start(victim, false)
				c.load(victim, 10)
				c.settle()
				for i, r := range c.reps {
					require.Empty(t, r.Evidence(), "replica %d", i)
				}
			})
		})
	}
}
