package memory

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/internal/links"
)

// ErrJoined is returned by Join for a key whose endpoint has not been closed.
var ErrJoined = errors.New("memory: key has already joined")

// Network is a hub that links endpoints of one process. Links come up as soon as both ends have
// joined and nothing cuts them, without any passing of time. Safe for concurrent use, but not to be
// called from an Admit.
type Network struct {
	mu        sync.Mutex  // taken before any endpoint's
	endpoints []*Endpoint // in the order of joining
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
func NewNetwork() *Network { return &Network{cuts: make(map[pair]bool)} }

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
	if !dialOnly && n.listener(self) != nil {
		return nil, ErrJoined
	}
	e := &Endpoint{network: n, self: self, dialOnly: dialOnly, cfg: cfg, peers: make(map[transport.Peer]*peer)}
	for key, addr := range cfg.Members {
		if key != self {
			e.peers[key] = newPeer(key, transport.Member, addr)
		}
	}
	n.endpoints = append(n.endpoints, e)
	n.settle(e)
	return e, nil
}

// Cut takes down the link between two keys and keeps it down until Heal. What is queued or in flight
// is lost.
func (n *Network) Cut(a, b transport.Peer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cuts[pairOf(a, b)] = true
	for _, e := range n.endpoints {
		if e.self == a {
			e.dropLink(b, transport.ReasonCut)
		}
		if e.self == b {
			e.dropLink(a, transport.ReasonCut)
		}
	}
}

// Heal undoes Cut; the link comes up at once if both ends have joined.
func (n *Network) Heal(a, b transport.Peer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.cuts, pairOf(a, b))
	n.settle(nil)
}

func (n *Network) listener(key transport.Peer) *Endpoint {
	for _, e := range n.endpoints {
		if e.self == key && !e.dialOnly {
			return e
		}
	}
	return nil
}

// leave takes e out of the network; its peers may then have room for others.
func (n *Network) leave(e *Endpoint) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.endpoints = slices.DeleteFunc(n.endpoints, func(x *Endpoint) bool { return x == e })
	e.dropAll(transport.ErrClosed)
	n.settle(nil)
}

// settle brings up every link that can be up. One endpoint, the newest or none, may take over links of
// older ones with its key.
func (n *Network) settle(newest *Endpoint) {
	for _, e := range n.endpoints {
		n.connect(e, e == newest)
	}
}

// connect dials the members that e is to dial and has no link to. With replace, it takes over links of
// an older endpoint with its key.
func (n *Network) connect(e *Endpoint, replace bool) {
	for _, key := range slices.SortedFunc(maps.Keys(e.cfg.Members), compare) {
		target := n.listener(key)
		if target == nil || target == e || n.cuts[pairOf(e.self, key)] || !links.Dials(e.self, key, e.dialOnly) {
			continue
		}
		if e.linked(key) || (target.linked(e.self) && !replace) {
			continue
		}
		newLink(e, target)
	}
}

func compare(a, b transport.Peer) int { return bytes.Compare(a[:], b[:]) }
