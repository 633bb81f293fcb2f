package client_test

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/client"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/message"
	storage "github.com/twothirds-bft/twothirds/storage/memory"
	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/memory"
)

// counter is the application of the stand-in, for real replicas.
type counter uint64

func (c *counter) Execute(b *pbft.Block) (results [][]byte) {
	for i := range b.Ops {
		*c++
		results = append(results, binary.BigEndian.AppendUint64(append([]byte(nil), b.Ops[i].Data...), uint64(*c)))
	}
	return results
}

func (c *counter) Digest() (d pbft.Digest) {
	binary.BigEndian.PutUint64(d[:], uint64(*c))
	return d
}

// Against real replicas, whose primary is closed under load: every operation is executed once, and its
// result is the one that all replicas agreed on.
func TestReplicas(t *testing.T) {
	network := memory.NewNetwork()
	members := make(map[transport.Peer]string)
	genesis := message.Genesis{Name: "test", Interval: 64, Signed: true}
	keys := make([]*crypto.PrivateKey, 4)
	for i := range keys {
		keys[i] = generate(t)
		members[keys[i].Public()] = ""
		genesis.Members = append(genesis.Members, message.Member{ID: message.ReplicaID(i), Key: keys[i].Public(), Power: 1})
	}
	replicas := make([]*pbft.Replica, len(keys))
	for i, key := range keys {
		r, err := pbft.Start(pbft.Config{
			Genesis: genesis, Self: message.ReplicaID(i), Key: key, Log: storage.New(), Bootstrap: true,
			Application: new(counter), Logger: slog.New(slog.DiscardHandler),
			Connect: func(h transport.Handler, up func(transport.Peer)) (transport.Endpoint, error) {
				return network.Join(key.Public(), transport.Config{Members: members, Handler: h, OnUp: up})
			},
		})
		require.NoError(t, err)
		replicas[i] = r
		t.Cleanup(func() { require.NoError(t, r.Close()) })
	}
	key := generate(t)
	cl, err := client.New(client.Config{
		Genesis: genesis, Key: key,
		Connect: func(h transport.Handler, up func(transport.Peer)) (client.Endpoint, error) {
			return network.JoinClient(key.Public(), transport.Config{Members: members, Handler: h, OnUp: up})
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cl.Close()) })

	seen := struct {
		sync.Mutex
		places map[uint64]bool
	}{places: map[uint64]bool{}}
	var closing sync.WaitGroup
	halfway := func() {}
	load := func(operations int) {
		var wg sync.WaitGroup
		for i := range operations {
			wg.Go(func() {
				op := fmt.Sprint("op", i)
				result, err := cl.Do(within(t, time.Minute), []byte(op))
				seen.Lock()
				defer seen.Unlock()
				if err != nil || len(result) != len(op)+8 || seen.places[place(t, op, result)] {
					t.Errorf("%s: %q %v", op, result, err)
					return
				}
				if seen.places[place(t, op, result)] = true; len(seen.places) == 750 {
					halfway()
				}
			})
		}
		wg.Wait()
	}
	load(500)
	halfway = func() { closing.Go(func() { _ = replicas[0].Close() }) }
	load(500)
	closing.Wait()
	load(10)
	require.Len(t, seen.places, 1010)
	for at := range uint64(1010) {
		require.True(t, seen.places[at+1], "execution %d was acknowledged to nobody", at+1)
	}
	for _, r := range cl.Status().Replicas {
		require.Zero(t, r.Disagreed+r.Malformed, "replica %d", r.ID)
	}
}
