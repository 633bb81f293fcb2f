package tcp

import (
	"context"
	"maps"
	"net"

	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/internal/links"
)

// SetMembers replaces the configured members (spec R5). Links to peers that stay members are not
// disturbed, a new address holds from the next dial on; a peer that becomes or ceases to be a member loses
// its link and may come back as what it is now. It fails with transport.ErrConfig, changing nothing, or
// transport.ErrClosed.
func (e *Endpoint) SetMembers(members map[transport.Peer]string) error {
	if err := e.cfg.checkMembers(members); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return transport.ErrClosed
	}
	e.setMembersLocked(maps.Clone(members))
	return nil
}

func (e *Endpoint) setMembersLocked(members map[transport.Peer]string) {
	for key, p := range e.peers {
		if _, ok := members[key]; !ok && p.role == transport.Member {
			e.setRole(p, transport.Client)
		}
	}
	for key, addr := range members {
		if key == e.self {
			continue
		}
		p := e.peers[key]
		if p == nil {
			p = newPeer(key, transport.Member, addr)
			e.peers[key] = p
		}
		p.addr = addr
		if p.role == transport.Client {
			e.setRole(p, transport.Member)
		}
		if p.stop == nil && links.Dials(e.self, key, e.cfg.Listener == nil) {
			ctx, stop := context.WithCancel(e.ctx)
			p.stop = stop
			e.running.Add(1)
			go e.keepUp(ctx, p)
		}
	}
}

// setRole makes a client a member or the reverse. Limits and dialling follow from the role, so the link
// starts over.
func (e *Endpoint) setRole(p *peer, role transport.Role) {
	p.role = role
	if role == transport.Client {
		e.clients++
	} else {
		e.clients--
	}
	if p.stop != nil {
		p.stop()
		p.stop = nil
	}
	if l := p.link.Load(); l != nil {
		l.end(transport.ReasonRole)
	}
	e.forget(p)
}

// forget drops a client whose last link is gone. While its Handler still runs it is remembered, so that a
// new link of the same key waits for it.
func (e *Endpoint) forget(p *peer) {
	if p.role == transport.Client && p.readers == 0 && e.peers[p.key] == p {
		delete(e.peers, p.key)
		e.clients--
	}
}

// admit decides about an accepted connection that has proved key, and makes it the peer's link if it may
// stand. The newest connection of a key is the one that its owner uses: an older one gives way.
func (e *Endpoint) admit(key transport.Peer, conn, raw net.Conn) (*peer, *link, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.peers[key]
	switch {
	case e.closed:
		return nil, nil, transport.ErrClosed
	case key == e.self:
		return nil, nil, transport.ReasonIdentity
	case p != nil && p.role == transport.Member:
		if p.stop != nil {
			return nil, nil, transport.ReasonDirection
		}
	case e.cfg.Admit != nil && !e.cfg.Admit(key):
		return nil, nil, transport.ReasonNotAdmitted
	case p == nil && e.clients >= e.cfg.Limits.ClientsMax:
		return nil, nil, transport.ReasonClientsFull
	case p == nil:
		p = newPeer(key, transport.Client, "")
		e.peers[key] = p
		e.clients++
	}
	return p, e.attach(p, conn, raw, true), nil
}

// attach makes a connection the link of p.
func (e *Endpoint) attach(p *peer, conn, raw net.Conn, welcome bool) *link {
	l := newLink(conn, raw, p.role, e.cfg.Limits)
	l.welcome = welcome
	p.readers++
	p.meter.Ups.Add(1)
	if old := p.link.Swap(l); old != nil {
		old.end(transport.ReasonReplaced)
	}
	return l
}

// detach takes a link that has ended from its peer and settles the account.
func (e *Endpoint) detach(p *peer, l *link) {
	lost := l.queue.Close()
	p.meter.Dropped.Add(uint64(lost))
	p.meter.Fail(l.err)
	p.link.CompareAndSwap(l, nil)
	e.tally.Add(transport.ReasonLost, lost)
	e.tally.Add(reasonOf(l.err), 1)
}

// release notes that the reading goroutine of a link has returned, which may be long after its end.
func (e *Endpoint) release(p *peer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p.readers--
	e.forget(p)
}
