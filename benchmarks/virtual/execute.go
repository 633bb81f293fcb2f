package virtual

import (
	"encoding/binary"
	"hash/crc32"
	"time"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// executor is the session table and the application, which counts operations and adds each to a CRC-32C. Both survive the
// process, as those of a durable application do.
type executor struct {
	id       message.ReplicaID
	table    *session.Table
	interval message.Seq // blocks between checkpoints
	seq      message.Seq
	ops      uint64
	sum      uint32
	outcomes []session.Outcome
	results  [][]byte // of one request: room for more
}

// letter is what a client is told at one time.
type letter struct {
	to   message.PublicKey
	list []message.Reply
}

// letters gathers replies by client, in the order of each client's first.
type letters struct {
	list  []letter
	index map[message.PublicKey]int
}

func (l *letters) add(to message.PublicKey, m message.Reply) {
	i, ok := l.index[to]
	if !ok {
		if l.index == nil {
			l.index = make(map[message.PublicKey]int)
		}
		i = len(l.list)
		l.index[to] = i
		l.list = append(l.list, letter{to: to})
	}
	l.list[i].list = append(l.list[i].list, m)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// state is the application's: 8 bytes of count, 4 of sum.
func (x *executor) state() (d message.Digest) {
	binary.BigEndian.PutUint64(d[:], x.ops)
	binary.BigEndian.PutUint32(d[8:], x.sum)
	return d
}

// execute applies a block and returns what its clients are told. The result of an operation is its position.
func (x *executor) execute(d *core.Decided) []letter {
	x.seq = d.Point.Seq
	reqs := d.Block.Payload.Requests
	x.outcomes = x.outcomes[:0]
	for i := range reqs {
		x.outcomes = append(x.outcomes, x.table.Apply(x.seq, uint32(i), &reqs[i]))
	}
	var out letters
	for i := range reqs {
		q, o := &reqs[i], &x.outcomes[i]
		switch {
		case o.Verdict == session.Execute:
			o.Cached, o.Reply = true, session.Reply{Seq: x.seq, Result: x.apply(q)}
			x.table.Store(o.Session, q.Number, o.Reply)
		case o.Verdict == session.Duplicate && !o.Cached:
			*o = x.table.Judge(q)
		}
		out.add(q.Client, x.reply(x.seq, q, o))
	}
	return out.list
}

// apply hands the application the operations of a request one by one, and returns their results as the reply has them.
func (x *executor) apply(q *message.Request) []byte {
	results := x.results[:0]
	for op := range q.Ops() {
		x.ops++
		x.sum = crc32.Update(x.sum, castagnoli, op)
		results = append(results, binary.BigEndian.AppendUint64(nil, x.ops))
	}
	x.results = results
	if q.Type == message.RequestBundle {
		return message.AppendParts(nil, results)
	}
	return results[0]
}

func (x *executor) reply(seq message.Seq, q *message.Request, o *session.Outcome) message.Reply {
	m := o.Conclude(seq, q)
	m.Replica, m.Number = x.id, q.Number
	return m
}

// answer says what is known already of requests.
func (x *executor) answer(list []message.Request) []letter {
	var out letters
	for i := range list {
		q := &list[i]
		if o := x.table.Judge(q); o.Verdict != session.Execute && o.Verdict != session.Opened {
			out.add(q.Client, x.reply(0, q, &o))
		}
	}
	return out.list
}

// after is what the core is told of the last block.
func (x *executor) after() core.Executed {
	e := core.Executed{Seq: x.seq}
	if x.seq%x.interval == 0 {
		e.State, e.Clients = x.state(), x.table.Digest()
	}
	return e
}

// replay executes blocks from the log.
func (x *executor) replay(list []core.RestoredBlock) {
	for i := range list {
		x.execute(&core.Decided{Block: list[i].Block, Point: message.Point{Seq: list[i].Block.Header.Seq}})
	}
}

// mirror copies the table without its replies.
func (x *executor) mirror() *session.Table {
	cfg := x.table.Config()
	cfg.Replies = false
	m, err := session.Restore(cfg, x.table.AppendSnapshot(nil))
	if err != nil {
		panic(err) // it is a table's own snapshot
	}
	return m
}

// executing is what it costs to execute a block.
func (c *Costs) executing(b *message.Block) time.Duration {
	cost := c.Block
	for i := range b.Payload.Requests {
		cost += c.Request + time.Duration(max(b.Payload.Requests[i].Count()-1, 0))*c.Operation
	}
	return cost
}

// mailing is what it costs to send letters.
func (r *replica) mailing(list []letter) (cost time.Duration) {
	c := r.w.costs()
	for i := range list {
		cost += c.Frame + c.Wake + perByte(c.Wire, message.RepliesSize(list[i].list))
	}
	return cost
}

// mail sends clients what they are told, all that leaves at one time with one delay.
func (r *replica) mail(blocks [][]letter) {
	for _, list := range blocks {
		if len(list) == 0 {
			continue
		}
		bytes := 0
		for i := range list {
			bytes += message.RepliesSize(list[i].list)
		}
		r.letters += len(list)
		r.spent.ClientBytes += uint64(bytes)
		at := r.line.depart(r.w.now, bytes, r.w.cfg.Bandwidth, true).Add(r.w.spread(r.w.cfg.Near))
		view := r.filter.View
		r.w.later(at, func() {
			for i := range list {
				r.w.byKey[list[i].to].hear(r.at, view, list[i].list)
			}
		})
	}
}

// refuse tells clients that the pool is full.
func (r *replica) refuse(list []message.Request) {
	var out letters
	for i := range list {
		q := &list[i]
		out.add(q.Client, message.Reply{Replica: r.id, Number: q.Number, Session: q.Session, Code: message.ReplyBusy})
	}
	r.mail([][]letter{out.list})
}
