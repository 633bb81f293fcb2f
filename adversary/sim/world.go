package sim

import (
	"container/heap"
	"fmt"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// World is one run: replicas, clients, links, disks and one clock, all driven by
// one event loop. It is used by one goroutine.
type World struct {
	src     Source
	sc      Scenario
	now     clock.Instant
	events  events
	count   uint64 // events pushed: breaks ties
	hash    uint64
	hosts   []*host
	clients []*simClient
	door    *message.Door
	genesis message.Genesis
	root    message.Point
	oracle  *oracle
	failure *Failure
	steps   uint64
	missed  int
	trace   func(string)
	tune    func(*core.Config)
}

// Failure is an invariant that did not hold.
type Failure struct {
	Oracle string // such as I1
	At     clock.Instant
	What   string
}

// Error implements error.
func (f *Failure) Error() string { return fmt.Sprintf("%s at %v: %s", f.Oracle, f.At, f.What) }

// Result is what a run showed.
type Result struct {
	Hash      uint64 // of the trace: equal for equal seeds
	Decisions int    // blocks decided by all correct replicas
	Views     uint64 // highest view entered
	Events    uint64
	Requests  int            // client operations acknowledged
	Elapsed   clock.Duration // virtual
	Evidence  int            // proofs against liars
	Crashes   int
	Missed    int // most blocks that a replica was behind another when it started again
	Failure   *Failure
	Scenario  Scenario
}

type event struct {
	at  clock.Instant
	seq uint64
	run func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at.Before(e[j].at) || e[i].at == e[j].at && e[i].seq < e[j].seq
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }

// Push implements heap.Interface.
func (e *events) Push(x any) { *e = append(*e, x.(event)) }

// Pop implements heap.Interface.
func (e *events) Pop() any {
	old := *e
	x := old[len(old)-1]
	old[len(old)-1] = event{}
	*e = old[:len(old)-1]
	return x
}

// Option changes how a world runs.
type Option func(*World)

// WithTrace has every event of interest written as a line.
func WithTrace(f func(string)) Option { return func(w *World) { w.trace = f } }

// WithConfig lets a test change the configuration of the correct cores.
func WithConfig(f func(*core.Config)) Option { return func(w *World) { w.tune = f } }

// eventsMax ends a world that never comes to rest; liveness is lost then.
const eventsMax = 5_000_000

// Run plays a scenario to its end or to the first violation.
func Run(src Source, sc Scenario, opts ...Option) *Result {
	if err := sc.validate(); err != nil {
		return &Result{Failure: &Failure{Oracle: "scenario", What: err.Error()}, Scenario: sc}
	}
	w := &World{src: src, sc: sc, now: clock.At(1), hash: 14695981039346656037}
	for _, o := range opts {
		o(w)
	}
	w.build()
	for w.failure == nil && len(w.events) > 0 && !w.finished() {
		e := heap.Pop(&w.events).(event)
		w.now = e.at
		w.steps++
		if w.now.Sub(clock.At(1)) > sc.Heal+sc.Limit || w.steps > eventsMax {
			w.fail("I13", "not everything is decided: "+w.whoWaits())
			break
		}
		e.run()
	}
	if w.failure == nil {
		w.oracle.atEnd()
	}
	return w.result()
}

func (w *World) build() {
	ring := cryptotest.NewRing(1)
	w.genesis = message.Genesis{Name: "sim", Interval: message.Seq(w.sc.Interval), Signed: true}
	for i := 0; i < w.sc.Replicas; i++ {
		w.genesis.Members = append(w.genesis.Members, message.Member{ID: message.ReplicaID(i), Key: ring.Signer(i).Public(), Power: 1})
	}
	cluster, members, err := w.genesis.Cluster()
	if err != nil {
		panic(err)
	}
	w.root = message.Root(cluster)
	w.door = message.NewDoor(cluster, members, ring.Verifier(), true, message.Limits{})
	w.oracle = newOracle(w)
	liars := map[int]string{}
	for _, l := range w.sc.Byzantine {
		liars[l.Replica] = l.Behaviour
	}
	for i := 0; i < w.sc.Replicas; i++ {
		h := &host{w: w, id: i, signer: ring.Signer(i)}
		if name, ok := liars[i]; ok {
			h.liar = newLiar(name, h)
		}
		w.hosts = append(w.hosts, h)
	}
	for _, h := range w.hosts {
		h.boot(true)
	}
	for i := 0; i < w.sc.Clients; i++ {
		c := newClient(w, i, ring.Signer(1000+i))
		w.clients = append(w.clients, c)
		w.after(clock.Duration(i)*clock.Millisecond, c.start)
	}
	w.schedule()
}

// schedule arranges the scenario's crashes and pauses.
func (w *World) schedule() {
	for _, c := range w.sc.Crashes {
		h := w.hosts[c.Replica]
		w.after(c.At, h.crash)
		w.after(c.At+c.Down, func() { h.boot(false) })
	}
	for _, p := range w.sc.Pauses {
		h := w.hosts[p.Replica]
		w.after(p.From, func() { h.pausedTo = clock.At(1).Add(p.To) })
	}
}

func (w *World) after(d clock.Duration, run func()) { w.at(w.now.Add(d), run) }

func (w *World) at(t clock.Instant, run func()) {
	w.count++
	heap.Push(&w.events, event{at: t, seq: w.count, run: run})
}

func (w *World) elapsed() clock.Duration { return w.now.Sub(clock.At(1)) }

func (w *World) healed() bool { return w.elapsed() >= w.sc.Heal }

// finished reports whether enough was decided, every client got its answers, and
// all correct replicas stand at one place after Heal.
func (w *World) finished() bool {
	if w.oracle.decided() < w.sc.Decisions {
		return false
	}
	for _, c := range w.clients {
		if len(c.open) > 0 || c.session.Seq == 0 {
			return false
		}
	}
	first := message.Seq(0)
	for _, h := range w.hosts {
		if h.liar != nil {
			continue
		}
		if h.core == nil || h.app.seq == 0 || first != 0 && h.app.seq != first {
			return false
		}
		first = h.app.seq
	}
	return first >= w.oracle.ackedTop
}

// note folds an event into the trace hash (FNV-1a) and writes it where asked.
func (w *World) note(vals ...uint64) {
	h := (w.hash ^ uint64(w.now.Nanos())) * 1099511628211
	for _, v := range vals {
		h = (h ^ v) * 1099511628211
	}
	w.hash = h
}

func (w *World) tracef(format string, args ...any) {
	if w.trace != nil {
		w.trace(fmt.Sprintf("%12v ", w.elapsed()) + fmt.Sprintf(format, args...))
	}
}

func (w *World) fail(oracle, what string) {
	if w.failure == nil {
		w.failure = &Failure{Oracle: oracle, At: w.now, What: what}
		w.tracef("VIOLATION %s %s", oracle, what)
	}
}

func (w *World) whoWaits() string {
	s := ""
	for _, h := range w.hosts {
		switch {
		case h.liar != nil:
			s += fmt.Sprintf("\n  %d liar (%s)", h.id, h.liar.name)
		case h.core == nil:
			s += fmt.Sprintf("\n  %d down", h.id)
		default:
			st := h.core.Status()
			s += fmt.Sprintf("\n  %d view %d/%d tip %d certified %d decided %d applied %d stable %d pending %d suspected %v timeout %v: waits for %s",
				h.id, st.View, st.Target, st.Tip.Seq, st.Certified, st.Decided.Seq, st.Applied, st.Stable.Seq, st.Pending, st.Suspected, st.Timeout, st.Waiting)
		}
	}
	for _, c := range w.clients {
		s += fmt.Sprintf("\n  client %d session %v outstanding %d", c.id, c.session, len(c.open))
	}
	return s
}

func (w *World) result() *Result {
	r := &Result{
		Hash: w.hash, Decisions: w.oracle.decided(), Events: w.steps, Elapsed: w.elapsed(), Failure: w.failure,
		Scenario: w.sc, Evidence: w.oracle.evidence, Missed: w.missed,
	}
	for _, h := range w.hosts {
		r.Crashes += h.crashes
		if h.core != nil && h.liar == nil {
			r.Views = max(r.Views, uint64(h.core.Status().View))
		}
	}
	for _, c := range w.clients {
		r.Requests += c.acked
	}
	return r
}
