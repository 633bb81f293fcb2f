package host_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/host"
	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/transport"
)

// links is an endpoint that keeps what is sent.
type links struct {
	transport.Endpoint
	mu   sync.Mutex
	sent map[transport.Peer][]message.Message
}

func (l *links) Send(to transport.Peer, f transport.Frame) bool {
	m, err := wire.Decode(append([]byte(nil), f.Data...))
	if err != nil {
		panic(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent[to] = append(l.sent[to], m)
	return true
}

func (l *links) to(p transport.Peer) []message.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sent[p]
}

type place struct {
	door *message.Door
	ring *cryptotest.Ring
	out  *links
	end  transport.Endpoint
	in   transport.Handler
	mu   sync.Mutex
	got  int // frames that the engine's handler was given
}

// newPlace puts a behaviour at replica 3 of 4.
func newPlace(t *testing.T, b *liar.Behaviour) *place {
	t.Helper()
	p := &place{ring: cryptotest.NewRing(1), out: &links{sent: map[transport.Peer][]message.Message{}}}
	g := message.Genesis{Name: "host", Interval: 8, Signed: true}
	for i := range 4 {
		g.Members = append(g.Members, message.Member{ID: message.ReplicaID(i), Key: p.ring.Signer(i).Public(), Power: 1})
	}
	cluster, members, err := g.Cluster()
	require.NoError(t, err)
	p.door = message.NewDoor(cluster, members, p.ring.Verifier(), true, message.Limits{})
	l := host.New(b, p.door, p.ring.Signer(3), 3, 1)
	p.in = l.Handler(func(transport.Peer, []byte) {
		p.mu.Lock()
		p.got++
		p.mu.Unlock()
	})
	p.end = l.Wrap(p.out)
	return p
}

func (p *place) peer(i int) transport.Peer { return p.ring.Signer(i).Public() }

func frame(t *testing.T, m message.Message) transport.Frame {
	t.Helper()
	b, err := wire.Append(nil, m)
	require.NoError(t, err)
	return transport.Frame{Data: b, Slot: 7}
}

func (p *place) prepare(t *testing.T) transport.Frame {
	t.Helper()
	m := &message.Prepare{Seq: 1, Chain: message.Digest{1}}
	_, err := p.door.Sign(p.ring.Signer(3), 3, m)
	require.NoError(t, err)
	return frame(t, m)
}

func TestSilence(t *testing.T) {
	p := newPlace(t, liar.Find("silent"))
	require.True(t, p.end.Send(p.peer(0), p.prepare(t)), "the engine is told that all is well")
	require.Empty(t, p.out.to(p.peer(0)))
}

// Both votes leave, signed by the corrupted key, and neither supersedes the other.
func TestTwoVotes(t *testing.T) {
	p := newPlace(t, liar.Find("vote-twice"))
	p.end.Send(p.peer(1), p.prepare(t))
	out := p.out.to(p.peer(1))
	require.Len(t, out, 2)
	for _, m := range out {
		_, err := p.door.Verify(3, m)
		require.NoError(t, err)
	}
	require.NotEqual(t, out[0].(*message.Prepare).Chain, out[1].(*message.Prepare).Chain)
	require.True(t, p.end.Send(p.peer(1), transport.Frame{Data: p.prepare(t).Data}))
}

// A behaviour hears members by their ids and clients by numbers of their own, may keep
// what they say from the engine, and can answer them.
func TestHears(t *testing.T) {
	client := transport.Peer{200}
	var from []message.ReplicaID
	b := &liar.Behaviour{Name: "own", New: func(e *liar.Env) liar.Sender {
		e.OnReceive(func(id message.ReplicaID, m message.Message) bool {
			from = append(from, id)
			if _, ok := m.(*message.Requests); ok {
				e.Send(id, &message.Reply{Replica: e.Self, Seq: 1})
				return true
			}
			return false
		})
		return e.Send
	}}
	p := newPlace(t, b)
	p.in(p.peer(2), frame(t, &message.Status{}).Data)
	require.Equal(t, 1, p.got)
	requests := &message.Requests{List: []message.Request{{Type: message.RequestOpen, Number: 1}}}
	p.in(client, frame(t, requests).Data)
	p.in(client, frame(t, requests).Data)
	require.Equal(t, 1, p.got, "the engine has not got the requests")
	require.Len(t, from, 3)
	require.Equal(t, message.ReplicaID(2), from[0])
	require.Equal(t, from[1], from[2])
	require.Negative(t, p.door.Members().Index(from[1]))
	require.Len(t, p.out.to(client), 2)
	p.end.Send(client, frame(t, &message.Reply{Seq: 2}))
	require.Len(t, p.out.to(client), 3)
	p.in(p.peer(2), []byte("no message"))
	require.Equal(t, 2, p.got, "what is no message is the engine's to judge")
}

// Members and clients talk at once; a behaviour still runs one call at a time.
func TestConcurrently(t *testing.T) {
	p := newPlace(t, liar.Find("kaleidoscope"))
	var wg sync.WaitGroup
	for i := range 3 {
		vote, status, hint := p.prepare(t), frame(t, &message.Status{Nonce: 1}), frame(t, &message.Status{Decided: 3}).Data
		wg.Go(func() {
			for range 50 {
				p.end.Send(p.peer(i), vote)
				p.end.Send(p.peer(i), status)
			}
		})
		wg.Go(func() {
			for range 50 {
				p.in(p.peer(i), hint)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 150, p.got)
}

// What has a time to wait is sent when that has passed, on the wall clock.
func TestDelay(t *testing.T) {
	b, err := liar.Parse("delay(1ms)")
	require.NoError(t, err)
	p := newPlace(t, b)
	p.end.Send(p.peer(1), p.prepare(t))
	require.Eventually(t, func() bool { return len(p.out.to(p.peer(1))) == 1 }, 5*clock.Second, clock.Millisecond)
}
