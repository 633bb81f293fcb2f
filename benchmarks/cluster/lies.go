package cluster

import (
	"sync/atomic"
	"time"

	"github.com/twothirds-bft/twothirds/adversary/host"
	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/transport"
)

// face is what the engine has for an endpoint: between it and its links a lie may stand.
type face struct {
	*links
	engine transport.Handler
	lie    atomic.Pointer[lie] // nil while the replica is honest
}

// lie is a behaviour at work.
type lie struct {
	transport.Endpoint
	handler transport.Handler
	over    atomic.Bool
}

// Send implements transport.Endpoint.
func (f *face) Send(to transport.Peer, frame transport.Frame) bool {
	if l := f.lie.Load(); l != nil {
		return l.Send(to, frame)
	}
	return f.links.Send(to, frame)
}

// hear is the handler of the endpoint.
func (f *face) hear(from transport.Peer, data []byte) {
	if l := f.lie.Load(); l != nil {
		l.handler(from, data)
		return
	}
	f.engine(from, data)
}

// lies are the behaviours of replicas that fail so.
var lies = map[benchmarks.Failure]func(r *replica, l *lie) liar.Behaviour{
	benchmarks.SlowProposals: func(r *replica, _ *lie) liar.Behaviour { return slow(r.pbft.Status().Timeout * 95 / 100) },
	benchmarks.Equivocation:  known("equivocate"),
	benchmarks.Censorship:    known("censor"),
	benchmarks.GarbageVotes:  known("bad-signatures", "far-votes", "zero-chain"),
	benchmarks.FetchFlood:    func(_ *replica, l *lie) liar.Behaviour { return flood(&l.over) },
}

func known(names ...string) func(*replica, *lie) liar.Behaviour {
	return func(*replica, *lie) liar.Behaviour {
		var list []liar.Behaviour
		for _, n := range names {
			list = append(list, *liar.Find(n))
		}
		return liar.Compose(list...)
	}
}

// corrupt has the replica lie until honest.
func (r *replica) corrupt(how benchmarks.Failure) error {
	genesis := r.Config.genesis()
	cluster, members, err := genesis.Cluster()
	if err != nil {
		return err
	}
	door := message.NewDoor(cluster, members, crypto.Ed25519{}, genesis.Signed, genesis.Limits())
	l := new(lie)
	b := lies[how](r, l)
	h := host.New(&b, door, &r.key, message.ReplicaID(r.Self), 1)
	l.Endpoint, l.handler = h.Wrap(r.face.links), h.Handler(r.face.engine)
	r.face.lie.Store(l)
	return nil
}

// honest ends what corrupt began. What the behaviour has held back until then still goes out.
func (r *replica) honest() {
	if l := r.face.lie.Swap(nil); l != nil {
		l.over.Store(true)
	}
}

// slow is a primary that holds each proposal, and its vote for it, back for so long. Their order stays.
func slow(d time.Duration) liar.Behaviour {
	return liar.Behaviour{Name: "slow", New: func(e *liar.Env) liar.Sender {
		var held []func()
		hold := func(to message.ReplicaID, m message.Message) {
			held = append(held, func() { e.Send(to, m) })
			e.After(d, func() { // some timer of those that are due; the oldest message is
				held[0]()
				held = held[1:]
			})
		}
		return func(to message.ReplicaID, m message.Message) {
			p, vote := m.(*message.Prepare)
			switch m.(type) {
			case *message.PrePrepare, *message.Body:
				hold(to, m)
				return
			}
			if vote && e.Members().Primary(p.View) == e.Self {
				hold(to, m)
				return
			}
			e.Send(to, m)
		}
	}}
}

// flood asks all others for all blocks there are, a thousand times a second.
func flood(over *atomic.Bool) liar.Behaviour {
	return liar.Behaviour{Name: "flood", New: func(e *liar.Env) liar.Sender {
		var again func()
		again = func() {
			if over.Load() {
				return
			}
			for i := range e.Members().Len() {
				if id := e.Members().At(i).ID; id != e.Self {
					e.Send(id, &message.Fetch{From: e.Root(), Bodies: true})
				}
			}
			e.After(clock.Millisecond, again)
		}
		e.After(0, again)
		return e.Send
	}}
}
