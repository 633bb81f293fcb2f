package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tidwall/redcon"
	"go.uber.org/goleak"

	"github.com/twothirds-bft/twothirds/client"
	"github.com/twothirds-bft/twothirds/examples/kv"
	"github.com/twothirds-bft/twothirds/examples/kv/gateway"
	"github.com/twothirds-bft/twothirds/pbft"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// alone is a cluster of one store, without a cluster. What a test wants to go wrong, before does.
type alone struct {
	before func(ctx context.Context) error

	mu    sync.Mutex
	store *kv.Store
	sizes []int // bytes of the operations
}

func newAlone(t *testing.T) *alone {
	s, err := kv.New(kv.Config{})
	require.NoError(t, err)
	return &alone{store: s}
}

func (a *alone) Do(ctx context.Context, op []byte) ([]byte, error) {
	if a.before != nil {
		if err := a.before(ctx); err != nil {
			return nil, err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sizes = append(a.sizes, len(op))
	return a.store.Execute(&pbft.Block{Ops: []pbft.Op{{Data: bytes.Clone(op)}}})[0], nil
}

func (a *alone) operations() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.sizes)
}

func serve(t *testing.T, cfg gateway.Config) (*gateway.Gateway, string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	cfg.Logger = slog.New(slog.DiscardHandler)
	g, err := gateway.Serve(ln, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { g.Close() })
	return g, ln.Addr().String()
}

// user is a connection to a gateway.
type user struct {
	t  *testing.T
	nc net.Conn
	in *bufio.Reader
}

func dial(t *testing.T, addr string) *user {
	nc, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { nc.Close() })
	require.NoError(t, nc.SetDeadline(time.Now().Add(30*time.Second)))
	return &user{t, nc, bufio.NewReader(nc)}
}

func encode(commands ...string) []byte {
	var b []byte
	for _, c := range commands {
		words := strings.Split(c, " ")
		b = redcon.AppendArray(b, len(words))
		for _, w := range words {
			b = redcon.AppendBulkString(b, w)
		}
	}
	return b
}

func (u *user) send(commands ...string) {
	_, err := u.nc.Write(encode(commands...))
	require.NoError(u.t, err)
}

// read returns one reply as text: bulk strings quoted, nil as nil, arrays in brackets.
func (u *user) read() string {
	line, err := u.in.ReadString('\n')
	if err != nil {
		return err.Error()
	}
	line = strings.TrimSuffix(line, "\r\n")
	var n int
	_, _ = fmt.Sscan(line[1:], &n) // a number where it matters
	switch {
	case line == "$-1":
		return "nil"
	case line[0] == '$':
		data := make([]byte, n+2)
		_, err := io.ReadFull(u.in, data)
		require.NoError(u.t, err)
		return fmt.Sprintf("%q", data[:n])
	case line[0] == '*':
		var items []string
		for range n {
			items = append(items, u.read())
		}
		return fmt.Sprint(items)
	}
	return line
}

// ask sends commands in one piece and returns their replies.
func (u *user) ask(commands ...string) []string {
	u.send(commands...)
	var replies []string
	for range commands {
		replies = append(replies, u.read())
	}
	return replies
}

func TestCommands(t *testing.T) {
	_, addr := serve(t, gateway.Config{Doer: newAlone(t), Status: func() [][2]string { return [][2]string{{"view", "7"}} }})
	u := dial(t, addr)
	for _, c := range []struct{ command, want string }{
		{"PING", "+PONG"},
		{"ping hello", `"hello"`},
		{"PING a b", "-ERR wrong number of arguments for 'ping' command"},
		{"ECHO hello", `"hello"`},
		{"ECHO", "-ERR wrong number of arguments for 'echo' command"},
		{"SELECT 0", "+OK"},
		{"SELECT 1", "-ERR DB index is out of range"},
		{"SET a 1", "+OK"},
		{"sEt a 2", "+OK"},
		{"SET a 2 NX", "-ERR syntax error"},
		{"SET a", "-ERR wrong number of arguments for 'set' command"},
		{"GET a", `"2"`},
		{"GET none", "nil"},
		{"GET", "-ERR wrong number of arguments for 'get' command"},
		{"INCR a", ":3"},
		{"INCR n", ":1"},
		{"SET a word", "+OK"},
		{"INCR a", "-ERR value is not an integer or out of range"},
		{"EXISTS a n a none", ":3"},
		{"DEL a n none", ":2"},
		{"CONFIG GET save", `["save" ""]`},
		{"CONFIG GET appendonly none SAVE", `["appendonly" "no" "SAVE" ""]`},
		{"CONFIG GET none", "[]"},
		{"CONFIG SET save x", "-ERR only CONFIG GET is supported"},
		{"COMMAND DOCS", "[]"},
		{"COMMAND", "[]"},
		{"FLUSHALL", "-ERR unknown command 'flushall'"},
		{"X\r\n" + strings.Repeat("y", 100), "-ERR unknown command 'x  " + strings.Repeat("y", 61) + "'"},
		{"GET " + strings.Repeat("k", kv.KeyBytesMax+1), "-ERR kv: key or value too long: argument 1 of get has 1025 bytes, the limit is 1024"},
		{"SET a " + strings.Repeat("v", kv.ValueBytesMax+1), "-ERR kv: key or value too long: argument 2 of set has 32769 bytes, the limit is 32768"},
		{"DEL" + strings.Repeat(" "+strings.Repeat("k", kv.KeyBytesMax), 64), "-ERR kv: operation full: 65666 bytes, the limit is 65536"},
	} {
		require.Equal(t, []string{c.want}, u.ask(c.command), "%.60q", c.command)
	}
	info := u.ask("INFO")[0]
	for _, line := range []string{"connected_clients:1", "maxclients:256", "total_commands_processed:10", "total_operations:10", "failed_operations:0", "# Cluster", "view:7"} {
		require.Contains(t, info, line+`\r\n`)
	}
	require.Equal(t, []string{"+OK", "EOF"}, u.ask("QUIT", "GET a"))
}

// What a connection sends in one piece is one operation, answered in the order of sending, with the answers
// of the gateway's own between.
func TestPipelineIsOneOperation(t *testing.T) {
	a := newAlone(t)
	_, addr := serve(t, gateway.Config{Doer: a})
	u := dial(t, addr)
	require.Equal(t, []string{"+PONG", ":1", `"x"`, "-ERR unknown command 'no'", ":2", `"2"`, "-ERR syntax error", ":1", "nil", "+PONG"},
		u.ask("PING", "INCR n", "ECHO x", "NO", "INCR n", "GET n", "SET a b c", "DEL n", "GET n", "PING"))
	require.Equal(t, 1, a.operations())
	require.Equal(t, []string{"+PONG"}, u.ask("PING"))
	require.Equal(t, 1, a.operations(), "nothing to ask the cluster")
}

// A pipeline of any length is cut into operations that are within their bounds, and stays in order even
// if each takes another time.
func TestLongPipelineStaysInOrder(t *testing.T) {
	a := newAlone(t)
	a.before = func(context.Context) error {
		for range rand.N(100) {
			runtime.Gosched()
		}
		return nil
	}
	_, addr := serve(t, gateway.Config{Doer: a})
	value := strings.Repeat("v", 1000)
	const users, rounds = 4, 500
	var wg sync.WaitGroup
	for i := range users {
		u := dial(t, addr)
		wg.Go(func() {
			var commands []string
			for k := range rounds {
				commands = append(commands, fmt.Sprintf("INCR n%d", i), fmt.Sprintf("SET v%d %s%d", i, value, k), fmt.Sprintf("GET v%d", i))
			}
			go func() { _, _ = u.nc.Write(encode(commands...)) }()
			for k := range rounds {
				if n, ok, v := u.read(), u.read(), u.read(); n != fmt.Sprintf(":%d", k+1) || ok != "+OK" || v != fmt.Sprintf(`"%s%d"`, value, k) {
					t.Errorf("user %d, round %d: %.20s, %.20s, %.20s", i, k, n, ok, v)
					return
				}
			}
		})
	}
	wg.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	require.Less(t, len(a.sizes), users*rounds, "commands shared operations")
	for _, size := range a.sizes {
		require.LessOrEqual(t, size, kv.OpBytesMax)
	}
}

// pipes is a listener of connections that deliver what is written in one piece in one piece.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if nc, ok := <-p; ok {
		return nc, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error { close(p); return nil }

func (pipes) Addr() net.Addr { return &net.TCPAddr{} }

// What is at hand at one time is cut where an operation is full, of bytes or of commands.
func TestOperationsBounded(t *testing.T) {
	a, ln := newAlone(t), make(pipes)
	g, err := gateway.Serve(ln, gateway.Config{Doer: a})
	require.NoError(t, err)
	defer g.Close()
	near, far := net.Pipe()
	ln <- far
	u := &user{t, near, bufio.NewReader(near)}
	ask := func(n int, command, reply string) {
		a.sizes = nil
		go func() { _, _ = near.Write(encode(slices.Repeat([]string{command}, n)...)) }()
		for range n {
			require.Equal(t, reply, u.read())
		}
	}
	// A command beyond what the buffer can hold at first, to have it grow.
	ask(1, "EXISTS"+strings.Repeat(" "+strings.Repeat("k", 1000), 65), ":0")
	ask(100, "SET k "+strings.Repeat("v", 1000), "+OK")
	require.Equal(t, []int{65 * 1006, 35 * 1006}, a.sizes)
	ask(3000, "GET none", "nil")
	require.Equal(t, []int{kv.CommandsMax * 7, kv.CommandsMax * 7, (3000 - 2*kv.CommandsMax) * 7}, a.sizes)
	require.NoError(t, near.Close())
}

// Replies that do not fit into one result are asked for again, from where they end.
func TestLargeReplies(t *testing.T) {
	a := newAlone(t)
	_, addr := serve(t, gateway.Config{Doer: a})
	u := dial(t, addr)
	value := strings.Repeat("v", kv.ValueBytesMax)
	require.Equal(t, []string{"+OK"}, u.ask("SET big "+value))
	var commands, want []string
	for i := range 50 {
		commands = append(commands, "GET big", "INCR n", "PING")
		want = append(want, `"`+value+`"`, fmt.Sprintf(":%d", i+1), "+PONG")
	}
	require.Equal(t, want, u.ask(commands...))
	require.Greater(t, a.operations(), 50*kv.ValueBytesMax/kv.ResultBytesMax)
	require.Less(t, a.operations(), 50)
}

// Connections do not wait for each other.
func TestConnectionsAreConcurrent(t *testing.T) {
	a := newAlone(t)
	var here sync.WaitGroup
	here.Add(3)
	a.before = func(context.Context) error { // returns when three are in
		here.Done()
		here.Wait()
		return nil
	}
	_, addr := serve(t, gateway.Config{Doer: a})
	var wg sync.WaitGroup
	for range 3 {
		u := dial(t, addr)
		wg.Go(func() { u.send("INCR n"); u.read() })
	}
	wg.Wait()
	a.before = nil
	require.Equal(t, []string{":4"}, dial(t, addr).ask("INCR n"))
}

func TestFailures(t *testing.T) {
	unknown := &client.UnknownOutcomeError{Err: context.DeadlineExceeded}
	for name, c := range map[string]struct {
		err   error
		want  string
		close bool
	}{
		"unknown":             {unknown, "-ERR unknown outcome: " + unknown.Error(), true},
		"unknown of replica":  {fmt.Errorf("x: %w", &pbft.UnknownOutcomeError{Cause: io.EOF}), "-ERR unknown outcome: x: ", true},
		"overloaded, unknown": {&client.UnknownOutcomeError{Err: errors.Join(client.ErrOverloaded, context.DeadlineExceeded)}, "-BUSY unknown outcome: ", true},
		"overloaded":          {pbft.ErrOverloaded, "-BUSY not executed: " + pbft.ErrOverloaded.Error(), false},
		"closed":              {client.ErrClosed, "-ERR not executed: " + client.ErrClosed.Error(), false},
		"time before sending": {context.DeadlineExceeded, "-ERR not executed: context deadline exceeded", false},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAlone(t)
			failed := false
			a.before = func(context.Context) error {
				if failed {
					return nil
				}
				failed = true
				return c.err
			}
			_, addr := serve(t, gateway.Config{Doer: a})
			u := dial(t, addr)
			replies := u.ask("INCR n", "PING", "GET n")
			require.True(t, strings.HasPrefix(replies[0], c.want), replies[0])
			require.Equal(t, []string{replies[0], "+PONG", replies[0]}, replies)
			if c.close {
				require.Equal(t, "EOF", u.read(), "the order of what follows could not be kept")
				u = dial(t, addr)
			}
			require.Equal(t, []string{":1"}, u.ask("INCR n"))
		})
	}
}

// nonsense is a cluster that agrees on what is no result.
type nonsense []byte

func (n nonsense) Do(context.Context, []byte) ([]byte, error) { return n, nil }

func TestNonsense(t *testing.T) {
	for _, data := range []string{"", "\x00", "\xff", "\x01\x01\x01"} {
		_, addr := serve(t, gateway.Config{Doer: nonsense(data)})
		u := dial(t, addr)
		replies := u.ask("GET a", "GET b")
		require.Contains(t, replies[0], "-ERR unknown result: ")
		require.Equal(t, replies[0], replies[1])
		require.Equal(t, "EOF", u.read())
	}
}

func TestTimeout(t *testing.T) {
	a := newAlone(t)
	a.before = func(ctx context.Context) error {
		<-ctx.Done()
		return &client.UnknownOutcomeError{Err: ctx.Err()}
	}
	_, addr := serve(t, gateway.Config{Doer: a, Timeout: time.Millisecond})
	require.Contains(t, dial(t, addr).ask("GET a")[0], "context deadline exceeded")
}

func TestProtocolError(t *testing.T) {
	a := newAlone(t)
	_, addr := serve(t, gateway.Config{Doer: a})
	u := dial(t, addr)
	_, err := u.nc.Write(append(encode("INCR n"), "*1\r\n$-2\r\n"...))
	require.NoError(t, err)
	require.Equal(t, ":1", u.read(), "what came before is executed")
	require.Equal(t, "-ERR Protocol error: invalid length after '$'", u.read())
	require.Equal(t, "EOF", u.read())
}

func TestConnectionsBounded(t *testing.T) {
	_, addr := serve(t, gateway.Config{Doer: newAlone(t), ConnsMax: 2})
	first, second := dial(t, addr), dial(t, addr)
	first.ask("PING")
	second.ask("PING")
	third := dial(t, addr)
	require.Equal(t, "-ERR max number of clients reached", third.read())
	require.Equal(t, "EOF", third.read())
	require.Equal(t, []string{"+OK", "EOF"}, first.ask("QUIT", "PING"))
	require.Eventually(t, func() bool { return dial(t, addr).ask("PING")[0] == "+PONG" }, 10*time.Second, time.Millisecond)
	require.Contains(t, second.ask("INFO")[0], `rejected_connections:1`)
}

// blocked returns a gateway with an operation under way, and how to let it go on.
func blocked(t *testing.T) (g *gateway.Gateway, busy *user, addr string, release func()) {
	a := newAlone(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	a.before = func(ctx context.Context) error {
		close(entered)
		select {
		case <-leave:
			return nil
		case <-ctx.Done():
			return &client.UnknownOutcomeError{Err: ctx.Err()}
		}
	}
	g, addr = serve(t, gateway.Config{Doer: a})
	busy = dial(t, addr)
	busy.send("INCR n")
	<-entered
	return g, busy, addr, func() { close(leave) }
}

func TestShutdownFinishes(t *testing.T) {
	g, busy, addr, release := blocked(t)
	idle := dial(t, addr)
	idle.ask("PING")
	done := make(chan error)
	go func() { done <- g.Shutdown(context.Background()) }()
	require.Equal(t, "EOF", idle.read(), "an idle connection is closed at once")
	_, err := net.Dial("tcp", addr)
	require.Error(t, err)
	release()
	require.Equal(t, ":1", busy.read())
	require.Equal(t, "EOF", busy.read())
	require.NoError(t, <-done)
	require.NoError(t, g.Close())
}

func TestShutdownGivesUp(t *testing.T) {
	g, busy, _, _ := blocked(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, g.Shutdown(ctx), context.Canceled)
	require.NotEqual(t, ":1", busy.read())
}

func TestCloseGivesUp(t *testing.T) {
	g, busy, addr, _ := blocked(t)
	require.NoError(t, g.Close())
	require.NotEqual(t, ":1", busy.read())
	_, err := net.Dial("tcp", addr)
	require.Error(t, err)
}

// flaky is a listener that fails before each connection.
type flaky struct {
	net.Listener
	failed bool
}

func (l *flaky) Accept() (net.Conn, error) {
	if l.failed = !l.failed; l.failed {
		return nil, errors.New("too many open files")
	}
	return l.Listener.Accept()
}

func TestAcceptGoesOn(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	g, err := gateway.Serve(&flaky{Listener: ln}, gateway.Config{Doer: newAlone(t), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	for range 3 {
		require.Equal(t, []string{"+PONG"}, dial(t, ln.Addr().String()).ask("PING"))
	}
	require.NoError(t, g.Close())
}

func TestConfig(t *testing.T) {
	for _, cfg := range []gateway.Config{{}, {Doer: nonsense(""), Timeout: -1}, {Doer: nonsense(""), ConnsMax: -1}, {Doer: nonsense(""), ConnsMax: 1 << 20}} {
		_, err := gateway.Serve(nil, cfg)
		require.ErrorIs(t, err, gateway.ErrConfig)
	}
}
