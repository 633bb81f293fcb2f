package core_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// world is a small cluster in which nothing happens by itself: a test delivers each
// message, takes each turn, syncs each disk and moves each clock. Links keep order.
type world struct {
	ring  *cryptotest.Ring
	door  *message.Door
	root  message.Point
	cfg   core.Config // of every replica, Self apart
	hosts []*host
	links [][][]message.Message                        // from, to, in order
	cut   []int                                        // side of each replica; links join equal sides
	mute  []func(from, to int, m message.Message) bool // what never leaves its sender
	seen  []message.Signed                             // all that was ever signed and sent, for liars
	certs []*message.PrepareCert                       // that liars assembled
	names names
	oracle
	log   strings.Builder
	brief bool // log what changes the history only
}

// host is one replica: its core, its disk and its application.
type host struct {
	w        *world
	id       int
	signer   crypto.Signer
	corrupt  bool // its key belongs to the test; what its core does is held against nobody
	rotten   bool // its application is not deterministic
	busy     bool // its application takes for ever
	now      clock.Instant
	core     *core.Core // nil while it is down
	disk     []core.Record
	queue    []core.Output // taken and not synced yet
	run      []core.Decided
	deadline clock.Instant
	sent     []core.Outgoing // all that was released, over all lives
	fault    error
	said     string // last SUSPECT or VIEW-CHANGE, to log it once

	seq   message.Seq // executed
	state message.Digest
	table *session.Table
}

// newWorld returns n replicas of equal power that have just been bootstrapped.
func newWorld(cfg core.Config, powers ...uint64) *world {
	w := &world{ring: cryptotest.NewRing(1), cfg: cfg}
	g := message.Genesis{Name: "trace", Interval: cfg.Interval, Signed: true}
	for i, p := range powers {
		g.Members = append(g.Members, message.Member{ID: message.ReplicaID(i), Key: w.ring.Signer(i).Public(), Power: p})
	}
	cluster, members, err := g.Cluster()
	w.check(err)
	w.door, w.root, w.cfg.Members = message.NewDoor(cluster, members, w.ring.Verifier(), true, g.Limits()), message.Root(cluster), members
	w.cfg.Root = w.root
	w.names = newNames(w.root)
	w.oracle = newOracle(w)
	for i := range powers {
		w.hosts = append(w.hosts, &host{w: w, id: i, signer: w.ring.Signer(i), now: clock.At(int64(clock.Second))})
		w.links = append(w.links, make([][]message.Message, len(powers)))
	}
	w.cut = make([]int, len(powers))
	for _, h := range w.hosts {
		h.boot(true)
	}
	return w
}

func (w *world) check(err error) {
	if err != nil {
		panic(scriptError(err.Error()))
	}
}

// note logs a line; minor ones only where the test looks at single steps.
func (w *world) note(minor bool, format string, args ...any) {
	if !minor || !w.brief || verbose {
		fmt.Fprintf(&w.log, format+"\n", args...)
	}
}

// boot starts a replica from its disk. A volatile application is rebuilt up to the
// stable checkpoint, from where the core goes on.
func (h *host) boot(first bool) {
	r := core.Assemble(h.disk, h.w.root)
	h.seq, h.state, h.table = 0, message.Digest{}, session.New(session.Config{})
	for _, b := range h.replay(r.State.Low) {
		h.apply(&b)
	}
	mirror, err := session.Restore(h.table.Config(), h.table.AppendSnapshot(nil))
	h.w.check(err)
	r.Now, r.Bootstrap, r.Sessions, r.Executed = h.now, first, mirror, core.Executed{Seq: h.seq}
	cfg := h.w.cfg
	cfg.Self = message.ReplicaID(h.id)
	h.core, err = core.New(cfg, r)
	h.w.check(err)
	if first {
		h.turn()
		h.sync()
		h.w.log.Reset()
	}
}

// replay returns the logged blocks from the root up to p.
func (h *host) replay(p message.Point) []core.Decided {
	logged := map[message.Digest]core.Record{}
	for _, r := range h.disk {
		if r.Kind == core.RecordBlock {
			logged[r.Parent.Extend(r.Block.Header.Digest())] = r
		}
	}
	var out []core.Decided
	for p != h.w.root {
		r := logged[p.Chain]
		out = append(out, core.Decided{Block: *r.Block, Parent: r.Parent, Point: p})
		p = message.Point{Seq: p.Seq - 1, Chain: r.Parent}
	}
	slices.Reverse(out)
	return out
}

// submit hands a replica a client's request. Each is the opening of a session, which
// needs no session before it; names are letters with a nonce, as in a, b, b2.
func (h *host) submit(name string) {
	r := h.w.names.request(h.w, name)
	v, err := h.w.door.VerifyClient(r.Client, &message.Requests{List: []message.Request{r}})
	h.w.check(err)
	h.core.Step(h.now, v)
}

// turn takes one output, signs what it wants signed, and lets go what may leave
// before the sync. It reports whether there was anything to do.
func (h *host) turn() bool {
	if h.core == nil {
		return false
	}
	o := h.core.Output()
	var own []message.Verified
	for _, m := range o.Sign {
		v, err := h.w.door.Sign(h.signer, message.ReplicaID(h.id), m)
		h.w.check(err)
		own = append(own, v)
	}
	h.deadline = o.Deadline
	if o.Empty() {
		return false
	}
	h.w.logOutput(h, &o)
	h.w.onOutput(h, &o)
	barrier := o.Barrier
	for i := range h.queue {
		barrier = barrier || h.queue[i].Barrier
	}
	if !barrier {
		h.send(o.Early)
		o.Early = nil
	}
	h.queue = append(h.queue, o)
	if h.fault = o.Fault; o.Fault != nil {
		h.core = nil
		return true
	}
	for _, v := range own {
		h.core.Step(h.now, v)
	}
	return true
}

// sync makes the queued outputs durable and releases them in order.
func (h *host) sync() bool {
	queue := h.queue
	h.queue = nil
	for i := range queue {
		h.disk = append(h.disk, queue[i].Persist...)
	}
	for i := range queue {
		h.send(queue[i].Early)
		h.send(queue[i].Send)
		h.run = append(h.run, queue[i].Execute...)
		h.serve(queue[i].Serve)
	}
	return len(queue) > 0
}

func (h *host) send(list []core.Outgoing) {
	h.sent = append(h.sent, list...)
	for _, o := range list {
		for to := range h.w.hosts {
			muted := func(f func(from, to int, m message.Message) bool) bool { return f(h.id, to, o.Msg) }
			if to != h.id && (o.All || to == int(o.To)) && !slices.ContainsFunc(h.w.mute, muted) {
				h.w.transmit(h.id, to, o.Msg)
			}
		}
	}
}

// serve answers pulls that the core left to the log.
func (h *host) serve(list []core.Serve) {
	for _, s := range list {
		for _, r := range h.disk {
			cert, ok := r.Message.(*message.CheckpointCert)
			if !ok || r.Kind != core.RecordStable || cert.Seq != s.Last {
				continue
			}
			all := h.replay(cert.Point())[s.From:]
			m := &message.Blocks{From: message.Point{Seq: s.From, Chain: all[0].Parent}, Stable: cert}
			for i := range all {
				m.Blocks = append(m.Blocks, message.BlockData{Header: all[i].Block.Header, Raw: all[i].Block.Payload.Raw})
			}
			h.w.transmit(h.id, int(s.To), m)
			break
		}
	}
}

// execute runs the application over what was released to it.
func (h *host) execute() bool {
	if h.core == nil || len(h.run) == 0 || h.busy {
		return false
	}
	for i := range h.run {
		e := h.apply(&h.run[i])
		h.core.Executed(h.now, e)
	}
	h.run = nil
	return true
}

func (h *host) apply(d *core.Decided) core.Executed {
	h.seq = d.Point.Seq
	for i := range d.Block.Payload.Requests {
		h.table.Apply(h.seq, uint32(i), &d.Block.Payload.Requests[i])
	}
	next := d.Point.Chain
	if h.rotten {
		next[0] ^= byte(h.id + 1)
	}
	h.state = sha256.Sum256(append(h.state[:], next[:]...))
	return core.Executed{Seq: h.seq, State: h.state, Clients: h.table.Digest()}
}

// crash stops a replica. Of what it wrote and had not synced, keep records survive;
// -1 means all.
func (h *host) crash(keep int) {
	for i := range h.queue {
		for _, r := range h.queue[i].Persist {
			if keep != 0 {
				h.disk = append(h.disk, r)
				keep--
			}
		}
	}
	h.core, h.queue, h.run, h.deadline = nil, nil, nil, clock.Instant{}
}

// stop ends a replica in good order (spec R2).
func (h *host) stop() {
	last := h.core.Stop()
	h.crash(-1)
	h.disk = append(h.disk, last)
}

// transmit puts a message on a link, unless the link is cut.
func (w *world) transmit(from, to int, m message.Message) {
	if s, ok := m.(message.Signed); ok && !slices.Contains(w.seen, s) {
		w.seen = append(w.seen, s)
	}
	w.onSent(from, m)
	if w.cut[from] == w.cut[to] {
		w.links[from][to] = append(w.links[from][to], m)
	}
}

// deliver takes the messages that pick chooses off a link, in order, and hands them
// over if the receiver is up.
func (w *world) deliver(from, to int, pick func(message.Message) bool, lose bool) int {
	queue := w.links[from][to]
	w.links[from][to] = nil
	count := 0
	for _, m := range queue {
		if !pick(m) {
			w.links[from][to] = append(w.links[from][to], m)
			continue
		}
		count++
		if lose || w.hosts[to].core == nil {
			continue
		}
		v, err := w.door.Verify(message.ReplicaID(from), m)
		if err != nil {
			w.note(false, "%d refuses %s from %d: %v", to, w.describe(m), from, err)
			continue
		}
		h := w.hosts[to]
		h.core.Step(h.now, v)
	}
	return count
}

func anything(message.Message) bool { return true }

// round lets everyone take a turn, sync and execute, and delivers all that is in
// flight. It reports whether anything happened.
func (w *world) round() (busy bool) {
	for _, h := range w.hosts {
		busy = h.turn() || busy
		busy = h.sync() || busy
		busy = h.execute() || busy
	}
	for from := range w.hosts {
		for to := range w.hosts {
			busy = w.deliver(from, to, anything, false) > 0 || busy
		}
	}
	return busy
}

// settle runs rounds until nothing happens.
func (w *world) settle() {
	for range roundsMost {
		if !w.round() {
			return
		}
	}
	w.violate("livelock", "it goes on and on at one instant")
}

// roundsMost is more than any sound world needs at one instant.
const roundsMost = 1000

// runUntil lets things happen, and time pass where nothing does, until done holds or
// time is up.
func (w *world) runUntil(done func() bool, limit clock.Duration) bool {
	for rounds := 0; !done() && limit > 0; {
		if rounds++; rounds > roundsMost {
			w.violate("livelock", "it goes on and on at one instant")
			return false
		}
		if w.round() {
			continue
		}
		step := limit
		for _, h := range w.hosts {
			if h.core != nil && !h.deadline.IsZero() {
				step = min(step, max(h.deadline.Sub(h.now), 0))
			}
		}
		if step > 0 {
			rounds = 0
		}
		for _, h := range w.hosts {
			h.tick(step)
		}
		limit -= step
	}
	w.settle()
	return done()
}

// tick moves a replica's clock, and ticks it if it asked for that.
func (h *host) tick(d clock.Duration) {
	h.now = h.now.Add(d)
	if h.core != nil && !h.deadline.IsZero() && !h.now.Before(h.deadline) {
		h.core.Tick(h.now)
	}
}

// verbose makes run log every step, for whoever writes a trace.
var verbose bool

// operate hands a replica an operation of a session.
func (w *world) operate(to int, client string, session message.SessionID, number uint64) {
	r := w.operation(client, session, number)
	v, err := w.door.VerifyClient(r.Client, &message.Requests{List: []message.Request{r}})
	w.check(err)
	w.hosts[to].core.Step(w.hosts[to].now, v)
}

// operation returns an operation of a client's session, signed.
func (w *world) operation(client string, session message.SessionID, number uint64) message.Request {
	open := w.names.request(w, client)
	r := message.Request{Client: open.Client, Session: session, Number: number, Op: []byte{byte(number)}}
	w.check(w.door.SignRequest(w.names.signers[open.Client], &r))
	return r
}
