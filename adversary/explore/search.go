package explore

import (
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
)

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
	s.report.Bound = bounded(func() string {
		s.add(x.first, 0)
		return s.run()
	})
	r := s.report
	r.Closed = r.Bound == "" && r.Violation == nil
	r.States, r.Locals, r.Steps = len(s.order), len(x.locals), x.steps
	r.Elapsed = s.clock.Now().Sub(s.from)
	if r.Violation != nil {
		r.Violation.Confirmed = confirmed(w, r.Violation.Actions)
	}
	return r, nil
}

// bounded returns the bound that do comes to, be it one of the explorer's own.
func bounded(do func() string) (bound string) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case limit:
			bound = string(r)
		default:
			panic(r)
		}
	}()
	return do()
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

// run goes on until there is no new state, something is wrong, or a bound is reached,
// which it returns.
func (s *search) run() string {
	end := 1 // of this depth
	for i := 0; i < len(s.order) && s.report.Violation == nil; i++ {
		if i == end {
			end = len(s.order)
			s.report.Depth++
		}
		if len(s.order) >= s.o.States {
			return "states"
		}
		if i%4096 == 0 && s.o.Time > 0 && s.clock.Now().Sub(s.from) > s.o.Time {
			return "time"
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
	return ""
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
