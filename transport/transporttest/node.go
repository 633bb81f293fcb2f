package transporttest

import (
	"bytes"
	"crypto/ed25519"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/transport"
)

// Keys returns n keys in ascending order of their public halves, the same for every call.
func Keys(n int) []ed25519.PrivateKey {
	keys := make([]ed25519.PrivateKey, n)
	for i := range keys {
		keys[i] = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(i + 1)}, ed25519.SeedSize))
	}
	slices.SortFunc(keys, func(a, b ed25519.PrivateKey) int {
		return bytes.Compare(a[ed25519.SeedSize:], b[ed25519.SeedSize:])
	})
	return keys
}

// PeerOf returns the identity that goes with a private key.
func PeerOf(key ed25519.PrivateKey) transport.Peer {
	return transport.Peer(key.Public().(ed25519.PublicKey))
}

// PeersOf returns the identities of several keys.
func PeersOf(keys []ed25519.PrivateKey) []transport.Peer {
	peers := make([]transport.Peer, len(keys))
	for i, key := range keys {
		peers[i] = PeerOf(key)
	}
	return peers
}

// node is an endpoint that remembers what it was told.
type node struct {
	transport.Endpoint
	t   *testing.T
	key transport.Peer

	mu    sync.Mutex
	got   map[transport.Peer][]string
	ups   map[transport.Peer]int
	gates map[transport.Peer]chan struct{} // a Handler call for the peer waits until it is closed
	inUse map[transport.Peer]bool          // a Handler or OnUp call is under way
}

// join makes a node. Hooks given in the spec run after the node's own.
func join(t *testing.T, f Fabric, s Spec) *node {
	n := &node{
		t: t, key: PeerOf(s.Key),
		got:   make(map[transport.Peer][]string),
		ups:   make(map[transport.Peer]int),
		gates: make(map[transport.Peer]chan struct{}),
		inUse: make(map[transport.Peer]bool),
	}
	handler, onUp := s.Handler, s.OnUp
	s.Handler = func(from transport.Peer, data []byte) {
		n.enter(from)
		defer n.leave(from)
		n.mu.Lock()
		n.got[from] = append(n.got[from], string(data))
		gate := n.gates[from]
		n.mu.Unlock()
		if gate != nil {
			<-gate
		}
		if handler != nil {
			handler(from, data)
		}
	}
	s.OnUp = func(p transport.Peer) {
		n.enter(p)
		defer n.leave(p)
		n.mu.Lock()
		n.ups[p]++
		n.mu.Unlock()
		if onUp != nil {
			onUp(p)
		}
	}
	n.Endpoint = f.Join(t, s)
	t.Cleanup(func() { _ = n.Close() })
	return n
}

func (n *node) enter(p transport.Peer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.inUse[p] {
		n.t.Error("two calls for one peer at a time")
	}
	n.inUse[p] = true
}

func (n *node) leave(p transport.Peer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.inUse[p] = false
}

// hold makes Handler calls for a peer wait until the returned function is called.
func (n *node) hold(p transport.Peer) (release func()) {
	gate := make(chan struct{})
	n.mu.Lock()
	n.gates[p] = gate
	n.mu.Unlock()
	release = sync.OnceFunc(func() {
		n.mu.Lock()
		n.gates[p] = nil
		n.mu.Unlock()
		close(gate)
	})
	n.t.Cleanup(release) // before Close, which waits for the Handler
	return release
}

func (n *node) received(from transport.Peer) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.got[from])
}

func (n *node) upCount(p transport.Peer) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.ups[p]
}

func (n *node) link(p transport.Peer) (transport.Link, bool) {
	for _, l := range n.Links() {
		if l.Peer == p {
			return l, true
		}
	}
	return transport.Link{}, false
}

// connected reports whether this end is up and its owner has been told so.
func (n *node) connected(p transport.Peer) bool {
	l, _ := n.link(p)
	return l.Connected && n.upCount(p) > 0
}

func (n *node) eventually(cond func() bool, what string) {
	n.t.Helper()
	require.Eventually(n.t, cond, Patience, 2*time.Millisecond, what)
}

func (n *node) awaitLink(peers ...*node) {
	n.t.Helper()
	for _, p := range peers {
		n.eventually(func() bool { return n.connected(p.key) && p.connected(n.key) }, "link comes up")
	}
}

func (n *node) awaitFrames(from transport.Peer, count int) []string {
	n.t.Helper()
	n.eventually(func() bool { return len(n.received(from)) >= count }, "frames arrive")
	return n.received(from)
}

func (n *node) send(to *node, f transport.Frame) {
	n.t.Helper()
	require.True(n.t, n.Send(to.key, f))
}

// cluster joins count members that know each other and waits for their links.
func cluster(t *testing.T, f Fabric, count int, limits transport.Limits) []*node {
	keys := Keys(count)
	nodes := make([]*node, count)
	for i := range nodes {
		nodes[i] = join(t, f, Spec{Key: keys[i], Members: PeersOf(keys), Config: transport.Config{Limits: limits}})
	}
	for i, n := range nodes {
		n.awaitLink(nodes[i+1:]...)
	}
	return nodes
}

func control(data string) transport.Frame { return transport.Frame{Data: []byte(data)} }

func bulk(data []byte) transport.Frame { return transport.Frame{Class: transport.Bulk, Data: data} }
