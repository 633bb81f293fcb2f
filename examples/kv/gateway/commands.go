package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/tidwall/redcon"

	"github.com/twothirds-bft/twothirds/examples/kv"
)

// verbs are the commands that the store executes.
var verbs = map[string]kv.Verb{
	"get": kv.Get, "set": kv.Set, "del": kv.Del, "exists": kv.Exists, "incr": kv.Incr,
}

// lower returns a name in lower case, and no more of it than an error should repeat.
func lower(name []byte) string {
	return string(bytes.ToLower(name[:min(len(name), 64)]))
}

// answers are the commands that the gateway answers itself. The words are those behind the name.
var answers = map[string]struct {
	wordsMin, wordsMax int
	answer             func(c *conn, words [][]byte) []byte
}{
	"ping":    {0, 1, ping},
	"echo":    {1, 1, ping},
	"select":  {1, 1, selectDB},
	"info":    {0, wordsMax, info},
	"config":  {1, wordsMax, config},
	"command": {0, wordsMax, commands},
	"quit":    {0, wordsMax, quit},
}

// local answers a command that is not for the store.
func (c *conn) local(words [][]byte) {
	name := lower(words[0])
	a, known := answers[name]
	switch n := len(words) - 1; {
	case !known:
		c.batch.answer(redcon.AppendError(nil, fmt.Sprintf("ERR unknown command '%s'", name)))
	case n < a.wordsMin || n > a.wordsMax:
		c.batch.answer(redcon.AppendError(nil, wrongArgs(name)))
	default:
		c.batch.answer(a.answer(c, words[1:]))
	}
}

func wrongArgs(name string) string {
	return fmt.Sprintf("ERR wrong number of arguments for '%s' command", name)
}

// appendRefusal appends why a command cannot be part of an operation.
func appendRefusal(out []byte, v kv.Verb, args [][]byte, err error) []byte {
	text := "ERR " + err.Error()
	switch {
	case errors.Is(err, kv.ErrArgs) && v == kv.Set && len(args) > 2:
		text = "ERR syntax error" // options, which the store does not have
	case errors.Is(err, kv.ErrArgs):
		text = wrongArgs(v.String())
	}
	return redcon.AppendError(out, text)
}

func ping(_ *conn, words [][]byte) []byte {
	if len(words) == 0 {
		return redcon.AppendString(nil, "PONG")
	}
	return redcon.AppendBulk(nil, words[0])
}

func selectDB(_ *conn, words [][]byte) []byte {
	if string(words[0]) != "0" {
		return redcon.AppendError(nil, "ERR DB index is out of range")
	}
	return redcon.AppendOK(nil)
}

func quit(c *conn, _ [][]byte) []byte {
	c.quit = true
	return redcon.AppendOK(nil)
}

// commands says that there is nothing to say of any command: redis-cli asks, for its hints.
func commands(*conn, [][]byte) []byte { return redcon.AppendArray(nil, 0) }

// config tells of the few parameters that mean something here. What is durable is so before it is
// answered, by the replicas' logs, which is neither of the two that redis-benchmark asks for.
func config(c *conn, words [][]byte) []byte {
	if lower(words[0]) != "get" || len(words) < 2 {
		return redcon.AppendError(nil, "ERR only CONFIG GET is supported")
	}
	known := map[string]string{"save": "", "appendonly": "no", "maxclients": strconv.Itoa(c.gw.cfg.ConnsMax)}
	var out []byte
	n := 0
	for _, w := range words[1:] {
		if value, ok := known[lower(w)]; ok {
			out = redcon.AppendBulkString(redcon.AppendBulk(out, w), value)
			n += 2
		}
	}
	return append(redcon.AppendArray(nil, n), out...)
}

// info describes the gateway, and what Config.Status knows of the cluster.
func info(c *conn, _ [][]byte) []byte {
	g := c.gw
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Server\r\nserver_name:twothirds-gateway\r\n")
	fmt.Fprintf(&b, "\r\n# Clients\r\nconnected_clients:%d\r\nmaxclients:%d\r\n", g.connected(), g.cfg.ConnsMax)
	fmt.Fprintf(&b, "\r\n# Stats\r\ntotal_connections_received:%d\r\nrejected_connections:%d\r\n",
		g.stats.accepted.Load(), g.stats.refused.Load())
	fmt.Fprintf(&b, "total_commands_processed:%d\r\ntotal_operations:%d\r\nfailed_operations:%d\r\n",
		g.stats.commands.Load(), g.stats.operations.Load(), g.stats.failed.Load())
	if g.cfg.Status != nil {
		fmt.Fprintf(&b, "\r\n# Cluster\r\n")
		for _, f := range g.cfg.Status() {
			fmt.Fprintf(&b, "%s:%s\r\n", f[0], f[1])
		}
	}
	return redcon.AppendBulk(nil, b.Bytes())
}
