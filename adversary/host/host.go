// Package host runs the adversary's behaviours in real processes: it stands
// between an honest engine and its links. Every process has a liar.Brain of its own
// there, which sees what the replica itself sees and nothing else.
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

// Liar is a corrupted replica's place between engine and links. It is safe for
// concurrent use.
type Liar struct {
	members *message.Members
	self    message.ReplicaID
	brain   *liar.Brain

	mu    sync.Mutex // held whenever the behaviour runs
	lie   liar.Sender
	links transport.Endpoint // nil until Wrap
	ids   map[transport.Peer]message.ReplicaID
	peers map[message.ReplicaID]transport.Peer
}

// firstClient is where the numbers of clients begin for behaviours. Those that are
// numbered are at most clientsMax; others pass by the behaviour.
const (
	firstClient message.ReplicaID = 1 << 31
	clientsMax                    = 1024
)

// New corrupts replica self, whose door and key these are, with behaviour b. seed
// draws its choices.
func New(b *liar.Behaviour, door *message.Door, key message.Signer, self message.ReplicaID, seed uint64) *Liar {
	l := &Liar{
		members: door.Members(), self: self, brain: liar.NewBrain(),
		ids: make(map[transport.Peer]message.ReplicaID), peers: make(map[message.ReplicaID]transport.Peer),
	}
	for i := range l.members.Len() {
		m := l.members.At(i)
		l.ids[m.Key], l.peers[m.ID] = m.ID, m.Key
	}
	rng := rand.New(rand.NewPCG(seed, uint64(self)))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lie = l.brain.Corrupt(&liar.Env{
		Self: self, Door: door, Key: key, Send: l.send, Now: clock.System().Now,
		After: func(d clock.Duration, f func()) {
			time.AfterFunc(d, func() {
				l.mu.Lock()
				defer l.mu.Unlock()
				f()
			})
		},
		Draw: func(_ string, n uint64) uint64 { return rng.Uint64N(n) },
	}, b)
	return l
}

// Handler stands before the engine's handler: the behaviour hears what comes, and may
// keep it from the engine.
func (l *Liar) Handler(h transport.Handler) transport.Handler {
	return func(from transport.Peer, data []byte) {
		if l.hears(from, data) {
			h(from, data)
		}
	}
}

func (l *Liar) hears(from transport.Peer, data []byte) bool {
	m, err := wire.Decode(append([]byte(nil), data...))
	if err != nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	id, ok := l.number(from)
	return !ok || l.brain.Receive(l.self, id, m)
}

// number returns the id of a peer, a new one if it is a client not met before.
func (l *Liar) number(p transport.Peer) (message.ReplicaID, bool) {
	id, ok := l.ids[p]
	if !ok && len(l.ids) < l.members.Len()+clientsMax {
		id, ok = firstClient+message.ReplicaID(len(l.ids)), true
		l.ids[p], l.peers[id] = id, p
	}
	return id, ok
}

// Wrap returns the endpoint for the engine: what it sends passes the behaviour, and
// what that sends goes to e.
func (l *Liar) Wrap(e transport.Endpoint) transport.Endpoint {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.links = e
	return &endpoint{Endpoint: e, liar: l}
}

type endpoint struct {
	transport.Endpoint
	liar *Liar
}

// Send implements transport.Endpoint.
func (e *endpoint) Send(to transport.Peer, f transport.Frame) bool {
	m, err := wire.Decode(f.Data)
	if err != nil {
		return e.Endpoint.Send(to, f)
	}
	l := e.liar
	l.mu.Lock()
	defer l.mu.Unlock()
	id, ok := l.number(to)
	if !ok {
		return e.Endpoint.Send(to, f)
	}
	l.lie(id, m)
	return true
}

// send sends what the behaviour made. A liar has no use for the honest engine's slots:
// two contradicting votes must both arrive.
func (l *Liar) send(to message.ReplicaID, m message.Message) {
	peer, ok := l.peers[to]
	frame, err := wire.Append(nil, m)
	if !ok || err != nil || l.links == nil {
		return
	}
	class := transport.Control
	switch m.Kind() {
	case message.KindBody, message.KindBlocks, message.KindRequests, message.KindReply:
		class = transport.Bulk
	}
	l.links.Send(peer, transport.Frame{Class: class, Data: frame})
}
