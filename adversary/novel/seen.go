package novel

import (
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Seen is the set of changes that a search has met: what a replica was before a turn, and
// behind it. Whole states are no measure: nearly each world has some of its own, and long
// ones most.
type Seen struct {
	prints map[change]struct{}
	fresh  int           // met first in the world that is played now
	now    []core.Status // by process
	last   []uint64      // by process
}

// change is what one replica was and is, as part writes it.
type change struct{ from, to uint64 }

// NewSeen returns an empty set.
func NewSeen() *Seen { return &Seen{prints: map[change]struct{}{}} }

// Len returns how many changes there are.
func (s *Seen) Len() int { return len(s.prints) }

// Watch returns the option that has a world add its changes, and forgets those of the
// world before. One world is watched at a time.
func (s *Seen) Watch() sim.Option {
	s.fresh, s.now, s.last = 0, s.now[:0], s.last[:0]
	return sim.WithObserver(s.observe)
}

// Fresh returns how many changes the world watched last was the first to show.
func (s *Seen) Fresh() int { return s.fresh }

// observe notes what a turn of one process made of it.
func (s *Seen) observe(w *sim.World, process int) {
	for len(s.now) < w.Processes() {
		s.now, s.last = append(s.now, core.Status{}), append(s.last, 0)
	}
	if !w.Correct(process) {
		return
	}
	s.now[process] = w.Status(process)
	var view message.View
	var decided message.Seq
	for i := range s.now {
		view, decided = max(view, s.now[i].Target), max(decided, s.now[i].Decided.Seq)
	}
	c := change{from: s.last[process], to: s.part(process, w.Up(process), view, decided)}
	s.last[process] = c.to
	if _, ok := s.prints[c]; !ok {
		s.prints[c] = struct{}{}
		s.fresh++
	}
}

// part is what one replica adds: where it stands, next to the others and to itself. What
// grows without end is told in a few steps only.
func (s *Seen) part(i int, up bool, view message.View, decided message.Seq) uint64 {
	if !up {
		return 1
	}
	st := &s.now[i]
	p := uint64(1)
	add := func(values int, v uint64) { p = p*uint64(values) + min(v, uint64(values-1)) }
	flag := func(b bool) {
		if b {
			add(2, 1)
		} else {
			add(2, 0)
		}
	}
	add(3, uint64(view-st.Target))
	add(3, uint64(st.Target-st.View))
	flag(int(st.Primary) == i)
	add(3, uint64(decided-st.Decided.Seq))
	add(3, uint64(st.Tip.Seq-min(st.Tip.Seq, st.Certified)))
	add(3, uint64(st.Certified-min(st.Certified, st.Decided.Seq)))
	add(2, uint64(st.Decided.Seq-min(st.Decided.Seq, st.Applied)))
	flag(st.Tip.Seq == st.Base.Seq)
	flag(st.Tip.Seq < st.Decided.Seq)
	flag(st.Base.Seq > st.Decided.Seq)
	flag(st.Suspected)
	flag(st.Pending > 0)
	return p
}
