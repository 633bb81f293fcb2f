package explore

import (
	"github.com/twothirds-bft/twothirds/clock"
)

const defaultStates = 1_000_000_000

// Run explores a world breadth first, so that a violation comes with a short way to it.
// It is deterministic and single-threaded. An error is a World that cannot be.
func Run(w World, o Options) (Report, error) {
	if err := w.Validate(); err != nil {
		return Report{}, err
	}
	if o.States == 0 {
		o.States = defaultStates
	}
	s := newSearch(w, o)
	s.report.Bound = bounded(s.run)
	r := s.report
	r.States, r.Boxes, r.Locals, r.Steps = s.size, len(s.boxes), len(s.x.locals), s.x.steps
	if r.Closed = r.Bound == "" && r.Violation == nil; r.Closed {
		r.States = 0
		s.states(func(uint64) { r.States++ })
	}
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
	boxes  []box // as they were found
	shapes []shape
	known  map[[correct]uint32][]uint32 // by least faces: boxes
	size   int                          // states of all boxes, those of several as often
	judged set                          // worlds of sights
	report Report
}

func newSearch(w World, o Options) *search {
	s := &search{x: newExplorer(w), o: o, clock: clock.System(), known: map[[correct]uint32][]uint32{}}
	s.from = s.clock.Now()
	return s
}

// add takes a box, unless one that was found before has all of it.
func (s *search) add(b box) {
	faces, shapes := s.x.shapes(&b)
	for _, old := range s.known[faces] {
		for _, f := range shapes {
			if s.x.holds(s.shapes[old], f) {
				return
			}
		}
	}
	s.known[faces] = append(s.known[faces], uint32(len(s.boxes)))
	s.boxes, s.shapes = append(s.boxes, b), append(s.shapes, shapes[0])
	s.size += s.x.size(&b)
	s.judge(&b)
}

// judge asks the oracles about all that can be seen in a box.
func (s *search) judge(b *box) {
	g := s.x.groups.list
	for _, p := range g[b.groups[0]].sights {
		for _, q := range g[b.groups[1]].sights {
			for _, r := range g[b.groups[2]].sights {
				w, l := world{p, q, r}, s.x.locals
				if s.report.Violation != nil || !s.judged.add(world{l[p].sight, l[q].sight, l[r].sight}.pack()) {
					continue
				}
				if f := s.x.judge(w); f != nil {
					s.report.Violation = &Violation{Oracle: f.oracle, What: f.what, Actions: s.x.actions(s.way(w))}
				}
			}
		}
	}
}

// run goes on until there is no new state, something is wrong, or a bound is reached,
// which it returns.
func (s *search) run() string {
	var first box
	for i, l := range s.x.first {
		first.groups[i] = s.x.group([]uint32{l})
	}
	s.add(s.x.settled(first))
	end := 1 // of this depth
	for i := 0; i < len(s.boxes) && s.report.Violation == nil; i++ {
		if i == end {
			end = len(s.boxes)
			s.report.Depth++
		}
		if bound := s.bound(); bound != "" {
			return bound
		}
		b := s.boxes[i]
		s.x.exits(&b, func(next box) {
			s.report.Transitions++
			next.from = uint32(i)
			s.add(next)
		})
	}
	return ""
}

// bound names the bound of the options that is reached, if one is.
func (s *search) bound() string {
	select {
	case <-s.o.Stop:
		return "an interrupt"
	default:
	}
	switch {
	case s.size >= s.o.States:
		return "states"
	case s.o.Time > 0 && s.clock.Now().Sub(s.from) > s.o.Time:
		return "time"
	}
	return ""
}

// states calls f with each state that was found, once, in the form that it has in common
// with those that differ by who is who.
func (s *search) states(f func(form uint64)) {
	var seen set
	for _, list := range s.known { // order: the callers' sums and sets have none
		size := 0
		for _, i := range list {
			size += s.x.size(&s.boxes[i])
		}
		seen.reset(size)
		for _, i := range list {
			s.x.worlds(&s.boxes[i], func(w world) {
				if form := s.x.canonical(w); seen.add(form) {
					f(form)
				}
			})
		}
	}
}
