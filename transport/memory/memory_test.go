package memory_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/memory"
	"github.com/twothirds-bft/twothirds/transport/transporttest"
)

type fabric struct{ *memory.Network }

func newFabric(*testing.T) transporttest.Fabric { return fabric{memory.NewNetwork()} }

func addresses(members []transport.Peer) map[transport.Peer]string {
	m := make(map[transport.Peer]string)
	for _, p := range members {
		m[p] = "memory"
	}
	return m
}

func (f fabric) Join(t *testing.T, s transporttest.Spec) transport.Endpoint {
	s.Config.Members = addresses(s.Members)
	join := f.Network.Join
	if s.DialOnly {
		join = f.JoinClient
	}
	e, err := join(transporttest.PeerOf(s.Key), s.Config)
	require.NoError(t, err)
	return e
}

func (f fabric) SetMembers(t *testing.T, e transport.Endpoint, _ transport.Peer, members []transport.Peer) {
	require.NoError(t, e.(*memory.Endpoint).SetMembers(addresses(members)))
}

// The suite covers, among others, what a fallen link loses and who is told of a new one (spec S2), bounds and
// superseding (spec D1), and the order of the classes (spec D2).
func TestConformance(t *testing.T) { transporttest.Run(t, newFabric) }

// The same in virtual time: the bubble's clock moves only while every goroutine is durably blocked, so a
// case that ends shows that nothing here waits for real time or on a lock.
func TestConformanceInBubble(t *testing.T) {
	for _, c := range transporttest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.Run(t, newFabric(t)) })
		})
	}
}

func TestSynctestWaitSeesDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memory.NewNetwork()
		keys := transporttest.PeersOf(transporttest.Keys(2))
		var got []string
		cfg := transport.Config{Members: addresses(keys), Handler: func(_ transport.Peer, data []byte) { got = append(got, string(data)) }}
		a, err := n.Join(keys[0], cfg)
		require.NoError(t, err)
		b, err := n.Join(keys[1], cfg)
		require.NoError(t, err)
		require.True(t, a.Send(keys[1], transport.Frame{Data: []byte("one")}), "links are up when Join returns")
		synctest.Wait()
		require.Equal(t, []string{"one"}, got)
		require.NoError(t, a.Close())
		require.NoError(t, b.Close())
	})
}

// Refusals count by their reason.
func TestRefused(t *testing.T) {
	n := memory.NewNetwork()
	keys := transporttest.PeersOf(transporttest.Keys(2))
	cfg := transport.Config{Handler: func(transport.Peer, []byte) {}}
	cfg.Members = addresses(keys)
	a, err := n.Join(keys[0], cfg)
	require.NoError(t, err)
	cfg.Members = addresses(keys[:1])
	b, err := n.JoinClient(keys[1], cfg)
	require.NoError(t, err)
	require.Equal(t, map[transport.Reason]uint64{transport.ReasonDirection: 1}, a.Refused(), "a member that is to be dialled")
	require.False(t, b.Send(keys[0], transport.Frame{Data: []byte("x")}))
	require.Equal(t, map[transport.Reason]uint64{transport.ReasonNoLink: 1}, b.Refused())
	require.NoError(t, a.Close())
	require.NoError(t, b.Close())
}

func TestJoinErrors(t *testing.T) {
	n := memory.NewNetwork()
	key := transporttest.PeersOf(transporttest.Keys(1))[0]
	_, err := n.Join(key, transport.Config{})
	require.ErrorIs(t, err, transport.ErrConfig)
	cfg := transport.Config{Handler: func(transport.Peer, []byte) {}, Members: addresses([]transport.Peer{key})}
	_, err = n.JoinClient(key, cfg)
	require.ErrorIs(t, err, transport.ErrConfig)
	e, err := n.Join(key, cfg)
	require.NoError(t, err)
	_, err = n.Join(key, cfg)
	require.ErrorIs(t, err, memory.ErrJoined)
	require.NoError(t, e.Close())
	e, err = n.Join(key, cfg)
	require.NoError(t, err)
	require.NoError(t, e.Close())
}
