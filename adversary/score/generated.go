package score

import (
	"errors"
	"slices"
	"strings"

	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// twice is how often a generated world is played again to compare traces (I21).
const twice = 16

// generated makes a strategy of a function from sources to scenarios; seeds count from 1.
func generated(scenario func(sim.Source, sim.Options) sim.Scenario) func() Search {
	return func() Search {
		return func(i uint64) *sim.Result {
			sc := scenario(sim.Seed(i+1), sim.Options{})
			r := sim.Play(sc)
			if i%twice == 0 && r.Failure == nil && sim.Play(sc).Hash != r.Hash {
				r.Failure = &sim.Failure{Oracle: differs, What: "the same seed gave two traces"}
			}
			return r
		}
	}
}

// differs is the oracle of worlds that do not play the same again (I21).
const differs = "I21"

// differing plays a scenario again and again until the trace differs from the first one,
// and ends it there.
func differing(*sim.Result) Player {
	return func(sc sim.Scenario, opts ...sim.Option) (r *sim.Result) {
		var first []string
		r = sim.Play(sc, sim.WithTrace(func(e sim.Event) { first = append(first, e.String()) }))
		for range again {
			if r.Failure != nil {
				return r
			}
			r = sim.Play(sc, append(slices.Clip(opts), sim.WithInvariant(&repeats{trace: first}))...)
		}
		return r
	}
}

// again is how often a world is played that may differ by chance.
const again = 4

// repeats is the invariant that a trace is that of an earlier run.
type repeats struct{ trace []string }

// Name implements sim.Invariant.
func (*repeats) Name() string { return differs }

// OnEvent implements sim.Invariant.
func (r *repeats) OnEvent(_ *sim.World, e sim.Event) error {
	if len(r.trace) == 0 || r.trace[0] != e.String() {
		return errDiffers
	}
	r.trace = r.trace[1:]
	return nil
}

// AtEnd implements sim.Invariant.
func (*repeats) AtEnd(*sim.World) error { return nil }

var errDiffers = errors.New("the same seed gave two traces")

// random has all faults at once: what swarm testing is measured against.
func random(src sim.Source, o sim.Options) sim.Scenario {
	for _, f := range sim.Faults() {
		o.Only = append(o.Only, f.Name)
	}
	return sim.Generate(src, o)
}

// mutated has liars that know of the protocol only how its messages are built.
func mutated(src sim.Source, o sim.Options) sim.Scenario {
	o.Behaviours = []string{"mutate", "mutate-deep"}
	return sim.Generate(src, o)
}

// How many lies a liar of a medley tells, and in how many messages of 100 each.
const (
	lies    = 6
	percent = "40"
)

// medley has liars that tell several lies each, so that few worlds have tried them all. The
// two liars of a world of seven may be alike.
func medley(src sim.Source, o sim.Options) sim.Scenario {
	var list []string
	for _, b := range liar.Behaviours {
		switch b.Name {
		case "silent": // nobody would hear the others
		case "mutate", "mutate-deep", "kaleidoscope", "overflow": // others would not know what they are given
		default:
			list = append(list, b.Name)
		}
	}
	for range 2 {
		some := make([]string, lies)
		for i := range some {
			some[i] = "sometimes(" + percent + "," + list[src.Draw("lie", uint64(len(list)))] + ")"
		}
		o.Behaviours = append(o.Behaviours, "compose("+strings.Join(some, ",")+")")
	}
	return sim.Generate(src, o)
}
