package shrink

import (
	"slices"

	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// variants tries what is neither simpler nor harder but may make the story shorter: other
// seeds, and checkpoints more often.
func (s *shrinker) variants() bool {
	for k := range uint64(20) {
		c := s.best
		c.Seed = k
		s.shorter(c, k < s.best.Seed)
	}
	for _, k := range []int{1, 2, 4} {
		c := s.best
		c.Interval, c.Window = k, min(c.Window, k)
		s.shorter(c, false)
	}
	return false
}

// shorter takes a candidate if it has fewer events, or as many if they will do.
func (s *shrinker) shorter(c sim.Scenario, same bool) {
	if s.most = s.events; !same {
		s.most--
	}
	s.attempt(c, s.cuts)
	s.most = unbounded
}

// losses makes cuts of what is lost by chance, so that no chance is left in it.
func (s *shrinker) losses() bool {
	if s.best.Links.LossPercent == 0 {
		return false
	}
	l := newLog(&s.best, s.live)
	l.losses = true
	s.watched(full(s.best, s.cuts), l)
	c := s.best
	c.Links.LossPercent = 0
	s.most = unbounded
	s.attempt(c, append(slices.Clip(s.cuts), l.lost...))
	return false
}
