package explore

import (
	"fmt"
	"math/rand/v2"
)

// Search is an exploration that can be asked what it has found.
type Search struct {
	search
	seen set // the states
}

// Close explores a world. It fails where Run would not close it.
func Close(w World) (*Search, error) {
	s := &Search{search: *newSearch(w, Options{States: 1 << 22})}
	if bound := s.run(); bound != "" || s.report.Violation != nil {
		return nil, fmt.Errorf("not closed: %d boxes, %s, %v", len(s.boxes), bound, s.report.Violation)
	}
	s.states(func(form uint64) { s.seen.add(form) })
	return s, nil
}

// States returns how many there are.
func (s *Search) States() int { return s.seen.n }

// Plain explores the same state by state and returns how many there are, and how many of
// them are in no box.
func (s *Search) Plain() (states, missing int) {
	var seen set
	queue := []world{s.x.first}
	seen.add(s.x.canonical(s.x.first))
	for i := 0; i < len(queue); i++ {
		if !s.seen.has(s.x.canonical(queue[i])) {
			missing++
		}
		for slot := range correct {
			s.x.changes(queue[i], slot, func(_ int, _ move, to world) {
				if seen.add(s.x.canonical(to)) {
					queue = append(queue, to)
				}
			})
		}
	}
	return len(queue), missing
}

// Seen counts the states of single replicas in which something happened.
func (s *Search) Seen() map[string]int {
	seen := map[string]int{}
	for _, l := range s.x.locals {
		for what, yes := range s.x.happened(l) {
			if yes {
				seen[what]++
			}
		}
	}
	return seen
}

func (x *explorer) happened(l *local) map[string]bool {
	decided := x.tree.blocks[l.decided].view
	reported := false
	for _, id := range x.book.set[l.shows.changes.all] {
		reported = reported || x.book.list[id].rank > 0
	}
	later := len(x.w.Slots) > 1
	return map[string]bool{
		"decided in view 0":            decided == 0,
		"decided in view 1":            later && l.shows.committed[1] != 0 && l.decided == l.shows.committed[1],
		"view 1 from the root":         later && l.entered[1] == 1,
		"view 1 from a PC":             later && l.entered[1] > 1,
		"voted in view 1":              later && l.shows.votes[0].in[1] != 0,
		"a PC reported":                reported,
		"left without a PC":            l.target > 0 && !reported,
		"waits":                        l.target > l.view,
		"an equivocation convicted":    l.convicted,
		"restarted":                    l.crashes > 0,
		"a primary restarted and left": l.crashes > 0 && x.primary(0) == l.id && l.target > 0,
	}
}

// Covers walks through the same world message by message, on cores that forget nothing,
// and returns an error if a state on the way is none of those that were found, what was
// heard apart.
func (s *Search) Covers(seed uint64, walks, moves int) (visited int, err error) {
	w := s.x.w
	w.Apart = true
	x := newExplorer(w)
	seen := map[world]bool{}
	for k := range uint64(walks) {
		rnd := rand.New(rand.NewPCG(seed+k, 0))
		at, path := x.first, []world(nil)
		for range moves {
			next, ok := x.stray(at, rnd)
			if !ok || x.gone(next) {
				break
			}
			at, path = next, append(path, next)
			if f := x.judge(at); f != nil {
				return len(seen), fmt.Errorf("%s: %s", f.oracle, f.what)
			}
			if !seen[at] && !s.knows(x, at) {
				v := Violation{Oracle: "coverage", What: "a state that Run does not find", Actions: x.actions(path)}
				return len(seen), fmt.Errorf("walk of seed %d:\n%v", seed+k, &v)
			}
			seen[at] = true
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

// Apart explores the same world message by message, on cores that forget nothing, and
// returns how many states that has, how many these are once what was heard is forgotten,
// and how many of those the search has not found. Who has left the last view does not
// count.
func (s *Search) Apart() (states, forms, missing int, err error) {
	w := s.x.w
	w.Apart = true
	all, err := Close(w)
	if err != nil {
		return 0, 0, 0, err
	}
	seen := map[uint64]bool{}
	all.worlds(func(v world) {
		states++
		if !all.x.gone(v) {
			form, known := s.form(all.x, v)
			if !known {
				missing++
			}
			seen[form] = true
		}
	})
	return states, len(seen), missing, nil
}

// worlds calls f with each state that was found.
func (s *Search) worlds(f func(w world)) {
	var seen set
	for i := range s.boxes {
		s.x.worlds(&s.boxes[i], func(w world) {
			if seen.add(s.x.canonical(w)) {
				f(w)
			}
		})
	}
}

// Staying counts the states in which nobody has left the last view.
func (s *Search) Staying() (n int) {
	s.worlds(func(w world) {
		if !s.x.gone(w) {
			n++
		}
	})
	return n
}

// knows reports whether the search has seen a state of another explorer.
func (s *Search) knows(x *explorer, w world) bool {
	_, known := s.form(x, w)
	return known
}

// form returns what a state of another explorer is here, and whether the search has seen it.
func (s *Search) form(x *explorer, w world) (form uint64, known bool) {
	known = true
	form = s.x.least(func(slot, renaming int) uint32 {
		k := s.x.kin[x.plain(w[slot], s.x, renaming)]
		if k == nil {
			known = false
			return 0
		}
		return k.number
	})
	return form, known && s.seen.has(form)
}

// plain is the name that a local has in another explorer, once what it heard is forgotten.
func (x *explorer) plain(id uint32, in *explorer, renaming int) [32]byte {
	at := [2]uint32{id, uint32(renaming)}
	if key, ok := plain[x][at]; ok {
		return key
	}
	y, n := *x, x.locals[id].life
	y.exact, y.roles, y.scratch = false, in.roles, nil
	if n.fault == nil {
		n.core = n.core.Clone()
		y.forget(&n)
	}
	if plain[x] == nil {
		clear(plain)
		plain[x] = map[[2]uint32][32]byte{}
	}
	plain[x][at] = y.key(&n, in.renamings[renaming].order[:])
	return plain[x][at]
}

// plain remembers names, for one explorer at a time.
var plain = map[*explorer]map[[2]uint32][32]byte{}

// Stroll returns the actions of a walk.
func Stroll(w World, seed uint64, moves int) []Action {
	x := newExplorer(w)
	rnd := rand.New(rand.NewPCG(seed, 0))
	at, path := x.first, []world(nil)
	for range moves {
		next, ok := x.stray(at, rnd)
		if !ok {
			break
		}
		at, path = next, append(path, next)
	}
	return x.actions(path)
}

// Words is a hash set of words.
type Words struct{ set set }

// Add reports whether w, which is not 0, is new.
func (s *Words) Add(w uint64) bool { return s.set.add(w) }
