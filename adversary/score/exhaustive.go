package score

import (
	"github.com/twothirds-bft/twothirds/adversary/explore"
	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// small are the worlds that are searched through, the quickest first: a liar that leads
// view 0, or no view of them, and so on. Slots 2, 0, 0 are two blocks in view 0 and views
// that inherit them.
var small = []explore.World{
	{Byzantine: 0},
	{Byzantine: 3},
	{Byzantine: 1},
	{Byzantine: 3, Slots: []int{2, 0, 0}},
	{Byzantine: 3, Crashes: 1},
	{Byzantine: 0, Crashes: 1},
	{Byzantine: 3, Slots: []int{2, 0}},
	{Byzantine: 0, Slots: []int{2, 1}},
	{Byzantine: 1, Slots: []int{2, 1}},
	{Byzantine: 0, Slots: []int{1, 1, 1}},
	{Byzantine: 2, Slots: []int{1, 1, 1}},
}

// statesMost bounds one of these searches. What is behind it is not seen.
const statesMost = 400_000

// exhaustive searches one small world after another; each counts as one world of the
// table.
func exhaustive() Search {
	return func(i uint64) *sim.Result {
		if i >= uint64(len(small)) {
			return nil
		}
		r, err := explore.Run(small[i], explore.Options{States: statesMost})
		if err != nil {
			panic(err) // the worlds above
		}
		out := &sim.Result{Events: r.Transitions}
		if v := r.Violation; v != nil {
			out.Failure = &sim.Failure{Oracle: v.Oracle, What: v.What}
		}
		return out
	}
}
