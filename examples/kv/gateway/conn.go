package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/tidwall/redcon"

	"github.com/twothirds-bft/twothirds/client"
	"github.com/twothirds-bft/twothirds/examples/kv"
	"github.com/twothirds-bft/twothirds/pbft"
)

// conn is one connection. It belongs to the goroutine that serves it, but for nc.
type conn struct {
	gw    *Gateway
	nc    net.Conn
	in    reader
	batch batch
	out   []byte
	done  []kv.Result
	quit  bool // the client said so, or there is no going on
}

func newConn(g *Gateway, nc net.Conn) *conn {
	return &conn{gw: g, nc: nc, in: reader{src: nc}}
}

// serve takes commands as long as there are any at hand, and then executes and answers them.
func (c *conn) serve() {
	for {
		words, err := c.in.next()
		if err != nil {
			c.batch.answer(redcon.AppendError(nil, "ERR "+err.Error()))
			c.quit = true
		}
		if words != nil {
			c.take(words)
			if !c.quit {
				continue
			}
		}
		if c.flush() != nil || c.quit || c.in.fill() != nil {
			return
		}
	}
}

// take puts a command, or the answer to it, into the batch. A full batch is flushed first.
func (c *conn) take(words [][]byte) {
	if c.batch.full() && !c.clear() {
		return
	}
	verb, known := verbs[lower(words[0])]
	if !known {
		c.local(words)
		return
	}
	err := c.batch.add(verb, words[1:])
	if errors.Is(err, kv.ErrFull) && len(c.batch.starts) > 0 {
		if !c.clear() {
			return
		}
		err = c.batch.add(verb, words[1:])
	}
	if err != nil {
		c.batch.answer(appendRefusal(nil, verb, words[1:], err))
	}
}

// clear flushes in the midst of commands. It reports false if that was the last that the connection did.
func (c *conn) clear() bool {
	if c.flush() != nil {
		c.quit = true
	}
	return !c.quit
}

// flush executes the batch and writes all answers. If the order of what follows could not be kept it sets
// quit.
func (c *conn) flush() error {
	defer c.batch.reset()
	for done := 0; done < len(c.batch.starts); {
		results, err := c.do(c.batch.op[c.batch.starts[done]:])
		if err == nil && (len(results) == 0 || len(results) > len(c.batch.starts)-done) {
			err = fmt.Errorf("%w: %d results of %d commands", kv.ErrMalformed, len(results), len(c.batch.starts)-done)
		}
		if err != nil {
			c.gw.stats.failed.Add(1)
			text, over := explain(err)
			c.quit = c.quit || over
			c.out = c.batch.renderError(c.out[:0], text)
			break
		}
		done += len(results)
		c.out = c.batch.render(c.out[:0], results)
		if done < len(c.batch.starts) {
			if err := c.write(); err != nil {
				return err
			}
		}
	}
	c.out = c.batch.render(c.out, nil)
	return c.write()
}

func (c *conn) write() error {
	if len(c.out) == 0 {
		return nil
	}
	_, err := c.nc.Write(c.out)
	c.out = c.out[:0]
	return err
}

// do has the cluster execute an operation.
func (c *conn) do(op []byte) ([]kv.Result, error) {
	ctx, cancel := context.WithTimeout(c.gw.ctx, c.gw.cfg.Timeout)
	defer cancel()
	c.gw.stats.operations.Add(1)
	data, err := c.gw.cfg.Doer.Do(ctx, op)
	if err != nil {
		return nil, err
	}
	c.done, err = kv.AppendResults(c.done[:0], data)
	c.gw.stats.commands.Add(uint64(len(c.done)))
	return c.done, err
}

// explain returns what to tell the client of a failed operation, and whether the order of what follows
// can be kept no longer.
func explain(err error) (text string, over bool) {
	var ours *client.UnknownOutcomeError
	var replicas *pbft.UnknownOutcomeError
	code, what := "ERR", "not executed"
	if errors.As(err, &ours) || errors.As(err, &replicas) {
		what, over = "unknown outcome", true
	}
	switch {
	case errors.Is(err, kv.ErrMalformed):
		what, over = "unknown result", true // of a cluster of another version, perhaps
	case errors.Is(err, client.ErrOverloaded), errors.Is(err, pbft.ErrOverloaded):
		code = "BUSY"
	}
	return fmt.Sprintf("%s %s: %v", code, what, err), over
}
