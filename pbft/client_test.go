package pbft_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/transport"
)

// remote is a client on a link of its own that asks replicas one by one.
type remote struct {
	t       *testing.T
	c       *cluster
	key     *crypto.PrivateKey
	door    *message.Door
	replies chan *message.Reply
	net     transport.Endpoint
}

func newRemote(t *testing.T, c *cluster) *remote {
	key, err := crypto.Generate(rand.Reader)
	require.NoError(t, err)
	id, members, err := c.genesis.Cluster()
	require.NoError(t, err)
	r := &remote{
		t: t, c: c, key: key, replies: make(chan *message.Reply, 100),
		door: message.NewDoor(id, members, crypto.Ed25519{}, c.genesis.Signed, c.genesis.Limits()),
	}
	r.net, err = r.c.net.JoinClient(r.key.Public(), transport.Config{Members: r.c.members, Handler: func(_ transport.Peer, data []byte) {
		m, err := wire.Decode(data)
		if replies, ok := m.(*message.Replies); ok && err == nil {
			for i := range replies.List {
				r.replies <- &replies.List[i]
			}
		}
	}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.net.Close() })
	return r
}

// send signs a request and sends it to replica i.
func (r *remote) send(i int, q message.Request) message.Digest {
	q.Client = r.key.Public()
	require.NoError(r.t, r.door.SignRequest(r.key, &q))
	frame, err := wire.Append(nil, &message.Requests{List: []message.Request{q}})
	require.NoError(r.t, err)
	require.True(r.t, r.net.Send(r.c.keys[i].Public(), transport.Frame{Data: frame}))
	return q.Digest(r.door.Cluster())
}

// ask sends a request to replica i and waits for its reply.
func (r *remote) ask(i int, q message.Request) *message.Reply {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	digest := r.send(i, q)
	for {
		select {
		case m := <-r.replies:
			if m.Replica == message.ReplicaID(i) && m.Request == digest {
				return m
			}
		case <-ctx.Done():
			require.FailNow(r.t, "no reply", "replica %d, after %v", i, patience)
		}
	}
}

// open opens a session at replica i.
func (r *remote) open(i int) message.SessionID {
	m := r.ask(i, message.Request{Type: message.RequestOpen, Number: uint64(time.Now().UnixNano())})
	require.Equal(r.t, message.ReplyOK, m.Code)
	return m.Session
}
