package tcp

import (
	"crypto/ed25519"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/transporttest"
)

func nothing(transport.Peer, []byte) {}

func TestValidate(t *testing.T) {
	good := func() Config { return Config{Config: transport.Config{Handler: nothing}, Key: victim} }
	c := good()
	require.NoError(t, c.Validate(), "zero values have defaults")
	for name, edit := range map[string]func(*Config){
		"no handler":           func(c *Config) { c.Handler = nil },
		"no key":               func(c *Config) { c.Key = nil },
		"short key":            func(c *Config) { c.Key = c.Key[:32] },
		"member without ear":   func(c *Config) { c.Members = map[transport.Peer]string{transporttest.PeerOf(victim): ""} },
		"negative limit":       func(c *Config) { c.Limits.ClientsMax = -1 },
		"negative pending":     func(c *Config) { c.PendingMax = -1 },
		"negative timeout":     func(c *Config) { c.WriteTimeout = -1 },
		"backoff upside down":  func(c *Config) { c.BackoffMin = time.Minute },
		"idle before the ping": func(c *Config) { c.PingInterval = c.IdleTimeout + time.Minute },
		"queue below frame":    func(c *Config) { c.Limits.FrameBytesMax, c.Limits.QueueBytesMax = 2<<20, 1<<20 },
		"client above member":  func(c *Config) { c.Limits.FrameBytesMax, c.Limits.ClientFrameBytesMax = 1<<10, 2<<10 },
		"frame beyond framing": func(c *Config) { c.Limits.FrameBytesMax = 1<<30 + 1 },
	} {
		c := good()
		edit(&c)
		require.ErrorIs(t, c.Validate(), transport.ErrConfig, name)
		_, err := New(c)
		require.ErrorIs(t, err, transport.ErrConfig, name)
	}
}

func TestDialOnlyHasNoAddress(t *testing.T) {
	e, err := New(Config{Config: transport.Config{Handler: nothing}, Key: victim})
	require.NoError(t, err)
	require.Nil(t, e.Addr())
	require.NoError(t, e.Close())
	require.ErrorIs(t, e.SetMembers(nil), transport.ErrClosed)
}

// Close at any moment of connecting ends everything: nothing hangs, nothing is left.
func TestCloseWhileConnecting(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	keys := []ed25519.PrivateKey{friend, victim}
	for i := range 60 {
		members := map[transport.Peer]string{}
		var configs [2]Config
		for j, key := range keys {
			configs[j] = testConfig()
			configs[j].Config = transport.Config{Handler: nothing, Members: members}
			configs[j].Key, configs[j].Listener = key, listen(t)
			members[transporttest.PeerOf(key)] = configs[j].Listener.Addr().String()
		}
		a, err := New(configs[0])
		require.NoError(t, err)
		b, err := New(configs[1])
		require.NoError(t, err)
		time.Sleep(time.Duration(i) * 100 * time.Microsecond) // another moment each time
		first, second := a, b
		if i%2 == 1 {
			first, second = b, a
		}
		require.NoError(t, first.Close())
		require.NoError(t, second.Close())
	}
}

func TestPending(t *testing.T) {
	q := pending{max: 2}
	add := func(addr string) *fakeConn {
		c := &fakeConn{addr: addr}
		q.add(c)
		return c
	}
	correct := add("192.0.2.1:1")
	first, second := add("[2001:db8::1]:1"), add("[2001:db8::2]:2")
	require.True(t, first.closed, "the oldest of the network that has most gives way")
	require.False(t, correct.closed, "and not the oldest of all")
	require.True(t, q.remove(first))
	require.False(t, q.remove(correct))
	q.close()
	require.True(t, second.closed)
	require.True(t, add("192.0.2.1:2").closed, "who comes after close")
}

type fakeConn struct {
	net.Conn
	addr   string
	closed bool
}

func (c *fakeConn) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.addr))
}

func (c *fakeConn) Close() error { c.closed = true; return nil }
