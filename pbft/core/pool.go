package core

import (
	"container/list"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// requestKey identifies a request: its session and number, or the key and nonce of
// an opening (spec X1).
type requestKey struct {
	session message.SessionID
	opener  message.PublicKey // of an opening
	number  uint64
}

func keyOf(r *message.Request) requestKey {
	k := requestKey{session: r.Session, number: r.Number}
	if r.Type == message.RequestOpen {
		k.opener = r.Client
	}
	return k
}

// pending is a request that is not executed yet.
type pending struct {
	key     requestKey
	req     message.Request
	arrived clock.Instant
	handed  clock.Instant // to the primary once more (spec T4)
	direct  bool          // it came from its client here: this replica forwards it
	flight  message.Seq   // the accepted block that holds it, 0 if none
	done    bool          // decided, waiting for execution: of req nothing is kept
	age     *list.Element // in pool.byAge while it is an obligation
	turn    *list.Element // in its client's queue while neither in flight nor decided
}

// client is one client's share of the pool.
type client struct {
	key    message.PublicKey
	queue  *list.List    // pending not in flight, in order of arrival
	turn   *list.Element // in pool.turns while queue is not empty
	count  int
	opener bool // an opening is pending: one per key (spec X1)
}

// pool holds pending requests within its limits. The primary takes them round-robin
// over clients, so that a busy client delays itself (spec T1).
type pool struct {
	cfg     Config
	items   map[requestKey]*pending
	clients map[message.PublicKey]*client
	byAge   *list.List        // obligations, in order of arrival
	turns   *list.List        // clients with something to propose
	live    int               // items that are not decided: those that limits are for
	bytes   int               // of live ones
	pace    pace              // of decisions
	overdue []overdue         // proposed before all others
	ahead   []requestKey      // of sessions whose opening is decided and not executed here
	early   []early           // of sessions opened further on
	looked  message.Seq       // where early ones were looked for last
	fresh   []message.Request // arrived since the last Output, for the primary
}

func newPool(cfg Config) pool {
	return pool{
		cfg: cfg, items: make(map[requestKey]*pending), clients: make(map[message.PublicKey]*client),
		byAge: list.New(), turns: list.New(),
	}
}

func (p *pool) oldest() *pending {
	e := p.byAge.Front()
	if bug.M27 {
		e = p.byAge.Back()
	}
	if e == nil {
		return nil
	}
	return e.Value.(*pending)
}

// onClient takes requests from their client's own link.
func (c *Core) onClient(m *message.Requests) {
	for i := range m.List {
		c.admit(&m.List[i], true, false)
	}
	c.progress()
}

// onRequests takes requests that a replica passes on, or submits as its own client.
func (c *Core) onRequests(i int, m *message.Requests) {
	for k := range m.List {
		c.admit(&m.List[k], i == c.self, k == 0 && m.Overdue && c.noteOverdue(i, &m.List[k]))
	}
}

// admit puts a request into the pool if every correct replica that has executed as
// much would accept it (spec T1). What is known to be over is answered by the
// executor instead. A privileged one needs no room.
func (c *Core) admit(r *message.Request, direct, privileged bool) {
	p := &c.pool
	if old := p.items[keyOf(r)]; old != nil {
		old.direct = old.direct || direct
		return
	}
	if r.Session.Seq > c.applied {
		c.admitAhead(r, direct, privileged)
		return
	}
	if !c.sessions.Admissible(r) {
		if direct {
			c.out.Answer = append(c.out.Answer, *r)
		}
		c.drop(DropInadmissible)
		return
	}
	if x := c.enlist(r, direct, privileged); x != nil {
		x.age = p.byAge.PushBack(x)
	}
}

// enlist adds a request to what is to be proposed, if there is room.
func (c *Core) enlist(r *message.Request, direct, privileged bool) *pending {
	p := &c.pool
	if !privileged && (!p.room(r) || c.excess(r)) {
		if direct {
			c.out.Busy = append(c.out.Busy, *r)
		}
		c.drop(DropPoolFull)
		return nil
	}
	if direct {
		p.fresh = append(p.fresh, *r)
	}
	return p.add(r, direct, c.now)
}

func (p *pool) room(r *message.Request) bool {
	if p.live >= p.cfg.PoolRequests || p.bytes+r.Size() > p.cfg.PoolBytes {
		return false
	}
	cl := p.clients[r.Client]
	return cl == nil || cl.count < p.cfg.ClientRequests && !(cl.opener && r.Type == message.RequestOpen)
}

func (p *pool) add(r *message.Request, direct bool, now clock.Instant) *pending {
	x := &pending{key: keyOf(r), req: *r, arrived: now, direct: direct}
	p.items[x.key] = x
	p.live++
	p.bytes += r.Size()
	cl := p.clients[r.Client]
	if cl == nil {
		cl = &client{key: r.Client, queue: list.New()}
		p.clients[r.Client] = cl
	}
	cl.count++
	cl.opener = cl.opener || r.Type == message.RequestOpen
	p.enqueue(cl, x)
	return x
}

func (p *pool) enqueue(cl *client, x *pending) {
	x.turn = cl.queue.PushBack(x)
	if cl.turn == nil {
		cl.turn = p.turns.PushBack(cl)
	}
}

func (p *pool) dequeue(x *pending) {
	if x.turn == nil {
		return
	}
	cl := p.clients[x.req.Client]
	cl.queue.Remove(x.turn)
	x.turn = nil
	if cl.queue.Len() == 0 {
		p.turns.Remove(cl.turn)
		cl.turn = nil
	}
}

// inFlight notes that an accepted block holds these requests: they need not be
// proposed again unless the block loses its place.
func (p *pool) inFlight(n *node) {
	for i := range n.payload.Requests {
		if x := p.items[keyOf(&n.payload.Requests[i])]; x != nil {
			x.flight = n.point.Seq
			p.dequeue(x)
		}
	}
}

// decided notes that a decided block holds these requests: the obligation is met
// (spec T1), and the limits are for others. That they are not proposed again is all that
// is left to see to.
func (p *pool) decided(n *node) {
	if n.payload == nil {
		return
	}
	for i := range n.payload.Requests {
		x := p.items[keyOf(&n.payload.Requests[i])]
		if x == nil || x.done {
			continue
		}
		p.settle(x)
		x.done, x.flight, x.req = true, n.point.Seq, message.Request{}
	}
}

// remove forgets a request that is executed or can never be.
func (p *pool) remove(k requestKey) {
	x := p.items[k]
	if x == nil {
		return
	}
	if !x.done {
		p.settle(x)
	}
	delete(p.items, k)
}

// settle takes a request out of all queues and out of what limits are for.
func (p *pool) settle(x *pending) {
	p.dequeue(x)
	if x.age != nil {
		p.byAge.Remove(x.age)
		x.age = nil
	}
	p.live--
	p.bytes -= x.req.Size()
	cl := p.clients[x.req.Client]
	cl.count--
	if x.req.Type == message.RequestOpen {
		cl.opener = false
	}
	if cl.count == 0 {
		delete(p.clients, cl.key)
	}
}

// onEnter returns the requests of blocks that lost their place to the queues, and
// passes the own clients' on to the new primary (spec V5, T1).
func (p *pool) onEnter(c *Core) {
	if bug.M53 {
		return
	}
	p.fresh = p.fresh[:0]
	each(p.byAge, p.again)
	for _, k := range p.ahead {
		if x := p.items[k]; x != nil && !x.done {
			p.again(x)
		}
	}
	for s := c.decided.Seq + 1; s <= c.base.Seq && !c.gap; s++ {
		if n := c.nodes[c.own[s]]; n != nil && n.payload != nil {
			p.inFlight(n)
		}
	}
}

// again has a request proposed in the view that was entered.
func (p *pool) again(x *pending) {
	if x.flight != 0 {
		x.flight = 0
		if x.turn == nil {
			p.enqueue(p.clients[x.req.Client], x)
		}
	}
	if (x.direct || len(p.fresh) == 0) && len(p.fresh) < requestsMax {
		p.fresh = append(p.fresh, x.req)
	}
}

// requestsMax and requestsBytes bound what one REQUESTS message passes on, so that it
// fits into a frame.
const (
	requestsMax   = 1024
	requestsBytes = 1 << 20
)

// portion returns how many requests at the front of a list fit into one message; one
// always does.
func portion(list []message.Request) int {
	n, size := 0, 0
	for n < min(len(list), requestsMax) {
		if size += list[n].Size() + 4; size > requestsBytes && n > 0 {
			break
		}
		n++
	}
	return n
}

// flushRequests passes what came since the last turn on to the primary
// (spec T1).
func (c *Core) flushRequests() {
	p := &c.pool
	to := c.primary(max(c.view, c.target))
	for len(p.fresh) > 0 && to != c.self {
		n := portion(p.fresh)
		c.send(to, &message.Requests{List: p.fresh[:n:n]})
		p.fresh = p.fresh[n:]
	}
	p.fresh = nil
}

// forwardAll passes the oldest pending requests of the own clients, and the oldest
// of all, on to everyone once half of the timeout is gone, so that a lone suspicion
// becomes common (spec T1): whoever forwarded the oldest may have died since, and the
// primary may have had no room for it.
func (p *pool) forwardAll(c *Core) {
	var list []message.Request
	if x := p.oldest(); x != nil {
		c.noteOverdue(c.self, &x.req)
	}
	for e := p.byAge.Front(); e != nil && len(list) < requestsMax; e = e.Next() {
		if x := e.Value.(*pending); x.direct || len(list) == 0 {
			list = append(list, x.req)
		}
	}
	if len(list) > 0 && !bug.M88 {
		c.broadcast(&message.Requests{List: list[:portion(list)], Overdue: true})
	}
}

// take fills one block: what is overdue, then round-robin over clients.
func (p *pool) take(bytesMax, most int) []message.Request {
	out, size := p.takeOverdue(bytesMax, most)
	for p.turns.Len() > 0 && len(out) < most {
		e := p.turns.Front()
		if bug.M59 {
			e = p.anyTurn()
		}
		cl := e.Value.(*client)
		x := cl.queue.Front().Value.(*pending)
		if size += 4 + x.req.Size(); size > bytesMax && len(out) > 0 {
			break
		}
		out = append(out, x.req)
		p.dequeue(x)
		if cl.turn != nil {
			p.turns.MoveToBack(cl.turn)
		}
	}
	return out
}

// sweep lets go of requests that can no longer be executed, such as those of an
// evicted session. It runs at checkpoints.
func (p *pool) sweep(c *Core) {
	for e := p.byAge.Front(); e != nil; {
		x := e.Value.(*pending)
		e = e.Next()
		p.expire(c, x)
	}
}

// expire answers a request that can no longer be executed and is in no block, and
// lets go of it. It reports whether it did.
func (p *pool) expire(c *Core, x *pending) bool {
	if x.flight != 0 || c.sessions.Admissible(&x.req) {
		return false
	}
	if x.direct {
		c.out.Answer = append(c.out.Answer, x.req)
	}
	p.remove(x.key)
	return true
}
