package memory

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/twothirds-bft/twothirds/transport"
)

// ErrJoined is returned by Join for a key whose endpoint has not been closed.
var ErrJoined = errors.New("memory: key has already joined")

// Network is a hub that links endpoints of one process. Links come up as soon as both ends have
// joined and nothing cuts them, without any passing of time. Safe for concurrent use, but not to be
// called from an Admit.
type Network struct {
	mu        sync.Mutex // taken before any endpoint's
	joined    uint64     // endpoints that have ever joined
	listeners map[transport.Peer]*Endpoint
	waiting   waiting
	cuts      map[pair]bool
}

type pair struct{ low, high transport.Peer }

func pairOf(a, b transport.Peer) pair {
	if bytes.Compare(a[:], b[:]) > 0 {
		a, b = b, a
	}
	return pair{a, b}
}

// NewNetwork makes a network without endpoints.
func NewNetwork() *Network {
	return &Network{listeners: make(map[transport.Peer]*Endpoint), waiting: make(waiting), cuts: make(map[pair]bool)}
}

// Join makes an endpoint that others may connect to. A key has at most one; it may join again once
// that is closed, as a replica that restarts. It fails with ErrJoined or transport.ErrConfig.
func (n *Network) Join(self transport.Peer, cfg transport.Config) (*Endpoint, error) {
	return n.join(self, cfg, false)
}

// JoinClient makes an endpoint that only dials its members. A second one of the same key takes over
// the links of the first, which gets them back when the second is closed. It fails with
// transport.ErrConfig.
func (n *Network) JoinClient(self transport.Peer, cfg transport.Config) (*Endpoint, error) {
	return n.join(self, cfg, true)
}

func checkMembers(self transport.Peer, members map[transport.Peer]string, dialOnly bool) error {
	if _, ok := members[self]; ok && dialOnly {
		return fmt.Errorf("%w: a member must accept connections", transport.ErrConfig)
	}
	return nil
}

func (n *Network) join(self transport.Peer, cfg transport.Config, dialOnly bool) (*Endpoint, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := checkMembers(self, cfg.Members, dialOnly); err != nil {
		return nil, err
	}
	cfg.Members = maps.Clone(cfg.Members)
	cfg.Limits = cfg.Limits.WithDefaults()
	n.mu.Lock()
	defer n.mu.Unlock()
	if !dialOnly && n.listeners[self] != nil {
		return nil, ErrJoined
	}
	n.joined++
	e := &Endpoint{network: n, self: self, turn: n.joined, dialOnly: dialOnly, cfg: cfg, peers: make(map[transport.Peer]*peer)}
	for key, addr := range cfg.Members {
		if key != self {
			e.peers[key] = newPeer(key, transport.Member, addr)
		}
	}
	if !dialOnly {
		n.listeners[self] = e
		n.settle(self)
	}
	n.dial(e, true)
	return e, nil
}

// Cut takes down the link between two keys and keeps it down until Heal. What is queued or in flight
// is lost.
func (n *Network) Cut(a, b transport.Peer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cuts[pairOf(a, b)] = true
	for _, key := range []transport.Peer{a, b} { // each link has a listener at one end
		if e := n.listeners[key]; e != nil {
			e.dropLink(a, transport.ReasonCut)
			e.dropLink(b, transport.ReasonCut)
		}
	}
}

// Heal undoes Cut; the link comes up at once if both ends have joined.
func (n *Network) Heal(a, b transport.Peer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.cuts, pairOf(a, b))
	n.settle(a)
	n.settle(b)
}

// leave takes e out of the network; older endpoints of its key may then take its place.
func (n *Network) leave(e *Endpoint) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners[e.self] == e {
		delete(n.listeners, e.self)
	}
	e.dropAll(transport.ErrClosed)
	for key := range e.cfg.Members {
		n.waiting.remove(key, e)
		n.settle(key)
	}
}

// settle brings up every link to a listener that is waited for and can be up.
func (n *Network) settle(key transport.Peer) {
	if n.listeners[key] == nil {
		return
	}
	for _, e := range slices.Clone(n.waiting[key]) {
		n.connect(e, key, false)
	}
}

// dial has e wait for all members that it is to dial and has no link to, and connects it to those that
// are there. With replace, it takes over links of older endpoints with its key.
func (n *Network) dial(e *Endpoint, replace bool) {
	for _, key := range slices.SortedFunc(maps.Keys(e.cfg.Members), compare) {
		if e.dials(key) && !e.linked(key) {
			n.waiting.add(key, e)
			n.connect(e, key, replace)
		}
	}
}

// connect links one that waits with a listener, if that is there and takes it.
func (n *Network) connect(e *Endpoint, key transport.Peer, replace bool) {
	target := n.listeners[key]
	if target == nil || n.cuts[pairOf(e.self, key)] || target.linked(e.self) && !replace {
		return
	}
	if newLink(e, target) {
		n.waiting.remove(key, e)
	}
}

func compare(a, b transport.Peer) int { return bytes.Compare(a[:], b[:]) }
