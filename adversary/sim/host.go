package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// host is one replica's process and machine: the same loop, sync and execution as
// the real shell, on virtual time.
type host struct {
	w       *World
	id      int
	signer  crypto.Signer
	liar    *lying // nil if correct
	core    *core.Core
	life    int // incarnation: events of an earlier one are void
	crashes int

	inbox    []message.Verified
	executed []core.Executed
	turning  bool
	pausedTo clock.Instant
	tickAt   clock.Instant

	disk     disk
	queue    []core.Output // not durable yet
	syncing  int           // outputs that the running sync covers
	barriers int           // of the queue

	app       app
	reached   message.Seq // in any life
	execQueue []core.Decided
	executing bool
}

// app is the application and its session table: volatile, rebuilt from the log.
type app struct {
	seq    message.Seq
	digest message.Digest
	table  *session.Table
	fresh  []message.Digest // requests that the last block executed for the first time
}

func newApp() app { return app{table: session.New(session.Config{Replies: true})} }

// execute applies a block and returns its replies.
func (a *app) execute(id message.ReplicaID, cluster message.Digest, d *core.Decided) []message.Reply {
	a.seq, a.fresh = d.Point.Seq, a.fresh[:0]
	out := make([]message.Reply, 0, len(d.Block.Payload.Requests))
	for i := range d.Block.Payload.Requests {
		r := &d.Block.Payload.Requests[i]
		o := a.table.Apply(d.Point.Seq, uint32(i), r)
		reply := message.Reply{Replica: id, Request: r.Digest(cluster), Seq: d.Point.Seq, Session: o.Session, Number: r.Number}
		switch o.Verdict {
		case session.Execute:
			reply.Result = a.apply(r.Op)
			a.fresh = append(a.fresh, reply.Request)
			a.table.Store(o.Session, r.Number, session.Reply{Seq: d.Point.Seq, Code: message.ReplyOK, Result: reply.Result})
		case session.Opened:
		case session.Duplicate:
			reply.Result = o.Reply.Result
			if o.Cached {
				reply.Seq, reply.Code = o.Reply.Seq, o.Reply.Code
			}
		case session.Expired:
			reply.Code = message.ReplyExpired
		default:
			reply.Code = message.ReplyRefused
		}
		out = append(out, reply)
	}
	return out
}

func (a *app) apply(op []byte) []byte {
	var b [64]byte
	copy(b[:32], a.digest[:])
	d := sha256.Sum256(op)
	copy(b[32:], d[:])
	a.digest = sha256.Sum256(b[:])
	return a.digest[:8]
}

func (h *host) config() core.Config {
	s := &h.w.sc
	cfg := core.Config{
		Self: message.ReplicaID(h.id), Members: h.w.door.Members(), Root: h.w.root,
		Interval: message.Seq(s.Interval), Window: message.Seq(s.Window), BlockRequests: s.OpsBlock, AnswerBytes: s.Answer,
		TimeoutFloor: 200 * clock.Millisecond, TimeoutCap: 10 * clock.Second,
	}
	if h.w.tune != nil {
		h.w.tune(&cfg)
	}
	return cfg
}

// boot starts the replica from its disk; first writes the bootstrap record.
func (h *host) boot(first bool) {
	if h.core != nil {
		return
	}
	h.life++
	h.app = newApp()
	r := h.disk.recover(h.w, h.w.root)
	r.Now, r.Bootstrap = h.w.now, first
	for _, b := range h.disk.replayed(r.State.Low, h.w.root) {
		d := core.Decided{Block: b.Block, Parent: b.Parent, Point: message.Point{Seq: b.Block.Header.Seq}}
		h.app.execute(message.ReplicaID(h.id), h.w.door.Cluster(), &d)
	}
	r.Executed = core.Executed{Seq: h.app.seq}
	r.Sessions = mirror(h.app.table)
	c, err := core.New(h.config(), r)
	if err != nil {
		h.w.fail("R1", fmt.Sprintf("replica %d does not restart: %v", h.id, err))
		return
	}
	if shown := proven(&r); h.liar == nil && shown < h.reached {
		h.w.fail("X7", fmt.Sprintf("replica %d executed to %d, and its log shows no more than %d decided", h.id, h.reached, shown))
	}
	h.core = c
	h.w.missed = max(h.w.missed, len(h.w.oracle.chain)-int(h.app.seq))
	h.w.note(1, uint64(h.id), uint64(h.life))
	h.w.tracef("%d boots (life %d)", h.id, h.life)
	h.turn()
}

// mirror copies a table without its replies.
func mirror(t *session.Table) *session.Table {
	cfg := t.Config()
	cfg.Replies = false
	m, err := session.Restore(cfg, t.AppendSnapshot(nil))
	if err != nil {
		panic(err)
	}
	return m
}

// crash stops the process. Of what was written and not synced a prefix survives,
// drawn by the world.
func (h *host) crash() {
	if h.core == nil {
		return
	}
	h.crashes++
	h.life++
	unsynced := 0
	for i := range h.queue {
		unsynced += len(h.queue[i].Persist)
	}
	keep := int(h.w.src.Draw("torn", uint64(unsynced+1)))
	for i := range h.queue {
		for _, r := range h.queue[i].Persist {
			if keep > 0 {
				h.disk.write(r)
				keep--
			}
		}
	}
	h.core, h.inbox, h.executed, h.queue, h.execQueue = nil, nil, nil, nil, nil
	h.turning, h.executing, h.syncing, h.barriers, h.tickAt = false, false, 0, 0, clock.Instant{}
	h.w.note(2, uint64(h.id))
	h.w.tracef("%d crashes", h.id)
}

// deliver puts a message into the inbox, if it passes the door.
func (h *host) deliver(from int, m message.Message) {
	if h.core == nil {
		return
	}
	v, err := h.w.door.Verify(message.ReplicaID(from), m)
	if err != nil {
		return
	}
	h.push(v)
}

func (h *host) push(v message.Verified) {
	h.inbox = append(h.inbox, v)
	h.wake(clock.Duration(h.w.src.Draw("turn", uint64(h.w.sc.TurnMax)+1)))
}

// wake arranges a loop turn.
func (h *host) wake(d clock.Duration) {
	if h.turning {
		return
	}
	h.turning = true
	at := h.w.now.Add(d)
	if at.Before(h.pausedTo) {
		at = h.pausedTo
	}
	h.schedule(at, h.turn)
}

// schedule runs f at a time unless the process has died by then.
func (h *host) schedule(at clock.Instant, f func()) {
	life := h.life
	h.w.at(at, func() {
		if h.life == life && h.core != nil {
			f()
		}
	})
}

// turn is one turn of the loop: drain the inbox, tick if due, take one output.
func (h *host) turn() {
	if h.w.now.Before(h.pausedTo) {
		h.schedule(h.pausedTo, h.turn)
		return
	}
	h.turning = false
	inbox, executed := h.inbox, h.executed
	h.inbox, h.executed = nil, nil
	for _, v := range inbox {
		h.core.Step(h.w.now, v)
	}
	for _, e := range executed {
		h.core.Executed(h.w.now, e)
	}
	if !h.tickAt.IsZero() && !h.w.now.Before(h.tickAt) {
		h.core.Tick(h.w.now)
	}
	h.take(h.core.Output())
}

// take does one output: sign, propose, queue for the sync.
func (h *host) take(o core.Output) {
	for _, m := range o.Sign {
		v, err := h.w.door.Sign(h.signer, message.ReplicaID(h.id), m)
		if err != nil {
			panic(err)
		}
		h.push(v)
	}
	if h.liar == nil {
		h.w.oracle.onOutput(h, &o)
	}
	if o.Fault != nil {
		h.w.fail("halt", fmt.Sprintf("replica %d: %v", h.id, o.Fault))
		return
	}
	if h.barriers == 0 && !o.Barrier {
		h.send(o.Propose)
		o.Propose = nil
	}
	if o.Barrier {
		h.barriers++
	}
	if !o.Empty() {
		h.queue = append(h.queue, o)
		h.sync()
	}
	h.tickAt = o.Deadline
	if !o.Deadline.IsZero() {
		at := o.Deadline
		h.schedule(at, func() {
			if h.tickAt == at {
				h.wake(0)
			}
		})
	}
}

// sync makes all queued outputs durable in one go and releases them in order.
func (h *host) sync() {
	if h.syncing > 0 || len(h.queue) == 0 {
		return
	}
	h.syncing = len(h.queue)
	d := clock.Duration(h.w.src.Draw("sync", uint64(h.w.sc.SyncMax)+1))
	if !h.dirty() {
		d = 0
	}
	h.schedule(h.w.now.Add(d), h.synced)
}

func (h *host) dirty() bool {
	for i := range h.queue {
		if len(h.queue[i].Persist) > 0 {
			return true
		}
	}
	return false
}

func (h *host) synced() {
	done := h.queue[:h.syncing]
	h.queue = append([]core.Output(nil), h.queue[h.syncing:]...)
	h.syncing = 0
	for i := range done {
		for _, r := range done[i].Persist {
			h.disk.write(r)
		}
	}
	for i := range done {
		o := &done[i]
		if o.Barrier {
			h.barriers--
		}
		h.send(o.Propose)
		h.send(o.Send)
		if h.liar == nil {
			h.w.oracle.onDecided(h, o.Execute)
		}
		h.execQueue = append(h.execQueue, o.Execute...)
		h.serve(o.Serve)
		h.answer(o)
	}
	h.execute()
	h.sync()
}

// execute runs the application on its own track.
func (h *host) execute() {
	if h.executing || len(h.execQueue) == 0 {
		return
	}
	h.executing = true
	d := clock.Duration(h.w.src.Draw("exec", uint64(h.w.sc.ExecMax)+1))
	h.schedule(h.w.now.Add(d), func() {
		h.executing = false
		b := h.execQueue[0]
		h.execQueue = h.execQueue[1:]
		replies := h.app.execute(message.ReplicaID(h.id), h.w.door.Cluster(), &b)
		h.reached = max(h.reached, b.Point.Seq)
		e := core.Executed{Seq: b.Point.Seq, State: h.app.digest}
		if e.Seq%message.Seq(h.w.sc.Interval) == 0 {
			e.Clients = h.app.table.Digest()
		}
		h.w.note(3, uint64(h.id), uint64(e.Seq), binary.BigEndian.Uint64(h.app.digest[:]))
		if h.liar == nil {
			h.w.oracle.onExecuted(h, &b, replies)
		}
		for i := range replies {
			h.reply(b.Block.Payload.Requests[i].Client, replies[i])
		}
		h.executed = append(h.executed, e)
		h.wake(0)
		h.execute()
	})
}

// serve answers pulls from the log.
func (h *host) serve(list []core.Serve) {
	for _, s := range list {
		if m := h.disk.blocks(s); m != nil {
			h.transmit(int(s.To), m)
		}
	}
}

// answer tells clients what is known already.
func (h *host) answer(o *core.Output) {
	for i := range o.Answer {
		r := &o.Answer[i]
		j := h.app.table.Judge(r)
		m := message.Reply{Replica: message.ReplicaID(h.id), Request: r.Digest(h.w.door.Cluster()), Session: j.Session, Number: r.Number}
		switch {
		case j.Verdict == session.Duplicate && r.Type == message.RequestOpen:
			m.Seq = j.Session.Seq
		case j.Verdict == session.Duplicate && j.Cached:
			m.Seq, m.Code, m.Result = j.Reply.Seq, j.Reply.Code, j.Reply.Result
		case j.Verdict == session.Expired:
			m.Code = message.ReplyExpired
		case j.Verdict == session.Refused:
			m.Code = message.ReplyRefused
		default:
			continue
		}
		h.reply(r.Client, m)
	}
}

func (h *host) reply(key message.PublicKey, r message.Reply) {
	for _, c := range h.w.clients {
		if c.signer.Public() == key {
			h.w.transport(len(h.w.hosts), h.id, func() { c.onReply(h.id, r) })
		}
	}
}

func (h *host) send(list []core.Outgoing) {
	for _, o := range list {
		if !o.All {
			h.transmit(int(o.To), o.Msg)
			continue
		}
		for to := range h.w.hosts {
			if to != h.id {
				h.transmit(to, o.Msg)
			}
		}
	}
}

// transmit puts a message on the link, or hands it to the liar.
func (h *host) transmit(to int, m message.Message) {
	if h.liar != nil {
		h.liar.lie(message.ReplicaID(to), m)
		return
	}
	h.w.oracle.onSent(h, m)
	h.link(to, m)
}

func (h *host) link(to int, m message.Message) {
	w := h.w
	if w.sc.Encode {
		b, err := wire.Append(nil, m)
		if err == nil {
			m, err = wire.Decode(b)
		}
		if err != nil {
			if h.liar == nil {
				w.fail("wire", fmt.Sprintf("replica %d sends what does not travel: %s: %v", h.id, describe(m), err))
			}
			return
		}
	}
	w.note(4, uint64(h.id), uint64(to), uint64(m.Kind()))
	if w.trace != nil {
		w.tracef("%d -> %d %v", h.id, to, describe(m))
	}
	w.transport(h.id, to, func() { w.hosts[to].deliver(h.id, m) })
}

// transport moves one message between two ends as the scenario's links do; an end
// at or above n is a client.
func (w *World) transport(from, to int, arrive func()) {
	l := &w.sc.Links
	if w.cut(from, to) {
		return
	}
	copies := 1
	if !w.healed() {
		if chance(w.src, "loss", l.LossPercent) && l.LossPercent > 0 {
			return
		}
		if l.DuplicatePercent > 0 && chance(w.src, "duplicate", l.DuplicatePercent) {
			copies = 2
		}
	}
	for ; copies > 0; copies-- {
		d := l.DelayMin + clock.Duration(w.src.Draw("delay", uint64(l.DelayMax-l.DelayMin)+1))
		if l.SlowPercent > 0 && !w.healed() && chance(w.src, "slow", l.SlowPercent) {
			d += clock.Duration(w.src.Draw("slow-by", uint64(20*l.DelayMax)))
		}
		w.after(d, arrive)
	}
}

func (w *World) cut(from, to int) bool {
	if w.healed() {
		return false
	}
	t := w.elapsed()
	for i := range w.sc.Cuts {
		c := &w.sc.Cuts[i]
		if t < c.From || t >= c.To {
			continue
		}
		a, b := contains(c.Side, from), contains(c.Side, to)
		if a && !b || b && !a && !c.OneWay {
			return true
		}
	}
	return false
}

func contains(list []int, x int) bool {
	for _, v := range list {
		if v == x {
			return true
		}
	}
	return false
}
