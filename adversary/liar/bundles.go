package liar

import (
	"encoding/binary"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// newBundles is a client under its own key that asks for several operations at once as no
// client may: with counts that lie, none or too many of them, too long, and others, or
// one alone, under a number that it used. It breaks who takes a count for what is there, executors that hand
// results out by the count, and who executes a number twice (A62).
func newBundles(e *Env) Sender {
	b := &bundler{e: e}
	e.OnReceive(func(_ message.ReplicaID, m message.Message) bool {
		b.look(m)
		return false
	})
	return func(to message.ReplicaID, m message.Message) {
		b.look(m)
		e.Send(to, m)
		if s, ok := m.(*message.Status); ok && b.sent <= 4*uint64(s.Decided)+16 {
			b.sent++
			e.Send(to, &message.Requests{List: []message.Request{b.next()}})
		}
	}
}

// bundler is a client that saw where its session was opened.
type bundler struct {
	e       *Env
	session message.SessionID
	number  uint64
	last    message.Request
	sent    uint64
}

// look finds the opening of its session in blocks on their way. That they are decided is
// likely and no more.
func (b *bundler) look(m message.Message) {
	if b.session.Seq != 0 {
		return
	}
	switch m := m.(type) {
	case *message.Body:
		b.find(m.Header.Seq, m.Raw)
	case *message.Blocks:
		for i := range m.Blocks {
			b.find(m.Blocks[i].Header.Seq, m.Blocks[i].Raw)
		}
	}
}

func (b *bundler) find(seq message.Seq, raw []byte) {
	p, err := message.ParseBatch(raw)
	if err != nil {
		return
	}
	for i := range p.Requests {
		if r := &p.Requests[i]; r.Type == message.RequestOpen && r.Client == b.e.Key.Public() {
			b.session = message.SessionID{Seq: seq, Pos: uint32(i)}
			return
		}
	}
}

// next makes a request: the opening until that is seen in a block, then bundles good and
// bad.
func (b *bundler) next() message.Request {
	e := b.e
	r := message.Request{Client: e.Key.Public(), Type: message.RequestOpen, Number: 1}
	if b.session.Seq != 0 {
		if b.number == 0 || e.Draw("again", 3) > 0 {
			b.number++
		} else if e.Draw("same", 2) == 0 {
			return b.last
		}
		r.Type, r.Session, r.Number = message.RequestBundle, b.session, b.number
		if r.Op = b.operations(); e.Draw("single", 4) == 0 {
			r.Type, r.Op = message.RequestOperation, r.Op[:1+e.Draw("short", 3)]
		}
	}
	if e.Door.SignRequest(e.Key, &r) == nil {
		b.last = r
	}
	return r
}

// operations draws what a bundle has for its operation.
func (b *bundler) operations() []byte {
	e, n := b.e, 1+b.e.Draw("bundle", 8)
	ops := make([][]byte, n)
	for i := range ops {
		ops[i] = make([]byte, e.Draw("op", 12))
	}
	switch e.Draw("odd", 8) {
	case 0: // more or fewer than it says
		op := message.AppendBundle(nil, ops)
		binary.BigEndian.PutUint32(op, uint32(e.Draw("count", 2*n+1)))
		return op
	case 1: // a length that goes beyond its end
		op := message.AppendBundle(nil, ops)
		binary.BigEndian.PutUint32(op[4:], uint32(e.far(uint64(len(op)))))
		return op
	case 2: // too many
		return message.AppendBundle(nil, make([][]byte, message.BundleMax+1+e.Draw("many", 8)))
	case 3: // too long
		ops[0] = make([]byte, e.Door.Limits().OpBytes-message.BundleSize(ops)+len(ops[0])+1)
	case 4: // as many as may be
		ops = make([][]byte, message.BundleMax)
	}
	return message.AppendBundle(nil, ops)
}

// newFalseParts answers requests of several operations, before others do and in their
// place, with parts that no correct replica sends: other results, of other operations, of
// none, of more than there are. It breaks clients that join parts before they know that
// others say the same, or trust their numbers (A73).
func newFalseParts(e *Env) Sender {
	cluster := e.Door.Cluster()
	e.OnReceive(func(from message.ReplicaID, m message.Message) bool {
		r, ok := m.(*message.Requests)
		if !ok || e.member(from) {
			return false
		}
		for i := range r.List {
			q := &r.List[i]
			if q.Type != message.RequestBundle {
				continue
			}
			e.Send(from, &message.Reply{
				Replica: e.Self, Request: q.Digest(cluster), Seq: 1 + message.Seq(e.Draw("seq", uint64(e.core.Tip)+4)),
				Session: q.Session, Number: q.Number, Result: falsePart(e, message.AppendParts(nil, make([][]byte, q.Count()))),
			})
		}
		return false
	})
	return func(to message.ReplicaID, m message.Message) {
		switch r := m.(type) {
		case *message.Reply:
			c := *r
			c.Result = falsePart(e, c.Result)
			m = &c
		case *message.Replies:
			c := &message.Replies{}
			for _, x := range r.List {
				x.Result = falsePart(e, x.Result)
				c.List = append(c.List, x)
			}
			m = c
		}
		e.Send(to, m)
	}
}

// falsePart makes another part of results of one.
func falsePart(e *Env, part []byte) []byte {
	const head = 8 // where it begins, and how many it has
	b := append([]byte(nil), part...)
	if len(b) < head {
		return append(b, "false"...)
	}
	from, n := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	switch e.Draw("part", 6) {
	case 0: // of other operations
		binary.BigEndian.PutUint32(b, from+1+uint32(e.Draw("from", 4)))
	case 1: // more or fewer than it says
		binary.BigEndian.PutUint32(b[4:], uint32(e.Draw("results", uint64(n)+4)))
	case 2: // of no operation
		return b[:head-e.Draw("short", 2)*4]
	case 3: // numbers without end
		binary.BigEndian.PutUint32(b[4*e.Draw("which", 2):], uint32(e.far(uint64(n))))
	case 4: // one byte too few
		return b[:len(b)-1]
	case 5: // other results
		b[len(b)-1] ^= 1
	}
	return b
}
