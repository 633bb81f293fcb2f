package pbft_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/storage"
	memlog "github.com/twothirds-bft/twothirds/storage/memory"
	"github.com/twothirds-bft/twothirds/transport"
	memnet "github.com/twothirds-bft/twothirds/transport/memory"
)

// patience bounds every wait of these tests.
const patience = 30 * time.Second

// counter adds up the lengths of the operations. Its digest is a hash chain over
// them, so that a different order shows.
type counter struct {
	mu     sync.Mutex
	sum    uint64
	digest pbft.Digest
	blocks int
}

func (c *counter) Execute(b *pbft.Block) [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([][]byte, len(b.Ops))
	for i, op := range b.Ops {
		c.sum += uint64(len(op.Data))
		c.digest = sha256.Sum256(append(c.digest[:], op.Data...))
		out[i] = number(c.sum)
	}
	c.blocks++
	return out
}

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func (c *counter) Digest() pbft.Digest { return c.digest }

func (c *counter) state() (uint64, pbft.Digest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sum, c.digest
}

// cluster is n replicas in this process over memory links, each on a log in memory
// unless the test brings others.
type cluster struct {
	t       *testing.T
	genesis message.Genesis
	keys    []*crypto.PrivateKey
	logs    []storage.Log
	apps    []*counter
	net     *memnet.Network
	members map[transport.Peer]string
	reps    []*pbft.Replica
	tune    func(*pbft.Config)
	virtual bool // in a bubble
	// reopen makes the log of a replica's next life; nil is that of memory.
	reopen func(i int) storage.Log
}

func newCluster(t *testing.T, n int, tune func(*pbft.Config)) *cluster {
	c := &cluster{t: t, net: memnet.NewNetwork(), members: map[transport.Peer]string{}, tune: tune}
	c.genesis = message.Genesis{Name: t.Name(), Interval: 16, Signed: true}
	for i := range n {
		k, err := crypto.Generate(rand.Reader)
		require.NoError(t, err)
		c.keys = append(c.keys, k)
		c.members[k.Public()] = ""
		c.genesis.Members = append(c.genesis.Members, message.Member{ID: message.ReplicaID(i), Key: k.Public(), Power: 1})
		c.logs = append(c.logs, memlog.New())
		c.apps = append(c.apps, nil)
		c.reps = append(c.reps, nil)
	}
	return c
}

// inBubble runs f on a cluster of n replicas in virtual time: timeouts cost nothing,
// and nothing but timeouts passes time.
func inBubble(t *testing.T, n int, tune func(*pbft.Config), f func(t *testing.T, c *cluster)) {
	synctest.Test(t, func(t *testing.T) {
		c := newCluster(t, n, tune)
		c.virtual, c.genesis.Signed = true, false
		f(t, c)
	})
}

func (c *cluster) config(i int, bootstrap bool) pbft.Config {
	c.apps[i] = &counter{}
	if !bootstrap {
		c.logs[i] = c.nextLog(i)
	}
	cfg := pbft.Config{
		Genesis: c.genesis, Self: message.ReplicaID(i), Key: c.keys[i], Log: c.logs[i], Application: c.apps[i], Bootstrap: bootstrap,
		AllowFewer: len(c.keys) < 4, Logger: slog.New(slog.DiscardHandler),
		Connect: func(h transport.Handler, up func(transport.Peer)) (transport.Endpoint, error) {
			return c.net.Join(c.keys[i].Public(), transport.Config{Members: c.members, Handler: h, OnUp: up})
		},
	}
	if c.virtual {
		pbft.UseVirtualTime(&cfg)
	}
	if c.tune != nil {
		c.tune(&cfg)
	}
	return cfg
}

func (c *cluster) nextLog(i int) storage.Log {
	if c.reopen != nil {
		return c.reopen(i)
	}
	l, ok := c.logs[i].(*memlog.Log)
	if !ok {
		return c.logs[i]
	}
	again, err := l.Reopen()
	require.NoError(c.t, err)
	return again
}

func (c *cluster) start(i int, bootstrap bool) {
	if c.virtual {
		time.Sleep(time.Millisecond) // two lives do not begin at the same nanosecond
	}
	r, err := pbft.Start(c.config(i, bootstrap))
	require.NoError(c.t, err)
	c.reps[i] = r
	c.t.Cleanup(func() { _ = r.Close() })
}

func (c *cluster) startAll() {
	for i := range c.keys {
		c.start(i, true)
	}
}

func (c *cluster) restart(i int) {
	require.NoError(c.t, c.reps[i].Close())
	c.start(i, false)
}

func (c *cluster) closeAll() {
	for _, r := range c.reps {
		require.NoError(c.t, r.Close())
	}
}

// load submits ops concurrently at replica i and waits for all results.
func (c *cluster) load(i, ops int) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var wg sync.WaitGroup
	for k := range ops {
		wg.Go(func() {
			_, err := c.reps[i].Submit(ctx, fmt.Appendf(nil, "op %d", k))
			if err != nil {
				c.t.Error(err)
			}
		})
	}
	wg.Wait()
}

// submit orders one operation at replica i and returns its result.
func (c *cluster) submit(i int, op string) []byte {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	b, err := c.reps[i].Submit(ctx, []byte(op))
	require.NoError(c.t, err)
	return b
}

// blocks submits operations one by one, so that each is a block of its own, until
// replica i has executed seq.
func (c *cluster) blocks(i int, seq message.Seq) {
	c.t.Helper()
	for c.reps[i].Status().Executed < seq {
		c.submit(i, "one")
		if c.virtual {
			synctest.Wait() // the status follows the answer, and another block would be one too many
		}
	}
}

// cut takes replica i off the network, heal brings it back.
func (c *cluster) cut(i int) {
	for _, k := range c.keys {
		c.net.Cut(c.keys[i].Public(), k.Public())
	}
}

func (c *cluster) heal(i int) {
	for _, k := range c.keys {
		c.net.Heal(c.keys[i].Public(), k.Public())
	}
}

// await waits for a condition.
func (c *cluster) await(what string, cond func() bool) {
	c.t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			for i, r := range c.reps {
				if r != nil {
					c.t.Logf("replica %d: %+v", i, r.Status())
				}
			}
			require.FailNow(c.t, "in vain: "+what)
		}
	}
}

// pass loads the cluster until checkpoint seq is stable at a replica: how many operations that
// takes depends on how they fall into blocks.
func (c *cluster) pass(i int, seq message.Seq) {
	c.t.Helper()
	c.await(fmt.Sprintf("checkpoint %d stable at replica %d", seq, i), func() bool {
		c.load(0, 40)
		return c.reps[i].Status().Stable.Seq >= seq
	})
}

// settle waits until all replicas stand at one state.
func (c *cluster) settle() {
	c.t.Helper()
	c.await("all replicas at one state", func() bool {
		sum, digest := c.apps[0].state()
		for _, a := range c.apps[1:] {
			if s, d := a.state(); s != sum || d != digest {
				return false
			}
		}
		return true
	})
}
