package pbft

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/transport"
)

// sink is an endpoint that keeps what is sent.
type sink struct {
	transport.Endpoint
	sent map[transport.Peer][][]byte
}

func (s *sink) Send(to transport.Peer, f transport.Frame) bool {
	s.sent[to] = append(s.sent[to], f.Data)
	return true
}

func newMail(t testing.TB) (*mail, *sink) {
	ring, net := cryptotest.NewRing(1), &sink{sent: make(map[transport.Peer][][]byte)}
	g := message.Genesis{Name: "mail", Interval: 128, Members: []message.Member{{ID: 3, Key: ring.Signer(0).Public(), Power: 1}}}
	cluster, members, err := g.Cluster()
	require.NoError(t, err)
	door := message.NewDoor(cluster, members, ring.Verifier(), false, message.Limits{})
	return &mail{r: &Replica{cfg: Config{Self: 3, Key: ring.Signer(0)}, door: door, net: net}}, net
}

// What a block has for one client leaves in one frame, in the order of the block, and
// nothing is told to another.
func TestMailIsOneFrameForEachClient(t *testing.T) {
	m, net := newMail(t)
	const clients, each = 5, 40
	for range 2 { // posting leaves nothing behind
		clear(net.sent)
		for i := range clients * each {
			q := message.Request{Client: message.PublicKey{byte(1 + i%clients)}, Number: uint64(1 + i/clients)}
			m.add(&q, message.Reply{Seq: 9, Result: []byte("ok")})
		}
		require.Empty(t, net.sent)
		m.post()
		require.Len(t, net.sent, clients)
		for i := range clients {
			to := transport.Peer{byte(1 + i)}
			require.Len(t, net.sent[to], 1)
			got, err := wire.Decode(net.sent[to][0])
			require.NoError(t, err)
			list := got.(*message.Replies).List
			require.Len(t, list, each)
			for k := range list {
				q := message.Request{Client: to, Number: uint64(1 + k)}
				require.Equal(t, message.Reply{
					Replica: 3, Request: q.Digest(m.r.door.Cluster()), Seq: 9, Number: q.Number, Result: []byte("ok"),
				}, list[k])
			}
		}
	}
}

// A frame stays short enough for a client's queue, whatever the block holds.
func TestMailIsBounded(t *testing.T) {
	m, net := newMail(t)
	to := message.PublicKey{1}
	for i := range 100 {
		m.add(&message.Request{Client: to, Number: uint64(1 + i)}, message.Reply{Result: make([]byte, 2000)})
	}
	m.add(&message.Request{Client: to, Number: 101}, message.Reply{Result: make([]byte, 2*letterBytes)})
	m.post()
	count := 0
	for _, frame := range net.sent[to] {
		got, err := wire.Decode(frame)
		require.NoError(t, err)
		list := got.(*message.Replies).List
		require.True(t, len(list) == 1 || len(frame) <= letterBytes+64, "%d replies, %d bytes", len(list), len(frame))
		count += len(list)
	}
	require.Equal(t, 101, count)
	require.LessOrEqual(t, len(net.sent[to]), 6)
}

// A reply costs no allocation of its own: a frame and what makes it, for each client.
func TestMailAllocates(t *testing.T) {
	m, net := newMail(t)
	q, result := message.Request{Op: make([]byte, 256)}, []byte("ok")
	net.sent = map[transport.Peer][][]byte{}
	block := func() {
		for i := range 400 {
			q.Client, q.Number = message.PublicKey{byte(1 + i%4)}, uint64(1+i)
			m.add(&q, message.Reply{Seq: 9, Result: result})
		}
		m.post()
		for to := range net.sent {
			net.sent[to] = net.sent[to][:0]
		}
	}
	require.LessOrEqual(t, testing.AllocsPerRun(20, block), 4.0*5)
}

// What is made durable is encoded in room that is there: a block costs its record's
// few allocations, whatever its size.
func TestEncodingABlockAllocatesNoBytes(t *testing.T) {
	m, _ := newMail(t)
	raw := make([]byte, 100<<10)
	rec := core.Record{Kind: core.RecordBlock, Block: &message.Block{Payload: &message.Payload{Raw: raw}}}
	buf := make([]byte, 0, 1<<20)
	require.LessOrEqual(t, testing.AllocsPerRun(20, func() {
		out, list, err := m.r.encode(buf, &rec)
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Same(t, &buf[:1][0], &out[0])
	}), 6.0)
}
