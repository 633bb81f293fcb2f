package sim

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// executor is one replica's application and session table: volatile, rebuilt from
// the log.
type executor struct {
	app      pbft.Application
	table    *session.Table
	seq      message.Seq
	outcomes []session.Outcome // of the block in hand
	ops      []pbft.Op         // of the last block, and
	given    [][]byte          // what they resulted in
	fresh    []message.Digest  // requests that the last block executed for the first time
	odd      message.Seq       // from this block on its state is wrong; 0 = it is right
}

// snapshot is what a restart of an application with snapshots begins from.
type snapshot struct {
	seq        message.Seq
	state      message.Digest
	app, table []byte
}

// snapshot writes the state after the last block down, if the application can.
func (x *executor) snapshot() (*snapshot, error) {
	app, ok := x.app.(pbft.Snapshotter)
	if !ok {
		return nil, nil
	}
	var buf bytes.Buffer
	if err := app.Snapshot(&buf); err != nil {
		return nil, err
	}
	table := x.table
	if bug.M46 {
		table = session.New(table.Config())
	}
	return &snapshot{seq: x.seq, state: x.app.Digest(), app: buf.Bytes(), table: table.AppendSnapshot(nil)}, nil
}

// restore brings a new executor to a snapshot.
func (x *executor) restore(s *snapshot) error {
	if err := x.app.(pbft.Snapshotter).Restore(bytes.NewReader(s.app)); err != nil {
		return err
	}
	if x.app.Digest() != s.state {
		return fmt.Errorf("restored to state %v, the snapshot was of %v", x.app.Digest(), s.state)
	}
	table, err := session.Restore(x.table.Config(), s.table)
	x.seq, x.table = s.seq, table
	return err
}

func newExecutor(app pbft.Application, sessions int) executor {
	return executor{app: app, table: session.New(session.Config{Sessions: sessions, Replies: true})}
}

// execute applies a block and returns its replies.
func (x *executor) execute(id message.ReplicaID, cluster message.Digest, d *core.Decided) []message.Reply {
	x.seq, x.fresh = d.Point.Seq, x.fresh[:0]
	reqs := d.Block.Payload.Requests
	x.outcomes = slices.Grow(x.outcomes[:0], len(reqs))[:len(reqs)]
	b := pbft.Block{Seq: d.Point.Seq, Ops: make([]pbft.Op, 0, len(reqs))}
	for i := range reqs {
		r, o := &reqs[i], &x.outcomes[i]
		*o = x.table.Apply(d.Point.Seq, uint32(i), r)
		if o.Verdict == session.Execute {
			b.Ops = appendOps(b.Ops, r, o.Session)
		}
	}
	results := x.results(x.app.Execute(&b))
	x.ops, x.given = b.Ops, results
	out := make([]message.Reply, len(reqs))
	for i := range reqs {
		r, o := &reqs[i], &x.outcomes[i]
		digest := r.Digest(cluster)
		switch {
		case o.Verdict == session.Execute:
			o.Cached, o.Reply = true, session.Reply{Seq: d.Point.Seq}
			o.Reply.Result, results = resultOf(r, results)
			x.table.Store(o.Session, r.Number, o.Reply)
			x.fresh = append(x.fresh, digest)
		case o.Verdict == session.Duplicate && !o.Cached:
			*o = x.table.Judge(r)
		}
		out[i] = o.Conclude(d.Point.Seq, r)
		out[i].Replica, out[i].Number, out[i].Request = id, r.Number, digest
	}
	return out
}

// executes reports whether the last block had a request executed.
func (x *executor) executes(i int) bool { return x.outcomes[i].Verdict == session.Execute }

// mirror copies a table without its replies.
func mirror(t *session.Table) *session.Table {
	cfg := t.Config()
	cfg.Replies = false
	m, err := session.Restore(cfg, t.AppendSnapshot(nil))
	if err != nil {
		panic(err)
	}
	return m
}

// chainApp is the default application: its state is a hash over all operations, so
// any difference in order or content shows for ever after.
type chainApp struct{ state message.Digest }

func newChainApp(int) pbft.Application { return &chainApp{} }

// Execute implements pbft.Application.
func (a *chainApp) Execute(b *pbft.Block) [][]byte {
	out := make([][]byte, len(b.Ops))
	for i := range b.Ops {
		var room [128]byte
		a.state = sha256.Sum256(append(append(room[:0], a.state[:]...), b.Ops[i].Data...))
		out[i] = make([]byte, min(8, len(b.Ops[i].Data))+wanted(b.Ops[i].Data))
		copy(out[i], a.state[:8])
	}
	return out
}

// Digest implements pbft.Application.
func (a *chainApp) Digest() pbft.Digest { return a.state }

// Snapshot implements pbft.Snapshotter.
func (a *chainApp) Snapshot(w io.Writer) error {
	_, err := w.Write(a.state[:])
	return err
}

// Restore implements pbft.Snapshotter.
func (a *chainApp) Restore(r io.Reader) error {
	_, err := io.ReadFull(r, a.state[:])
	return err
}
