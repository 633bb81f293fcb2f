package tcp

import (
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/internal/links"
	"github.com/twothirds-bft/twothirds/transport/transporttest"
)

// counted counts what is asked of the system on accepted connections.
type counted struct {
	net.Listener
	writes atomic.Int64
}

type countedConn struct {
	net.Conn
	*counted
}

func (c *counted) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	return &countedConn{conn, c}, err
}

func (c *countedConn) Close() error   { return c.Conn.Close() }
func (c *countedConn) Addr() net.Addr { return c.LocalAddr() }

func (c *countedConn) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

// A turn of the writer is one write to the system, however many records TLS makes of it, and arrives whole.
func TestTurnIsOneWrite(t *testing.T) {
	keys := transporttest.Keys(2)
	server := &counted{Listener: listen(t)}
	got := make(chan int, 16)
	members := map[transport.Peer]string{transporttest.PeerOf(keys[0]): server.Listener.Addr().String()}
	up := make(chan struct{}, 1)
	accepts, err := New(Config{
		Config: transport.Config{Members: members, Handler: func(transport.Peer, []byte) {}, OnUp: func(transport.Peer) { up <- struct{}{} }},
		Key:    keys[0], Listener: server, PingInterval: time.Minute, IdleTimeout: 2 * time.Minute,
	})
	require.NoError(t, err)
	defer accepts.Close()
	dials, err := New(Config{
		Config: transport.Config{Members: members, Handler: func(_ transport.Peer, data []byte) { got <- len(data) }},
		Key:    keys[1], PingInterval: time.Minute, IdleTimeout: 2 * time.Minute,
	})
	require.NoError(t, err)
	defer dials.Close()
	<-up
	require.Eventually(t, func() bool { return dials.Links()[0].Connected }, 10*time.Second, time.Millisecond)
	before := server.writes.Load()
	const slices = 10
	frame := transport.Frame{Class: transport.Bulk, Data: make([]byte, slices*links.SliceBytes)}
	require.True(t, accepts.Send(transporttest.PeerOf(keys[1]), frame))
	require.Equal(t, len(frame.Data), <-got)
	require.EqualValues(t, slices, server.writes.Load()-before)
}
