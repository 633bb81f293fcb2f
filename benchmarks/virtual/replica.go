package virtual

import (
	"time"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/verify"
)

// replica is one replica and its machine: package pbft's order of work, on virtual time.
type replica struct {
	w      *world
	at     int // index
	id     message.ReplicaID
	signer crypto.Signer
	cpu    processor
	line   line
	heard  [][2]clock.Instant // from each other replica, by class: when the newest frame arrives

	core     *core.Core // nil while it is down
	door     *message.Door
	filter   verify.Filter
	inbox    []message.Verified
	executed []core.Executed
	turning  bool
	tickAt   clock.Instant // when the core wants Tick
	alarm    clock.Instant // the earliest event planned for it

	disk      disk
	app       executor
	execQueue []core.Decided
	answers   []message.Request
	executing bool
	spent     benchmarks.Counters
	failing   benchmarks.Failure // in which way its links or its disk fail, "" if they do not

	turns, frames, letters int // see Spent
}

// turnMax bounds the messages of one turn, as in package pbft.
const turnMax = 512

func (r *replica) config() core.Config {
	return core.Config{
		Self: r.id, Members: r.w.door.Members(), Root: r.w.root, Interval: message.Seq(r.w.cfg.Interval), BlockBytes: r.w.door.Limits().PayloadBytes,
		Sessions: r.w.sessions(),
	}
}

// boot starts the replica from its disk.
func (r *replica) boot(first bool) error {
	res := r.disk.recover(r.w.root)
	res.Now, res.Bootstrap = r.w.now, first
	r.app.replay(r.disk.between(r.app.seq, res.State.Low))
	res.Executed, res.Sessions = core.Executed{Seq: r.app.seq}, r.app.mirror()
	c, err := core.New(r.config(), res)
	if err != nil {
		return err
	}
	r.core, r.door = c, r.w.newDoor()
	r.cpu.reset(r.w.cfg.Cores)
	r.wake()
	return nil
}

// die forgets all that a process has in memory. What no sync had covered is lost.
func (r *replica) die() {
	r.core = nil
	r.inbox, r.executed, r.execQueue, r.answers = nil, nil, nil, nil
	r.turning, r.executing, r.tickAt, r.alarm = false, false, clock.Instant{}, clock.Instant{}
	r.filter = verify.Filter{}
	r.disk.die()
	r.cpu.reset(0)
}

// hear takes a frame from another replica, which the core's filter and then the door look at.
func (r *replica) hear(p *packet) {
	if r.core == nil || r.failing == benchmarks.Isolation {
		return
	}
	cost := r.receiving(p.bytes)
	r.cpu.put(func() (time.Duration, func()) {
		if !r.filter.Useful(p.msg, r.w.door.Members()) {
			return cost, nil
		}
		r.verify(p)
		r.spent.Verified += p.checks
		if b, ok := p.msg.(*message.Body); ok {
			cost += perByte(r.w.costs().Hash, len(b.Raw))
		}
		return cost + p.cost, func() {
			if p.err == nil {
				r.push(p.v)
			}
		}
	})
}

// receiving is what it costs to read a frame that has just come.
func (r *replica) receiving(bytes int) time.Duration {
	c := r.w.costs()
	cost := c.Frame + perByte(c.Wire, bytes)
	if r.cpu.waits() {
		cost += c.Wake
	}
	return cost
}

// serve takes requests from the link of their client.
func (r *replica) serve(key message.PublicKey, m *message.Requests, bytes int) {
	if r.core == nil {
		return
	}
	r.spent.ClientBytes += uint64(bytes)
	r.letters++
	cost := r.receiving(bytes)
	r.cpu.put(func() (time.Duration, func()) {
		r.w.meter.begin()
		v, err := r.door.VerifyClient(key, m)
		checks, checking := r.w.meter.end()
		r.spent.Verified += checks
		return cost + checking, func() {
			if err == nil {
				r.push(v)
			}
		}
	})
}

func (r *replica) push(v message.Verified) {
	r.inbox = append(r.inbox, v)
	r.wake()
}

func (r *replica) wake() {
	if !r.turning {
		r.turning = true
		r.cpu.put(r.turn)
	}
}

// turn drains the inbox, ticks if that is due, and takes outputs until the own votes have settled.
func (r *replica) turn() (time.Duration, func()) {
	r.turns++
	now, c := r.w.now, r.w.costs()
	n := min(len(r.inbox), turnMax)
	for _, v := range r.inbox[:n] {
		r.core.Step(now, v)
	}
	r.inbox = append(r.inbox[:0], r.inbox[n:]...)
	for _, e := range r.executed {
		r.core.Executed(now, e)
	}
	r.executed = r.executed[:0]
	if !r.tickAt.IsZero() && !now.Before(r.tickAt) {
		r.core.Tick(now)
	}
	r.core.Measured(r.w.cfg.syncTime(1<<20), 0)
	cost := c.Turn + time.Duration(n)*c.Step
	var outs []core.Output
	for {
		out := r.core.Output()
		cost += r.sign(out.Sign) + r.proposing(&out)
		outs = append(outs, out)
		if len(out.Sign) == 0 || out.Fault != nil {
			break
		}
	}
	r.filter = verify.Filter(r.core.Marks())
	return cost, func() { r.turned(outs) }
}

// sign signs own messages in place and steps the core through them.
func (r *replica) sign(list []message.Signed) time.Duration {
	var own []message.Verified
	for _, m := range list {
		v, err := r.w.door.Sign(r.signer, r.id, m)
		if err != nil {
			panic(err) // it is a signer that cannot fail
		}
		own = append(own, v)
	}
	for _, v := range own {
		r.core.Step(r.w.now, v)
	}
	r.spent.Signed += uint64(len(list))
	return time.Duration(len(list)) * r.w.costs().Sign
}

// proposing is what it costs to make the blocks of an output and to send those that need not wait for the sync.
func (r *replica) proposing(o *core.Output) (cost time.Duration) {
	c := r.w.costs()
	for i := range o.Early {
		if b, ok := o.Early[i].Msg.(*message.Body); ok {
			cost += perByte(c.Hash, len(b.Raw))
		}
	}
	if r.disk.early(o) {
		cost += r.sending(o.Early)
	}
	return cost
}

func (r *replica) turned(outs []core.Output) {
	r.turning = false
	for i := range outs {
		o := &outs[i]
		if o.Fault != nil {
			r.w.unsafe("replica %d stopped: %v", r.at, o.Fault)
			r.die()
			return
		}
		if r.disk.early(o) {
			r.send(o.Early)
			o.Early = nil
		}
		r.arm(o.Deadline)
		r.disk.put(*o)
	}
	if len(r.inbox)+len(r.executed) > 0 {
		r.wake()
	}
}

// arm plans the next Tick. An event that is planned already serves a later deadline too.
func (r *replica) arm(deadline clock.Instant) {
	r.tickAt = deadline
	if deadline.IsZero() || !r.alarm.IsZero() && !deadline.Before(r.alarm) {
		return
	}
	r.alarm = deadline
	life := r.cpu.life
	r.w.later(deadline, func() {
		if r.cpu.life != life || r.alarm != deadline {
			return
		}
		r.alarm = clock.Instant{}
		switch {
		case r.tickAt.IsZero():
		case r.w.now.Before(r.tickAt):
			r.arm(r.tickAt)
		default:
			r.wake()
		}
	})
}

// execute does all that there is to execute and to answer.
func (r *replica) execute() {
	if r.executing || len(r.execQueue)+len(r.answers) == 0 {
		return
	}
	r.executing = true
	r.cpu.put(func() (time.Duration, func()) {
		c := r.w.costs()
		var cost time.Duration
		var done []core.Executed
		var letters [][]letter
		for i := range r.execQueue {
			d := &r.execQueue[i]
			before := r.app.ops
			list := r.app.execute(d)
			cost += c.executing(&d.Block) + r.mailing(list)
			letters, done = append(letters, list), append(done, r.app.after())
			r.spent.Blocks++
			r.spent.Executed += r.app.ops - before
			r.w.agree(r, d.Point.Seq)
		}
		known := r.app.answer(r.answers)
		cost += r.mailing(known)
		letters = append(letters, known)
		r.execQueue, r.answers = nil, nil
		return cost, func() {
			r.executing = false
			r.mail(letters)
			r.executed = append(r.executed, done...)
			if len(done) > 0 {
				r.wake()
			}
			r.execute()
		}
	})
}
