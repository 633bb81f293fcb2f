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

// counter adds numbers. Its digest is a hash chain over the operations, so that a
// different order shows.
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
		out[i] = binary.BigEndian.AppendUint64(nil, c.sum)
	}
	c.blocks++
	return out
}

func (c *counter) Digest() pbft.Digest { return c.digest }

func (c *counter) state() (uint64, pbft.Digest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sum, c.digest
}

// cluster is n replicas in this process over memory links.
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

func (c *cluster) config(i int, bootstrap bool) pbft.Config {
	c.apps[i] = &counter{}
	if l, ok := c.logs[i].(*memlog.Log); ok && !bootstrap {
		again, err := l.Reopen()
		require.NoError(c.t, err)
		c.logs[i] = again
	}
	cfg := pbft.Config{
		Genesis: c.genesis, Self: message.ReplicaID(i), Key: c.keys[i], Log: c.logs[i], Application: c.apps[i], Bootstrap: bootstrap,
		AllowFewer: len(c.keys) < 4, Logger: slog.New(slog.DiscardHandler),
		Connect: func(h transport.Handler, up func(transport.Peer)) (transport.Endpoint, error) {
			return c.net.Join(c.keys[i].Public(), transport.Config{Members: c.members, Handler: h, OnUp: up})
		},
	}
	if c.tune != nil {
		c.tune(&cfg)
	}
	return cfg
}

func (c *cluster) start(i int, bootstrap bool) {
	cfg := c.config(i, bootstrap)
	r, err := pbft.Start(cfg)
	require.NoError(c.t, err)
	c.reps[i] = r
	c.t.Cleanup(func() { _ = r.Close() })
}

func (c *cluster) startAll() {
	for i := range c.keys {
		c.start(i, true)
	}
}

// load submits ops concurrently at replica i and waits for all results.
func (c *cluster) load(i, ops int) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
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

// settle waits until all replicas stand at one state.
func (c *cluster) settle() {
	require.Eventually(c.t, func() bool {
		sum, digest := c.apps[0].state()
		for _, a := range c.apps[1:] {
			if s, d := a.state(); s != sum || d != digest {
				return false
			}
		}
		return true
	}, 20*time.Second, 5*time.Millisecond)
}

func TestReplicasDecideTogether(t *testing.T) {
	for _, n := range []int{1, 4, 7} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			c := newCluster(t, n, nil)
			c.startAll()
			c.load(0, 100)
			c.load(n-1, 100)
			c.settle()
		})
	}
}
