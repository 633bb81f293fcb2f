package tcp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/twothirds-bft/twothirds/transport"
)

// keepUp dials a member again and again, and serves the link whenever there is one.
func (e *Endpoint) keepUp(ctx context.Context, p *peer) {
	defer e.running.Done()
	pauses := backoff{min: e.cfg.BackoffMin, max: e.cfg.BackoffMax}
	for ctx.Err() == nil {
		if lived := e.linkTo(ctx, p); lived > e.cfg.BackoffMax {
			pauses.reset()
		}
		timer := time.NewTimer(pauses.pause())
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// linkTo dials a member once and returns how long the link lived.
func (e *Endpoint) linkTo(ctx context.Context, p *peer) time.Duration {
	conn, raw, err := e.dial(ctx, p)
	if ctx.Err() != nil {
		if raw != nil {
			_ = raw.Close()
		}
		return 0
	}
	if err != nil {
		e.tally.Add(reasonOf(err), 1)
		p.meter.Fail(err)
		return 0
	}
	e.mu.Lock()
	if ctx.Err() != nil || e.closed { // no longer a member, or Close has already ended all links
		e.mu.Unlock()
		_ = raw.Close()
		return 0
	}
	l := e.attach(p, conn, raw, false)
	e.mu.Unlock()
	up := time.Now()
	e.serve(p, l)
	return time.Since(up)
}

// dial connects, authenticates and waits for the welcome: only then has the other end taken the
// connection, for in TLS 1.3 a dialler believes itself done before its own certificate is judged.
func (e *Endpoint) dial(ctx context.Context, p *peer) (conn, raw net.Conn, err error) {
	e.mu.RLock()
	addr := p.addr
	e.mu.RUnlock()
	dialer := net.Dialer{Timeout: e.cfg.DialTimeout, KeepAliveConfig: keepAlive}
	dialled, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", transport.ReasonDial, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = dialled.Close() })
	defer stop()
	if conn, err = e.handshake(dialled, p.key); err != nil {
		_ = dialled.Close()
		return nil, nil, err
	}
	return conn, dialled, nil
}

func (e *Endpoint) handshake(raw net.Conn, member transport.Peer) (net.Conn, error) {
	if err := e.prepare(raw); err != nil {
		return nil, handshakeError(err)
	}
	conn, err := e.identity.dial(raw, member)
	if err != nil {
		return nil, handshakeError(err)
	}
	var welcome [headerBytes]byte
	if _, err := io.ReadFull(conn, welcome[:]); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, transport.ReasonTimeout
		}
		return nil, fmt.Errorf("%w: %w", transport.ReasonRefused, err)
	}
	if welcome != [headerBytes]byte{} {
		return nil, transport.ReasonMalformed
	}
	return conn, nil
}

// keepAlive finds dead connections on systems where nothing else does.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

// prepare sets what every connection has before its handshake. The deadline is replaced by the first read
// and the first write of the link.
func (e *Endpoint) prepare(raw net.Conn) error {
	if conn, ok := raw.(*net.TCPConn); ok { // a Listener of the user's may yield something else
		if err := conn.SetKeepAliveConfig(keepAlive); err != nil {
			return err
		}
		if err := setSocketOptions(conn, e.cfg.UserTimeout); err != nil {
			return err
		}
	}
	return raw.SetDeadline(time.Now().Add(e.cfg.HandshakeTimeout))
}

func handshakeError(err error) error {
	var reason transport.Reason
	switch {
	case errors.As(err, &reason):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w: %w", transport.ReasonTimeout, err)
	}
	return fmt.Errorf("%w: %w", transport.ReasonHandshake, err)
}
