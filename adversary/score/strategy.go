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
	// Player, if not nil, returns how a world that failed is played, for what the strategy
	// asks of it beside the oracles.
	Player func(*sim.Result) Player
	// Small, if not nil, makes the world of a number small where that is no scenario: it
	// returns what happens in it.
	Small func(i uint64) (steps []string)
}

// Player plays a scenario.
type Player func(sim.Scenario, ...sim.Option) *sim.Result

// Search plays the worlds of a strategy one after another: it is called with 0, 1, 2 and
// so on, by one goroutine, and may learn from what it saw. It returns nil when there are
// no more.
type Search func(i uint64) *sim.Result

// Strategies returns all, in the order of the table.
func Strategies() []Strategy {
	return []Strategy{
		{Name: "random", About: "generated worlds with every kind of fault at once", Start: generated(random), Player: differing},
		{Name: "swarm", About: "generated worlds as hunt plays them: a random half of the kinds of faults each (Groce et al., ISSTA 2012)", Start: generated(sim.Generate), Player: differing},
		{Name: "medley", About: "swarm, with liars that tell several lies each", Start: generated(medley), Player: differing},
		{Name: "mutate", About: "swarm, with liars that change their messages a little and sign them again (Winter et al., OOPSLA 2023)", Start: generated(mutated), Player: differing},
		{Name: "floods", About: "swarm, with a primary of view 0 that sends without end, in each of the ways that there are", Start: flooding},
		{Name: "edges", About: "swarm, with numbers that are small or large rather than likely", Start: generated(edges), Player: differing},
		{Name: "novelty", About: "variations of swarm worlds that reached new states", Start: novelty},
		{Name: "twins", About: "partitions of four replicas and one twin in 8 phases, sampled (Bano et al., OPODIS 2021)", Start: twinned(twins.Shape{})},
		{Name: "twins-shared", About: "twins in 5 phases, with crashes, and listeners that both bodies share", Start: twinned(twins.Shape{Phases: 5, Shared: true, Crashes: true})},
		{Name: "sweep", About: "short worlds with a crash of a process, or of all, after one of its writes, syncs or sends", Start: swept},
		{Name: "logs", About: "the real log on a disk that forgets what was not synced, whose syncs fail, that rots", Start: logs, Small: smallLog},
		{Name: "attacks", About: "the catalogue of attacks, each world of it once, then each from another seed", Start: attacks, Player: wanting},
		{Name: "exhaustive", About: "all that can happen in small worlds of one or two blocks and two or three views", Start: exhaustive},
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
