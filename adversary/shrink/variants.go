package shrink

import (
	"slices"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
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

const (
	large = 100 // events: what has more is looked for in lossy worlds
	tries = 30  // seeds of each
)

// lossy looks for a large story's violation in small worlds in which all goes in step
// and many messages are lost. There the seed picks messages to take away at random, and
// may find what taking them away one by one does not.
func (s *shrinker) lossy() bool {
	if s.live || s.events <= large {
		return false
	}
	from := s.best
	end := round(s.failure.At+s.failure.At/10+20*clock.Millisecond, 2)
	for _, decisions := range []int{1, 2, 4} {
		for _, delay := range []clock.Duration{clock.Millisecond, 10 * clock.Millisecond} {
			for _, loss := range []uint64{15, 30, 45} {
				for seed := range uint64(tries) {
					s.shorter(sim.Scenario{
						Name: from.Name, About: from.About, Seed: seed, Replicas: from.Replicas, Decisions: decisions,
						Interval: from.Interval, Window: from.Window, Clients: 1, Ahead: 1, OpsBlock: 1,
						Beyond: from.Beyond, Byzantine: from.Byzantine, Twins: from.Twins, Heal: end, Burst: true,
						Links: sim.Links{DelayMin: delay, DelayMax: delay, LossPercent: loss},
					}, false)
				}
			}
		}
	}
	return false
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
	s.attempt(c, append(slices.Clip(s.cuts), l.lost...))
	return false
}
