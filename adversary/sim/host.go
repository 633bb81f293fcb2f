package sim

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// host is one replica's process and machine: the same loop, sync and execution as
// the real shell, on virtual time.
type host struct {
	w      *World
	at     int               // index among processes
	id     message.ReplicaID // a twin has the id of another
	signer crypto.Signer
	src    Source
	clock  *hand  // nil if it shows true time
	faulty bool   // Byzantine, a twin, or without its disk: nothing is asked of it
	lost   bool   // the others go on without it after Heal
	linked bool   // and yet its links go on
	flips  []Flip // to come
	odd    bool   // in this life or another its application's state differed
	liar   *lying // nil if its messages pass unchanged

	core    *core.Core // nil while down
	life    int        // incarnation: events of an earlier one are void
	stopped bool       // for good
	crashes int
	effects int     // writes, syncs and sends so far, in all lives
	crashAt []Crash // at an effect

	// What the host plans most often, as values: one allocation each and not one each time.
	steps struct{ turn, synced, execute func() }

	filter   filter
	turns    int
	inbox    []message.Verified
	executed []core.Executed
	turning  bool
	pausedTo clock.Instant
	tickAt   clock.Instant // when the core wants Tick
	alarm    clock.Instant // the earliest event planned for it
	view     message.View  // entered, for the trace

	disk     disk
	queue    []core.Output // not durable yet
	flight   []core.Output // those that the running sync covers
	spare    []core.Output
	barriers int // of queue and flight

	app       executor
	reached   message.Seq // in any life
	snapshots []*snapshot // the newest two, durable
	execQueue []core.Decided
	executing bool
	told      bool // by M62, in this life
}

func (h *host) config() core.Config {
	s := &h.w.sc
	cfg := core.Config{
		Self: h.id, Members: h.w.door.Members(), Root: h.w.root,
		Interval: message.Seq(s.Interval), Window: message.Seq(s.Window), BlockRequests: s.OpsBlock, AnswerBytes: s.Answer,
		TimeoutFloor: floor, TimeoutCap: s.Cap,
	}
	if h.w.tune != nil {
		h.w.tune(&cfg)
	}
	return cfg
}

// packet is one message on its way to one or more replicas. Those that get the same
// copy verify it once: the door is a pure function.
type packet struct {
	from message.ReplicaID
	msg  message.Message
	done bool // verified
	err  error
	v    message.Verified

	checks int // of signatures, to verify it
}

// arrive puts a message into the inbox, if it passes the filter and the door.
func (h *host) arrive(p *packet) {
	if h.core == nil || !h.hears(p.from, p.msg) {
		return
	}
	if !h.filter.passes(p.msg, h.w.door.Members()) {
		h.w.Sometimes(filtered, true)
		return
	}
	h.w.verify(p)
	if !h.faulty {
		h.w.oracle.onVerified(h, p)
	}
	if p.err != nil {
		return
	}
	if !h.faulty {
		h.w.oracle.onHeard(h, p)
	}
	h.push(p.v)
}

func (h *host) push(v message.Verified) {
	h.inbox = append(h.inbox, v)
	h.wake(clock.Duration(h.src.Draw("turn", uint64(h.w.sc.TurnMax)+1)))
}

// wake arranges a loop turn.
func (h *host) wake(d clock.Duration) {
	if h.turning {
		return
	}
	h.turning = true
	h.schedule(h.w.sc.beat(h.w.now.Add(d)), h.steps.turn)
}

// schedule runs f at a time unless the process has died by then.
func (h *host) schedule(at clock.Instant, f func()) {
	h.w.events.push(event{at: at, host: h, life: h.life, deed: deed{run: f}})
}

// turn is one turn of the loop: drain the inbox, tick if due, take one output.
func (h *host) turn() {
	h.turning = false
	now := h.now()
	for _, v := range h.inbox {
		h.core.Step(now, v)
	}
	clear(h.inbox)
	h.inbox = h.inbox[:0]
	for _, e := range h.executed {
		h.core.Executed(now, e)
	}
	h.executed = h.executed[:0]
	if !h.tickAt.IsZero() && !now.Before(h.tickAt) {
		late := now.Sub(h.tickAt)
		h.w.Sometimes(timerLate, late > lateness)
		if late > pauseLeast && !h.faulty {
			h.w.oracle.onLate(h)
		}
		h.core.Tick(now)
	}
	if !h.faulty {
		h.w.oracle.onTurn(h)
	}
	h.take(h.core.Output())
	if h.w.observe != nil {
		h.w.observe(h.w, h.at)
	}
}

// take does one output: sign, propose, queue for the sync.
func (h *host) take(o core.Output) {
	for _, m := range o.Sign {
		v, err := h.w.door.Sign(h.signer, h.id, m)
		if err != nil {
			panic(err)
		}
		h.push(v)
	}
	h.filter.publish(h.core.Marks())
	if !h.faulty {
		h.goesOn(&o)
		h.w.oracle.onOutput(h, &o)
	}
	if o.Fault != nil {
		h.halted(o.Fault)
		return
	}
	if h.barriers == 0 && !o.Barrier {
		h.send(o.Early)
		o.Early = nil
		if h.core == nil {
			return
		}
	}
	if o.Barrier {
		h.barriers++
	}
	h.arm(o.Deadline)
	if bug.M75 {
		if !h.faulty {
			h.w.oracle.onDecided(h, o.Execute)
		}
		h.execQueue, o.Execute = append(h.execQueue, o.Execute...), nil
		h.execute()
	}
	if !o.Empty() {
		h.queue = append(h.queue, o)
		h.sync()
	}
}

// arm plans the next Tick. An event that is planned already serves a later deadline
// too: it plans the next one when it comes.
func (h *host) arm(deadline clock.Instant) {
	h.tickAt = deadline
	if deadline.IsZero() || !h.alarm.IsZero() && !deadline.Before(h.alarm) {
		return
	}
	h.alarm = deadline
	h.schedule(h.when(deadline), func() {
		if h.alarm != deadline {
			return // an earlier one took over
		}
		h.alarm = clock.Instant{}
		switch {
		case h.tickAt.IsZero():
		case h.now().Before(h.tickAt):
			h.arm(h.tickAt)
		default:
			h.wake(0)
		}
	})
}

// sync makes all queued outputs durable in one go and releases them in order, once
// something rests on one: what a PREPARE speaks of waits for the COMMIT (spec N7).
func (h *host) sync() {
	if len(h.flight) > 0 || !rests(h.queue) {
		return
	}
	h.flight, h.queue = h.queue, h.spare[:0]
	if !dirty(h.flight) {
		h.synced() // there is nothing to wait for
		return
	}
	d := clock.Duration(h.src.Draw("sync", uint64(h.w.sc.SyncMax+h.disk.slow(h))+1))
	h.schedule(h.w.now.Add(d), h.steps.synced)
}

// rests reports whether anything has to wait for outputs to be durable.
func rests(list []core.Output) bool {
	return slices.ContainsFunc(list, func(o core.Output) bool {
		o.Sign, o.Persist = nil, nil
		return o.Barrier || !o.Empty()
	})
}

func dirty(list []core.Output) bool {
	for i := range list {
		if len(list[i].Persist) > 0 {
			return true
		}
	}
	return false
}

func (h *host) synced() {
	done := h.flight
	if !h.persist(done) {
		return
	}
	h.flight, h.spare = nil, nil
	for i := range done {
		if !h.release(&done[i]) {
			return
		}
	}
	clear(done)
	h.spare = done
	h.execute()
	h.sync()
}

// persist writes and syncs the records of outputs, and reports whether the process is
// still alive after it.
func (h *host) persist(done []core.Output) bool {
	write := dirty(done)
	if write && h.disk.fails(h) {
		return false
	}
	for i := range done {
		for o := &done[i]; len(o.Persist) > 0; {
			h.write(o.Persist[0])
			o.Persist = o.Persist[1:] // the rest may tear
			if h.effect() {
				return false
			}
		}
	}
	if write {
		h.disk.sync(h)
	}
	return !h.effect()
}

// write makes one record durable.
func (h *host) write(r core.Record) {
	h.disk.write(r)
	h.w.oracle.onDurable(h, &r)
}

// leads reports whether the replica is the primary of a view.
func (h *host) leads(v message.View) bool { return h.w.door.Members().Primary(v) == h.id }

// release does what waited for an output to be durable. It reports whether the
// process is still alive after it.
func (h *host) release(o *core.Output) bool {
	if o.Barrier {
		h.barriers--
	}
	h.send(o.Early)
	h.send(o.Send)
	if h.core == nil {
		return false
	}
	if !h.faulty {
		h.w.oracle.onDecided(h, o.Execute)
	}
	h.execQueue = append(h.execQueue, o.Execute...)
	h.serve(o.Serve)
	h.answer(o)
	return true
}

// execute runs the application on its own track.
func (h *host) execute() {
	if h.executing || len(h.execQueue) == 0 {
		return
	}
	h.executing = true
	d := clock.Duration(h.src.Draw("exec", uint64(h.w.sc.ExecMax)+1))
	h.schedule(h.w.now.Add(d), h.steps.execute)
}

func (h *host) executeOne() {
	h.executing = false
	b := h.execQueue[0]
	h.execQueue = h.execQueue[1:]
	h.strikeBit(b.Point.Seq)
	replies := h.app.execute(h.id, h.w.door.Cluster(), &b)
	if bug.M62 && h.crashes > 0 && !h.told {
		h.told = true
		h.app.again(&b)
	}
	h.reached = max(h.reached, b.Point.Seq)
	e := core.Executed{Seq: b.Point.Seq, State: h.app.state()}
	if e.Seq%message.Seq(h.w.sc.Interval) == 0 {
		e.Clients = h.app.table.Digest()
		h.snapshot()
	}
	h.w.note(3, uint64(h.at), uint64(e.Seq), binary.BigEndian.Uint64(e.State[:]))
	if h.w.watched() {
		h.w.emit(Event{Kind: EventExecute, Replica: h.at, Point: b.Point, Note: e.State.String()})
	}
	if !h.faulty && h.app.odd == 0 {
		h.w.oracle.onExecuted(h, &b, e.State, replies)
	}
	for i := range replies {
		h.reply(&b.Block.Payload.Requests[i], &replies[i])
	}
	h.executed = append(h.executed, e)
	h.wake(0)
	h.execute()
}

// snapshot keeps the newest two snapshots: the last may not be stable yet when a
// restart wants one.
func (h *host) snapshot() {
	s, err := h.app.snapshot()
	if err != nil {
		h.w.fail("app", fmt.Sprintf("replica %d: snapshot at %d: %v", h.at, h.app.seq, err))
	}
	if s == nil {
		return
	}
	if !h.faulty && h.app.odd == 0 {
		h.w.oracle.onSnapshot(h, s)
	}
	h.snapshots = append(h.snapshots[max(0, len(h.snapshots)-1):], s)
}

// rebuild brings a new application to the stable checkpoint: from a snapshot if there
// is one, else from the first block.
func (h *host) rebuild(low message.Point) {
	h.app = newExecutor(h.w.newApp(int(h.id)), h.w.sc.Sessions)
	from := h.w.root
	for i := len(h.snapshots) - 1; i >= 0; i-- {
		if s := h.snapshots[i]; s.seq <= low.Seq {
			if err := h.app.restore(s); err != nil {
				h.w.fail("app", fmt.Sprintf("replica %d: restore of the snapshot at %d: %v", h.at, s.seq, err))
			}
			from.Seq = s.seq
			break
		}
	}
	for _, b := range h.disk.replayed(low, from) {
		d := core.Decided{Block: b.Block, Parent: b.Parent, Point: message.Point{Seq: b.Block.Header.Seq}}
		h.app.execute(h.id, h.w.door.Cluster(), &d)
	}
}

// serve answers pulls from the log.
func (h *host) serve(list []core.Serve) {
	for _, s := range list {
		if m := h.disk.blocks(s); m != nil {
			h.transmit(s.To, &packet{from: h.id, msg: m})
		}
	}
}

// answer tells clients what is known already.
func (h *host) answer(o *core.Output) {
	for i := range o.Answer {
		r := &o.Answer[i]
		j := h.app.table.Judge(r)
		if j.Verdict == session.Execute || j.Verdict == session.Opened {
			continue // not known after all: the client asks again
		}
		m := j.Conclude(0, r)
		m.Replica, m.Number, m.Request = h.id, r.Number, r.Digest(h.w.door.Cluster())
		h.reply(r, &m)
	}
}
