package explore

import (
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// now is the one instant of all worlds: timeouts are choices.
var now = clock.At(int64(clock.Second))

// life is one correct replica as it goes on.
type life struct {
	id        int
	core      *core.Core
	said      []sayID         // sorted
	entered   [ViewsMax]point // base of each entered view, one up
	stored    []point         // blocks on its disk, sorted
	done      point           // executed
	disk      []core.Record
	crashes   int
	convicted bool // it has a proof against the liar
	fault     *fault
	crashed   *[]life // where to put what becomes of it if it crashes on the way, or nil
}

// boot returns a replica that has just been bootstrapped.
func (x *explorer) boot(id int) uint32 {
	n := life{id: id}
	c, err := core.New(x.config(id), core.Restored{Now: now, Bootstrap: true})
	must(err)
	n.core = c
	x.settle(&n)
	x.wake(&n)
	return x.enter(&n)
}

// wake gives a replica that leads no view of this world a request that is in no block: its
// timer runs at all times.
func (x *explorer) wake(n *life) {
	for v := range x.w.Slots {
		if x.primary(v) == n.id {
			return
		}
	}
	n.core.Step(now, x.request(wish(250, 0, 0)))
	x.settle(n)
}

func (x *explorer) request(r message.Request) message.Verified {
	v, err := x.door.VerifyClient(r.Client, &message.Requests{List: []message.Request{r}})
	must(err)
	return v
}

// forget drops what was heard: it is delivered again with what it makes a difference to. So
// what a core has heard was said in every world that its state stands in.
func (x *explorer) forget(n *life) *life {
	if !x.exact && n.fault == nil {
		n.core.Forget()
	}
	return n
}

// guard turns a panic of the core into a fault: a replica never panics (I18).
func (x *explorer) guard(n *life, do func()) {
	defer func() {
		if r := recover(); r != nil {
			if _, own := r.(limit); own {
				panic(r)
			}
			n.fail("I18", "panics: %v", r)
		}
	}()
	do()
}

func (n *life) fail(oracle, format string, args ...any) {
	if n.fault == nil {
		n.fault = &fault{oracle, fmt.Sprintf("replica %d ", n.id) + fmt.Sprintf(format, args...)}
	}
}

// settle takes turns until nothing is left to do, lets the timer fire that runs, and does
// so again. A suspicion makes nothing else impossible (spec V1), so it is never too early
// for one.
func (x *explorer) settle(n *life) {
	for x.turn(n) {
	}
	if n.fault != nil {
		return
	}
	n.core.Expire()
	for x.turn(n) {
	}
}

// turn takes one output and carries it out. It reports whether there was anything to do.
func (x *explorer) turn(n *life) bool {
	o := n.core.Output()
	var own []message.Verified
	for _, m := range o.Sign {
		v, err := x.door.Sign(x.signers[n.id], message.ReplicaID(n.id), m)
		must(err)
		own = append(own, v)
	}
	if o.Empty() || n.fault != nil {
		return false
	}
	x.watch(n, &o)
	x.send(n, o.Early)
	if len(o.Early) > 0 {
		x.maybeCrash(n) // before the sync
	}
	x.store(n, o.Persist)
	x.send(n, o.Send)
	x.execute(n, o.Execute)
	x.maybeCrash(n)
	x.maybeCrash(n, n.core.Stop())
	for _, v := range own {
		n.core.Step(now, v)
	}
	return o.Fault == nil
}

func (x *explorer) store(n *life, list []core.Record) {
	if x.w.Crashes > 0 {
		n.disk = append(slices.Clip(n.disk), list...)
	}
	for i := range list {
		switch r := &list[i]; r.Kind {
		case core.RecordBlock:
			p := x.tree.add(r.Parent, r.Block.Header, r.Block.Payload.Raw)
			if at, found := slices.BinarySearch(n.stored, p); !found {
				n.stored = slices.Insert(slices.Clip(n.stored), at, p)
			}
		case core.RecordNewView:
			x.entered(n, r.Message.(*message.NewView))
		}
	}
}

// entered notes the base of a view.
func (x *explorer) entered(n *life, m *message.NewView) {
	base := point(0)
	if m.Cert != nil {
		base = x.tree.digest[m.Cert.Chain]
	}
	if int(m.View) < len(n.entered) {
		n.entered[m.View] = base + 1
	}
}

// execute notes what the application is given.
func (x *explorer) execute(n *life, list []core.Decided) {
	for i := range list {
		p := x.tree.digest[list[i].Point.Chain]
		if s := n.core.Status(); s.Decided.Seq < x.tree.seq(p) || !x.tree.joined(p, n.done) {
			n.fail("I1", "executes %s, decided is %s", x.label(p), x.label(x.tree.digest[s.Decided.Chain]))
		}
		if x.tree.seq(p) > x.tree.seq(n.done) {
			n.done = p
		}
	}
}

func (x *explorer) send(n *life, list []core.Outgoing) {
	for _, o := range list {
		if s, ok := x.sayingOf(n.id, o.Msg); ok && !x.unused(n, s) {
			x.say(n, s, o.Msg)
		}
	}
}

// unused reports whether a saying is for a view that this world does without: others leave
// for it, and that is all.
func (x *explorer) unused(n *life, s saying) bool {
	switch s.kind {
	case message.KindSuspect:
		return int(s.view)+1 >= len(x.w.Slots)
	case message.KindPrepareCert:
		return int(n.core.Status().Target) >= len(x.w.Slots)
	}
	return s.kind == message.KindCommitCert // whoever has the votes can make it
}

// say adds to what the replica has said. The door must let it in, and it must not
// contradict what was said before.
func (x *explorer) say(n *life, s saying, m message.Message) {
	id := x.book.note(s, func() (message.Verified, error) { return x.door.Verify(message.ReplicaID(n.id), m) })
	if x.book.list[id].refused {
		n.fail("I4", "sends what no door lets in: %s", x.name(id))
	}
	if said := insert(n.said, id); len(said) > len(n.said) {
		x.consistent(n, id)
		n.said = said
	}
}

// maybeCrash notes what becomes of the replica if it crashes now, or ends in good order by
// a last record.
func (x *explorer) maybeCrash(n *life, last ...core.Record) {
	if n.crashes < x.w.Crashes && n.crashed != nil {
		*n.crashed = append(*n.crashed, x.restarted(n, last))
	}
}

// restarted returns the replica after a crash, with what it had synced and a last record.
func (x *explorer) restarted(n *life, last []core.Record) life {
	m := *n
	m.crashes, m.crashed = n.crashes+1, nil
	x.guard(&m, func() {
		r := core.Assemble(slices.Concat(n.disk, last), x.root)
		r.Now = now
		c, err := core.New(x.config(n.id), r)
		if err != nil {
			m.fail("I5", "does not restart: %v", err)
			return
		}
		m.core = c
		x.settle(&m)
		x.wake(&m)
	})
	return m
}
