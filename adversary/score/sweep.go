package score

import (
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
)

// sweepMost is how many crashes of one world are tried. All would be some hundreds, and
// most of them alike.
const sweepMost = 32

// swept plays short worlds whose processes do not fail, and then each of them again with
// crashes drawn from those of a sweep: of one process, or the power of all, after an
// effect.
func swept() Search {
	var left []sim.Scenario
	base := uint64(0)
	return func(uint64) *sim.Result {
		if len(left) > 0 {
			sc := left[0]
			left = left[1:]
			return sim.Play(sc)
		}
		base++
		src := sim.Seed(base)
		sc := sim.Generate(src, sim.Options{Decisions: 10, Without: []string{"processes", "disks"}})
		r := sim.Play(sc)
		if r.Failure == nil {
			down := clock.Duration(1+src.Draw("down", 300)) * clock.Millisecond
			left = some(src, (&sim.SweepOptions{Power: true, Down: down}).Worlds(sc, r.Effects), sweepMost)
		}
		return r
	}
}

// some draws up to so many of a list, in the order in which they are drawn. It reorders
// the list.
func some[T any](src sim.Source, list []T, most int) []T {
	most = min(most, len(list))
	for i := range most {
		j := i + int(src.Draw("some", uint64(len(list)-i)))
		list[i], list[j] = list[j], list[i]
	}
	return list[:most]
}
