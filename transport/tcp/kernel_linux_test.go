package tcp

import (
	"bufio"
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/transporttest"
)

// Both the end that dials and the end that accepts tell the kernel how long to wait for acknowledgement.
func TestSocketOptions(t *testing.T) {
	s := newScene(t, func(c *Config) { c.UserTimeout = 1500 * time.Millisecond })
	require.Equal(t, 1500, s.sockopt(s.victim, s.friend.self, unix.TCP_USER_TIMEOUT))
	require.Equal(t, 5000, s.sockopt(s.friend, s.victim.self, unix.TCP_USER_TIMEOUT))
	require.Equal(t, unsentBytesMax, s.sockopt(s.victim, s.friend.self, unix.TCP_NOTSENT_LOWAT))
}

func (s *scene) sockopt(e *Endpoint, peer transport.Peer, opt int) (value int) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	raw, err := e.peers[peer].link.Load().raw.(*net.TCPConn).SyscallConn()
	require.NoError(s.t, err)
	require.NoError(s.t, raw.Control(func(fd uintptr) {
		value, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, opt)
	}))
	require.NoError(s.t, err)
	return value
}

// The kernel is not given more bulk than the network has room for, or votes would stand behind it (spec D2).
// Left to itself it takes several megabytes for a peer that reads nothing.
func TestKernelHoldsLittle(t *testing.T) {
	s := newScene(t, nil)
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 64<<10) })
	}}
	raw, err := dialer.Dial("tcp", s.victim.Addr().String())
	require.NoError(t, err)
	defer raw.Close()
	id, err := newIdentity(attacker, false)
	require.NoError(t, err)
	conn, err := id.dial(raw, s.victim.self)
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, headerBytes))
	require.NoError(t, err)

	peer, f := transporttest.PeerOf(attacker), transport.Frame{Class: transport.Bulk, Data: make([]byte, 64<<10)}
	still := 0
	s.eventually(func() bool {
		for still++; s.victim.Send(peer, f); {
			still = 0
		}
		return still > 50
	}, "the queue stays full")
	for _, l := range s.victim.Links() {
		if l.Peer == peer {
			require.Less(t, l.BytesOut, uint64(1<<20))
		}
	}
}

const childEnv = "TWOTHIRDS_TEST_CHILD" // the address that the child process dials

// TestMain turns the test binary into a member of its own when it is told to.
func TestMain(m *testing.M) {
	if addr := os.Getenv(childEnv); addr != "" {
		runChild(addr)
	}
	os.Exit(m.Run())
}

// runChild is a correct member that dials the victim and says so on standard output, until it is killed.
func runChild(addr string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	cfg := testConfig()
	cfg.Key, cfg.Listener = friend, ln
	cfg.Members = map[transport.Peer]string{transporttest.PeerOf(victim): addr}
	cfg.Handler = nothing
	cfg.OnUp = func(p transport.Peer) { fmt.Println(hex.EncodeToString(p[:])) }
	if _, err := New(cfg); err != nil {
		panic(err)
	}
	select {}
}

// A process that is stopped (SIGSTOP): its kernel goes on acknowledging, so nothing but its own silence gives
// it away. The link must be reported down, the sender must not grow, others must not notice, and the peer
// must be linked to again when it goes on.
func TestStoppedProcess(t *testing.T) {
	const idle = time.Second
	child := transporttest.PeerOf(friend)
	cfg := testConfig()
	cfg.Key, cfg.Listener, cfg.Handler = victim, listen(t), nothing
	cfg.Members = map[transport.Peer]string{child: ""}
	cfg.IdleTimeout = idle
	e, err := New(cfg)
	require.NoError(t, err)
	defer e.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+e.Addr().String())
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	defer func() { cancel(); _ = cmd.Wait() }()
	lines := bufio.NewScanner(stdout)
	require.True(t, lines.Scan(), "child is up")
	connected := func() bool { return e.Links()[0].Connected }
	require.True(t, assertEventually(connected))

	require.NoError(t, cmd.Process.Signal(syscall.SIGSTOP))
	stopped, before := time.Now(), heapBytes()
	for connected() {
		e.Send(child, transport.Frame{Class: transport.Bulk, Data: make([]byte, 128<<10)})
		require.Less(t, time.Since(stopped), 2*idle+time.Second, "reported down in time")
	}
	require.Less(t, heapBytes(), before+64<<20, "memory is bounded")
	require.ErrorIs(t, e.Links()[0].LastErr, transport.ReasonIdle)

	require.NoError(t, cmd.Process.Signal(syscall.SIGCONT))
	require.True(t, assertEventually(connected), "comes back")
	require.True(t, lines.Scan(), "and knows it")
}

func heapBytes() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
