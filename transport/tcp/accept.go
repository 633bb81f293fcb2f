package tcp

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/twothirds-bft/twothirds/transport"
)

// accept takes connections until the endpoint is closed. An error of the listener, such as a shortage of
// file descriptors, is waited out.
func (e *Endpoint) accept() {
	defer e.running.Done()
	pauses := backoff{min: 5 * time.Millisecond, max: e.cfg.BackoffMax}
	for {
		raw, err := e.cfg.Listener.Accept()
		if e.ctx.Err() != nil {
			if err == nil {
				_ = raw.Close()
			}
			return
		}
		if err != nil {
			timer := time.NewTimer(pauses.pause())
			select {
			case <-timer.C:
			case <-e.ctx.Done():
				timer.Stop()
			}
			continue
		}
		pauses.reset()
		e.pending.add(raw)
		e.running.Add(1)
		go e.receive(raw)
	}
}

// receive authenticates an accepted connection and serves it.
func (e *Endpoint) receive(raw net.Conn) {
	defer e.running.Done()
	conn, key, err := e.authenticate(raw)
	if evicted := e.pending.remove(raw); evicted {
		err = transport.ReasonPending
	}
	var p *peer
	var l *link
	if err == nil {
		p, l, err = e.admit(key, conn, raw)
	}
	if err != nil {
		_ = raw.Close()
		if e.ctx.Err() == nil {
			e.tally.Add(reasonOf(err), 1)
		}
		return
	}
	e.serve(p, l)
}

func (e *Endpoint) authenticate(raw net.Conn) (net.Conn, transport.Peer, error) {
	if err := e.prepare(raw); err != nil {
		return nil, transport.Peer{}, handshakeError(err)
	}
	conn, key, err := e.identity.accept(raw)
	if err != nil {
		return nil, key, handshakeError(err)
	}
	return conn, key, nil
}

// pending holds connections that have not proved a key, in the order of arrival.
type pending struct {
	mu     sync.Mutex
	max    int
	conns  []net.Conn
	closed bool
}

// add takes in one more, at the cost of the oldest from the source that has most.
func (q *pending) add(conn net.Conn) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.conns = append(q.conns, conn)
	if q.closed {
		_ = conn.Close()
	}
	if len(q.conns) > q.max {
		i := q.victim()
		_ = q.conns[i].Close()
		q.conns = append(q.conns[:i], q.conns[i+1:]...)
	}
}

// victim returns the oldest connection of the most frequent source, of two such sources the one that
// came first.
func (q *pending) victim() (oldest int) {
	count := make(map[netip.Prefix]int)
	for _, conn := range q.conns {
		count[sourceOf(conn)]++
	}
	for i, conn := range q.conns {
		if count[sourceOf(conn)] > count[sourceOf(q.conns[oldest])] {
			oldest = i
		}
	}
	return oldest
}

// sourceOf returns the network that a connection comes from: an IPv4 address, or the /64 that one host on
// IPv6 has to itself.
func sourceOf(conn net.Conn) netip.Prefix {
	addr, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Prefix{}
	}
	ip, bits := addr.Addr().Unmap().WithZone(""), 64
	if ip.Is4() {
		bits = 32
	}
	return netip.PrefixFrom(ip, bits).Masked()
}

// remove takes a connection out again. It reports whether that was done already, to make room.
func (q *pending) remove(conn net.Conn) (evicted bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, c := range q.conns {
		if c == conn {
			q.conns = append(q.conns[:i], q.conns[i+1:]...)
			return false
		}
	}
	return true
}

// close closes all, now and in future.
func (q *pending) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for _, conn := range q.conns {
		_ = conn.Close()
	}
}
