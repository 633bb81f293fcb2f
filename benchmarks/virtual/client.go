package virtual

import (
	"encoding/binary"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// client keeps operations under way. How it counts replies is here; when it sends what to whom is pacing, which does as
// package client does where clients are not authenticated and replicas are not liars.
type client struct {
	w       *world
	at      int
	signer  crypto.Signer
	key     message.PublicKey
	session message.SessionID
	number  uint64
	awaited uint64 // the lowest number that is open, or may be next
	open    map[uint64]*call
	queue   []operation // that have no number yet
	pacing  pacing
}

// operation is one that is to be sent.
type operation struct {
	meant  clock.Instant
	before uint64 // what the tape said of it
}

// call is an operation with a number, or the opening of the session.
type call struct {
	operation
	req    message.Request
	number uint64
	votes  []vote
	sending
}

// vote is what a replica said; equal ones count together (spec X2).
type vote struct {
	seq      message.Seq
	code     message.ReplyCode
	session  message.SessionID
	position uint64
	by       int
}

// opening is the nonce of an opening, and so its number: higher than those of operations.
const opening = 1 << 62

// numbersMax is how far the numbers of operations that are open may lie apart.
const numbersMax = 1000

func newClient(w *world, i int) *client {
	s := w.ring.Signer(1000 + i)
	c := &client{w: w, at: i, signer: s, key: s.Public(), awaited: 1, open: make(map[uint64]*call)}
	c.pacing = newPacing(c)
	return c
}

func (c *client) start() {
	c.pacing.send([]*call{c.issue(operation{meant: c.w.now}, message.Request{Type: message.RequestOpen, Number: opening})})
}

// submit begins an operation that was meant to be sent at an instant.
func (c *client) submit(meant clock.Instant) {
	c.queue = append(c.queue, operation{meant, c.w.tape.Sent()})
}

// next gives the first of the queue its number.
func (c *client) next() *call {
	c.number++
	op := make([]byte, c.w.load.Payload)
	if len(op) >= 16 {
		binary.BigEndian.PutUint64(op, uint64(c.at))
		binary.BigEndian.PutUint64(op[8:], c.number)
	}
	o := c.queue[0]
	c.queue = c.queue[1:]
	return c.issue(o, message.Request{Session: c.session, Number: c.number, Awaited: c.awaited, Op: op})
}

func (c *client) issue(o operation, q message.Request) *call {
	q.Client = c.key
	if err := c.w.door.SignRequest(c.signer, &q); err != nil {
		panic(err) // it is a signer that cannot fail
	}
	x := &call{operation: o, req: q, number: q.Number}
	c.open[x.number] = x
	return x
}

// room reports whether another operation may have a number.
func (c *client) room() bool {
	return len(c.queue) > 0 && len(c.open) < c.w.load.Outstanding && c.number+1-c.awaited < numbersMax && c.session.Seq != 0
}

// send sends requests to one replica, or to all if there is none of that index.
func (c *client) send(list []message.Request, to int) {
	m := &message.Requests{List: list}
	bytes := c.w.measure(m)
	for i, r := range c.w.replicas {
		if to == len(c.w.replicas) || to == i {
			c.w.after(c.w.spread(c.w.cfg.Near), func() { r.serve(c.key, m, bytes) })
		}
	}
}

// hear takes what a replica says about requests.
func (c *client) hear(by int, list []message.Reply) {
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
		v := vote{seq: m.Seq, code: m.Code, session: m.Session, by: by}
		if len(m.Result) == 8 {
			v.position = binary.BigEndian.Uint64(m.Result)
		}
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
	c.w.tape.Done(c.at, c.w.since(x.meant), c.w.since(c.w.now), x.before, v.position)
	if c.w.load.Rate == 0 && c.w.sending() {
		c.submit(c.w.now)
	}
}

// idle reports whether nothing is under way.
func (c *client) idle() bool { return len(c.open)+len(c.queue) == 0 }
