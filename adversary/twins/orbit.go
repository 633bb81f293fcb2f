package twins

import "math/bits"

// step is what one phase adds to a scenario.
type step struct {
	pattern int // in Space.patterns
	crash   int // process that crashes when the phase begins, or -1
}

// A group is a set of exchanges, each a set of pairs, as bits: those that what came
// before does not tell apart. It is a subgroup of all exchanges.
type group uint64

// orbits lists, for one group, the steps that differ: the first of each orbit, those
// that leave the same group behind side by side.
type orbits struct {
	after []group
	steps [][]step // by after
}

// tree counts and names sequences of steps up to exchanges of bodies. A sequence stands
// for its orbit if each of its steps is the first of its own orbit under the group that
// the steps before it left.
type tree struct {
	all    []step
	acts   [][]int // by exchange, step: the step that it becomes
	orbits map[group]*orbits
	counts map[count]uint64
}

type count struct {
	group group
	steps int
}

func newTree(r roster, list []pattern, crashes bool) *tree {
	t := &tree{orbits: map[group]*orbits{}, counts: map[count]uint64{}}
	at := map[string]int{}
	for i, p := range list {
		at[p.key()] = i
	}
	per := 1
	if crashes {
		per += r.size()
	}
	for i := range list {
		for c := range per {
			t.all = append(t.all, step{i, c - 1})
		}
	}
	for set := range 1 << r.pairs {
		act := make([]int, len(t.all))
		for i, s := range t.all {
			c := s.crash
			if c >= 0 {
				c = r.exchanged(c, set)
			}
			act[i] = at[list[s.pattern].exchanged(r, set).key()]*per + c + 1
		}
		t.acts = append(t.acts, act)
	}
	return t
}

// under returns the orbits of a group.
func (t *tree) under(g group) *orbits {
	if o := t.orbits[g]; o != nil {
		return o
	}
	o := &orbits{}
	for i, s := range t.all {
		stays, first := group(0), true
		for set, act := range t.acts {
			if g>>set&1 != 0 && act[i] == i {
				stays |= 1 << set
			}
			first = first && (g>>set&1 == 0 || act[i] >= i)
		}
		if first {
			o.add(stays, s)
		}
	}
	t.orbits[g] = o
	return o
}

func (o *orbits) add(after group, s step) {
	for i, g := range o.after {
		if g == after {
			o.steps[i] = append(o.steps[i], s)
			return
		}
	}
	o.after, o.steps = append(o.after, after), append(o.steps, []step{s})
}

// size returns how many sequences of so many steps differ under a group. It is false if
// they are too many to number.
func (t *tree) size(g group, steps int) (uint64, bool) {
	if steps == 0 {
		return 1, true
	}
	if n, ok := t.counts[count{g, steps}]; ok {
		return n, true
	}
	total := uint64(0)
	o := t.under(g)
	for i, after := range o.after {
		n, ok := t.size(after, steps-1)
		over, n := bits.Mul64(n, uint64(len(o.steps[i])))
		if total += n; !ok || over != 0 || n >= sizeMax || total >= sizeMax {
			return 0, false
		}
	}
	t.counts[count{g, steps}] = total
	return total, true
}

// at returns the sequence of a number below size(g, steps).
func (t *tree) at(g group, steps int, number uint64) []step {
	out := make([]step, 0, steps)
	for steps--; steps >= 0; steps-- {
		o := t.under(g)
		for i, after := range o.after {
			each, _ := t.size(after, steps)
			if n := each * uint64(len(o.steps[i])); number >= n {
				number -= n
				continue
			}
			out = append(out, o.steps[i][number/each])
			g, number = after, number%each
			break
		}
	}
	return out
}
