package client_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/client"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// The six things that can have happened to a request without an answer, and no one can tell which. The
// times are so long that contexts end meanwhile.
var cases = []struct {
	name  string
	begin func(c *cluster)
	heal  func(c *cluster)
}{{
	name: "the request is lost",
	begin: func(c *cluster) {
		dice := rand.New(rand.NewPCG(1, 2))
		for _, n := range c.nodes {
			n.deaf = func(*message.Request) bool { return dice.IntN(64) > 0 }
		}
	},
	heal: func(c *cluster) {
		c.do(func() {
			for _, n := range c.nodes {
				n.deaf = nil
			}
		})
	},
}, {
	name:  "the request waits in a queue for three timeouts",
	begin: func(c *cluster) { c.hold = true },
	heal: func(c *cluster) {
		time.Sleep(3 * timeout)
		c.release(0)
	},
}, {
	name:  "the primary dies before it has executed the request",
	begin: func(c *cluster) { c.hold = true; go c.nodes[0].kill() },
	heal:  func(c *cluster) { c.release(1) },
}, {
	name: "the primary dies after it has executed the request",
	begin: func(c *cluster) {
		c.mute(true)
		time.AfterFunc(timeout/2, c.nodes[0].kill)
	},
	heal: func(c *cluster) {
		c.release(1)
		c.do(func() { c.mute(false) })
	},
}, {
	name:  "the primary is stopped, replaced, and goes on",
	begin: func(c *cluster) { c.nodes[0].stopped = make(chan struct{}) },
	heal: func(c *cluster) {
		c.release(1)
		time.Sleep(timeout)
		c.do(func() {
			close(c.nodes[0].stopped)
			c.nodes[0].stopped = nil
		})
	},
}, {
	name:  "the replies are lost",
	begin: func(c *cluster) { c.mute(true) },
	heal:  func(c *cluster) { c.do(func() { c.mute(false) }) },
}, {
	name: "the replies come after the request was sent again",
	begin: func(c *cluster) {
		for _, n := range c.nodes {
			n.delay = timeout * 3
		}
	},
	heal: func(c *cluster) {
		c.do(func() {
			for _, n := range c.nodes {
				n.delay = 0
			}
		})
	},
}}

const timeout = 2 * time.Second

func (c *cluster) mute(yes bool) {
	for _, n := range c.nodes {
		n.says = nil
		if yes {
			n.says = func(message.Reply) []message.Reply { return nil }
		}
	}
}

// Whatever happened, what was acknowledged was executed once, each acknowledgement is of an execution of
// its own, and each unknown outcome is told truthfully afterwards, across a change of the primary and a
// transfer of the session table (spec X1, X5).
func TestSixCases(t *testing.T) {
	for _, row := range cases {
		t.Run(row.name, func(t *testing.T) { sixCases(t, row.begin, row.heal) })
		t.Run(row.name+"/alone", func(t *testing.T) { sixCases(t, row.begin, row.heal, alone) })
	}
}

func sixCases(t *testing.T, begin, heal func(*cluster), tune ...func(*client.Config)) {
	synctest.Test(t, func(t *testing.T) {
		c := four(t)
		cl := c.client(t, tune...)
		opened(t, c, cl)
		c.do(func() { begin(c) })
		w := &workers{t: t, cl: cl, acked: map[uint64]string{}}
		w.run(20)
		heal(c)
		unknown := len(w.unknown)
		w.resolve()
		w.run(5)

		require.Empty(t, w.unknown, "after healing everything has an answer")
		require.Len(t, w.acked, 25-w.never)
		require.EqualValues(t, len(w.acked)+1, c.executed(), "executions and acknowledgements, but for the first one")
		require.NotZero(t, unknown, "the case did not come about")
	})
}

// alone has each operation travel in a request of its own: no other fits.
func alone(cfg *client.Config) { cfg.OpBytesMax = 11 }

// workers do one operation each and note what they are told.
type workers struct {
	t  *testing.T
	cl *client.Client

	mu      sync.Mutex
	ops     int
	never   int
	acked   map[uint64]string // by the place of the execution
	unknown map[string]*client.UnknownOutcomeError
}

func (w *workers) run(n int) {
	w.unknown = map[string]*client.UnknownOutcomeError{}
	var wg sync.WaitGroup
	for range n {
		w.ops++
		op := fmt.Sprint("op", w.ops)
		wg.Go(func() {
			result, err := w.cl.Do(within(w.t, timeout), []byte(op))
			w.note(op, result, err)
		})
	}
	wg.Wait()
}

func (w *workers) note(op string, result []byte, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var unknown *client.UnknownOutcomeError
	switch {
	case errors.As(err, &unknown):
		w.unknown[op] = unknown
	case err != nil:
		w.never++
	default:
		at := place(w.t, op, result)
		if other, taken := w.acked[at]; taken {
			w.t.Errorf("%s and %s were told the same execution", op, other)
		}
		w.acked[at] = op
	}
}

func (w *workers) resolve() {
	for op, e := range w.unknown {
		result, err := w.cl.Resolve(within(w.t, time.Minute), e)
		delete(w.unknown, op)
		w.note(op, result, err)
	}
}
