package memory_test

import (
	"testing"
	"testing/synctest"
	"time"

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

// Each link may carry one oversized frame to a member too; the link falls and comes up again by itself.
func TestOversizeLinkComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memory.NewNetwork()
		keys := transporttest.PeersOf(transporttest.Keys(2))
		cfg := transport.Config{Members: addresses(keys), Handler: func(transport.Peer, []byte) {}}
		a, err := n.Join(keys[0], cfg)
		require.NoError(t, err)
		cfg.Limits.FrameBytesMax = 1000
		b, err := n.Join(keys[1], cfg)
		require.NoError(t, err)
		require.True(t, a.Send(keys[1], transport.Frame{Data: make([]byte, 1001)}))
		synctest.Wait()
		require.Equal(t, uint64(1), b.Refused()[transport.ReasonOversize])
		require.Equal(t, uint64(2), b.Links()[0].Ups)
		require.True(t, b.Links()[0].Connected)
		require.NoError(t, a.Close())
		require.NoError(t, b.Close())
	})
}

// What an endpoint costs does not grow with the others: 2,048 clients of four replicas join and leave in half a
// second together. A walk over all pairs takes minutes, which is what the limit tells from that.
func TestManyClients(t *testing.T) {
	start := time.Now()
	n := memory.NewNetwork()
	var members []transport.Peer
	for i := range 4 {
		members = append(members, transport.Peer{1, byte(i)})
	}
	cfg := transport.Config{
		Members: addresses(members), Handler: func(transport.Peer, []byte) {}, Limits: transport.Limits{ClientsMax: 2048},
	}
	var all []*memory.Endpoint
	for _, key := range members {
		e, err := n.Join(key, cfg)
		require.NoError(t, err)
		all = append(all, e)
	}
	for i := range 2048 {
		c, err := n.JoinClient(transport.Peer{2, byte(i), byte(i >> 8)}, cfg)
		require.NoError(t, err)
		all = append(all, c)
	}
	require.Len(t, all[0].Links(), 3+2048)
	for _, e := range all {
		require.NoError(t, e.Close())
	}
	require.Less(t, time.Since(start), 30*time.Second)
}
