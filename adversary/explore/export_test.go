package explore

import (
	"fmt"
	"math/rand/v2"
)

// Covered walks through a world message by message, on cores that forget nothing, and
// returns an error if a state on the way is none of those that Run finds, votes heard
// apart.
func Covered(w World, states int, seed uint64, walks, moves int) (visited int, err error) {
	s := search{x: newExplorer(w), o: Options{States: states}}
	s.add(s.x.first, 0)
	s.run()
	if !s.report.Closed {
		return 0, fmt.Errorf("not closed: %d states", len(s.order))
	}
	w.Apart = true
	x := newExplorer(w)
	seen := map[world]bool{}
	for k := range uint64(walks) {
		rnd := rand.New(rand.NewPCG(seed+k, 0))
		at, path := x.first, []world(nil)
		for range moves {
			next, ok := x.stray(at, rnd)
			if !ok {
				break
			}
			at, path = next, append(path, next)
			if f := x.judge(at); f != nil {
				return len(seen), fmt.Errorf("%s: %s", f.oracle, f.what)
			}
			if x.gone(at) {
				break
			}
			if seen[at] {
				continue
			}
			seen[at] = true
			if !s.knows(x, at) {
				v := Violation{Oracle: "coverage", What: "a state that Run does not find: ", Actions: x.actions(path)}
				return len(seen), fmt.Errorf("walk of seed %d:\n%v", seed+k, &v)
			}
		}
	}
	return len(seen), nil
}

// gone reports whether a replica has left the last view of the world: what makes it leave
// does not matter, and Run makes it leave in fewer ways.
func (x *explorer) gone(w world) bool {
	for _, id := range w {
		if x.locals[id].target >= len(x.w.Slots) {
			return true
		}
	}
	return false
}

// knows reports whether the search has seen a state of another explorer.
func (s *search) knows(x *explorer, w world) bool {
	known := true
	form := s.x.least(func(slot, renaming int) uint32 {
		k := s.x.kin[x.plain(w[slot], s.x, s.x.renamings[renaming].order[:])]
		if k == nil {
			known = false
			return 0
		}
		return k.number
	})
	return known && !s.seen.add(form)
}

// plain is the name that a local has in another explorer, once what it heard is forgotten.
func (x *explorer) plain(id uint32, in *explorer, renamed []int) [32]byte {
	y, n := *x, x.locals[id].life
	y.exact, y.roles, y.scratch = false, in.roles, nil
	if n.fault == nil {
		n.core = n.core.Clone()
		y.forget(&n)
	}
	return y.key(&n, renamed)
}
