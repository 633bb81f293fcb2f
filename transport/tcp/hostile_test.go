package tcp

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/transporttest"
)

// The cast of these tests, in ascending order of keys.
var (
	cast     = transporttest.Keys(5)
	friend   = cast[0] // a correct member
	victim   = cast[1] // the endpoint under attack
	larger   = cast[2] // another member
	attacker = cast[3]
)

const patience = 20 * time.Second

// scene is a victim and a correct member that keeps talking to it.
type scene struct {
	t              *testing.T
	victim, friend *Endpoint
	heard, ups     atomic.Int64 // by the victim: frames from its friend, links of anyone
}

func newScene(t *testing.T, edit func(*Config)) *scene {
	ignore := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, ignore) })
	s := &scene{t: t}
	members := map[transport.Peer]string{}
	var configs [2]Config
	for i, key := range []ed25519.PrivateKey{friend, victim} {
		configs[i] = testConfig()
		configs[i].Key, configs[i].Listener = key, listen(t)
		configs[i].Handler = func(transport.Peer, []byte) {}
		members[transporttest.PeerOf(key)] = configs[i].Listener.Addr().String()
	}
	configs[0].Members, configs[1].Members = members, members
	configs[1].OnUp = func(transport.Peer) { s.ups.Add(1) }
	configs[1].Handler = func(from transport.Peer, _ []byte) {
		if from == transporttest.PeerOf(friend) {
			s.heard.Add(1)
		}
	}
	if edit != nil {
		edit(&configs[1])
	}
	s.friend, s.victim = s.start(configs[0]), s.start(configs[1])
	s.stillServes()
	return s
}

func (s *scene) start(cfg Config) *Endpoint {
	e, err := New(cfg)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = e.Close() })
	return e
}

func (s *scene) eventually(cond func() bool, what string) {
	s.t.Helper()
	if !assertEventually(cond) {
		require.Fail(s.t, what, "refused: %v\nlinks: %+v", s.victim.Refused(), s.victim.Links())
	}
}

func assertEventually(cond func() bool) bool {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if cond() {
			return true
		}
	}
	return false
}

// stillServes asserts that the friend gets through, on the link that it has had all along.
func (s *scene) stillServes() {
	s.t.Helper()
	before := s.heard.Load()
	s.eventually(func() bool {
		return s.friend.Send(s.victim.self, transport.Frame{Data: []byte("hello")}) && s.heard.Load() > before
	}, "friend gets through")
	require.EqualValues(s.t, 1, s.friend.Links()[0].Ups)
}

// refuses asserts that the victim has counted the reason so often.
func (s *scene) refuses(reason transport.Reason, count uint64) {
	s.t.Helper()
	s.eventually(func() bool { return s.victim.Refused()[reason] >= count }, "counts "+reason.String())
	require.Equal(s.t, count, s.victim.Refused()[reason])
	s.stillServes()
}

// connect opens a raw connection to the victim.
func (s *scene) connect() net.Conn {
	conn, err := net.Dial("tcp", s.victim.Addr().String())
	require.NoError(s.t, err)
	s.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// enter connects as a client with a proper key, and gets as far as the welcome.
func (s *scene) enter() net.Conn {
	id, err := newIdentity(attacker, false)
	require.NoError(s.t, err)
	conn, err := id.dial(s.connect(), s.victim.self)
	require.NoError(s.t, err)
	_, err = io.ReadFull(conn, make([]byte, headerBytes))
	require.NoError(s.t, err)
	return conn
}

// closed waits for the victim to hang up.
func (s *scene) closed(conn net.Conn) {
	s.t.Helper()
	require.NoError(s.t, conn.SetReadDeadline(time.Now().Add(patience)))
	_, err := io.Copy(io.Discard, conn)
	require.NotErrorIs(s.t, err, os.ErrDeadlineExceeded, "victim does not hang up")
}

func TestGarbageInsteadOfTLS(t *testing.T) {
	s := newScene(t, nil)
	for range 3 {
		conn := s.connect()
		_, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"))
		require.NoError(t, err)
		s.closed(conn)
	}
	s.refuses(transport.ReasonHandshake, 3)
}

// Connections that are held open without proving anything are bounded in number: the oldest give way, and
// who completes a handshake gets in.
func TestHalfHandshakesHeldOpen(t *testing.T) {
	const pendingMax, opened = 8, 30
	s := newScene(t, func(c *Config) { c.PendingMax = pendingMax; c.HandshakeTimeout = time.Minute })
	var held []net.Conn
	for i := range opened {
		conn := s.connect()
		_, err := conn.Write([]byte{0x16, 0x03, 0x01}) // the beginning of a ClientHello
		require.NoError(t, err)
		held = append(held, conn)
		if i >= pendingMax {
			s.closed(held[i-pendingMax])
		}
	}
	s.refuses(transport.ReasonPending, opened-pendingMax)
	s.enter()
	s.refuses(transport.ReasonPending, opened-pendingMax+1)
}

func TestHalfHandshakeTimesOut(t *testing.T) {
	s := newScene(t, func(c *Config) { c.HandshakeTimeout = 500 * time.Millisecond })
	s.closed(s.connect())
	s.refuses(transport.ReasonTimeout, 1)
}

func TestFloodOfConnections(t *testing.T) {
	const flood = 300
	s := newScene(t, func(c *Config) { c.PendingMax = 4 })
	for range flood {
		conn, err := net.Dial("tcp", s.victim.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		_, _ = conn.Write([]byte{0x16})
		s.stillServes()
	}
	s.eventually(func() bool { return s.victim.Refused()[transport.ReasonPending] >= flood-4 }, "oldest give way")
	require.NotNil(t, s.enter())
}

// The victim must never take one key for another: identity is what all rests on.
func TestForeignCertificate(t *testing.T) {
	s := newScene(t, nil)
	ups := s.ups.Load()
	stolen, err := newIdentity(friend, false)
	require.NoError(t, err)
	_, own, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	config := stolen.config.Clone()
	config.Certificates[0].PrivateKey = own // the friend's certificate with another's signature
	s.refusesTLS(config)
	s.refuses(transport.ReasonHandshake, 1)
	require.Equal(t, ups, s.ups.Load(), "nobody came in")
}

// refusesTLS asserts that a client with this configuration is hung up on.
func (s *scene) refusesTLS(config *tls.Config) {
	s.t.Helper()
	config.VerifyConnection = nil
	conn := tls.Client(s.connect(), config)
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, err := conn.Read(make([]byte, 1))
	require.Error(s.t, err)
	require.NotErrorIs(s.t, err, os.ErrDeadlineExceeded)
}

func TestWrongKindsOfTLS(t *testing.T) {
	s := newScene(t, nil)
	ups := s.ups.Load()
	proper, err := newIdentity(attacker, false)
	require.NoError(t, err)
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	other, err := x509.CreateCertificate(rand.Reader, template, template, p256.Public(), p256)
	require.NoError(t, err)
	for name, edit := range map[string]func(*tls.Config){
		"no certificate":   func(c *tls.Config) { c.Certificates = nil },
		"two certificates": func(c *tls.Config) { c.Certificates[0].Certificate = append(c.Certificates[0].Certificate, other) },
		"another kind of key": func(c *tls.Config) {
			c.Certificates[0] = tls.Certificate{Certificate: [][]byte{other}, PrivateKey: p256}
		},
		"another protocol":     func(c *tls.Config) { c.NextProtos = []string{"h2"} },
		"no protocol":          func(c *tls.Config) { c.NextProtos = nil },
		"an older TLS version": func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12 },
	} {
		t.Run(name, func(t *testing.T) {
			config := proper.config.Clone()
			config.Certificates = append([]tls.Certificate(nil), config.Certificates...)
			edit(config)
			count := s.refusedHandshakes()
			s.refusesTLS(config)
			s.eventually(func() bool { return s.refusedHandshakes() == count+1 }, "counted")
		})
	}
	require.Equal(t, ups, s.ups.Load(), "nobody came in")
	s.stillServes()
}

func (s *scene) refusedHandshakes() uint64 {
	counts := s.victim.Refused()
	return counts[transport.ReasonHandshake] + counts[transport.ReasonIdentity]
}

// Somebody with the victim's own key, such as a copy of it, is not a peer.
func TestOwnKey(t *testing.T) {
	s := newScene(t, nil)
	id, err := newIdentity(victim, false)
	require.NoError(t, err)
	s.refusesTLS(id.config.Clone())
	s.refuses(transport.ReasonIdentity, 1)
}

// Of two members only the smaller key dials.
func TestWrongDirection(t *testing.T) {
	s := newScene(t, nil)
	members := map[transport.Peer]string{s.friend.self: s.friend.Addr().String(), transporttest.PeerOf(larger): "127.0.0.1:1"}
	require.NoError(t, s.victim.SetMembers(members))
	id, err := newIdentity(larger, false)
	require.NoError(t, err)
	s.refusesTLS(id.config.Clone())
	s.refuses(transport.ReasonDirection, 1)
}

// Whoever answers at a member's address with another key gets nothing.
func TestImposterAtMembersAddress(t *testing.T) {
	s := newScene(t, nil)
	ups := s.ups.Load()
	imposter := testConfig()
	imposter.Key, imposter.Listener = attacker, listen(t)
	imposter.Handler = func(transport.Peer, []byte) { t.Error("a frame for another") }
	s.start(imposter)
	meant := transporttest.PeerOf(larger)
	members := map[transport.Peer]string{s.friend.self: s.friend.Addr().String(), meant: imposter.Listener.Addr().String()}
	require.NoError(t, s.victim.SetMembers(members))
	s.eventually(func() bool { return s.victim.Refused()[transport.ReasonIdentity] > 0 }, "refused")
	require.False(t, s.victim.Send(meant, transport.Frame{Data: []byte("secret")}))
	for _, l := range s.victim.Links() {
		if l.Peer == meant {
			require.ErrorIs(t, l.LastErr, transport.ReasonIdentity)
		}
	}
	require.Equal(t, ups, s.ups.Load())
	s.stillServes()
}

// A member whose port is open but that says nothing costs a timeout at a time.
func TestMuteMember(t *testing.T) {
	s := newScene(t, func(c *Config) { c.HandshakeTimeout = 500 * time.Millisecond })
	mute := listen(t)
	t.Cleanup(func() { _ = mute.Close() })
	members := map[transport.Peer]string{s.friend.self: s.friend.Addr().String(), transporttest.PeerOf(larger): mute.Addr().String()}
	require.NoError(t, s.victim.SetMembers(members))
	s.eventually(func() bool { return s.victim.Refused()[transport.ReasonTimeout] > 0 }, "gives up")
	s.stillServes()
}

// A member that is one no more is not dialled any more: what is under way is broken off.
func TestRemovedMemberIsLeftAlone(t *testing.T) {
	s := newScene(t, func(c *Config) { c.HandshakeTimeout = time.Hour })
	mute := listen(t)
	t.Cleanup(func() { _ = mute.Close() })
	members := map[transport.Peer]string{s.friend.self: s.friend.Addr().String(), transporttest.PeerOf(larger): mute.Addr().String()}
	require.NoError(t, s.victim.SetMembers(members))
	conn, err := mute.Accept()
	require.NoError(t, err)
	defer conn.Close()
	delete(members, transporttest.PeerOf(larger))
	require.NoError(t, s.victim.SetMembers(members))
	s.closed(conn)
	s.stillServes()
}

func TestOversizeFrame(t *testing.T) {
	s := newScene(t, nil)
	conn := s.enter()
	_, err := conn.Write(header(true, 256<<10+1)) // a member's frame, but a client's limit
	require.NoError(t, err)
	s.closed(conn)
	s.refuses(transport.ReasonOversize, 1)
}

func TestMalformedFrame(t *testing.T) {
	s := newScene(t, nil)
	conn := s.enter()
	_, err := conn.Write(append(header(true, 100_000), make([]byte, 64<<10)...))
	require.NoError(t, err)
	_, err = conn.Write(header(true, 7))
	require.NoError(t, err)
	s.closed(conn)
	s.refuses(transport.ReasonMalformed, 1)
}

// Neither half a frame nor nothing at all keeps a link: a stopped process falls silent like this, while its
// kernel acknowledges whatever it is sent.
func TestSilence(t *testing.T) {
	s := newScene(t, func(c *Config) { c.IdleTimeout = 500 * time.Millisecond })
	for i, last := range [][]byte{append(header(true, 200_000), 'x'), header(false, 9)[:2], {}} {
		conn := s.enter()
		_, err := conn.Write(last)
		require.NoError(t, err)
		s.closed(conn)
		s.refuses(transport.ReasonIdle, uint64(i+1))
	}
}

// A peer that reads nothing is given up after WriteTimeout. It is heard meanwhile.
func TestStalledReader(t *testing.T) {
	s := newScene(t, func(c *Config) { c.WriteTimeout = 500 * time.Millisecond })
	s.enter()
	peer := transporttest.PeerOf(attacker)
	f := transport.Frame{Class: transport.Bulk, Data: make([]byte, 256<<10)}
	s.eventually(func() bool {
		for s.victim.Send(peer, f) {
			continue
		}
		return s.victim.Refused()[transport.ReasonStalled] == 1
	}, "given up")
	require.Positive(t, s.victim.Refused()[transport.ReasonLost])
	s.stillServes()
}

func TestBackoff(t *testing.T) {
	b := backoff{min: 50 * time.Millisecond, max: time.Second}
	for range 2 {
		for _, most := range []time.Duration{50, 100, 200, 400, 800, 1000, 1000} {
			got := b.pause() / time.Millisecond
			require.LessOrEqual(t, got, most)
			require.GreaterOrEqual(t, got, most/2)
		}
		b.reset()
	}
}

// A member that accepts and hangs up at once is dialled more and more slowly: only a link that lives for a
// while is a success.
func TestMemberThatHangsUp(t *testing.T) {
	s := newScene(t, func(c *Config) { c.BackoffMin, c.BackoffMax = 10*time.Millisecond, time.Hour })
	door := listen(t)
	id, err := newIdentity(larger, false)
	require.NoError(t, err)
	arrivals := make(chan time.Time, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			raw, err := door.Accept()
			if err != nil {
				return
			}
			if conn, _, err := id.accept(raw); err == nil {
				_, _ = conn.Write(ping)
				arrivals <- time.Now()
			}
			_ = raw.Close()
		}
	}()
	members := map[transport.Peer]string{s.friend.self: s.friend.Addr().String(), transporttest.PeerOf(larger): door.Addr().String()}
	require.NoError(t, s.victim.SetMembers(members))
	first := <-arrivals
	var sixth time.Time
	for range 5 {
		sixth = <-arrivals
	}
	require.GreaterOrEqual(t, sixth.Sub(first), (10+20+40+80+160)*time.Millisecond/2)
	require.NoError(t, door.Close())
	<-done
	s.stillServes()
}
