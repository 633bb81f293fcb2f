package transporttest

import (
	"crypto/ed25519"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/transport"
)

// joinClient makes a client of the given servers.
func joinClient(t *testing.T, f Fabric, key ed25519.PrivateKey, servers ...*node) *node {
	s := Spec{Key: key, DialOnly: true}
	for _, n := range servers {
		s.Members = append(s.Members, n.key)
	}
	return join(t, f, s)
}

func (n *node) clients() (count int) {
	for _, l := range n.Links() {
		if l.Role == transport.Client {
			count++
		}
	}
	return count
}

// A client dials every member, whichever key is smaller, and is answered over the same link.
func testClient(t *testing.T, f Fabric) {
	keys := Keys(4)
	a := join(t, f, Spec{Key: keys[1], Members: PeersOf(keys[1:3])})
	b := join(t, f, Spec{Key: keys[2], Members: PeersOf(keys[1:3])})
	a.awaitLink(b)
	for _, key := range []ed25519.PrivateKey{keys[0], keys[3]} {
		c := joinClient(t, f, key, a, b)
		c.awaitLink(a, b)
		for _, server := range []*node{a, b} {
			c.send(server, control("request"))
			require.Equal(t, []string{"request"}, server.awaitFrames(c.key, 1))
			server.send(c, control("reply"))
			require.Equal(t, []string{"reply"}, c.awaitFrames(server.key, 1))
			l, _ := server.link(c.key)
			require.Equal(t, transport.Client, l.Role)
			l, _ = c.link(server.key)
			require.Equal(t, transport.Member, l.Role)
		}
		require.NoError(t, c.Close())
		a.eventually(func() bool { return a.clients()+b.clients() == 0 }, "a client that left is forgotten")
		require.False(t, a.Send(c.key, control("reply")))
	}
}

// Frames from clients have a smaller limit; replies only have that of the client's queue.
func testClientFrameSizes(t *testing.T, f Fabric) {
	keys := Keys(2)
	a := join(t, f, Spec{Key: keys[0]})
	c := joinClient(t, f, keys[1], a)
	c.awaitLink(a)
	limits := transport.Limits{}.WithDefaults()
	require.False(t, c.Send(a.key, bulk(make([]byte, limits.ClientFrameBytesMax+1))))
	c.send(a, bulk(make([]byte, limits.ClientFrameBytesMax)))
	require.Len(t, a.awaitFrames(c.key, 1)[0], limits.ClientFrameBytesMax)
	require.False(t, a.Send(c.key, bulk(make([]byte, limits.ClientQueueBytesMax+1))))
	a.send(c, bulk(make([]byte, limits.ClientQueueBytesMax)))
	require.Len(t, c.awaitFrames(a.key, 1)[0], limits.ClientQueueBytesMax)
}

// One client too many is refused and disturbs no other; when one leaves there is room.
func testClientsMax(t *testing.T, f Fabric) {
	keys := Keys(5)
	a := join(t, f, Spec{Key: keys[0], Members: PeersOf(keys[:2]), Config: transport.Config{Limits: transport.Limits{ClientsMax: 2}}})
	first, second := joinClient(t, f, keys[2], a), joinClient(t, f, keys[3], a)
	a.awaitLink(first, second)
	third := joinClient(t, f, keys[4], a)
	third.eventually(func() bool {
		l, _ := third.link(a.key)
		return errors.Is(l.LastErr, transport.ReasonRefused)
	}, "the third learns that it is refused")
	require.Zero(t, third.upCount(a.key))
	b := join(t, f, Spec{Key: keys[1], Members: PeersOf(keys[:2])})
	b.awaitLink(a) // members are never short of room
	require.Equal(t, 2, a.clients())
	require.Equal(t, 1, a.upCount(first.key)+a.upCount(second.key)-1)
	require.NoError(t, first.Close())
	third.awaitLink(a)
}

func testAdmit(t *testing.T, f Fabric) {
	keys := Keys(3)
	welcome := PeerOf(keys[1])
	a := join(t, f, Spec{Key: keys[0], Config: transport.Config{Admit: func(p transport.Peer) bool { return p == welcome }}})
	stranger, friend := joinClient(t, f, keys[2], a), joinClient(t, f, keys[1], a)
	a.awaitLink(friend)
	stranger.eventually(func() bool {
		l, _ := stranger.link(a.key)
		return errors.Is(l.LastErr, transport.ReasonRefused)
	}, "the stranger is refused")
	require.Zero(t, a.upCount(stranger.key))
}

// The newest connection of a key is the one that counts.
func testReplacedClient(t *testing.T, f Fabric) {
	keys := Keys(2)
	a := join(t, f, Spec{Key: keys[0]})
	older := joinClient(t, f, keys[1], a)
	older.awaitLink(a)
	newer := joinClient(t, f, keys[1], a)
	a.eventually(func() bool { return a.upCount(newer.key) >= 2 && newer.upCount(a.key) >= 1 }, "the newer one gets in")
	require.LessOrEqual(t, a.clients(), 1)
	require.NoError(t, older.Close())
	a.eventually(func() bool {
		a.Send(newer.key, control("reply"))
		return len(newer.received(a.key)) > 0
	}, "replies go to the newer one")
}
