package shrink

import (
	"math/rand/v2"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
)

const (
	large = 100 // events: what has more is looked for in small worlds at once
	tries = 500 // of these
)

// small looks for a large story's violation in small worlds, which are quick to play: the
// one whose violation rests on the fewest messages is gone on with.
func (s *shrinker) small() bool {
	from, best := s.story, s.story
	if s.events <= large {
		return false
	}
	for i := uint64(0); i < tries && !s.spentBy(early); i++ {
		s.story = from
		if s.attempt(from.small(rand.New(rand.NewPCG(i, 1))), nil) && s.least() < best.least() {
			best = s.story
		}
	}
	s.story = best
	return false
}

// small returns a small world with the liars and twins of a story, and perhaps with other
// faults of it, in which all goes in step and messages are lost by chance and on links that
// are down for a while: partitions drawn at random find much (Bano et al., Twins, OPODIS
// 2021).
func (s *story) small(rng *rand.Rand) sim.Scenario {
	from := &s.best
	delay := []clock.Duration{clock.Millisecond, 10 * clock.Millisecond}[rng.IntN(2)]
	c := sim.Scenario{
		Name: from.Name, About: from.About, Seed: uint64(rng.IntN(1000)), Replicas: from.Replicas, Decisions: 1 << rng.IntN(3),
		Clients: 1 + rng.IntN(2), Ahead: 1, OpsBlock: 1, Interval: from.Interval, Window: from.Window, Burst: true,
		Beyond: from.Beyond, Byzantine: from.Byzantine, Twins: from.Twins, Lost: from.Lost,
		Heal: round(s.failure.At+s.failure.At/10+20*clock.Millisecond, 2), Limit: from.Limit, Cap: from.Cap,
		Links: sim.Links{DelayMin: delay, DelayMax: delay, LossPercent: uint64(15 * rng.IntN(3))},
	}
	if s.failure.Oracle == liveness {
		c.Heal = min(from.Heal, clock.Duration(rng.Int64N(int64(clock.Second))))
	}
	if rng.IntN(2) == 0 {
		c.Interval, c.Window = 1<<rng.IntN(3), 0
	}
	if rng.IntN(2) == 0 {
		c.Crashes, c.Pauses, c.Disks, c.Clocks = from.Crashes, from.Pauses, from.Disks, from.Clocks
	}
	if c.Heal > 0 {
		c.Rules = outages(&c, rng)
	}
	return c
}

// outages returns up to three stretches of time in each of which some links are down.
func outages(c *sim.Scenario, rng *rand.Rand) (list []sim.Rule) {
	ends := replicas(c) + len(c.Twins) + c.Clients
	begin := clock.Duration(0)
	for range 1 + rng.IntN(3) {
		end := begin + 1 + clock.Duration(rng.Int64N(int64(c.Heal)))
		odds := 2 + rng.IntN(3)
		for a := range ends {
			r := sim.Rule{Do: sim.Drop, From: []int{a}, Begin: begin, End: end}
			for b := range ends {
				if a != b && rng.IntN(odds) == 0 {
					r.To = append(r.To, b)
				}
			}
			if r.To != nil {
				list = append(list, r)
			}
		}
		begin = end
	}
	return list
}
