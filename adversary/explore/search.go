package explore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/twothirds-bft/twothirds/clock"
)

// Options bound an exploration. Zero fields mean no bound.
type Options struct {
	States int            // distinct states; default 20 million, which take about half a gigabyte
	Time   clock.Duration // of this machine
}

// Report is what an exploration found.
type Report struct {
	States      int    // distinct states of the world
	Transitions uint64 // moves between them, those that change nothing apart
	Depth       int    // moves from the first state to the last new one
	Locals      int    // distinct states of single replicas
	Steps       uint64 // inputs that were given to a core
	Closed      bool   // there are no further states
	Elapsed     clock.Duration
	Violation   *Violation // nil if nothing is wrong
}

// String returns the report in one line, and the violation behind it.
func (r Report) String() string {
	end := "bounded"
	if r.Closed {
		end = "closed"
	}
	if r.Violation != nil {
		end = "violated"
	}
	perSecond := float64(r.States) / max(r.Elapsed.Seconds(), 1e-9)
	s := fmt.Sprintf("%s: %d states, %d transitions, depth %d, %d states of one replica, %d steps, %.1f s, %.0f states/s",
		end, r.States, r.Transitions, r.Depth, r.Locals, r.Steps, r.Elapsed.Seconds(), perSecond)
	if r.Violation != nil {
		s += "\n" + r.Violation.String()
	}
	return s
}

// Violation is a shortest way to something that must never be.
type Violation struct {
	Oracle  string // as I1: see the package doc
	What    string
	Actions []Action
}

// Action is one move: what a replica is given in one turn.
type Action struct {
	Replica int
	Input   string
	Crashes bool     // on the way or behind it
	Says    []string // what it says then and has not said before, by name
}

// String returns the story, one line a move.
func (v *Violation) String() string {
	var b strings.Builder
	for i, a := range v.Actions {
		fmt.Fprintf(&b, "%3d. %d gets %s\n", i+1, a.Replica, a.Input)
		if a.Crashes {
			fmt.Fprintf(&b, "       crashes and restarts\n")
		}
		if len(a.Says) > 0 {
			fmt.Fprintf(&b, "       says %s\n", strings.Join(a.Says, ", "))
		}
	}
	fmt.Fprintf(&b, "     %s: %s", v.Oracle, v.What)
	return b.String()
}

const defaultStates = 20_000_000

// Run explores a world breadth first, so that a violation comes with a shortest way to it.
// It is deterministic and single-threaded. An error is a World that cannot be.
func Run(w World, o Options) (Report, error) {
	if err := w.Validate(); err != nil {
		return Report{}, err
	}
	if o.States == 0 {
		o.States = defaultStates
	}
	x := newExplorer(w)
	s := search{x: x, o: o, clock: clock.System()}
	s.from = s.clock.Now()
	s.add(x.first, 0)
	s.run()
	r := s.report
	r.States, r.Locals, r.Steps = len(s.order), len(x.locals), x.steps
	r.Elapsed = s.clock.Now().Sub(s.from)
	return r, nil
}

// search is a breadth-first search.
type search struct {
	x      *explorer
	o      Options
	clock  clock.Clock
	from   clock.Instant
	order  []uint64 // states as they were found
	parent []uint32 // by the index in order
	seen   set
	report Report
}

// add takes a state that was come to from that of an index.
func (s *search) add(w world, from uint32) {
	if !s.seen.add(s.x.canonical(w)) {
		return
	}
	s.order, s.parent = append(s.order, w.pack()), append(s.parent, from)
	if f := s.x.judge(w); f != nil && s.report.Violation == nil {
		s.report.Violation = &Violation{Oracle: f.oracle, What: f.what, Actions: s.way(len(s.order) - 1)}
	}
}

func (s *search) run() {
	end := 1 // of this depth
	for i := 0; i < len(s.order) && s.report.Violation == nil; i++ {
		if i == end {
			end = len(s.order)
			s.report.Depth++
		}
		if i%4096 == 0 && (len(s.order) >= s.o.States || s.o.Time > 0 && s.clock.Now().Sub(s.from) > s.o.Time) {
			return
		}
		w := unpack(s.order[i])
		for slot := range w {
			s.x.moves(w, slot, func(_ int, m move) {
				s.report.Transitions++
				next := w
				next[slot] = m.to
				s.add(next, uint32(i))
			})
		}
	}
	s.report.Closed = s.report.Violation == nil
}

// way returns the actions that lead to the state of an index.
func (s *search) way(i int) []Action {
	var path []world
	for ; i > 0; i = int(s.parent[i]) {
		path = append(path, unpack(s.order[i]))
	}
	slices.Reverse(path)
	return s.x.actions(path)
}

// actions says how a world becomes what it is at the end of a path from its first state.
func (x *explorer) actions(path []world) (out []Action) {
	at := x.first
	for _, w := range path {
		out = append(out, x.action(at, w))
		at = w
	}
	return out
}

// action says how one state becomes another.
func (x *explorer) action(from, to world) (a Action) {
	for i := range from {
		if from[i] == to[i] {
			continue
		}
		x.moves(from, i, func(_ int, m move) {
			if m.to == to[i] && a.Input == "" {
				a = Action{Replica: x.ids[i], Input: x.inputs[m.input].name, Says: x.news(from[i], to[i])}
				a.Crashes = x.locals[to[i]].crashes > x.locals[from[i]].crashes
			}
		})
	}
	return a
}

// news are the sayings that a replica has added.
func (x *explorer) news(from, to uint32) (out []string) {
	old := x.locals[from].said
	for _, id := range x.locals[to].said {
		if len(insert(old, id)) > len(old) {
			out = append(out, x.name(id))
		}
	}
	slices.Sort(out)
	return out
}

// set is a hash set of words that are not 0.
type set struct {
	table []uint64
	n     int
}

// add reports whether p is new.
func (s *set) add(p uint64) bool {
	if 4*(s.n+1) > 3*len(s.table) {
		s.grow()
	}
	if !s.put(p) {
		return false
	}
	s.n++
	return true
}

func (s *set) put(p uint64) bool {
	mask := uint64(len(s.table) - 1)
	h := p * 0x9e3779b97f4a7c15
	for i := (h ^ h>>32) & mask; ; i = (i + 1) & mask {
		switch s.table[i] {
		case 0:
			s.table[i] = p
			return true
		case p:
			return false
		}
	}
}

func (s *set) grow() {
	old := s.table
	s.table = make([]uint64, max(1<<12, 2*len(old)))
	for _, p := range old {
		if p != 0 {
			s.put(p)
		}
	}
}
