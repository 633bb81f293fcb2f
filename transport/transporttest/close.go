package transporttest

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/transport"
)

func testClose(t *testing.T, f Fabric) {
	nodes := cluster(t, f, 3, transport.Limits{})
	a, b, c := nodes[0], nodes[1], nodes[2]
	a.send(b, control("last words"))
	b.awaitFrames(a.key, 1)
	require.NoError(t, a.Close())
	require.NoError(t, a.Close())
	require.False(t, a.Send(b.key, control("too late")))
	for _, l := range a.Links() {
		require.False(t, l.Connected)
	}
	b.eventually(func() bool { l, _ := b.link(a.key); return !l.Connected }, "the other end notices")
	b.send(c, control("the rest goes on"))
	c.awaitFrames(b.key, 1)
}

// Close returns when the last Handler call has, and there is none after it.
func testCloseWaitsForHandler(t *testing.T, f Fabric) {
	var closed atomic.Bool
	keys := Keys(2)
	a := join(t, f, Spec{Key: keys[0], Members: PeersOf(keys)})
	b := join(t, f, Spec{Key: keys[1], Members: PeersOf(keys), Config: transport.Config{
		Handler: func(transport.Peer, []byte) {
			if closed.Load() {
				t.Error("Handler at work after Close")
			}
		},
	}})
	a.awaitLink(b)
	release := b.hold(a.key)
	for range 10 {
		a.send(b, control("work"))
	}
	b.awaitFrames(a.key, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = b.Close()
		closed.Store(true)
	}()
	a.eventually(func() bool { l, _ := a.link(b.key); return !l.Connected }, "Close is under way")
	select {
	case <-done:
		require.Fail(t, "Close did not wait for the Handler")
	default:
	}
	release()
	<-done
	require.Len(t, b.received(a.key), 1, "what waits is not handled any more")
}
