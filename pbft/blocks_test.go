package pbft_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/transport"
)

// auditor knows the genesis and nothing else.
type auditor struct {
	t    *testing.T
	door *message.Door
	root message.Point
}

func newAuditor(t *testing.T, g message.Genesis) *auditor {
	id, members, err := g.Cluster()
	require.NoError(t, err)
	return &auditor{t, message.NewDoor(id, members, crypto.Ed25519{}, g.Signed, g.Limits()), message.Root(id)}
}

// check verifies one block and its proof on top of parent, if that is known.
func (a *auditor) check(p *pbft.Proven, parent *message.Point) {
	a.t.Helper()
	if parent != nil {
		require.Equal(a.t, parent.Seq+1, p.Block.Header.Seq)
		require.Equal(a.t, parent.Chain, p.Parent)
	}
	_, err := a.door.Payload(&p.Block.Header, p.Block.Payload.Raw)
	require.NoError(a.t, err)
	chain := message.Fold(p.Parent.Extend(p.Block.Header.Digest()), p.Links)
	end := message.Point{Seq: p.Block.Header.Seq + message.Seq(len(p.Links)), Chain: chain}
	if p.Commit != nil {
		require.Nil(a.t, p.Stable)
		require.Equal(a.t, p.Commit.Point(), end)
		require.NoError(a.t, a.door.CommitCert(p.Commit))
		return
	}
	require.Equal(a.t, p.Stable.Point(), end)
	require.NoError(a.t, a.door.CheckpointCert(p.Stable))
}

// follow audits the blocks of one replica above after, up to and including last, and
// returns their points.
func (a *auditor) follow(r *pbft.Replica, after, last message.Seq) (points []message.Point) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var parent *message.Point
	if after == 0 {
		parent = &a.root
	}
	for p, err := range r.Blocks(ctx, after) {
		require.NoError(a.t, err)
		a.check(p, parent)
		at := p.Point()
		parent = &at
		points = append(points, at)
		if at.Seq >= last {
			break
		}
	}
	require.Len(a.t, points, int(last-after))
	return points
}

// Whoever has the members can check each decided block, from genesis or from the
// middle, old or new, at any replica (spec N5, C4).
func TestBlocksAreProven(t *testing.T) {
	inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
		c.genesis.Signed = true
		c.startAll()
		a := newAuditor(t, c.genesis)
		live := make(chan []message.Point)
		go func() { live <- a.follow(c.reps[1], 0, 40) }()
		c.blocks(2, 40)
		want := <-live
		for _, after := range []message.Seq{0, 5, 15, 16, 17, 31, 32, 39} {
			require.Equal(t, want[after:], a.follow(c.reps[3], after, 40), "above %d", after)
		}
		c.await("a checkpoint", func() bool { return c.reps[0].Status().Stable.Seq == 32 })
		c.restart(0)
		require.Equal(t, want, a.follow(c.reps[0], 0, 40), "after a restart")
		require.Equal(t, want[20:], a.follow(c.reps[0], 20, 40), "after a restart")
	})
}

// A subscription ends with its context or with the replica, and says why.
func TestBlocksEnd(t *testing.T) {
	inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
		c.startAll()
		c.blocks(0, 3)
		read := func(ctx context.Context, r *pbft.Replica) (n int, last error) {
			for p, err := range r.Blocks(ctx, 0) {
				require.NoError(t, last, "an error comes last")
				if last = err; err == nil {
					require.NotNil(t, p)
					n++
				}
			}
			return n, last
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		n, err := read(ctx, c.reps[0])
		require.Equal(t, 3, n)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		time.AfterFunc(time.Second, func() { _ = c.reps[0].Close() })
		n, err = read(t.Context(), c.reps[0])
		require.Equal(t, 3, n)
		require.ErrorIs(t, err, pbft.ErrClosed)
		n, err = read(t.Context(), c.reps[0])
		require.Zero(t, n)
		require.ErrorIs(t, err, pbft.ErrClosed)
	})
}

// A replica that caught up by checkpoints has executed blocks for which it holds no
// certificate yet. A subscriber waits for that without spinning, which would keep
// virtual time from passing.
func TestBlocksWaitForTheirProof(t *testing.T) {
	inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
		c.startAll()
		require.NoError(t, c.reps[3].Close())
		c.blocks(0, 40)
		gate := make(chan struct{})
		c.tune = func(cfg *pbft.Config) {
			cfg.Application = &rogue{from: 5, execute: func(_ *pbft.Block, results [][]byte) [][]byte { <-gate; return results }}
		}
		c.start(3, false)
		c.await("some execution", func() bool { return c.reps[3].Status().Executed == 4 })
		a := newAuditor(t, c.genesis)
		seen := make(chan []message.Point)
		go func() { seen <- a.follow(c.reps[3], 0, 40) }()
		time.Sleep(time.Second)
		close(gate)
		require.Len(t, <-seen, 40)
	})
}

// Certificates overtake the bodies that they cover. Then a subscriber waits.
func TestBlocksWaitForBodies(t *testing.T) {
	inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
		late := c.keys[3].Public()
		c.tune = slow(func(from message.ReplicaID, to transport.Peer, f transport.Frame) time.Duration {
			if from == 0 && to == late && f.Class == transport.Bulk {
				return 5 * time.Millisecond
			}
			return 0
		})
		c.startAll()
		a := newAuditor(t, c.genesis)
		seen := make(chan []message.Point)
		go func() { seen <- a.follow(c.reps[3], 0, 40) }()
		for range 40 {
			c.submit(0, "one")
			time.Sleep(time.Millisecond)
		}
		require.Len(t, <-seen, 40)
	})
}
