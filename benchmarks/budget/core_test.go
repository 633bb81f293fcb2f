package budget

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

const (
	interval  = 128 // blocks between checkpoints
	blockSize = 64  // requests
	opSize    = 256
)

var ring = cryptotest.NewRing(1)

func genesisOf(n int, signed bool) message.Genesis {
	g := message.Genesis{Name: "budget", Interval: interval, Signed: signed}
	for i := range n {
		g.Members = append(g.Members, message.Member{ID: message.ReplicaID(i), Key: ring.Signer(i).Public(), Power: 1})
	}
	return g
}

// lockstep is four cores that are at one place: what one says all hear at once, and durable is what was said.
type lockstep struct {
	t      *testing.T
	door   *message.Door
	cores  []*core.Core
	client crypto.Signer
	table  *session.Table // of one executor
	open   message.SessionID
	seq    message.Seq
	number uint64
	op     []byte
	list   []message.Request
}

func newLockstep(t *testing.T) *lockstep {
	g := genesisOf(4, false)
	cluster, members, err := g.Cluster()
	require.NoError(t, err)
	l := &lockstep{
		t: t, door: message.NewDoor(cluster, members, ring.Verifier(), false, g.Limits()), client: ring.Signer(1000),
		table: session.New(session.Config{}), op: make([]byte, opSize),
	}
	root := message.Root(cluster)
	for i := range members.Len() {
		r := core.Assemble(nil, root)
		r.Now, r.Bootstrap = clock.At(1), true
		c, err := core.New(core.Config{Self: message.ReplicaID(i), Members: members, Root: root, Interval: interval}, r)
		require.NoError(t, err)
		l.cores = append(l.cores, c)
	}
	l.order([]message.Request{{Client: l.client.Public(), Type: message.RequestOpen, Number: 1}})
	return l
}

// block has the cluster order a block.
func (l *lockstep) block() {
	l.list = make([]message.Request, blockSize)
	for i := range l.list {
		l.number++
		l.list[i] = message.Request{Client: l.client.Public(), Session: l.open, Number: l.number, Awaited: l.number - uint64(i), Op: l.op}
	}
	l.order(l.list)
}

func (l *lockstep) order(list []message.Request) {
	before := l.seq
	v, err := l.door.VerifyClient(l.client.Public(), &message.Requests{List: list})
	require.NoError(l.t, err)
	l.cores[0].Step(clock.At(1), v)
	for busy := true; busy; {
		busy = false
		for i, c := range l.cores {
			out := c.Output()
			busy = busy || !out.Empty()
			l.release(i, c, &out)
		}
	}
	require.Equal(l.t, before+1, l.seq, "one block and no more")
}

func (l *lockstep) release(i int, c *core.Core, out *core.Output) {
	require.NoError(l.t, out.Fault)
	for _, m := range out.Sign {
		v, err := l.door.Sign(ring.Signer(i), message.ReplicaID(i), m)
		require.NoError(l.t, err)
		c.Step(clock.At(1), v)
	}
	for _, list := range [][]core.Outgoing{out.Early, out.Send} {
		for k := range list {
			l.deliver(i, &list[k])
		}
	}
	for k := range out.Execute {
		l.execute(i, &out.Execute[k])
		e := core.Executed{Seq: out.Execute[k].Point.Seq}
		if e.Seq%interval == 0 {
			e.Clients = l.table.Digest()
		}
		c.Executed(clock.At(1), e)
	}
}

func (l *lockstep) deliver(from int, o *core.Outgoing) {
	v, err := l.door.Verify(message.ReplicaID(from), o.Msg)
	require.NoError(l.t, err)
	for i, c := range l.cores {
		if i != from && (o.All || o.To == message.ReplicaID(i)) {
			c.Step(clock.At(1), v)
		}
	}
}

// execute applies what the first to execute has decided; the others would do the same.
func (l *lockstep) execute(i int, d *core.Decided) {
	if d.Point.Seq <= l.seq {
		return
	}
	l.seq = d.Point.Seq
	for k := range d.Block.Payload.Requests {
		o := l.table.Apply(l.seq, uint32(k), &d.Block.Payload.Requests[k])
		if o.Verdict == session.Opened {
			l.open = o.Session
		}
	}
}
