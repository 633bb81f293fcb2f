package explore

import (
	"fmt"
	"math/rand/v2"

	"github.com/twothirds-bft/twothirds/clock"
)

// WalkOptions bound a sample of walks. Zero fields mean the defaults.
type WalkOptions struct {
	Seed  uint64         // of the first walk; each further one has the next
	Walks int            // default 1,000
	Moves int            // of one walk; default 100
	Time  clock.Duration // of this machine; default none
}

// Walk samples a world that is too large to close: walks from the first state, each move
// drawn from those that Run would try. Report.States counts moves, and Report.Violation
// names the walk's seed; its way is not the shortest. An error is a World that cannot be.
func Walk(w World, o WalkOptions) (Report, error) {
	if err := w.Validate(); err != nil {
		return Report{}, err
	}
	if o.Walks == 0 {
		o.Walks = 1000
	}
	if o.Moves == 0 {
		o.Moves = 100
	}
	x := newExplorer(w)
	var r Report
	system := clock.System()
	from := system.Now()
	r.Bound = bounded(func() string {
		for k := 0; k < o.Walks && r.Violation == nil && (o.Time == 0 || system.Now().Sub(from) < o.Time); k++ {
			x.walk(x.first, o.Seed+uint64(k), o.Moves, &r)
		}
		return "walks"
	})
	if r.Violation != nil {
		r.Violation.Confirmed = confirmed(w, r.Violation.Actions)
	}
	r.Locals, r.Steps, r.Elapsed = len(x.locals), x.steps, system.Now().Sub(from)
	return r, nil
}

// walk goes one way.
func (x *explorer) walk(w world, seed uint64, most int, r *Report) {
	rnd := rand.New(rand.NewPCG(seed, 0))
	var path []world
	for depth := 1; depth <= most; depth++ {
		next, ok := x.stray(w, rnd)
		if !ok {
			return
		}
		path = append(path, next)
		r.States++
		r.Transitions++
		r.Depth = max(r.Depth, depth)
		if f := x.judge(next); f != nil {
			r.Violation = &Violation{Oracle: f.oracle, What: fmt.Sprintf("%s (walk of seed %d)", f.what, seed), Actions: x.actions(path)}
			return
		}
		w = next
	}
}

// stray draws a move: of any replica, and of any kind, first, so that the many ways in
// which votes come in do not crowd out the rest.
func (x *explorer) stray(w world, rnd *rand.Rand) (world, bool) {
	for _, slot := range rnd.Perm(correct) {
		byPart := [partCount][]world{}
		var filled []int
		x.changes(w, slot, func(p int, _ move, next world) {
			if len(byPart[p]) == 0 {
				filled = append(filled, p)
			}
			byPart[p] = append(byPart[p], next)
		})
		if len(filled) > 0 {
			list := byPart[filled[rnd.IntN(len(filled))]]
			return list[rnd.IntN(len(list))], true
		}
	}
	return w, false
}
