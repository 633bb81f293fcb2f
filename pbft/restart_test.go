package pbft_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/storage"
	"github.com/twothirds-bft/twothirds/storage/wal"
)

// small segments are quick to copy and to make.
var small = wal.Options{SegmentBytes: 256 << 10}

// onFiles puts the logs of a cluster into files.
func onFiles(t *testing.T, c *cluster) {
	dir := t.TempDir()
	path := func(i int) string { return filepath.Join(dir, string(rune('a'+i))) }
	for i := range c.logs {
		log, err := wal.Create(path(i), small)
		require.NoError(t, err)
		c.logs[i] = log
	}
	c.reopen = func(i int) storage.Log {
		log, err := wal.Open(path(i), small)
		require.NoError(t, err)
		return log
	}
}

// What was decided survives when all replicas go down together: the application's
// state, built again from the log, the sessions, and the replies in them (spec R1,
// X1, C5).
func TestAllRestart(t *testing.T) {
	for name, prepare := range map[string]func(*testing.T, *cluster){
		"memory": func(*testing.T, *cluster) {},
		"files":  onFiles,
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
				c.genesis.Signed = true
				prepare(t, c)
				c.startAll()
				client := newRemote(t, c)
				session := client.open(1)
				c.blocks(0, 20)
				request := message.Request{Session: session, Number: 1, Awaited: 1, Op: []byte("once")}
				before := client.ask(1, request)
				c.blocks(0, 40)
				c.settle()
				sum, _ := c.apps[0].state()
				c.closeAll()
				for i := range c.reps {
					c.start(i, false)
				}
				again := client.ask(1, request)
				require.Equal(t, before, again, "the reply is kept, not made again")
				c.submit(2, "go on")
				c.settle()
				after, _ := c.apps[0].state()
				require.Equal(t, sum+uint64(len("go on")), after)
				for i, r := range c.reps {
					require.Empty(t, r.Evidence(), "replica %d holds proof against someone", i)
				}
			})
		})
	}
}

// The application of a replica that comes back is built from its log and equal to
// those of the others (spec C5, X7).
func TestRestartRebuildsTheApplication(t *testing.T) {
	inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
		c.startAll()
		c.blocks(0, 37)
		c.settle()
		seq, want, err := c.reps[3].State(t.Context())
		require.NoError(t, err)
		c.restart(3)
		c.await("the whole log", func() bool { return c.reps[3].Status().Executed >= seq })
		at, got, err := c.reps[3].State(t.Context())
		require.NoError(t, err)
		require.Equal(t, seq, at)
		require.Equal(t, want, got)
	})
}

// A replica that was down for more than three windows catches up by checkpoints and
// then takes part (spec C4, S1).
func TestCatchUp(t *testing.T) {
	inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
		c.startAll()
		c.blocks(0, 5)
		require.NoError(t, c.reps[2].Close())
		c.blocks(0, 5+3*32+10)
		c.start(2, false)
		c.settle()
		c.await("the newest checkpoint", func() bool {
			return c.reps[2].Status().Stable == c.reps[0].Status().Stable
		})
		require.NoError(t, c.reps[1].Close()) // now its votes are needed
		c.submit(2, "three are enough")
		require.NoError(t, c.reps[2].Err())
	})
}

// A primary that restarts leaves its view: proposals that it did not sync may be
// about (spec R2). So it does in view 0, which only the process that wrote the
// bootstrap record leads.
func TestPrimaryRestarts(t *testing.T) {
	inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
		c.startAll()
		for view := range message.View(5) {
			c.submit(3, "one")
			primary := int(c.reps[3].Status().Primary)
			require.Equal(t, view, c.reps[primary].Status().View)
			start := time.Now()
			c.restart(primary)
			c.await("the next view", func() bool { return c.reps[primary].Status().View == view+1 })
			require.Less(t, time.Since(start), 400*time.Millisecond, "nobody waits for a timeout")
		}
		c.submit(0, "still here")
		c.settle()
		for i, r := range c.reps {
			require.Empty(t, r.Evidence(), "replica %d", i)
		}
	})
}

// A backup that restarts stays in the view.
func TestBackupRestarts(t *testing.T) {
	inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
		c.startAll()
		for range 3 {
			for i := 1; i < 4; i++ {
				c.submit(0, "one")
				c.restart(i)
			}
		}
		c.submit(1, "here")
		c.settle()
		require.Zero(t, c.reps[0].Status().View)
		for i, r := range c.reps {
			require.Empty(t, r.Evidence(), "replica %d", i)
		}
	})
}

// Replicas that are closed say so in their logs, and go on voting in their view when they are
// back (spec R2): after two of four were, the third is not needed.
func TestClosedReplicaGoesOnVoting(t *testing.T) {
	inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
		onFiles(t, c)
		c.startAll()
		c.blocks(0, 10)
		for _, i := range []int{1, 2} {
			c.settle()
			require.NoError(t, c.reps[i].Close())
			c.start(i, false)
			c.blocks(0, message.Seq(10+10*i))
		}
		c.settle()
		require.NoError(t, c.reps[3].Close())
		c.blocks(0, 40)
		for _, r := range c.reps[:3] {
			require.Zero(t, r.Status().View)
		}
	})
}
