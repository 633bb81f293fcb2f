package gateway

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Gateway serves one listener. Its methods are safe for concurrent use. It has a goroutine for the
// listener and one for each connection.
type Gateway struct {
	cfg     Config
	ln      net.Listener
	ctx     context.Context // of all operations
	cancel  context.CancelFunc
	running sync.WaitGroup // all goroutines

	mu      sync.Mutex
	closing bool
	conns   map[*conn]bool

	stats stats
}

// stats are what INFO shows.
type stats struct {
	accepted, refused    atomic.Uint64 // connections
	commands, operations atomic.Uint64 // that went to the cluster
	failed               atomic.Uint64 // operations
}

// Serve starts to serve ln, which belongs to the gateway from then on, until Shutdown or Close. The error
// is that of cfg.Validate, and ln is still the caller's.
func Serve(ln net.Listener, cfg Config) (*Gateway, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	g := &Gateway{cfg: cfg.withDefaults(), ln: ln, conns: make(map[*conn]bool)}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	g.running.Go(g.accept)
	return g, nil
}

// A listener that cannot accept, as for want of file descriptors, rests for a while.
const (
	pauseMin = 5 * time.Millisecond
	pauseMax = time.Second
)

func (g *Gateway) accept() {
	pause := pauseMin
	for {
		nc, err := g.ln.Accept()
		if err == nil {
			pause = pauseMin
			g.admit(nc)
			continue
		}
		if g.ended() || errors.Is(err, net.ErrClosed) {
			return
		}
		g.cfg.Logger.Warn("gateway: cannot accept", "err", err, "pause", pause)
		rest, cancel := context.WithTimeout(g.ctx, pause)
		<-rest.Done()
		cancel()
		pause = min(2*pause, pauseMax)
	}
}

// admit starts to serve a connection, if there is room for it.
func (g *Gateway) admit(nc net.Conn) {
	c := newConn(g, nc)
	if reason := g.enter(c); reason != "" {
		g.stats.refused.Add(1)
		_, _ = nc.Write([]byte(reason)) // fits into the empty buffer of a new connection
		_ = nc.Close()
		return
	}
	g.stats.accepted.Add(1)
	g.running.Go(func() {
		defer g.leave(c)
		c.serve()
	})
}

func (g *Gateway) enter(c *conn) (reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closing:
		return "-ERR gateway closed\r\n"
	case len(g.conns) == g.cfg.ConnsMax:
		return "-ERR max number of clients reached\r\n"
	}
	g.conns[c] = true
	return ""
}

func (g *Gateway) leave(c *conn) {
	_ = c.nc.Close() // whatever was wrong with it, it is over
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
}

func (g *Gateway) connected() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.conns)
}

func (g *Gateway) ended() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closing
}

// Shutdown stops listening, lets every connection finish and answer what it has received, and closes it. If
// ctx ends before that is done, it does what Close does and returns ctx's error.
func (g *Gateway) Shutdown(ctx context.Context) error {
	past := time.Unix(1, 0)
	err := g.end(func(c *conn) { _ = c.nc.SetReadDeadline(past) })
	gone := make(chan struct{})
	go func() {
		g.running.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-ctx.Done():
		err = errors.Join(ctx.Err(), err)
	}
	return errors.Join(err, g.Close())
}

// Close stops listening, closes all connections, gives up operations under way, whose outcome nobody
// learns, and waits until nothing of the gateway is running. It returns the error of closing the
// listener. Calling it again is harmless.
func (g *Gateway) Close() error {
	err := g.end(func(c *conn) { _ = c.nc.Close() })
	g.cancel()
	g.running.Wait()
	return err
}

// end stops listening, if nobody has before, and does f to every connection.
func (g *Gateway) end(f func(*conn)) (err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closing {
		g.closing = true
		err = g.ln.Close()
	}
	for c := range g.conns {
		f(c)
	}
	return err
}
