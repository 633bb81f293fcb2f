package score

import (
	"slices"

	"github.com/twothirds-bft/twothirds/adversary/attack"
	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// attacks plays the catalogue in rounds: the first scenario of each of its worlds, then
// the second of each that has more, and so on.
func attacks() Search {
	type play struct {
		world *attack.World
		list  []sim.Scenario
	}
	var worlds []play
	for _, a := range attack.All() {
		for i := range a.Worlds {
			worlds = append(worlds, play{&a.Worlds[i], a.Worlds[i].Scenarios()})
		}
	}
	round, next := 0, 0
	return func(uint64) *sim.Result {
		for range 2 * len(worlds) {
			if next == len(worlds) {
				round, next = round+1, 0
			}
			w := worlds[next]
			next++
			if round < len(w.list) {
				return w.world.Play(w.list[round])
			}
		}
		return nil
	}
}

// wanting plays a scenario of the catalogue with what its world wants.
func wanting(r *sim.Result) Player {
	for _, a := range attack.All() {
		for i := range a.Worlds {
			w := &a.Worlds[i]
			if slices.ContainsFunc(w.Scenarios(), func(sc sim.Scenario) bool { return sc.Name == r.Scenario.Name }) {
				return w.Play
			}
		}
	}
	return sim.Play
}
