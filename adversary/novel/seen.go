package novel

import (
	"cmp"
	"slices"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Seen is the set of fingerprints that a search has met.
type Seen struct {
	prints map[uint64]struct{}
	fresh  int           // met first in the world that is played now
	now    []core.Status // by process
	up     []bool
	parts  []uint64
}

// NewSeen returns an empty set.
func NewSeen() *Seen { return &Seen{prints: map[uint64]struct{}{}} }

// Len returns how many fingerprints there are.
func (s *Seen) Len() int { return len(s.prints) }

// Watch returns the option that has a world add its states, and forgets those of the
// world before. One world is watched at a time.
func (s *Seen) Watch() sim.Option {
	s.fresh, s.now, s.up = 0, s.now[:0], s.up[:0]
	return sim.WithObserver(s.observe)
}

// Fresh returns how many states the world watched last was the first to reach.
func (s *Seen) Fresh() int { return s.fresh }

// observe notes the state after a turn of one process.
func (s *Seen) observe(w *sim.World, process int) {
	for len(s.now) < w.Processes() {
		s.now, s.up = append(s.now, core.Status{}), append(s.up, false)
	}
	if !w.Correct(process) {
		return
	}
	s.now[process] = w.Status(process)
	var view message.View
	var decided message.Seq
	for i := range s.now {
		s.up[i] = w.Up(i)
		view, decided = max(view, s.now[i].Target), max(decided, s.now[i].Decided.Seq)
	}
	s.parts = s.parts[:0]
	for i := range s.now {
		if w.Correct(i) {
			s.parts = append(s.parts, s.part(i, view, decided))
		}
	}
	slices.SortFunc(s.parts, cmp.Compare[uint64])
	h := hash(14695981039346656037)
	for _, p := range s.parts {
		h.add(p)
	}
	if _, ok := s.prints[uint64(h)]; !ok {
		s.prints[uint64(h)] = struct{}{}
		s.fresh++
	}
}

// part is what one replica adds: where it stands, next to the others and to itself. What
// grows without end is told in a few steps only.
func (s *Seen) part(i int, view message.View, decided message.Seq) uint64 {
	if !s.up[i] {
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

// hash is FNV-1a over words.
type hash uint64

func (h *hash) add(v uint64) { *h = (*h ^ hash(v)) * 1099511628211 }
