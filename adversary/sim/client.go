package sim

import (
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// simClient opens a session and keeps Ahead operations outstanding until the world
// has decided enough.
type simClient struct {
	w       *World
	id      int
	end     int // of its links
	signer  crypto.Signer
	key     message.PublicKey
	src     Source
	session message.SessionID
	nonce   uint64
	number  uint64
	acked   int
	used    int               // operations acknowledged in the session
	last    []message.Request // newest of them
	open    map[uint64]*call  // by number; the opening is 0
	keys    map[message.Digest]uint64
	awaited uint64 // the least number that is open, or may be next
}

type call struct {
	ops     []*Op // in the history, none of an opening
	results [][]byte
	missing int // of them
	req     message.Request
	digest  message.Digest
	at      clock.Duration // issued
	replies []said
	tries   int
}

// said is what a replica answered.
type said struct {
	by message.ReplicaID
	answer
}

// answer is what has to be equal in replies that are counted together (spec X2).
type answer struct {
	seq     message.Seq
	code    message.ReplyCode
	session message.SessionID
	result  string
}

func newClient(w *World, id int, s crypto.Signer, src Source) *simClient {
	return &simClient{w: w, id: id, end: len(w.hosts) + id, signer: s, key: s.Public(), src: src, open: map[uint64]*call{}, keys: map[message.Digest]uint64{}}
}

func (c *simClient) start() {
	c.nonce++
	c.issue(0, message.Request{Type: message.RequestOpen, Client: c.key, Number: c.nonce}, nil)
}

// issue begins to ask for what a request carries.
func (c *simClient) issue(key uint64, r message.Request, ops [][]byte) {
	if err := c.w.door.SignRequest(c.signer, &r); err != nil {
		panic(err)
	}
	x := &call{req: r, at: c.w.elapsed(), digest: r.Digest(c.w.door.Cluster())}
	for _, op := range ops {
		x.ops = append(x.ops, &Op{Client: c.id, Input: op, Call: c.w.elapsed()})
	}
	c.w.history = append(c.w.history, x.ops...)
	x.results, x.missing = make([][]byte, len(ops)), len(ops)
	c.open[key], c.keys[x.digest] = x, key
	c.w.oracle.onIssued(x)
	c.transmit(key, x)
}

// transmit sends to one replica at first, then to all (Castro and Liskov,
// section 4.1).
func (c *simClient) transmit(key uint64, x *call) {
	if c.open[key] != x {
		return
	}
	c.impatient(x)
	m := &message.Requests{List: []message.Request{x.req}}
	first := message.ReplicaID(c.w.oracle.view()) % message.ReplicaID(c.w.sc.Replicas)
	for _, h := range c.w.hosts {
		if c.w.sc.Wide || x.tries > 0 || h.id == first {
			c.w.links.carry(c.end, h.at, m, deed{run: func() { c.hand(h, m) }})
		}
	}
	x.tries++
	c.w.after(clock.Duration(min(x.tries, 8))*300*clock.Millisecond, func() { c.transmit(key, x) })
}

func (c *simClient) hand(h *host, m *message.Requests) {
	if h.core == nil || !h.hears(message.ReplicaID(c.w.sc.Replicas+c.id), m) {
		return
	}
	if v, err := c.w.door.VerifyClient(c.key, m); err == nil {
		if !h.faulty {
			c.w.oracle.onAsked(h, m)
		}
		h.push(v)
	}
}

func (c *simClient) onReply(from message.ReplicaID, r *message.Reply) {
	key, known := c.keys[r.Request]
	if bug.M73 && !known && len(c.open) > 0 {
		key, known = c.oldest(), true
	}
	if x := c.open[key]; known && r.Code != message.ReplyBusy {
		if x.hear(said{from, answer{r.Seq, r.Code, r.Session, string(r.Result)}}) >= (c.w.sc.Replicas-1)/3+1 && c.fill(x, r) {
			delete(c.open, key)
			delete(c.keys, x.digest)
			c.accept(key, x, r)
		}
	}
}

// hear takes a reply and returns how many replicas have answered like that.
func (x *call) hear(s said) (n int) {
	if !slices.Contains(x.replies, s) {
		x.replies = append(x.replies, s)
	}
	for i := range x.replies {
		if x.replies[i].answer == s.answer {
			n++
		}
	}
	return n
}

func (c *simClient) accept(key uint64, x *call, r *message.Reply) {
	c.w.note(5, uint64(c.id), key, uint64(r.Seq))
	if c.w.watched() {
		c.w.emit(Event{Kind: EventAck, Replica: c.id, Point: message.Point{Seq: r.Seq}, Note: fmt.Sprintf("number %d, %v", key, r.Code)})
	}
	if r.Code == message.ReplyExpired && c.w.sc.evicts() {
		c.w.Sometimes(sessionExpired, true)
		c.renew()
		return
	}
	if r.Code != message.ReplyOK {
		c.w.fail("I3", "an operation of a live session was not executed")
		return
	}
	c.impatient(x)
	c.w.oracle.onAcked(x, *r)
	if key == 0 {
		c.opened(r.Session)
	} else {
		c.acked += len(x.ops)
		c.w.Sometimes(bundleAcked, len(x.ops) > 1)
		c.remember(x.req)
		for i, op := range x.ops {
			op.Return, op.Output, op.Done = c.w.elapsed(), x.results[i], true
		}
	}
	c.w.after(c.think(), c.more)
}

// think spreads the load over the time in which there is some, in about half of the
// worlds.
func (c *simClient) think() clock.Duration {
	most := uint64(c.w.sc.Heal+c.w.sc.Load) * 2 / uint64(c.w.sc.Decisions)
	if c.w.sc.Burst || most == 0 {
		return 0
	}
	return clock.Duration(c.src.Draw("think", most))
}

// more issues operations while the world wants decisions.
func (c *simClient) more() {
	switch {
	case c.open[0] != nil:
		return // not yet opened
	case c.spent():
		if len(c.open) == 0 && c.wanted() {
			c.renew()
		}
		return
	}
	for len(c.open) < c.w.sc.Ahead && c.wanted() {
		c.number++
		for c.awaited < c.number && c.open[c.awaited] == nil {
			c.awaited++
		}
		list := c.operations()
		c.issue(c.number, c.request(list), list)
	}
}

// wanted reports whether the world wants more decisions.
func (c *simClient) wanted() bool {
	if c.w.loaded() {
		return true
	}
	if c.w.sc.Until > 0 {
		return len(c.w.oracle.chain) < c.w.sc.Until
	}
	return c.w.oracle.decided() < c.w.sc.Decisions
}
