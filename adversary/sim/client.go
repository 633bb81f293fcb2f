package sim

import (
	"encoding/binary"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// simClient opens a session and keeps Ahead operations outstanding until the world
// has decided enough.
type simClient struct {
	w       *World
	id      int
	signer  crypto.Signer
	session message.SessionID
	nonce   uint64
	number  uint64
	acked   int
	open    map[uint64]*call // by number; the opening is 0
}

type call struct {
	req     message.Request
	digest  message.Digest
	replies map[string]map[int]bool
	tries   int
}

func newClient(w *World, id int, s crypto.Signer) *simClient {
	return &simClient{w: w, id: id, signer: s, open: make(map[uint64]*call)}
}

func (c *simClient) start() {
	c.nonce++
	c.issue(0, message.Request{Type: message.RequestOpen, Client: c.signer.Public(), Number: c.nonce})
}

func (c *simClient) issue(key uint64, r message.Request) {
	if err := c.w.door.SignRequest(c.signer, &r); err != nil {
		panic(err)
	}
	x := &call{req: r, digest: r.Digest(c.w.door.Cluster()), replies: map[string]map[int]bool{}}
	c.open[key] = x
	c.w.oracle.onIssued(x)
	c.transmit(key, x)
}

// transmit sends to one replica at first, then to all (Castro and Liskov,
// section 4.1).
func (c *simClient) transmit(key uint64, x *call) {
	if c.open[key] != x {
		return
	}
	n := len(c.w.hosts)
	first := int(c.w.oracle.view()) % n
	for to := 0; to < n; to++ {
		if x.tries > 0 || to == first {
			h := c.w.hosts[to]
			c.w.transport(n, to, func() {
				if h.core == nil {
					return
				}
				if v, err := c.w.door.VerifyClient(c.signer.Public(), &message.Requests{List: []message.Request{x.req}}); err == nil {
					h.push(v)
				}
			})
		}
	}
	x.tries++
	c.w.after(clock.Duration(min(x.tries, 8))*300*clock.Millisecond, func() { c.transmit(key, x) })
}

func (c *simClient) onReply(from int, r message.Reply) {
	for key, x := range c.open { // order: at most one call has this digest
		if x.digest != r.Request || r.Code == message.ReplyBusy {
			continue
		}
		b := binary.BigEndian.AppendUint64(nil, uint64(r.Seq))
		b = append(b, byte(r.Code))
		b = binary.BigEndian.AppendUint64(b, uint64(r.Session.Seq))
		b = binary.BigEndian.AppendUint32(b, r.Session.Pos)
		k := string(append(b, r.Result...))
		if x.replies[k] == nil {
			x.replies[k] = map[int]bool{}
		}
		x.replies[k][from] = true
		if len(x.replies[k]) >= (len(c.w.hosts)-1)/3+1 {
			delete(c.open, key)
			c.accept(key, x, r)
		}
		return
	}
}

func (c *simClient) accept(key uint64, x *call, r message.Reply) {
	c.w.note(5, uint64(c.id), key, uint64(r.Seq))
	c.w.tracef("client %d number %d acknowledged at %d code %d", c.id, key, r.Seq, r.Code)
	if r.Code != message.ReplyOK {
		c.w.fail("I3", "an operation of a live session was not executed")
		return
	}
	c.w.oracle.onAcked(x, r)
	if key == 0 {
		c.session = r.Session
	} else {
		c.acked++
	}
	c.w.after(c.think(), c.more)
}

// think spreads the load over the time until Heal in about half of the worlds.
func (c *simClient) think() clock.Duration {
	most := uint64(c.w.sc.Heal) * 2 / uint64(c.w.sc.Decisions)
	if c.w.sc.Burst || most == 0 {
		return 0
	}
	return clock.Duration(c.w.src.Draw("think", most))
}

// more issues operations while the world wants decisions.
func (c *simClient) more() {
	for len(c.open) < c.w.sc.Ahead && c.wanted() {
		c.number++
		awaited := c.number
		for k := range c.open { // order: a minimum
			awaited = min(awaited, k)
		}
		op := binary.BigEndian.AppendUint64([]byte{byte(c.id)}, c.number)
		c.issue(c.number, message.Request{
			Client: c.signer.Public(), Session: c.session, Number: c.number, Awaited: awaited, Op: op,
		})
	}
}

// wanted reports whether the world wants more decisions.
func (c *simClient) wanted() bool {
	if c.w.sc.Until > 0 {
		return len(c.w.oracle.chain) < c.w.sc.Until
	}
	return c.w.oracle.decided() < c.w.sc.Decisions
}
