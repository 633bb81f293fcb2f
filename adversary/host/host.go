// Package host runs the adversary's behaviours in real processes: it stands
// between an honest engine and its links.
package host

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/transport"
)

// Endpoint is a transport endpoint through which a corrupted replica lies. What
// goes to clients passes unchanged. It is safe for concurrent use.
type Endpoint struct {
	transport.Endpoint
	mu      sync.Mutex
	members *message.Members
	byKey   map[transport.Peer]message.ReplicaID
	lie     liar.Sender
}

// Wrap corrupts an endpoint: every message to a member passes the behaviour b.
// The door and key are those of the corrupted replica self; seed draws its
// choices.
func Wrap(e transport.Endpoint, b *liar.Behaviour, door *message.Door, key message.Signer, self message.ReplicaID, seed uint64) *Endpoint {
	w := &Endpoint{Endpoint: e, members: door.Members(), byKey: make(map[transport.Peer]message.ReplicaID)}
	for i := range w.members.Len() {
		m := w.members.At(i)
		w.byKey[m.Key] = m.ID
	}
	rng := rand.New(rand.NewPCG(seed, uint64(self)))
	w.lie = b.New(&liar.Env{
		Self: self, Members: w.members, Root: message.Root(door.Cluster()), Send: w.out,
		Sign: func(m message.Signed) {
			if _, err := door.Sign(key, self, m); err != nil {
				panic(err)
			}
		},
		After: func(d clock.Duration, f func()) {
			time.AfterFunc(d, func() {
				w.mu.Lock()
				defer w.mu.Unlock()
				f()
			})
		},
		Draw: func(_ string, n uint64) uint64 { return rng.Uint64N(n) },
	})
	return w
}

// Send implements transport.Endpoint.
func (w *Endpoint) Send(to transport.Peer, f transport.Frame) bool {
	id, ok := w.byKey[to]
	if !ok {
		return w.Endpoint.Send(to, f)
	}
	m, err := wire.Decode(f.Data)
	if err != nil {
		return w.Endpoint.Send(to, f)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lie(id, m)
	return true
}

// out sends what the behaviour made. A liar has no use for the honest engine's
// slots: two contradicting votes must both arrive.
func (w *Endpoint) out(to message.ReplicaID, m message.Message) {
	frame, err := wire.Append(nil, m)
	if err != nil {
		return
	}
	class := transport.Control
	switch m.Kind() {
	case message.KindBody, message.KindBlocks, message.KindRequests:
		class = transport.Bulk
	}
	w.Endpoint.Send(w.members.At(w.members.Index(to)).Key, transport.Frame{Class: class, Data: frame})
}
