package virtual

import (
	"encoding/binary"
	"time"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// client keeps operations under way as package client does: each goes to one replica first, and to all others too if no
// answer comes in time.
type client struct {
	w       *world
	at      int
	signer  crypto.Signer
	key     message.PublicKey
	session message.SessionID
	number  uint64
	awaited uint64 // the lowest number that is open, or may be next
	open    map[uint64]*call
	waiting []clock.Instant // operations of an open loop without room, by when they were meant to be sent
	fresh   []message.Request
	route   []hop
	target  int // what the next call is sent to first
	alarm   clock.Instant
}

// hop is what a client knows of a replica as the first one that a request is sent to.
type hop struct {
	usual time.Duration // until an answer, smoothed; 0 if that is not known
	fails int           // requests that had to be sent to all
}

// call is an operation, or the opening of the session, under way.
type call struct {
	req    message.Request
	meant  clock.Instant
	sent   clock.Instant
	due    clock.Instant // when it is sent again
	target int
	tries  int
	busy   bool // its target had no room
	all    bool // it was sent to all
	before uint64
	votes  []vote
}

// vote is what a replica said; equal ones count together (spec X2).
type vote struct {
	seq      message.Seq
	code     message.ReplyCode
	session  message.SessionID
	position uint64
	by       int
}

// How package client waits: patienceMin at first, or four times the usual, and twice as long each time. A target without
// room is asked again alone a few times.
const (
	patienceMin = 250 * time.Millisecond
	patienceMax = 5 * time.Second
	busyTries   = 3
)

// opening is the nonce of an opening, and so its number: higher than those of operations.
const opening = 1 << 62

func newClient(w *world, i int) *client {
	s := w.ring.Signer(1000 + i)
	return &client{
		w: w, at: i, signer: s, key: s.Public(), awaited: 1, open: make(map[uint64]*call), route: make([]hop, w.cfg.Replicas),
	}
}

func (c *client) start() {
	c.issue(opening, message.Request{Type: message.RequestOpen, Client: c.key, Number: opening}, c.w.now)
	c.flush()
}

// most is how many operations the client has under way: a session holds so many numbers at most.
func (c *client) most() int { return min(c.w.load.Outstanding, 1000) }

// submit sends an operation that was meant to be sent at an instant, once there is room for it.
func (c *client) submit(meant clock.Instant) {
	if len(c.open) >= c.most() {
		c.waiting = append(c.waiting, meant)
		return
	}
	c.number++
	op := make([]byte, c.w.load.Payload)
	if len(op) >= 16 {
		binary.BigEndian.PutUint64(op, uint64(c.at))
		binary.BigEndian.PutUint64(op[8:], c.number)
	}
	c.issue(c.number, message.Request{Client: c.key, Session: c.session, Number: c.number, Awaited: c.awaited, Op: op}, meant)
}

func (c *client) issue(number uint64, q message.Request, meant clock.Instant) {
	if err := c.w.door.SignRequest(c.signer, &q); err != nil {
		panic(err) // it is a signer that cannot fail
	}
	x := &call{req: q, meant: meant, sent: c.w.now, target: c.target}
	if number != opening {
		x.before = c.w.tape.Sent()
	}
	c.open[number] = x
	c.wait(x)
	c.fresh = append(c.fresh, q)
}

// flush sends what was issued at this instant, in one message.
func (c *client) flush() {
	if len(c.fresh) > 0 {
		c.send(c.fresh, c.target)
		c.fresh = nil
	}
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

// wait sets when a call is due.
func (c *client) wait(x *call) {
	d := min(max(patienceMin, min(4*c.route[c.target].usual, patienceMax))<<min(x.tries, 6), patienceMax)
	x.tries++
	x.due = c.w.now.Add(d)
	c.arm(x.due)
}

func (c *client) arm(at clock.Instant) {
	if !c.alarm.IsZero() && !at.Before(c.alarm) {
		return
	}
	c.alarm = at
	c.w.later(at, func() {
		if c.alarm == at {
			c.alarm = clock.Instant{}
			c.retry()
		}
	})
}

// retry sends calls that are due to all replicas, and others to another one first from now on; or again to their target
// if that had no room.
func (c *client) retry() {
	var all []message.Request
	alone := make([][]message.Request, len(c.w.replicas))
	for n := c.awaited; n <= c.number+1; n++ {
		number := n
		if n > c.number {
			number = opening
		}
		x := c.open[number]
		if x == nil {
			continue
		}
		if c.w.now.Before(x.due) {
			c.arm(x.due)
			continue
		}
		if x.busy && x.tries <= busyTries {
			c.wait(x)
			alone[x.target] = append(alone[x.target], x.req)
			continue
		}
		if !x.all && x.target == c.target {
			c.miss()
		}
		x.all = true
		c.wait(x)
		all = append(all, x.req)
	}
	for to, list := range append(alone, all) {
		if len(list) > 0 {
			c.send(list, to)
		}
	}
}

// miss notes that a request had to be sent to all. The next ones go to the replica that failed least and, among those,
// was fastest; among equals to the next one.
func (c *client) miss() {
	old := c.target
	c.route[old].fails++
	worse := func(a, b *hop) bool {
		return a.fails > b.fails || a.fails == b.fails && b.usual != 0 && (a.usual == 0 || a.usual > b.usual)
	}
	for k := 1; k < len(c.route); k++ {
		if j := (old + k) % len(c.route); c.target == old || worse(&c.route[c.target], &c.route[j]) {
			c.target = j
		}
	}
}

// hear takes what a replica says about requests.
func (c *client) hear(by int, list []message.Reply) {
	for i := range list {
		m := &list[i]
		x := c.open[m.Number]
		if x == nil {
			continue
		}
		if m.Code == message.ReplyBusy {
			x.busy = x.busy || by == x.target
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
	c.flush()
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
	delete(c.open, x.req.Number)
	if v.code != message.ReplyOK {
		c.w.unsafe("request %d of client %d ended with %v", x.req.Number, c.at, v.code)
		return
	}
	if !x.all {
		h, took := &c.route[x.target], c.w.now.Sub(x.sent)
		if h.usual == 0 {
			h.usual = took
		}
		h.usual += (took - h.usual) / 8
	}
	if x.req.Type == message.RequestOpen {
		c.session = v.session
		return
	}
	for c.awaited <= c.number && c.open[c.awaited] == nil {
		c.awaited++
	}
	c.w.tape.Done(c.at, c.w.since(x.meant), c.w.since(c.w.now), x.before, v.position)
	switch {
	case len(c.waiting) > 0:
		meant := c.waiting[0]
		c.waiting = c.waiting[1:]
		c.submit(meant)
	case c.w.load.Rate == 0 && c.w.sending():
		c.submit(c.w.now)
	}
}
