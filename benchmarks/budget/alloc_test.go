package budget

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/client"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/verify"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/transport"
)

// Allocations of the pieces that a request passes. Those of the session tables, of replies and of the wire's own stand
// with their packages' tests.
func TestAllocationBudget(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates, too")
	}
	hold(t, "testdata/allocations.txt", map[string]float64{
		"block core":        coreAllocs(t),
		"block door":        doorAllocs(t, false),
		"block door-signed": doorAllocs(t, true),
		"request client":    clientAllocs(t),
	})
}

// coreAllocs is for a block, at four replicas together, with the door for each of their votes.
func coreAllocs(t *testing.T) float64 {
	l := newLockstep(t)
	for range interval {
		l.block()
	}
	return testing.AllocsPerRun(2*interval, l.block)
}

// doorAllocs is for a block as it comes from the primary, at one replica, from the frame on. The door is new each time,
// or it would know the clients' signatures.
func doorAllocs(t *testing.T, signed bool) float64 {
	g := genesisOf(4, signed)
	cluster, members, err := g.Cluster()
	require.NoError(t, err)
	newDoor := func() *message.Door {
		d := message.NewDoor(cluster, members, ring.Verifier(), signed, g.Limits())
		d.Remember(new(verify.Memory))
		return d
	}
	door, client := newDoor(), ring.Signer(1000)
	list := make([]message.Request, blockSize)
	for i := range list {
		list[i] = message.Request{Client: client.Public(), Session: message.SessionID{Seq: 1}, Number: uint64(1 + i), Op: make([]byte, opSize)}
		require.NoError(t, door.SignRequest(client, &list[i]))
	}
	raw := message.AppendBatch(nil, list)
	h := message.Header{Seq: 1, PayloadKind: message.PayloadBatch}
	h.SetPayload(raw)
	frame, err := wire.Append(nil, &message.Body{Header: h, Raw: raw})
	require.NoError(t, err)
	return testing.AllocsPerRun(100, func() {
		m, err := wire.Decode(frame)
		if err == nil {
			_, err = newDoor().Verify(0, m)
		}
		if err != nil {
			t.Error(err)
		}
	})
}

// replicas is an endpoint behind which a cluster answers each request that is sent to the first member.
type replicas struct {
	cluster message.Digest
	members []message.Member
	in      chan []byte
	done    chan struct{}
	hear    transport.Handler
}

func (r *replicas) Send(to transport.Peer, f transport.Frame) bool {
	if to == r.members[0].Key {
		r.in <- f.Data
	}
	return true
}

func (r *replicas) Close() error {
	close(r.in)
	<-r.done
	return nil
}

func (r *replicas) run() {
	defer close(r.done)
	for frame := range r.in {
		r.answer(frame)
	}
}

func (r *replicas) answer(frame []byte) {
	m, err := wire.Decode(frame)
	if err != nil {
		panic(err) // it is a client's
	}
	q := &m.(*message.Requests).List[0]
	a := message.Reply{Request: q.Digest(r.cluster), Seq: 1, Session: q.Session, Number: q.Number}
	if q.Type == message.RequestOpen {
		a.Session = message.SessionID{Seq: 1}
	}
	for i := range r.members {
		a.Replica = r.members[i].ID
		out, err := wire.Append(nil, &message.Replies{List: []message.Reply{a}})
		if err != nil {
			panic(err)
		}
		r.hear(r.members[i].Key, out)
	}
}

// clientAllocs is for an operation from Do to its result, at the client. What the replicas do is taken off.
func clientAllocs(t *testing.T) float64 {
	g := genesisOf(4, false)
	cluster, _, err := g.Cluster()
	require.NoError(t, err)
	r := &replicas{cluster: cluster, members: g.Members, in: make(chan []byte, 16), done: make(chan struct{})}
	var frame []byte
	c, err := client.New(client.Config{Genesis: g, Key: ring.Signer(1000), Connect: func(h transport.Handler, _ func(transport.Peer)) (client.Endpoint, error) {
		r.hear = h
		go r.run()
		return r, nil
	}})
	require.NoError(t, err)
	op := make([]byte, opSize)
	both := testing.AllocsPerRun(2000, func() {
		if _, err := c.Do(t.Context(), op); err != nil {
			t.Error(err)
		}
	})
	require.NoError(t, c.Close())
	frame, err = wire.Append(nil, &message.Requests{List: []message.Request{{
		Client: ring.Signer(1000).Public(), Session: message.SessionID{Seq: 1}, Number: 1, Op: op,
	}}})
	require.NoError(t, err)
	r.hear = func(transport.Peer, []byte) {}
	return both - testing.AllocsPerRun(2000, func() { r.answer(frame) })
}
