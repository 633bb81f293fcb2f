package score

import (
	"fmt"
	"strings"

	"github.com/twothirds-bft/twothirds/adversary/novel"
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/adversary/twins"
)

// Strategy is one way of making worlds.
type Strategy struct {
	Name  string
	About string
	Start func() Search
}

// Search plays the worlds of a strategy one after another: it is called with 0, 1, 2 and
// so on, by one goroutine, and may learn from what it saw. It returns nil when there are
// no more.
type Search func(i uint64) *sim.Result

// Strategies returns all, in the order of the table.
func Strategies() []Strategy {
	return []Strategy{
		{"random", "generated worlds with every kind of fault at once", generated(random)},
		{"swarm", "generated worlds as hunt plays them: a random half of the kinds of faults each (Groce et al., ISSTA 2012)", generated(sim.Generate)},
		{"medley", "swarm, with liars that tell several lies each", generated(medley)},
		{"mutate", "swarm, with liars that change their messages a little and sign them again (Winter et al., OOPSLA 2023)", generated(mutated)},
		{"floods", "swarm, with a primary of view 0 that sends without end, in each of the ways that there are", flooding},
		{"edges", "swarm, with numbers that are small or large rather than likely", generated(edges)},
		{"novelty", "variations of swarm worlds that reached new states", novelty},
		{"twins", "partitions of four replicas and one twin in 8 phases, sampled (Bano et al., OPODIS 2021)", twinned(twins.Shape{})},
		{"twins-shared", "twins in 5 phases, with crashes, and listeners that both bodies share", twinned(twins.Shape{Phases: 5, Shared: true, Crashes: true})},
		{"sweep", "short worlds with a crash of a process, or of all, after one of its writes, syncs or sends", swept},
		{"logs", "the real log on a disk that forgets what was not synced, whose syncs fail, that rots", logs},
		{"attacks", "the catalogue of attacks, each world of it once, then each from another seed", attacks},
		{"exhaustive", "all that can happen in small worlds of one or two blocks and two or three views", exhaustive},
	}
}

// Find returns the strategy of a name.
func Find(name string) (Strategy, error) {
	var names []string
	for _, s := range Strategies() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Strategy{}, fmt.Errorf("score: there is no strategy %q; there are %s", name, strings.Join(names, ", "))
}

func novelty() Search {
	s := novel.New(1, sim.Options{})
	return func(uint64) *sim.Result { return s.Next() }
}

func twinned(shape twins.Shape) func() Search {
	return func() Search {
		space, err := twins.New(shape)
		if err != nil {
			panic(err) // the shapes above
		}
		return func(i uint64) *sim.Result {
			if i >= space.Size() {
				return nil
			}
			return sim.Play(space.Pick(1, i))
		}
	}
}
