package client_test

import (
	"crypto/rand"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/client"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/tcp"
)

// Real keys, signatures, TLS links and time, and a primary that dies under load.
func TestOverTCP(t *testing.T) {
	c, addresses := tcpCluster(t, 4)
	key := generate(t)
	cl, err := client.New(client.Config{
		Genesis: c.genesis, Key: key,
		Connect: func(h transport.Handler, up func(transport.Peer)) (client.Endpoint, error) {
			links := transport.Config{Members: addresses, Handler: h, OnUp: up}
			return tcp.New(tcp.Config{Config: links, Key: key.TLSKey()})
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cl.Close()) })

	const operations, workers = 800, 8
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range operations / workers {
				op := fmt.Sprint(w, "/", i)
				if result, err := cl.Do(within(t, time.Minute), []byte(op)); err != nil || string(result[:len(op)]) != op {
					t.Errorf("%s: %q %v", op, result, err)
					return
				}
			}
		})
	}
	require.Eventually(t, func() bool { return c.executed() > operations/4 }, time.Minute, time.Millisecond)
	c.nodes[0].kill()
	c.release(1)
	wg.Wait()
	require.EqualValues(t, operations, c.executed())
	require.NotEqual(t, c.nodes[0].id, cl.Status().Target)
}

func generate(t testing.TB) *crypto.PrivateKey {
	key, err := crypto.Generate(rand.Reader)
	require.NoError(t, err)
	return key
}

// tcpCluster is a cluster on loopback, and where its replicas listen.
func tcpCluster(t testing.TB, n int) (*cluster, map[transport.Peer]string) {
	keys := make(map[transport.Peer]*crypto.PrivateKey)
	addresses := make(map[transport.Peer]string)
	var members []message.Member
	for i := range n {
		key := generate(t)
		keys[key.Public()] = key
		members = append(members, message.Member{ID: message.ReplicaID(i), Key: key.Public(), Power: 1})
	}
	c := &cluster{t: t}
	c.join = func(n *node) (transport.Endpoint, error) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		addresses[n.key()] = l.Addr().String()
		return tcp.New(tcp.Config{Config: transport.Config{Handler: n.handle}, Key: keys[n.key()].TLSKey(), Listener: l})
	}
	c.begin(session.Config{}, members, crypto.Ed25519{})
	return c, addresses
}
