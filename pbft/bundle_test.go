package pbft_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// bundle makes a request of several operations.
func bundle(session message.SessionID, number uint64, ops ...string) message.Request {
	list := make([][]byte, len(ops))
	for i, op := range ops {
		list[i] = []byte(op)
	}
	return message.Request{Type: message.RequestBundle, Session: session, Number: number, Op: message.AppendBundle(nil, list)}
}

// The operations of a bundle are executed once, side by side and in their order, and each has its result; a replica
// that restarts says the same again (spec X1, X2), whether it executes them anew or resumes from what its application
// had stored (spec X7).
func TestBundle(t *testing.T) {
	disk := &image{}
	c := newCluster(t, 4, func(cfg *pbft.Config) {
		if cfg.Self == 3 {
			cfg.Application = open(disk, 1)
		}
	})
	c.startAll()
	client := newRemote(t, c)
	session := client.open(0)

	first := client.ask(0, bundle(session, 1, "a", "bc", "", "def"))
	require.Equal(t, message.ReplyOK, first.Code)
	from, results, err := message.ParsePart(first.Result, 4)
	require.NoError(t, err)
	require.Zero(t, from)
	require.Equal(t, [][]byte{number(1), number(3), number(3), number(6)}, results)

	single := client.ask(0, message.Request{Session: session, Number: 2, Op: []byte("op")})
	require.Equal(t, number(8), single.Result)
	for i := range c.reps {
		require.Equal(t, first.Result, client.ask(i, bundle(session, 1, "a", "bc", "", "def")).Result, "replica %d", i)
	}
	for i := range c.reps {
		c.restart(i)
		again := client.ask(i, bundle(session, 1, "a", "bc", "", "def"))
		require.Equal(t, first.Result, again.Result, "replica %d after its restart", i)
		require.Equal(t, first.Seq, again.Seq)
	}
}

// verbose answers each operation with as many bytes as its first says, in units of 20 KB.
type verbose struct{ counter }

func (v *verbose) Execute(b *pbft.Block) [][]byte {
	out := v.counter.Execute(b)
	for i, op := range b.Ops {
		out[i] = bytes.Repeat(op.Data[:1], 20_000*int(op.Data[0]))
	}
	return out
}

// Large results of a bundle travel in parts, so that no frame is longer than that of the largest (spec X1).
func TestBundleInParts(t *testing.T) {
	c := newCluster(t, 4, func(cfg *pbft.Config) { cfg.Application = &verbose{} })
	c.startAll()
	client := newRemote(t, c)
	session := client.open(0)
	q := bundle(session, 1, "\x01", "\x01", "\x01", "\x05", "\x01", "\x02")
	digest := client.send(0, q)

	sizes := []int{1, 1, 1, 5, 1, 2}
	for from := 0; from < len(sizes); {
		m := <-client.replies
		if m.Replica != 0 || m.Request != digest {
			continue
		}
		at, results, err := message.ParsePart(m.Result, len(sizes))
		require.NoError(t, err)
		require.Equal(t, from, at)
		for _, r := range results {
			require.Len(t, r, 20_000*sizes[from])
			from++
		}
		require.True(t, len(m.Result) <= 65<<10 || len(results) == 1)
	}
}

// curt answers each operation with two bytes.
type curt struct{ counter }

func (c *curt) Execute(b *pbft.Block) [][]byte {
	out := c.counter.Execute(b)
	for i := range out {
		out[i] = []byte("ok")
	}
	return out
}

// A client that uses the number of an operation again for a bundle has what the operation resulted in, and stops nobody
// (spec X1, D1).
func TestBundleUnderAUsedNumber(t *testing.T) {
	c := newCluster(t, 4, func(cfg *pbft.Config) { cfg.Application = &curt{} })
	c.startAll()
	client := newRemote(t, c)
	session := client.open(0)
	for i := range c.reps {
		single := message.Request{Session: session, Number: 1, Op: []byte("op")}
		require.Equal(t, "ok", string(client.ask(i, single).Result))
		require.Equal(t, "ok", string(client.ask(i, bundle(session, 1, "a", "b")).Result))
		require.NoError(t, c.reps[i].Err())
	}
}
