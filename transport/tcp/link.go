package tcp

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/internal/links"
)

// link is one authenticated connection, served by a reading and a writing goroutine.
type link struct {
	conn    net.Conn // speaks TLS, unless insecure
	raw     net.Conn // what it runs on; closed to end the link, for TLS would wait for a peer that does not read
	socket  *socket  // between the two; nil if insecure
	role    transport.Role
	queue   *links.Queue
	writes  alarm // of the writing goroutine
	welcome bool  // this end accepted, and says so with a first ping

	once  sync.Once
	ended atomic.Bool
	done  chan struct{}
	err   error // why it ended; to be read after done is closed
}

func newLink(conn, raw net.Conn, role transport.Role, limits transport.Limits) *link {
	l := &link{conn: conn, raw: raw, socket: socketOf(conn), role: role, done: make(chan struct{})}
	if l.socket != nil {
		l.socket.readAhead(role)
	}
	bytesMax := limits.QueueBytesMax
	if role == transport.Client {
		bytesMax = limits.ClientQueueBytesMax
	}
	l.queue = links.NewQueue(bytesMax, limits.QueueFramesMax)
	return l
}

// end ends the link, for the first reason given.
func (l *link) end(err error) {
	l.once.Do(func() {
		l.err = err
		l.ended.Store(true)
		close(l.done)
		_ = l.raw.Close() // unblocks both goroutines
	})
}

// serve runs an attached link until it ends. It does not wait for a Handler that is still at work then, so
// that the link can come up again meanwhile.
func (e *Endpoint) serve(p *peer, l *link) {
	e.running.Add(1)
	go func() {
		defer e.running.Done()
		defer e.release(p)
		l.end(e.read(p, l))
	}()
	l.end(e.write(p, l))
	e.detach(p, l)
}

// read hands frames to the Handler. It stops reading while that is at work: TCP then holds the peer back.
func (e *Endpoint) read(p *peer, l *link) error {
	select {
	case <-p.turn: // the Handler may still be at work for an earlier link of this peer
	case <-l.done:
		return nil
	}
	defer func() { p.turn <- struct{}{} }()
	if e.cfg.OnUp != nil {
		e.cfg.OnUp(p.key)
	}
	frames := e.newFrameReader(l)
	for !l.ended.Load() {
		before := frames.consumed
		data, err := frames.next()
		p.meter.BytesIn.Add(frames.consumed - before)
		if err != nil {
			return linkError(err, transport.ReasonIdle)
		}
		if data != nil {
			p.meter.FramesIn.Add(1)
			e.cfg.Handler(p.key, data)
		}
	}
	return nil
}

// Buffers of a link's reader, and what it takes on the mere announcement of a frame.
const (
	readBytes       = 32 << 10
	memberStepBytes = 256 << 10
	clientReadBytes = 4 << 10
	clientStepBytes = 16 << 10
)

func (e *Endpoint) newFrameReader(l *link) *frameReader {
	f := &frameReader{max: e.cfg.Limits.FrameBytesMax, step: memberStepBytes}
	size := readBytes
	if l.role == transport.Client {
		f.max, f.step, size = e.cfg.Limits.ClientFrameBytesMax, clientStepBytes, clientReadBytes
	}
	f.r = bufio.NewReaderSize(&patientReader{conn: l.conn, timeout: e.cfg.IdleTimeout}, size)
	return f
}

// alarm moves a deadline on before each call that it is for, once an eighth of the timeout has passed: each
// move costs about a hundredth of a small read or write. So a call has at least seven eighths of the timeout.
type alarm struct{ armed time.Time }

func (p *alarm) arm(timeout time.Duration, set func(time.Time) error) error {
	now := time.Now()
	if now.Sub(p.armed) < timeout/8 {
		return nil
	}
	p.armed = now
	return set(now.Add(timeout))
}

// patientReader gives every read the same time.
type patientReader struct {
	conn    net.Conn
	timeout time.Duration
	alarm   alarm
}

func (r *patientReader) Read(b []byte) (int, error) {
	if err := r.alarm.arm(r.timeout, r.conn.SetReadDeadline); err != nil {
		return 0, err
	}
	return r.conn.Read(b)
}

// write drains the queue, a turn at a time, and pings when there is nothing to say.
func (e *Endpoint) write(p *peer, l *link) error {
	if l.welcome {
		if err := e.put(p, l, ping); err != nil {
			return err
		}
	}
	quiet := time.NewTicker(e.cfg.PingInterval)
	defer quiet.Stop()
	for batch := []links.Slice(nil); ; clear(batch) {
		if batch = l.queue.Take(batch[:0]); len(batch) > 0 {
			if err := e.putBatch(p, l, batch); err != nil {
				return err
			}
			continue
		}
		select {
		case <-l.queue.Ready():
		case <-quiet.C:
			if err := e.put(p, l, ping); err != nil {
				return err
			}
		case <-l.done:
			return nil
		}
	}
}

// buffers holds write buffers, large enough for a turn of two slices and some headers. They live within
// one call, so links that are idle have none.
var buffers = sync.Pool{New: func() any {
	b := make([]byte, 0, 2*links.SliceBytes+4<<10)
	return &b
}}

func (e *Endpoint) putBatch(p *peer, l *link, batch []links.Slice) error {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	b, complete := (*buf)[:0], 0
	for _, s := range batch {
		b = appendSlice(b, s)
		if s.Last() {
			complete++
		}
	}
	*buf = b
	if err := e.put(p, l, b); err != nil {
		return err
	}
	p.meter.FramesOut.Add(uint64(complete))
	return nil
}

func (e *Endpoint) put(p *peer, l *link, b []byte) error {
	if err := l.writes.arm(e.cfg.WriteTimeout, l.conn.SetWriteDeadline); err != nil {
		return linkError(err, transport.ReasonStalled)
	}
	n, err := l.send(b)
	p.meter.BytesOut.Add(uint64(n))
	if err != nil {
		return linkError(err, transport.ReasonStalled)
	}
	return nil
}

// send writes b in one piece.
func (l *link) send(b []byte) (int, error) {
	if l.socket == nil || len(b) <= recordBytes {
		return l.conn.Write(b)
	}
	return l.socket.writeAll(l.conn, b)
}

// linkError puts a Reason to what a read or write returned; timeout is the one for a missed deadline.
func linkError(err error, timeout transport.Reason) error {
	var reason transport.Reason
	switch {
	case errors.As(err, &reason):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return timeout
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%w: closed by peer", transport.ReasonBroken)
	}
	return fmt.Errorf("%w: %w", transport.ReasonBroken, err)
}

// reasonOf returns the Reason that an error carries, or zero, which is not counted: the endpoint itself
// ended the link.
func reasonOf(err error) transport.Reason {
	var reason transport.Reason
	errors.As(err, &reason)
	return reason
}
