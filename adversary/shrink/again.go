package shrink

import (
	"cmp"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
)

const (
	few   = 25 // events fit on a page: what has more is looked for elsewhere, too
	width = 6  // stories that a beam holds
)

// again looks for a shorter story near the one that this one was made of. Taking messages
// away one by one ends where each is needed, which may be far from the shortest story.
func (s *shrinker) again(base story) {
	if s.live || s.events <= few {
		return
	}
	least := s.story
	for _, from := range s.beam(base) {
		if s.spentBy(again) || least.events <= few {
			break
		}
		s.story, s.late = from, false
		if s.descend(); s.events < least.events {
			least = s.story
		}
	}
	s.story, s.late = least, true
}

// beam returns stories of the violation, the shortest first: of random neighbours, of
// neighbours of the best of these, and so on, and of small worlds (beam search).
func (s *shrinker) beam(base story) []story {
	list := []story{base}
	for i := uint64(0); !s.spentBy(search); i++ {
		rng := rand.New(rand.NewPCG(i, 0))
		c, cuts := list[rng.IntN(len(list))].neighbour(rng)
		if i%2 == 0 {
			c, cuts = base.small(rng), nil
		}
		s.story, s.late, s.most, s.seeds, s.patience = base, false, unbounded, 0, base.failure.At+clock.Second
		if s.attempt(c, cuts) {
			list = append(list, s.story)
			slices.SortStableFunc(list, func(a, b story) int { return cmp.Compare(a.least(), b.least()) })
			list = list[:min(len(list), width)]
		}
	}
	return list
}

// neighbour returns a world like that of a story in which other messages are lost.
func (s *story) neighbour(rng *rand.Rand) (sim.Scenario, []cut) {
	c := s.best
	if rng.IntN(2) == 0 {
		c.Seed = uint64(rng.IntN(100))
	}
	cuts := slices.DeleteFunc(slices.Clone(s.cuts), func(cut) bool { return rng.IntN(4) == 0 })
	for n := 1 << rng.IntN(5); n > 0 && len(s.log.delivered) > 0; n-- {
		x := s.log.delivered[rng.IntN(len(s.log.delivered))].cut
		switch rng.IntN(4) {
		case 0:
			x = x.link()
		case 1:
			x = x.every()
		}
		cuts = append(cuts, x)
	}
	return c, cuts
}

// named is how a violation names a replica.
var named = regexp.MustCompile(`\breplicas? (\d+)`)

// least is how many messages the violation rests on at most: those that the replica that it
// names knew of in the end, or else all.
func (s *story) least() int {
	m := named.FindStringSubmatch(s.failure.What)
	if m == nil {
		return len(s.log.delivered)
	}
	r, err := strconv.Atoi(m[1])
	if err != nil {
		return len(s.log.delivered)
	}
	return len(s.log.past(r))
}
