package explore

import "slices"

// box is a set of states of the world: each combination of a local of each of three
// groups. Messages are never lost for good, so what one replica does without a word
// neither helps nor hinders the others: with the same faces, all combinations of what each
// can be by itself can be.
type box struct {
	groups [correct]groupID
	from   uint32 // the box that it was come to from, by one move of one replica
}

// showing returns the faces of a box.
func (x *explorer) showing(b *box) (f [correct]uint32) {
	for i, g := range b.groups {
		f[i] = x.locals[x.groups.list[g].list[0]].number
	}
	return f
}

// around are the faces that slot i meets.
func around(f [correct]uint32, i int) [2]uint32 {
	return [2]uint32{f[(i+1)%correct], f[(i+2)%correct]}
}

// settled lets each replica do what it can with nothing more said.
func (x *explorer) settled(b box) box {
	f := x.showing(&b)
	for i, g := range b.groups {
		b.groups[i] = x.flow(g, around(f, i)).stay
	}
	return b
}

// exits calls f with each box that is come to by one word more.
func (x *explorer) exits(b *box, f func(next box)) {
	shown := x.showing(b)
	for i, g := range b.groups {
		for _, e := range x.flow(g, around(shown, i)).exits {
			next := *b
			next.groups[i] = e
			f(x.settled(next))
		}
	}
}

// shape is a box with what its groups are under a renaming.
type shape [correct]uint32

// shapes returns the least faces that a box has under any renaming, and its shapes under
// those that make them: more than one where replicas of one role show the same. Boxes that
// differ by who is who have the same least faces, and one of these shapes in common.
func (x *explorer) shapes(b *box) (least [correct]uint32, list []shape) {
	shown := x.showing(b)
	for k, r := range x.renamings {
		var faces [correct]uint32
		var s shape
		for i, to := range r.slot {
			faces[to], s[to] = x.faces.list[shown[i]].kin, x.renamed(b.groups[i], k)
		}
		switch order := slices.Compare(faces[:], least[:]); {
		case list == nil || order < 0:
			least, list = faces, []shape{s}
		case order == 0:
			list = append(list, s)
		}
	}
	return least, list
}

// holds reports whether a box of one shape has all states of one of another.
func (x *explorer) holds(whole, part shape) bool {
	for i := range whole {
		if whole[i] != part[i] && !within(x.groups.kin.list[part[i]], x.groups.kin.list[whole[i]]) {
			return false
		}
	}
	return true
}

// worlds calls f with each state of a box.
func (x *explorer) worlds(b *box, f func(w world)) {
	var list [correct][]uint32
	for i, g := range b.groups {
		list[i] = x.groups.list[g].list
	}
	for _, p := range list[0] {
		for _, q := range list[1] {
			for _, r := range list[2] {
				f(world{p, q, r})
			}
		}
	}
}

// size is how many states a box has.
func (x *explorer) size(b *box) int {
	n := 1
	for _, g := range b.groups {
		n *= len(x.groups.list[g].list)
	}
	return n
}
