package pbft_test

import (
	"context"
	"fmt"
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
func (a *auditor) check(p *pbft.Proven, parent *message.Point) error {
	if parent != nil && (p.Block.Header.Seq != parent.Seq+1 || p.Parent != parent.Chain) {
		return fmt.Errorf("block %d does not extend %v", p.Block.Header.Seq, parent)
	}
	if _, err := a.door.Payload(&p.Block.Header, p.Block.Payload.Raw); err != nil {
		return err
	}
	end := message.Point{
		Seq:   p.Block.Header.Seq + message.Seq(len(p.Links)),
		Chain: message.Fold(p.Parent.Extend(p.Block.Header.Digest()), p.Links),
	}
	switch {
	case (p.Commit == nil) == (p.Stable == nil):
		return fmt.Errorf("block %d: no proof, or two", p.Block.Header.Seq)
	case p.Commit != nil && p.Commit.Point() == end:
		return a.door.CommitCert(p.Commit)
	case p.Stable != nil && p.Stable.Point() == end:
		return a.door.CheckpointCert(p.Stable)
	}
	return fmt.Errorf("block %d: the links lead to %v, not to the certificate", p.Block.Header.Seq, end)
}

// follow audits the blocks of one replica above after, up to and including last, and
// returns their points.
func (a *auditor) follow(r *pbft.Replica, after, last message.Seq) (points []message.Point, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var parent *message.Point
	if after == 0 {
		parent = &a.root
	}
	for p, err := range r.Blocks(ctx, after) {
		if err == nil {
			err = a.check(p, parent)
		}
		if err != nil {
			return points, fmt.Errorf("above %d: %w", after, err)
		}
		at := p.Point()
		if executed := r.Status().Executed; at.Seq > executed {
			return points, fmt.Errorf("%v is yielded, executed is %d", at, executed)
		}
		parent = &at
		if points = append(points, at); at.Seq >= last {
			break
		}
	}
	if len(points) != int(last-after) {
		return points, fmt.Errorf("%d blocks from %d to %d", len(points), after, last)
	}
	return points, nil
}

// background follows in a goroutine.
func (a *auditor) background(r *pbft.Replica, after, last message.Seq) <-chan []message.Point {
	done := make(chan []message.Point, 1)
	go func() {
		points, err := a.follow(r, after, last)
		if err != nil {
			a.t.Error(err)
		}
		done <- points
	}()
	return done
}

// Whoever has the members can check each decided block, from genesis or from the
// middle, old or new, at any replica (spec N5, C4).
func TestBlocksAreProven(t *testing.T) {
	inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
		c.genesis.Signed = true
		c.startAll()
		a := newAuditor(t, c.genesis)
		live := a.background(c.reps[1], 0, 40)
		c.blocks(2, 40)
		want := <-live
		require.Len(t, want, 40)
		c.await("a checkpoint", func() bool { return c.reps[0].Status().Stable.Seq == 32 })
		c.restart(0)
		for _, after := range []message.Seq{0, 5, 15, 16, 17, 31, 32, 39} {
			for _, i := range []int{0, 3} {
				got, err := a.follow(c.reps[i], after, 40)
				require.NoError(t, err)
				require.Equal(t, want[after:], got, "replica %d above %d", i, after)
			}
		}
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

// A replica that caught up by checkpoints, because no COMMIT reaches it, has executed
// blocks for which it holds no certificate yet. A subscriber waits for that without
// spinning, which would keep virtual time from passing.
func TestBlocksWaitForTheirProof(t *testing.T) {
	tap := newTap()
	inBubble(t, 4, tap.on(0, 1, 2), func(t *testing.T, c *cluster) {
		tap.hear = func(l letter) bool {
			_, commit := l.msg.(*message.Commit)
			return !commit || l.to != c.keys[3].Public()
		}
		c.startAll()
		require.NoError(t, c.reps[3].Close())
		c.blocks(0, 16) // their proof comes after their execution
		gate := make(chan struct{})
		c.tune = func(cfg *pbft.Config) {
			cfg.Application = &rogue{from: 5, execute: func(_ *pbft.Block, results [][]byte) [][]byte { <-gate; return results }}
		}
		c.start(3, false)
		c.await("some execution", func() bool { return c.reps[3].Status().Executed == 4 })
		a := newAuditor(t, c.genesis)
		seen := a.background(c.reps[3], 0, 16)
		time.Sleep(time.Second)
		close(gate)
		require.Len(t, <-seen, 16)
	})
}

// Blocks that are decided and not executed here yet are not shown.
func TestBlocksWaitForExecution(t *testing.T) {
	inBubble(t, 4, nil, func(t *testing.T, c *cluster) {
		gate := make(chan struct{})
		c.tune = func(cfg *pbft.Config) {
			if cfg.Self == 2 {
				cfg.Application = &rogue{from: 5, execute: func(_ *pbft.Block, results [][]byte) [][]byte { <-gate; return results }}
			}
		}
		c.startAll()
		c.blocks(0, 10)
		a := newAuditor(t, c.genesis)
		seen := a.background(c.reps[2], 0, 10)
		time.Sleep(time.Second)
		close(gate)
		require.Len(t, <-seen, 10)
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
		seen := a.background(c.reps[3], 0, 40)
		for range 40 {
			c.submit(0, "one")
			time.Sleep(time.Millisecond)
		}
		require.Len(t, <-seen, 40)
	})
}
