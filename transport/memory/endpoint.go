package memory

import (
	"maps"
	"slices"
	"sync"

	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/internal/links"
)

// Endpoint is a transport.Endpoint whose links are queues in this process.
type Endpoint struct {
	network  *Network
	self     transport.Peer
	turn     uint64 // of joining
	dialOnly bool
	cfg      transport.Config // Members is guarded by the network's mutex
	tally    links.Tally
	running  sync.WaitGroup // goroutines of the ends that this endpoint owns

	mu      sync.RWMutex
	peers   map[transport.Peer]*peer
	clients int // peers whose role is Client
}

var _ transport.Endpoint = (*Endpoint)(nil)

// peer is what an endpoint knows of another. All but key, turn and meter is guarded by the endpoint's
// mutex.
type peer struct {
	key   transport.Peer
	role  transport.Role
	addr  string
	end   *end          // nil while there is no link
	ends  int           // ends whose goroutine has not returned
	turn  chan struct{} // holds one token: the right to call Handler and OnUp for this peer
	meter links.Meter
}

func newPeer(key transport.Peer, role transport.Role, addr string) *peer {
	p := &peer{key: key, role: role, addr: addr, turn: make(chan struct{}, 1)}
	p.turn <- struct{}{}
	return p
}

// Send implements transport.Endpoint.
func (e *Endpoint) Send(to transport.Peer, f transport.Frame) bool {
	e.mu.RLock()
	p := e.peers[to]
	var queue *links.Queue
	if p != nil && p.end != nil {
		queue = p.end.out
	}
	e.mu.RUnlock()
	if p == nil {
		e.tally.Add(transport.ReasonNoLink, 1)
		return false
	}
	limit := e.cfg.Limits.FrameBytesMax
	if e.dialOnly {
		limit = e.cfg.Limits.ClientFrameBytesMax
	}
	return links.Send(queue, f, limit, &p.meter, &e.tally)
}

// Links implements transport.Endpoint.
func (e *Endpoint) Links() []transport.Link {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var out []transport.Link
	for _, p := range e.peers {
		if p.role == transport.Client && p.end == nil {
			continue
		}
		l := transport.Link{Peer: p.key, Role: p.role, Connected: p.end != nil, Addr: p.addr}
		if p.end != nil {
			l.QueuedBytes, l.QueuedFrames = p.end.out.Queued()
		}
		p.meter.Report(&l)
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b transport.Link) int { return compare(a.Peer, b.Peer) })
	return out
}

// Refused returns how many frames and connections were given up, by reason.
func (e *Endpoint) Refused() map[transport.Reason]uint64 { return e.tally.Counts() }

// Close implements transport.Endpoint.
func (e *Endpoint) Close() error {
	e.network.leave(e)
	e.running.Wait()
	return nil
}

// SetMembers replaces the configured members (spec R5). Links to peers that stay members are not
// disturbed; a peer that becomes or ceases to be one loses its link and may come back as what it is
// now. It fails with transport.ErrConfig, changing nothing.
func (e *Endpoint) SetMembers(members map[transport.Peer]string) error {
	if err := checkMembers(e.self, members, e.dialOnly); err != nil {
		return err
	}
	n := e.network
	n.mu.Lock()
	defer n.mu.Unlock()
	e.cfg.Members = maps.Clone(members)
	for _, p := range e.setRoles(members) {
		n.waiting.remove(p.key, e)
		e.dropLink(p.key, transport.ReasonRole)
	}
	n.settle(e.self)
	n.dial(e, false)
	return nil
}

// setRoles gives every peer its new role and returns those whose role changed.
func (e *Endpoint) setRoles(members map[transport.Peer]string) (changed []*peer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for key, addr := range members {
		if key == e.self {
			continue
		}
		p := e.peers[key]
		if p == nil {
			e.peers[key] = newPeer(key, transport.Member, addr)
			continue
		}
		p.addr = addr
		if p.role == transport.Client {
			p.role = transport.Member
			e.clients--
			changed = append(changed, p)
		}
	}
	for key, p := range e.peers {
		if _, ok := members[key]; !ok && p.role == transport.Member {
			p.role = transport.Client
			e.clients++
			changed = append(changed, p)
			e.forget(p)
		}
	}
	return changed
}
