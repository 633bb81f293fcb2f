package explore

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// now is the one instant of all worlds: timeouts are choices.
var now = clock.At(int64(clock.Second))

// local is a state that one correct replica can come to, with all that it has said: a
// state of the world is one local of each. Its core is never stepped again, but its
// clones are, once for each input.
type local struct {
	life
	facts
	kin   []uint32                     // by renaming: the number of what it is then
	tried map[uint32][]uint32          // by input: the locals that it leads to
	next  [partCount]map[uint64][]move // by part and key: the inputs that change something
}

// move is a change of one replica.
type move struct{ input, to uint32 }

// life is one correct replica as it goes on.
type life struct {
	id      int
	core    *core.Core
	said    []sayID         // sorted
	entered [ViewsMax]point // base of each entered view, one up
	stored  []point         // blocks on its disk, sorted
	done    point           // executed
	disk    []core.Record
	crashes int
	fault   *fault
	crashed *[]life // where to put what becomes of it if it crashes on the way, or nil
}

// facts are what others' choices, and the oracles, look at.
type facts struct {
	view, target  int
	base, tip     point
	decided       point
	asks          setID       // SUSPECTs and VIEW-CHANGEs
	votes         [2]viewSets // what it said of PREPARE and COMMIT
	changes       viewSets    // of VIEW-CHANGE
	newViews, all setID
	committed     [ViewsMax]point
	prepared      [ViewsMax]point // in view v, if it is a block of that view
	proposed      [ViewsMax]point
}

// viewSets are the sayings of a kind: those of each view, and all.
type viewSets struct {
	in  [ViewsMax + 1]setID
	all setID
}

// kin are the locals of different replicas of one role that are alike but for who is who.
type kin struct {
	number uint32
	of     [replicas]uint32 // one up
}

func (x *explorer) kinOf(n *life, renamed []int) *kin {
	key := x.key(n, renamed)
	k := x.kin[key]
	if k == nil {
		k = &kin{number: uint32(len(x.kin))}
		x.kin[key] = k
	}
	return k
}

// enter returns the id of the local that n has come to.
func (x *explorer) enter(n *life) uint32 {
	k := x.kinOf(n, nil)
	if id := k.of[n.id]; id != 0 {
		return id - 1
	}
	if len(x.locals) >= idMax {
		panic("explore: too many states of one replica")
	}
	l := &local{life: *n, facts: x.factsOf(n), tried: map[uint32][]uint32{}}
	for _, r := range x.renamings {
		l.kin = append(l.kin, x.kinOf(n, r.order[:]).number)
	}
	x.locals = append(x.locals, l)
	k.of[n.id] = uint32(len(x.locals))
	return k.of[n.id] - 1
}

// key names a local by what it can do from now on: its core's state, what it said, and if
// it may crash also what a restart would make of it. Whose votes its certificates are made
// of makes no difference. If renamed is not nil it is the order in which to write members.
func (x *explorer) key(n *life, renamed []int) (k [32]byte) {
	const aspects = core.AspectChain | core.AspectPool | core.AspectHeard
	b := append(x.scratch[:0], x.roles[n.id], byte(n.crashes))
	if n.fault != nil {
		b = append(append(b, n.fault.oracle...), n.fault.what...)
	} else {
		b = n.core.AppendState(b, aspects, renamed...)
		if s := n.core.Status(); s.Suspected && int(s.Target)+1 < len(x.w.Slots) {
			b = append(b, 1)
		}
	}
	words := make([]uint64, 0, 32)
	for _, id := range n.said {
		words = append(words, x.word(id))
	}
	slices.Sort(words) // sayings are numbered as they are found
	for _, word := range words {
		b = binary.BigEndian.AppendUint64(b, word)
	}
	for _, p := range n.entered {
		if p > 0 {
			b = append(b, x.tree.blocks[p-1].at.Chain[:8]...)
		}
		b = append(b, '|')
	}
	if x.w.Crashes > n.crashes && n.fault == nil {
		if again := x.restarted(n); again.fault == nil {
			b = again.core.AppendState(b, aspects, renamed...)
		}
	}
	x.scratch = b
	return sha256.Sum256(b)
}

func (x *explorer) factsOf(n *life) (f facts) {
	if n.fault == nil {
		s := n.core.Status()
		f.view, f.target = int(s.View), int(s.Target)
		f.base, f.tip, f.decided = x.tree.digest[s.Base.Chain], x.tree.digest[s.Tip.Chain], x.tree.digest[s.Decided.Chain]
	}
	for _, id := range n.said {
		x.note(&f, &x.book.list[id])
	}
	f.votes[0], f.votes[1] = x.viewSets(n.said, message.KindPrepare), x.viewSets(n.said, message.KindCommit)
	f.asks = x.book.subset(n.said, func(s *spoken) bool {
		return s.kind == message.KindSuspect || s.kind == message.KindViewChange
	})
	f.changes = x.viewSets(n.said, message.KindViewChange)
	f.newViews = x.book.subset(n.said, func(s *spoken) bool { return s.kind == message.KindNewView })
	f.all = x.book.subset(n.said, func(*spoken) bool { return true })
	return f
}

// note keeps the highest point of what a replica said of each view.
func (x *explorer) note(f *facts, s *spoken) {
	highest := map[message.Kind]*[ViewsMax]point{
		message.KindCommit: &f.committed, message.KindPrepare: &f.prepared, message.KindBody: &f.proposed,
	}[s.kind]
	if highest == nil || int(s.view) >= len(highest) || s.kind == message.KindPrepare && x.tree.blocks[s.at].view != int(s.view) {
		return
	}
	if p := &highest[s.view]; *p == 0 || x.tree.extends(s.at, *p) {
		*p = s.at
	}
}

func (x *explorer) viewSets(said []sayID, k message.Kind) (v viewSets) {
	for view := range v.in {
		v.in[view] = x.book.subset(said, func(s *spoken) bool { return s.kind == k && int(s.view) == view })
	}
	v.all = x.book.subset(said, func(s *spoken) bool { return s.kind == k })
	return v
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

// step returns where an input leads from a local: first without a crash, then with one at
// each point where it makes a difference.
func (x *explorer) step(id, in uint32) []uint32 {
	l := x.locals[id]
	if to, ok := l.tried[in]; ok {
		return to
	}
	x.steps++
	n := l.life
	var crashed []life
	x.guard(&n, func() {
		if x.inputs[in].crash {
			n = x.restarted(&n)
			return
		}
		n.core = l.core.Clone()
		for _, v := range x.inputs[in].give {
			n.core.Step(now, v)
		}
		n.crashed = &crashed
		x.settle(&n)
	})
	n.crashed = nil
	x.forget(&n)
	for i := range crashed {
		x.forget(&crashed[i])
	}
	to := []uint32{x.enter(&n)}
	for i := range crashed {
		if c := x.enter(&crashed[i]); !slices.Contains(to, c) {
			to = append(to, c)
		}
	}
	l.tried[in] = to
	return to
}

// forget drops what was heard: what matters of it is delivered again with what it makes a
// difference to. So what a core has heard was said in every world that its state stands in.
func (x *explorer) forget(n *life) {
	if !x.exact && n.fault == nil {
		n.core.Forget()
		x.settle(n)
	}
}

// guard turns a panic of the core into a fault: a replica never panics (I18).
func (x *explorer) guard(n *life, do func()) {
	defer func() {
		if r := recover(); r != nil {
			if s, own := r.(string); own && len(s) > 8 && s[:8] == "explore:" {
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
	x.send(n, o.Propose)
	if len(o.Propose) > 0 {
		x.maybeCrash(n) // before the sync
	}
	x.store(n, o.Persist)
	x.send(n, o.Send)
	x.maybeCrash(n)
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
		if b := list[i].Block; b != nil {
			p := x.tree.add(list[i].Parent, b.Header, b.Payload.Raw)
			if at, found := slices.BinarySearch(n.stored, p); !found {
				n.stored = slices.Insert(slices.Clip(n.stored), at, p)
			}
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

// maybeCrash notes what becomes of the replica if it crashes now.
func (x *explorer) maybeCrash(n *life) {
	if n.crashes < x.w.Crashes && n.crashed != nil {
		*n.crashed = append(*n.crashed, x.restarted(n))
	}
}

// restarted returns the replica after a crash, with what it had synced.
func (x *explorer) restarted(n *life) life {
	m := *n
	m.crashes, m.crashed = n.crashes+1, nil
	x.guard(&m, func() {
		r := core.Assemble(n.disk, x.root)
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
