package virtual

import (
	"encoding/binary"
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// client keeps operations under way. What it puts into a request and how it counts replies stand here; when it sends what to
// whom is pacing, which does as package client does where clients are not authenticated and replicas are not liars.
type client struct {
	w       *world
	at      int
	signer  crypto.Signer
	key     message.PublicKey
	session message.SessionID
	number  uint64
	awaited uint64 // the lowest number that is open, or may be next
	open    map[uint64]*call
	queue   []operation // in no request yet
	begun   int         // operations that were put into requests so far
	carried int         // those of them in open requests
	pacing  pacing
}

// operation is one that is to be sent.
type operation struct {
	meant  clock.Instant
	before uint64 // what the tape said of it
}

// call is a request with a number: for operations, or for the opening of the session.
type call struct {
	ops    []operation // none of an opening
	req    message.Request
	number uint64
	votes  []vote
	sending
}

// vote is what a replica said; equal ones count together (spec X2).
type vote struct {
	seq     message.Seq
	code    message.ReplyCode
	session message.SessionID
	result  string // of all operations: those here have short ones, which fit into one part
	by      int
}

// opening is the nonce of an opening, and so its number: higher than those of operations.
const opening = 1 << 62

// numbersMax is how far the numbers of operations that are open may lie apart.
const numbersMax = 1000

// frameMax is how many bytes of requests a frame holds, unless it is one request: the default of package client.
const frameMax = 256 << 10

func newClient(w *world, i int) *client {
	s := w.ring.Signer(1000 + i)
	c := &client{w: w, at: i, signer: s, key: s.Public(), awaited: 1, open: make(map[uint64]*call)}
	c.pacing = newPacing(c)
	return c
}

func (c *client) start() {
	c.pacing.send([]*call{c.issue(nil, message.Request{Type: message.RequestOpen, Number: opening})})
}

// submit begins an operation that was meant to be sent at an instant.
func (c *client) submit(meant clock.Instant) {
	c.queue = append(c.queue, operation{meant, c.w.tape.Sent()})
}

// next makes a request of what waits, as much as fits into one.
func (c *client) next() *call {
	n := min(len(c.queue), c.w.load.Outstanding-c.carried, c.w.bundle)
	list := make([][]byte, n)
	for i := range list {
		c.begun++
		list[i] = c.data(uint64(c.begun))
	}
	ops := c.queue[:n:n]
	c.queue = c.queue[n:]
	c.carried += n
	c.number++
	q := message.Request{Session: c.session, Number: c.number, Awaited: c.awaited, Op: list[0]}
	if n > 1 {
		q.Type, q.Op = message.RequestBundle, message.AppendBundle(nil, list)
	}
	return c.issue(ops, q)
}

// data is the client's operation of that number.
func (c *client) data(number uint64) []byte {
	op := make([]byte, c.w.load.Payload)
	if len(op) >= 16 {
		binary.BigEndian.PutUint64(op, uint64(c.at))
		binary.BigEndian.PutUint64(op[8:], number)
	}
	return op
}

func (c *client) issue(ops []operation, q message.Request) *call {
	q.Client = c.key
	if err := c.w.door.SignRequest(c.signer, &q); err != nil {
		panic(err) // it is a signer that cannot fail
	}
	x := &call{ops: ops, req: q, number: q.Number}
	c.open[x.number] = x
	return x
}

// room reports whether there are operations for another request.
func (c *client) room() bool {
	return len(c.queue) > 0 && c.carried < c.w.load.Outstanding && c.number+1-c.awaited < numbersMax && c.session.Seq != 0
}

// send sends requests to one replica, or to all if there is none of that index.
func (c *client) send(list []message.Request, to int) {
	for len(list) > 0 {
		n, size := 1, list[0].Size()
		for n < len(list) && size+list[n].Size() <= frameMax {
			size += list[n].Size()
			n++
		}
		m := &message.Requests{List: list[:n]}
		list = list[n:]
		bytes := c.w.measure(m)
		for i, r := range c.w.replicas {
			if to == len(c.w.replicas) || to == i {
				c.w.after(c.w.spread(c.w.cfg.Near), func() { r.serve(c.key, m, bytes) })
			}
		}
	}
}

// hear takes what a replica says about requests.
func (c *client) hear(by int, view message.View, list []message.Reply) {
	c.pacing.heed(by, view)
	for i := range list {
		m := &list[i]
		x := c.open[m.Number]
		switch {
		case x == nil:
			continue
		case m.Code == message.ReplyBusy:
			c.pacing.busy(x, by)
			continue
		}
		v := vote{seq: m.Seq, code: m.Code, session: m.Session, result: string(m.Result), by: by}
		if x.count(v) > (len(c.w.replicas)-1)/3 {
			c.settle(x, v)
		}
	}
	c.pacing.pump()
}

// count takes a vote and returns how many replicas have said the same.
func (x *call) count(v vote) (same int) {
	for _, o := range x.votes {
		if o.by == v.by {
			return 0
		}
	}
	x.votes = append(x.votes, v)
	for _, o := range x.votes {
		o.by = v.by
		if o == v {
			same++
		}
	}
	return same
}

func (c *client) settle(x *call, v vote) {
	delete(c.open, x.number)
	c.carried -= len(x.ops)
	c.pacing.answered(x)
	if v.code != message.ReplyOK {
		c.w.unsafe("request %d of client %d ended with code %d", x.number, c.at, v.code)
		return
	}
	if x.number == opening {
		c.session = v.session
		return
	}
	for c.awaited <= c.number && c.open[c.awaited] == nil {
		c.awaited++
	}
	results, err := x.results([]byte(v.result))
	if err != nil {
		c.w.unsafe("request %d of client %d: %v", x.number, c.at, err)
		return
	}
	for i, o := range x.ops {
		c.w.tape.Done(c.at, c.w.since(o.meant), c.w.since(c.w.now), o.before, binary.BigEndian.Uint64(results[i]))
		if c.w.load.Rate == 0 && c.w.sending() {
			c.submit(c.w.now)
		}
	}
}

// results are those of a call's operations: for each its position.
func (x *call) results(b []byte) (list [][]byte, err error) {
	list = [][]byte{b}
	if x.req.Type == message.RequestBundle {
		_, list, err = message.ParsePart(b, len(x.ops))
	}
	if err == nil && (len(list) != len(x.ops) || slices.ContainsFunc(list, func(r []byte) bool { return len(r) != 8 })) {
		err = message.ErrPart
	}
	return list, err
}

// idle reports whether nothing is under way.
func (c *client) idle() bool { return len(c.open)+len(c.queue) == 0 }
