package sim

import (
	"fmt"
	"runtime/debug"

	"github.com/twothirds-bft/twothirds/adversary/checker"
	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// World is one run: replicas, clients, links, disks and one clock, all driven by
// one event loop. It is used by one goroutine.
type World struct {
	sc        Scenario
	now       clock.Instant
	events    queue
	hash      uint64
	hosts     []*host // by process; those from sc.Replicas on are second twins
	clients   []*simClient
	history   []*Op
	links     links
	brain     *brain // of the liars, or nil
	door      *message.Door
	meter     meter // of the door's signature checks
	genesis   message.Genesis
	root      message.Point
	oracle    *oracle
	stranger  *checker.Checker
	scratch   []byte // of recheck
	failure   *Failure
	broken    *Failure // what more than f faulty replicas achieved
	convicted int
	steps     uint64
	instant   int         // events at now, so far
	goal      message.Seq // what must be executed before all is over; 0 until nothing else is missing
	missed    int

	trace      func(Event)
	invariants []Invariant
	observe    func(*World, int)
	marks      map[string]uint64
	own        []liar.Behaviour
	tune       func(*core.Config)
	newApp     func(replica int) pbft.Application
	workload   func(src Source) []byte
}

// Failure is an invariant that did not hold.
type Failure struct {
	Oracle string // such as I1
	At     clock.Duration
	What   string
}

// Error implements error.
func (f *Failure) Error() string { return fmt.Sprintf("%s at %v: %s", f.Oracle, f.At, f.What) }

// Result is what a run showed.
type Result struct {
	Hash      uint64 // of the trace: equal for equal scenarios and sources
	Decisions int    // blocks decided by all correct replicas
	Views     uint64 // highest view entered
	Events    uint64
	Requests  int            // client operations acknowledged
	Elapsed   clock.Duration // virtual
	Evidence  int            // proofs against faulty replicas
	Crashes   int
	Missed    int               // most blocks that a replica was behind another when it started again
	Marks     map[string]uint64 // how often rare states were reached, by name
	Effects   []int             // writes, syncs and sends of each process
	Failure   *Failure
	Broken    *Failure // beyond f: what the faulty achieved, which is no failure
	Convicted int      // beyond f: replicas that what they signed convicts
	Scenario  Scenario
}

// Option changes how a world runs.
type Option func(*World)

// WithTrace has f told every event.
func WithTrace(f func(Event)) Option { return func(w *World) { w.trace = f } }

// WithInvariant adds properties of the user's own.
func WithInvariant(v ...Invariant) Option {
	return func(w *World) { w.invariants = append(w.invariants, v...) }
}

// WithConfig lets a test change the configuration of all cores.
func WithConfig(f func(*core.Config)) Option { return func(w *World) { w.tune = f } }

// WithApp runs an application of the user's own on every replica. It must be
// volatile: a replica that starts again gets a new one and executes the log.
func WithApp(f func(replica int) pbft.Application) Option { return func(w *World) { w.newApp = f } }

// WithWorkload has clients draw their operations from f.
func WithWorkload(f func(Source) []byte) Option { return func(w *World) { w.workload = f } }

// These end a world that never comes to rest; liveness is lost then.
const (
	eventsMax  = 5_000_000
	instantMax = 100_000 // events at one instant: a replica that goes round and round, and not the work of a flood
)

// Run plays a scenario to its end or to the first violation. src decides what the
// scenario leaves open.
func Run(src Source, sc Scenario, opts ...Option) *Result {
	w := &World{
		sc: sc.withDefaults(), now: clock.At(1), hash: 14695981039346656037, marks: map[string]uint64{},
		newApp: newChainApp, workload: func(src Source) []byte { return nil },
	}
	for _, o := range opts {
		o(w)
	}
	if err := sc.validate(w.behaviour); err != nil {
		return &Result{Failure: &Failure{Oracle: "scenario", What: err.Error()}, Scenario: sc}
	}
	w.build(src)
	w.loop()
	switch {
	case w.broken != nil && w.failure == nil:
		w.oracle.blame()
	case w.failure == nil:
		w.atEnd()
	}
	return w.result(sc)
}

// Play runs a scenario from its own seed.
func Play(sc Scenario, opts ...Option) *Result { return Run(Seed(sc.Seed), sc, opts...) }

func (w *World) loop() {
	for w.failure == nil && w.broken == nil && len(w.events.list) > 0 && !w.finished() {
		e := w.events.pop()
		if w.instant++; e.at.After(w.now) {
			w.now, w.instant = e.at, 0
		}
		w.steps++
		if w.elapsed() > w.sc.Heal+w.sc.Load+w.sc.Limit || w.steps > eventsMax || w.instant > instantMax {
			w.fail("I13", "not everything is decided: "+w.whoWaits())
			return
		}
		switch h := e.host; {
		case h == nil:
			w.run(&e)
		case h.life != e.life || h.core == nil:
		case w.now.Before(h.pausedTo):
			e.at = h.pausedTo
			w.events.push(e)
		default:
			w.run(&e)
		}
	}
}

// run does one event. A core that panics is a violation like any other (I18).
func (w *World) run(e *event) {
	defer func() {
		if p := recover(); p != nil {
			w.fail("I18", fmt.Sprintf("panic: %v\n%s", p, debug.Stack()))
		}
	}()
	e.do()
}

func (w *World) atEnd() {
	w.oracle.atEnd()
	for _, v := range w.invariants {
		if err := v.AtEnd(w); err != nil {
			w.fail(v.Name(), err.Error())
		}
	}
}

func (w *World) build(src Source) {
	ring := cryptotest.NewRing(1)
	w.genesis = message.Genesis{Name: "sim", Interval: message.Seq(w.sc.Interval), Signed: true, OpBytes: w.sc.OpBytes}
	for i := 0; i < w.sc.Replicas; i++ {
		w.genesis.Members = append(w.genesis.Members, message.Member{ID: message.ReplicaID(i), Key: ring.Signer(i).Public(), Power: 1})
	}
	cluster, members, err := w.genesis.Cluster()
	if err != nil {
		panic(err)
	}
	w.root = message.Root(cluster)
	w.meter.Verifier = ring.Verifier()
	w.door = message.NewDoor(cluster, members, &w.meter, true, w.genesis.Limits())
	w.oracle, w.stranger = newOracle(w), newStranger(w.genesis, ring.Verifier())
	w.links = newLinks(w, src)
	faulty := map[int]bool{}
	for _, r := range w.sc.Faulty() {
		faulty[r] = true
	}
	for i := 0; i < w.sc.Replicas+len(w.sc.Twins); i++ {
		id := i
		if i >= w.sc.Replicas {
			id = w.sc.Twins[i-w.sc.Replicas]
		}
		w.hosts = append(w.hosts, &host{
			w: w, at: i, id: message.ReplicaID(id), signer: ring.Signer(id), faulty: faulty[id], src: split(src, 1, uint64(i)),
			filter: newFilter(split(src, 6, uint64(i))),
		})
	}
	for i, h := range w.hosts {
		h.steps.turn, h.steps.synced, h.steps.execute = h.turn, h.synced, h.executeOne
		h.clock = newHand(&w.sc, i, split(src, 5, uint64(i)))
	}
	for _, d := range w.sc.Disks {
		w.hosts[d.Replica].disk.faults = append(w.hosts[d.Replica].disk.faults, d)
	}
	for _, r := range w.sc.Gone() {
		w.hosts[r].lost = true
	}
	for _, f := range w.sc.Flips {
		h := w.hosts[f.Replica]
		h.flips, h.linked = append(h.flips, f), true
	}
	w.corrupt(src)
	for _, h := range w.hosts {
		h.boot(true)
	}
	for i := 0; i < w.sc.Clients; i++ {
		c := newClient(w, i, ring.Signer(1000+i), split(src, 2, uint64(i)))
		w.clients = append(w.clients, c)
		w.after(clock.Duration(i)*clock.Millisecond, c.start)
	}
	w.schedule()
}

// schedule arranges the scenario's crashes, pauses and images of disks.
func (w *World) schedule() {
	for _, c := range w.sc.Crashes {
		h := w.hosts[c.Replica]
		if c.Effect > 0 {
			h.crashAt = append(h.crashAt, c)
			inOrder(h.crashAt)
			continue
		}
		w.after(c.At, func() { h.strike(c) })
	}
	for _, p := range w.sc.Pauses {
		h := w.hosts[p.Replica]
		w.after(p.From, func() { h.pause(p) })
	}
	for _, d := range w.sc.Disks {
		if d.Fault == OldImage {
			disk := &w.hosts[d.Replica].disk
			w.after(d.From, func() { disk.image = len(disk.records) })
		}
	}
}

func (w *World) after(d clock.Duration, run func()) { w.later(d, deed{run: run}) }

func (w *World) later(d clock.Duration, x deed) {
	w.events.push(event{at: w.now.Add(d), deed: x})
}

func (w *World) elapsed() clock.Duration { return w.now.Sub(clock.At(1)) }

func (w *World) healed() bool { return w.elapsed() >= w.sc.Heal }

// finished reports whether enough was decided, every client got its answers, and all
// correct replicas of the core have executed what was ordered by then. Liars may go on
// asking for more.
func (w *World) finished() bool {
	if w.loaded() || len(w.oracle.chain) < w.sc.Decisions || w.oracle.decided() < w.sc.Decisions {
		return false
	}
	for _, c := range w.clients {
		if len(c.open) > 0 || c.session.Seq == 0 {
			return false
		}
	}
	if w.goal == 0 {
		w.goal = w.oracle.ordered
	}
	goal := max(w.goal, w.oracle.ackedTop)
	for _, h := range w.hosts {
		if !h.faulty && !h.lost && (h.core == nil || h.app.seq < goal) {
			return false
		}
	}
	return true
}

// note folds an event into the trace hash (FNV-1a).
func (w *World) note(vals ...uint64) {
	h := (w.hash ^ uint64(w.now.Nanos())) * 1099511628211
	for _, v := range vals {
		h = (h ^ v) * 1099511628211
	}
	w.hash = h
}

// fail ends the world with the first violation. Beyond f some are
// none: a fork, which is what is waited for there, and what comes of one.
func (w *World) fail(oracle, what string) {
	switch {
	case w.failure != nil || w.broken != nil:
	case w.sc.Beyond && permitted(oracle):
		if oracle != "I1" && oracle != "I13" {
			return
		}
		w.broken = &Failure{Oracle: oracle, At: w.elapsed(), What: what}
		w.emit(Event{Kind: EventViolation, Note: "beyond f: " + oracle + " " + what})
	default:
		w.violate(oracle, what)
	}
}

func (w *World) violate(oracle, what string) {
	if w.failure == nil {
		w.failure = &Failure{Oracle: oracle, At: w.elapsed(), What: what}
		w.emit(Event{Kind: EventViolation, Note: oracle + " " + what})
	}
}

func (w *World) whoWaits() string {
	s := ""
	for _, h := range w.hosts {
		switch {
		case h.liar != nil:
			s += fmt.Sprintf("\n  %d liar (%s)", h.at, h.liar.name)
		case h.core == nil:
			s += fmt.Sprintf("\n  %d down", h.at)
		default:
			st := h.core.Status()
			s += fmt.Sprintf("\n  %d view %d/%d tip %d certified %d decided %d applied %d stable %d pending %d suspected %v timeout %v: waits for %s",
				h.at, st.View, st.Target, st.Tip.Seq, st.Certified, st.Decided.Seq, st.Applied, st.Stable.Seq, st.Pending, st.Suspected, st.Timeout, st.Waiting)
		}
	}
	for _, c := range w.clients {
		s += fmt.Sprintf("\n  client %d session %v outstanding %d", c.id, c.session, len(c.open))
	}
	return s
}

func (w *World) result(sc Scenario) *Result {
	r := &Result{
		Hash: w.hash, Decisions: w.oracle.decided(), Events: w.steps, Elapsed: w.elapsed(), Failure: w.failure, Broken: w.broken, Convicted: w.convicted,
		Scenario: sc, Evidence: w.oracle.evidence, Missed: w.missed,
	}
	for _, h := range w.hosts {
		r.Crashes += h.crashes
		r.Effects = append(r.Effects, h.effects)
		if h.core != nil && !h.faulty {
			r.Views = max(r.Views, uint64(h.core.Status().View))
		}
	}
	for _, c := range w.clients {
		r.Requests += c.acked
	}
	r.Marks = w.marks
	return r
}
