package attack

import (
	"slices"

	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// World is one file of the catalogue and what is asked of it beside the oracles.
type World struct {
	File string // in catalogue/, without .toml
	// Each makes the scenarios for which the file is the pattern, such as a crash after each
	// effect. nil: the file as it is, from Seeds seeds.
	Each  func(sim.Scenario) []sim.Scenario
	Seeds int // default 2
	Want  Want
	// Options is what data cannot say, such as an application; nil: nothing.
	Options func(sim.Scenario) []sim.Option
}

const seedsDefault = 2

// Scenarios returns what is played, one for each seed.
func (w *World) Scenarios() []sim.Scenario {
	sc := read(w.File)
	if w.Each != nil {
		return w.Each(sc)
	}
	seeds := w.Seeds
	if seeds == 0 {
		seeds = seedsDefault
	}
	return reseeded(sc, seeds)
}

// reseeded returns a scenario from k seeds, its own and those that follow.
func reseeded(sc sim.Scenario, k int) []sim.Scenario {
	out := make([]sim.Scenario, k)
	for i := range out {
		out[i] = sc
		out[i].Seed += uint64(i)
	}
	return out
}

// Play plays one of the scenarios, and adds to the oracles what the world wants.
func (w *World) Play(sc sim.Scenario, opts ...sim.Option) *sim.Result {
	var own []sim.Option
	if w.Options != nil {
		own = w.Options(sc)
	}
	measured := func(sc sim.Scenario, opts ...sim.Option) (*sim.Result, *gauge) {
		g := newGauge(sc)
		return sim.Play(sc, slices.Concat(own, opts, []sim.Option{sim.WithInvariant(g)})...), g
	}
	r, g := measured(sc, opts...)
	if r.Failure == nil {
		r.Failure = w.Want.judge(r, g, func() (*sim.Result, *gauge) { return measured(Calm(sc)) })
	}
	return r
}

// Calm returns a scenario without its faults: what its throughput is held against.
func Calm(sc sim.Scenario) sim.Scenario {
	c := sim.Scenario{
		Name: sc.Name, Seed: sc.Seed, Replicas: sc.Replicas, Decisions: sc.Decisions, Until: sc.Until, Interval: sc.Interval,
		Window: sc.Window, Clients: sc.Clients, Burst: sc.Burst, Wide: sc.Wide, Load: sc.Load, Ahead: sc.Ahead, OpsBlock: sc.OpsBlock, Answer: sc.Answer,
		TurnMax: sc.TurnMax, SyncMax: sc.SyncMax, ExecMax: sc.ExecMax,
	}
	c.Links.DelayMin, c.Links.DelayMax = sc.Links.DelayMin, sc.Links.DelayMax
	return c
}
