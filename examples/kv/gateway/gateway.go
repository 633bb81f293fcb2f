// Package gateway serves the Redis protocol in front of a replicated store.
//
// It runs on the client's side and trusts no single replica: what it answers has
// been matched against f+1 of them by the Doer, package client. Commands that a
// connection has pipelined go into one operation, which the store executes in
// order; the connection's next commands wait for its results, so a connection sees
// its commands executed in the order in which it sent them. Connections do not
// wait for each other.
//
// Anyone who can connect can read and write: serve it on loopback, or behind
// something that asks who is there.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidwall/redcon"

	"github.com/twothirds-bft/twothirds/examples/kv"
)

// Doer orders an operation and returns its result. *client.Client is one.
type Doer interface {
	Do(ctx context.Context, op []byte) ([]byte, error)
}

// Config describes a gateway. Doer is required.
type Config struct {
	Doer Doer
	// Timeout bounds one operation; default 30 s. After it the outcome is unknown.
	Timeout time.Duration
	// Conns bounds the connections; default 1024. One more is closed at once.
	Conns int
	// Info, if set, adds lines to the answer to INFO.
	Info func() string
}

// Gateway serves one listener.
type Gateway struct {
	cfg    Config
	server *redcon.Server
	ctx    context.Context
	cancel context.CancelFunc
	conns  atomic.Int64
	served atomic.Uint64
	done   sync.WaitGroup
	err    error
}

// Serve serves a listener, which the gateway closes in the end.
func Serve(l net.Listener, cfg Config) (*Gateway, error) {
	if cfg.Doer == nil {
		return nil, errors.New("gateway: no Doer")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 30 * time.Second
	}
	if cfg.Conns == 0 {
		cfg.Conns = 1024
	}
	g := &Gateway{cfg: cfg}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	g.server = redcon.NewServer(l.Addr().String(), g.serve, g.accept, g.closed)
	g.done.Go(func() { g.err = g.server.Serve(l) })
	return g, nil
}

// Close ends all connections and waits for the listener's goroutine. Operations
// under way end with an unknown outcome.
func (g *Gateway) Close() error {
	g.cancel()
	err := g.server.Close()
	g.done.Wait()
	return err
}

func (g *Gateway) accept(redcon.Conn) bool {
	if g.conns.Add(1) > int64(g.cfg.Conns) {
		g.conns.Add(-1)
		return false
	}
	return true
}

func (g *Gateway) closed(redcon.Conn, error) { g.conns.Add(-1) }

// serve answers a command and those pipelined behind it.
func (g *Gateway) serve(conn redcon.Conn, first redcon.Command) {
	cmds := append([]redcon.Command{first}, conn.ReadPipeline()...)
	for len(cmds) > 0 {
		n := g.batch(conn, cmds)
		if n == 0 {
			if !g.local(conn, cmds[0]) {
				return
			}
			n = 1
		}
		g.served.Add(uint64(n))
		cmds = cmds[n:]
	}
}

// batch sends the longest run of store commands that fits into one operation and
// writes its results. It returns how many it answered, 0 if the first command is
// not for the store.
func (g *Gateway) batch(conn redcon.Conn, cmds []redcon.Command) int {
	var op []byte
	n := 0
	for n < len(cmds) && n < kv.CommandsMax {
		v, ok := verb(cmds[n])
		if !ok {
			break
		}
		longer, err := kv.Append(op, v, cmds[n].Args[1:]...)
		if err != nil {
			break // the operation is full, or the command is refused when its turn comes
		}
		op = longer
		n++
	}
	if n == 0 {
		return 0
	}
	ctx, cancel := context.WithTimeout(g.ctx, g.cfg.Timeout)
	defer cancel()
	data, err := g.cfg.Doer.Do(ctx, op)
	var results []kv.Result
	if err == nil {
		results, err = kv.ParseResults(data)
	}
	if err != nil || len(results) == 0 || len(results) > n {
		for range n {
			conn.WriteError(fail(err))
		}
		return n
	}
	for i := range results {
		write(conn, &results[i])
	}
	return len(results) // the rest did not fit into one result and is sent again
}

func fail(err error) string {
	switch {
	case err == nil:
		return "ERR the store answered nonsense"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "ERR unknown outcome: " + oneLine(err)
	case strings.Contains(err.Error(), "overload"):
		return "BUSY " + oneLine(err)
	}
	return "ERR " + oneLine(err)
}

func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

func verb(c redcon.Command) (kv.Verb, bool) {
	switch strings.ToLower(string(c.Args[0])) {
	case "get":
		return kv.Get, true
	case "set":
		return kv.Set, true
	case "del":
		return kv.Del, true
	case "exists":
		return kv.Exists, true
	case "incr":
		return kv.Incr, true
	}
	return 0, false
}

func write(conn redcon.Conn, r *kv.Result) {
	switch r.Kind {
	case kv.OK:
		conn.WriteString("OK")
	case kv.Nil:
		conn.WriteNull()
	case kv.Int:
		conn.WriteInt64(r.Int)
	case kv.Bulk:
		conn.WriteBulk(r.Data)
	default:
		conn.WriteError(string(r.Data))
	}
}

// local answers what needs no order. It reports false if the connection is over.
func (g *Gateway) local(conn redcon.Conn, c redcon.Command) bool {
	name := strings.ToLower(string(c.Args[0]))
	if v, ok := verb(c); ok {
		_, err := kv.Append(nil, v, c.Args[1:]...)
		switch {
		case errors.Is(err, kv.ErrArgs):
			conn.WriteError(fmt.Sprintf("ERR wrong number of arguments for '%s' command", name))
		default:
			conn.WriteError("ERR " + oneLine(err))
		}
		return true
	}
	switch name {
	case "ping":
		if len(c.Args) > 1 {
			conn.WriteBulk(c.Args[1])
		} else {
			conn.WriteString("PONG")
		}
	case "echo":
		if len(c.Args) != 2 {
			conn.WriteError("ERR wrong number of arguments for 'echo' command")
			return true
		}
		conn.WriteBulk(c.Args[1])
	case "info":
		conn.WriteBulkString(g.info())
	case "select":
		if len(c.Args) == 2 && string(c.Args[1]) == "0" {
			conn.WriteString("OK")
		} else {
			conn.WriteError("ERR there is one database, 0")
		}
	case "config", "command":
		conn.WriteArray(0) // redis-cli and redis-benchmark ask, and need no answer
	case "quit":
		conn.WriteString("OK")
		_ = conn.Close()
		return false
	default:
		conn.WriteError(fmt.Sprintf("ERR unknown command '%.64s'; known are GET SET DEL EXISTS INCR PING ECHO INFO SELECT QUIT", name))
	}
	return true
}

func (g *Gateway) info() string {
	s := fmt.Sprintf("# Server\r\nredis_mode:standalone\r\nserver:twothirds\r\n# Clients\r\nconnected_clients:%d\r\n# Stats\r\ntotal_commands_processed:%d\r\n",
		g.conns.Load(), g.served.Load())
	if g.cfg.Info != nil {
		s += g.cfg.Info()
	}
	return s
}
