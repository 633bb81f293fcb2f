package tcp

import (
	"bytes"
	"context"
	"net"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/internal/links"
)

// Endpoint is a transport.Endpoint over TCP. Make one with New.
type Endpoint struct {
	cfg      Config // Members is guarded by mu
	self     transport.Peer
	identity *identity
	tally    links.Tally
	pending  pending

	ctx     context.Context // ends dials and pauses
	cancel  context.CancelFunc
	running sync.WaitGroup // every goroutine; added to under mu while not closed

	mu      sync.RWMutex
	peers   map[transport.Peer]*peer
	clients int // peers whose role is Client
	closed  bool
}

var _ transport.Endpoint = (*Endpoint)(nil)

// peer is what an endpoint knows of another. role, addr, stop and readers are guarded by the endpoint's
// mutex; link is atomic and set under it.
type peer struct {
	key     transport.Peer
	role    transport.Role
	addr    string
	stop    context.CancelFunc   // ends the goroutine that dials a member; nil if none does
	link    atomic.Pointer[link] // nil while there is none
	readers int                  // links whose reading goroutine has not returned
	turn    chan struct{}        // holds one token: the right to call Handler and OnUp for this peer
	meter   links.Meter
}

func newPeer(key transport.Peer, role transport.Role, addr string) *peer {
	p := &peer{key: key, role: role, addr: addr, turn: make(chan struct{}, 1)}
	p.turn <- struct{}{}
	return p
}

// live returns the link of p, nil if there is none or it has ended and is only being cleared away.
func (p *peer) live() *link {
	if l := p.link.Load(); l != nil && !l.ended.Load() {
		return l
	}
	return nil
}

// New makes an endpoint and starts accepting and dialling. It fails with transport.ErrConfig; the
// Listener is the caller's to close then. Members need not be reachable: their links come up when they are.
func New(cfg Config) (*Endpoint, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	id, err := newIdentity(cfg.Key, cfg.InsecurePlaintext)
	if err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	e := &Endpoint{cfg: cfg, self: cfg.self(), identity: id, peers: make(map[transport.Peer]*peer)}
	e.pending.max = cfg.PendingMax
	e.ctx, e.cancel = context.WithCancel(context.Background())
	e.mu.Lock()
	defer e.mu.Unlock()
	e.setMembersLocked(cfg.Members)
	if cfg.Listener != nil {
		e.running.Add(1)
		go e.accept()
	}
	return e, nil
}

// Addr returns the address of the Listener, nil if there is none.
func (e *Endpoint) Addr() net.Addr {
	if e.cfg.Listener == nil {
		return nil
	}
	return e.cfg.Listener.Addr()
}

// Send implements transport.Endpoint.
func (e *Endpoint) Send(to transport.Peer, f transport.Frame) bool {
	e.mu.RLock()
	p := e.peers[to]
	e.mu.RUnlock()
	if p == nil {
		e.tally.Add(transport.ReasonNoLink, 1)
		return false
	}
	limit := e.cfg.Limits.FrameBytesMax
	if e.cfg.Listener == nil {
		limit = e.cfg.Limits.ClientFrameBytesMax
	}
	var queue *links.Queue
	if l := p.live(); l != nil {
		queue = l.queue
	}
	return links.Send(queue, f, limit, &p.meter, &e.tally)
}

// Links implements transport.Endpoint.
func (e *Endpoint) Links() []transport.Link {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var out []transport.Link
	for _, p := range e.peers {
		l := p.live()
		if p.role == transport.Client && l == nil {
			continue
		}
		report := transport.Link{Peer: p.key, Role: p.role, Connected: l != nil, Addr: p.addr}
		if l != nil {
			report.QueuedBytes, report.QueuedFrames = l.queue.Queued()
			report.Addr = l.raw.RemoteAddr().String()
		}
		p.meter.Report(&report)
		if l := p.link.Load(); l != nil && l.ended.Load() {
			report.LastErr = l.err
		}
		out = append(out, report)
	}
	slices.SortFunc(out, func(a, b transport.Link) int { return bytes.Compare(a.Peer[:], b.Peer[:]) })
	return out
}

// Refused returns how many frames, connections and links were given up, by reason.
func (e *Endpoint) Refused() map[transport.Reason]uint64 { return e.tally.Counts() }

// Close implements transport.Endpoint.
func (e *Endpoint) Close() error {
	e.mu.Lock()
	first := !e.closed
	e.closed = true
	for _, p := range e.peers {
		if l := p.link.Load(); l != nil {
			l.end(transport.ErrClosed)
		}
	}
	e.mu.Unlock()
	e.cancel()
	var err error
	if first && e.cfg.Listener != nil {
		err = e.cfg.Listener.Close()
	}
	e.pending.close()
	e.running.Wait()
	return err
}
