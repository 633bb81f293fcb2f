package tcp

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/transporttest"
)

// testConfig has pauses that suit a test on one machine. Nothing fails by them but what is broken.
func testConfig() Config {
	return Config{
		BackoffMin: 5 * time.Millisecond, BackoffMax: 50 * time.Millisecond,
		PingInterval: 50 * time.Millisecond, WriteTimeout: time.Minute, IdleTimeout: time.Minute,
	}
}

// fabric joins endpoints over loopback. Each ordered pair has a relay of its own between dialler and
// listener, which Cut closes.
type fabric struct {
	t        *testing.T
	insecure bool

	mu       sync.Mutex
	backends map[transport.Peer]string
	relays   map[[2]transport.Peer]*relay
}

func newFabric(insecure bool) func(t *testing.T) transporttest.Fabric {
	return func(t *testing.T) transporttest.Fabric {
		return &fabric{
			t: t, insecure: insecure,
			backends: make(map[transport.Peer]string),
			relays:   make(map[[2]transport.Peer]*relay),
		}
	}
}

func (f *fabric) Join(t *testing.T, s transporttest.Spec) transport.Endpoint {
	self := transporttest.PeerOf(s.Key)
	cfg := testConfig()
	cfg.Config, cfg.Key, cfg.InsecurePlaintext = s.Config, s.Key, f.insecure
	cfg.Members = f.addresses(self, s.Members)
	if !s.DialOnly {
		cfg.Listener = listen(t)
		f.mu.Lock()
		f.backends[self] = cfg.Listener.Addr().String()
		f.mu.Unlock()
	}
	e, err := New(cfg)
	require.NoError(t, err)
	return e
}

func (f *fabric) SetMembers(t *testing.T, e transport.Endpoint, self transport.Peer, members []transport.Peer) {
	require.NoError(t, e.(*Endpoint).SetMembers(f.addresses(self, members)))
}

func (f *fabric) Cut(a, b transport.Peer) {
	f.relay(a, b).cut(true)
	f.relay(b, a).cut(true)
}

func (f *fabric) Heal(a, b transport.Peer) {
	f.relay(a, b).cut(false)
	f.relay(b, a).cut(false)
}

func (f *fabric) addresses(self transport.Peer, members []transport.Peer) map[transport.Peer]string {
	m := make(map[transport.Peer]string)
	for _, p := range members {
		m[p] = f.relay(self, p).listener.Addr().String()
	}
	return m
}

func (f *fabric) relay(dialler, target transport.Peer) *relay {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.relays[[2]transport.Peer{dialler, target}]
	if r == nil {
		r = newRelay(f.t, func() string {
			f.mu.Lock()
			defer f.mu.Unlock()
			return f.backends[target]
		})
		f.relays[[2]transport.Peer{dialler, target}] = r
	}
	return r
}

func listen(t testing.TB) net.Listener {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return ln
}

// relay passes bytes between a listener and a backend, until it is cut.
type relay struct {
	listener net.Listener
	backend  func() string
	running  sync.WaitGroup
	ctx      context.Context

	mu    sync.Mutex
	isCut bool
	conns map[net.Conn]bool
}

func newRelay(t testing.TB, backend func() string) *relay {
	r := &relay{listener: listen(t), backend: backend, conns: make(map[net.Conn]bool)}
	ctx, cancel := context.WithCancel(context.Background())
	r.ctx = ctx
	r.running.Add(1)
	go r.accept()
	t.Cleanup(func() {
		cancel()
		_ = r.listener.Close()
		r.cut(true)
		r.running.Wait()
	})
	return r
}

func (r *relay) accept() {
	defer r.running.Done()
	for {
		conn, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.running.Add(1)
		go r.pass(conn)
	}
}

func (r *relay) pass(near net.Conn) {
	defer r.running.Done()
	defer r.forget(near)
	if !r.remember(near) {
		return
	}
	far, err := new(net.Dialer).DialContext(r.ctx, "tcp", r.backend())
	if err != nil {
		return
	}
	defer r.forget(far)
	if !r.remember(far) {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(near, far)
		_ = near.Close()
		_ = far.Close()
	}()
	_, _ = io.Copy(far, near)
	_ = near.Close()
	_ = far.Close()
	<-done
}

func (r *relay) remember(c net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns[c] = true
	return !r.isCut
}

func (r *relay) forget(c net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, c)
	_ = c.Close()
}

func (r *relay) cut(yes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.isCut = yes
	if yes {
		for c := range r.conns {
			_ = c.Close()
		}
	}
}

func TestConformance(t *testing.T) { transporttest.Run(t, newFabric(false)) }

func TestConformanceInsecure(t *testing.T) { transporttest.Run(t, newFabric(true)) }
