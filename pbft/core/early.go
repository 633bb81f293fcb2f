package core

import "github.com/twothirds-bft/twothirds/pbft/message"

// earlyMax bounds the requests of sessions whose opening is not executed here.
const earlyMax = 256

// early is a request of a session that may have been opened further on than this replica
// has decided.
type early struct {
	req    message.Request
	direct bool
}

// admitAhead takes a request of a session that was opened, if at all, where this replica
// has not executed yet, be that ever so far ahead: to call it expired would be final
// (spec X1). Once the opening is decided here it may be proposed: a primary that waited
// for its own application could lose its view to those that execute faster. It becomes an
// obligation when the opening is executed (spec T1).
func (c *Core) admitAhead(r *message.Request, direct, privileged bool) {
	p := &c.pool
	opened := c.opened(r)
	switch {
	case r.Session.Seq > c.high() || len(p.early)+len(p.ahead) >= earlyMax && !(opened && privileged):
		c.drop(DropEarly)
	case !opened:
		p.early = append(p.early, early{req: *r, direct: direct})
		c.drop(DropEarly)
	default:
		if x := c.enlist(r, direct, privileged); x != nil {
			p.ahead = append(p.ahead, x.key)
		}
	}
}

// opened reports whether what is decided and held here opens the session of a request for its
// client, if the table has nothing against it.
func (c *Core) opened(r *message.Request) bool {
	at := r.Session
	n := c.nodes[c.own[at.Seq]]
	if at.Seq > min(c.decided.Seq, c.held) || n == nil || n.payload == nil || uint64(at.Pos) >= uint64(len(n.payload.Requests)) {
		return false
	}
	o := &n.payload.Requests[at.Pos]
	return o.Type == message.RequestOpen && o.Client == r.Client
}

// lookAhead looks again at what came before its session once more is decided and held.
func (c *Core) lookAhead() {
	if end := min(c.decided.Seq, c.held); end > c.pool.looked {
		c.pool.looked = end
		c.readmit()
	}
}

// readmit looks again at what came before its session.
func (c *Core) readmit() {
	p := &c.pool
	ahead, waiting := p.ahead, p.early
	p.ahead, p.early = nil, nil
	for _, k := range ahead {
		switch x := p.items[k]; {
		case x == nil || x.done:
		case k.session.Seq > c.applied:
			p.ahead = append(p.ahead, k)
		default:
			x.arrived = c.now
			x.age = p.byAge.PushBack(x)
		}
	}
	for i := range waiting {
		if w := &waiting[i]; w.req.Session.Seq > c.applied && !c.opened(&w.req) {
			p.early = append(p.early, *w)
		} else {
			c.admit(&w.req, w.direct, false)
		}
	}
}
