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
		{"random", "generated worlds with every kind of fault switched on", generated(random)},
		{"swarm", "generated worlds as hunt plays them, a random half of the kinds of faults each (Groce et al., ISSTA 2012)", generated(swarm)},
		{"twins", "partitions of four replicas and one twin in 8 phases, sampled", twinned(twins.Shape{})},
		{"twins-shared", "the same in 5 phases, with crashes, and listeners that both bodies of the twin share", twinned(twins.Shape{Phases: 5, Shared: true, Crashes: true})},
		{"mutate", "generated worlds whose liars change their messages a little and sign them again (Winter et al., OOPSLA 2023)", generated(mutated)},
		{"novelty", "variations of generated worlds that reached new states", novelty},
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

// sizes of clusters that generated worlds take in turn: every other has the smallest that
// masks a fault, the rest are those whose arithmetic differs from n = 3f+1, and larger
// ones.
var sizes = []int{4, 5, 4, 6, 4, 7, 4, 10}

// twice is how often a generated world is played again to compare traces (I21).
const twice = 16

// generated makes a strategy of a function from seeds, from 1 on, to scenarios.
func generated(scenario func(src sim.Source, o sim.Options) sim.Scenario) func() Search {
	return func() Search {
		return func(i uint64) *sim.Result {
			sc := scenario(sim.Seed(i+1), sim.Options{Replicas: sizes[i%uint64(len(sizes))]})
			r := sim.Play(sc)
			if i%twice == 0 && r.Failure == nil && sim.Play(sc).Hash != r.Hash {
				r.Failure = &sim.Failure{Oracle: "I21", What: "the same seed gave two traces"}
			}
			return r
		}
	}
}

func swarm(src sim.Source, o sim.Options) sim.Scenario { return sim.Generate(src, o) }

// random switches on what swarm testing switches on in half of the worlds each.
func random(src sim.Source, o sim.Options) sim.Scenario {
	return sim.Generate(sim.Func(func(label string, n uint64) uint64 {
		v := src.Draw(label, n)
		switch {
		case strings.HasPrefix(label, "swarm-"):
			return n - 1
		case label == "calm":
			return 0
		}
		return v
	}), o)
}

// mutated has liars that know of the protocol only how its messages are built.
func mutated(src sim.Source, o sim.Options) sim.Scenario {
	o.Behaviours = []string{"mutate", "mutate-deep"}
	return sim.Generate(src, o)
}

func novelty() Search {
	s := novel.New(1, sim.Options{})
	return func(i uint64) *sim.Result {
		s.Options.Replicas = sizes[i%uint64(len(sizes))]
		return s.Next()
	}
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
