package memory

import (
	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/internal/links"
)

// accept decides about a connection from key. If it may stand, it becomes the peer's link, the older one
// is returned to be dropped, and the reason is zero. One step under the lock: a client whose older link
// is just going away must not be forgotten in between.
func (e *Endpoint) accept(key transport.Peer, x *end) (older *end, reason transport.Reason) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.peers[key]
	switch {
	case key == e.self:
		return nil, transport.ReasonIdentity
	case p != nil && p.role == transport.Member:
		if links.Dials(e.self, key, false) {
			return nil, transport.ReasonDirection
		}
	case e.cfg.Admit != nil && !e.cfg.Admit(key):
		return nil, transport.ReasonNotAdmitted
	case p == nil && e.clients >= e.cfg.Limits.ClientsMax:
		return nil, transport.ReasonClientsFull
	case p == nil:
		p = newPeer(key, transport.Client, "memory")
		e.peers[key] = p
		e.clients++
	}
	older = p.end
	e.attachLocked(p, x)
	return older, 0
}

func (e *Endpoint) peer(key transport.Peer) *peer {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.peers[key]
}

func (e *Endpoint) linked(key transport.Peer) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	p := e.peers[key]
	return p != nil && p.end != nil
}

// dials reports whether it is for e to connect to a member. The network is locked.
func (e *Endpoint) dials(key transport.Peer) bool {
	_, member := e.cfg.Members[key]
	return member && key != e.self && links.Dials(e.self, key, e.dialOnly)
}

func (e *Endpoint) newQueue(p *peer) *links.Queue {
	l := e.cfg.Limits
	if p.role == transport.Client {
		return links.NewQueue(l.ClientQueueBytesMax, l.QueueFramesMax)
	}
	return links.NewQueue(l.QueueBytesMax, l.QueueFramesMax)
}

// frameBytesMax is the largest frame taken from p.
func (e *Endpoint) frameBytesMax(p *peer) int {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if p.role == transport.Client {
		return e.cfg.Limits.ClientFrameBytesMax
	}
	return e.cfg.Limits.FrameBytesMax
}

func (e *Endpoint) attach(p *peer, x *end) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.attachLocked(p, x)
}

func (e *Endpoint) attachLocked(p *peer, x *end) {
	x.peer, x.out = p, e.newQueue(p)
	p.end = x
	p.ends++
	p.meter.Ups.Add(1)
	e.running.Add(1)
}

func (e *Endpoint) detach(x *end, err error) {
	lost := x.out.Close()
	x.peer.meter.Dropped.Add(uint64(lost))
	x.peer.meter.Fail(err)
	e.tally.Add(transport.ReasonLost, lost)
	e.mu.Lock()
	defer e.mu.Unlock()
	if x.peer.end == x {
		x.peer.end = nil
	}
}

// release notes that the goroutine of an end has returned. If that was the last of a client, another
// may have its place; and if the link fell for what came over it, it may come up again.
func (n *Network) release(x *end) {
	n.mu.Lock()
	defer n.mu.Unlock()
	e := x.owner
	e.mu.Lock()
	x.peer.ends--
	e.forget(x.peer)
	e.mu.Unlock()
	n.settle(x.link.target().self)
}

func (n *Network) drop(l *link, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	l.drop(err)
}

// forget drops a client whose last end is gone. While its Handler still runs it is remembered, so that
// a new link of the same key waits for it.
func (e *Endpoint) forget(p *peer) {
	if p.role != transport.Client || p.ends > 0 || e.peers[p.key] != p {
		return
	}
	delete(e.peers, p.key)
	e.clients--
}

func (e *Endpoint) dropLink(key transport.Peer, err error) {
	e.mu.RLock()
	p := e.peers[key]
	var x *end
	if p != nil {
		x = p.end
	}
	e.mu.RUnlock()
	if x != nil {
		x.link.drop(err)
	}
}

func (e *Endpoint) dropAll(err error) {
	e.mu.RLock()
	var ends []*end
	for _, p := range e.peers {
		if p.end != nil {
			ends = append(ends, p.end)
		}
	}
	e.mu.RUnlock()
	for _, x := range ends {
		x.link.drop(err)
	}
}
