package sim

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"

	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// executor is one replica's application and session table: volatile, rebuilt from
// the log.
type executor struct {
	app   pbft.Application
	table *session.Table
	seq   message.Seq
	fresh []message.Digest // requests that the last block executed for the first time
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
	return &snapshot{seq: x.seq, state: x.app.Digest(), app: buf.Bytes(), table: x.table.AppendSnapshot(nil)}, nil
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

func newExecutor(app pbft.Application) executor {
	return executor{app: app, table: session.New(session.Config{Replies: true})}
}

// execute applies a block and returns its replies.
func (x *executor) execute(id message.ReplicaID, cluster message.Digest, d *core.Decided) []message.Reply {
	x.seq, x.fresh = d.Point.Seq, x.fresh[:0]
	reqs := d.Block.Payload.Requests
	out := make([]message.Reply, 0, len(reqs))
	b := pbft.Block{Seq: d.Point.Seq}
	var at []int // in out, by operation
	for i := range reqs {
		r := &reqs[i]
		o := x.table.Apply(d.Point.Seq, uint32(i), r)
		reply := message.Reply{Replica: id, Request: r.Digest(cluster), Seq: d.Point.Seq, Session: o.Session, Number: r.Number}
		switch o.Verdict {
		case session.Execute:
			b.Ops = append(b.Ops, pbft.Op{Client: r.Client, Session: o.Session, Number: r.Number, Data: r.Op})
			at = append(at, i)
			x.fresh = append(x.fresh, reply.Request)
		case session.Opened:
		case session.Duplicate:
			reply.Result = o.Reply.Result
			if o.Cached {
				reply.Seq, reply.Code = o.Reply.Seq, o.Reply.Code
			}
		case session.Expired:
			reply.Code = message.ReplyExpired
		default:
			reply.Code = message.ReplyRefused
		}
		out = append(out, reply)
	}
	for k, result := range x.app.Execute(&b) {
		r := &out[at[k]]
		r.Result = result
		x.table.Store(r.Session, r.Number, session.Reply{Seq: d.Point.Seq, Code: message.ReplyOK, Result: result})
	}
	return out
}

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
		var buf [64]byte
		copy(buf[:32], a.state[:])
		d := sha256.Sum256(b.Ops[i].Data)
		copy(buf[32:], d[:])
		a.state = sha256.Sum256(buf[:])
		out[i] = append([]byte(nil), a.state[:8]...)
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
