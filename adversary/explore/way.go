package explore

import (
	"maps"
	"slices"
)

// way returns the states on a short way to one of the box that was found last, but for the
// first.
func (s *search) way(to world) (path []world) {
	for i := len(s.boxes) - 1; ; i = int(s.boxes[i].from) {
		in := s.entries(i)
		for j := range to {
			for _, l := range s.retrace(i, j, to[j], in[j]) {
				path = append(path, to)
				to[j] = l
			}
		}
		if i == 0 {
			slices.Reverse(path)
			return path
		}
		path = append(path, to)
		for j := range to {
			to[j] = in[j][to[j]]
		}
	}
}

// entries are the locals by which a box is come to, by slot, each with what it was in the
// box before.
func (s *search) entries(i int) (in [correct]map[uint32]uint32) {
	x, faces, before := s.x, s.x.showing(&s.boxes[i]), &s.boxes[s.boxes[i].from]
	was := x.showing(before)
	for j, g := range before.groups {
		in[j] = map[uint32]uint32{}
		for _, l := range x.groups.list[g].list {
			if faces[j] == was[j] {
				in[j][l] = l
				continue
			}
			x.moves(l, x.facesOf(around(was, j)), func(_ int, m move) {
				if _, known := in[j][m.to]; !known && x.locals[m.to].number == faces[j] {
					in[j][m.to] = l
				}
			})
		}
		if i == 0 {
			in[j] = map[uint32]uint32{x.first[j]: x.first[j]}
		}
	}
	return in
}

// retrace goes back from a local of slot j of a box to the nearest entry, by moves at which
// nothing is said.
func (s *search) retrace(i, j int, to uint32, entries map[uint32]uint32) (back []uint32) {
	x, others := s.x, s.x.facesOf(around(s.x.showing(&s.boxes[i]), j))
	queue, from := slices.Sorted(maps.Keys(entries)), maps.Clone(entries)
	for i := 0; i < len(queue); i++ {
		x.moves(queue[i], others, func(_ int, m move) {
			if _, known := from[m.to]; !known && x.locals[m.to].number == x.locals[to].number {
				from[m.to] = queue[i]
				queue = append(queue, m.to)
			}
		})
	}
	for {
		if _, entry := entries[to]; entry {
			return back
		}
		to = from[to]
		back = append(back, to)
	}
}

// actions says how a world becomes what it is at the end of a path from its first state.
func (x *explorer) actions(path []world) (out []Action) {
	at := x.first
	for _, w := range path {
		out = append(out, x.action(at, w))
		at = w
	}
	return out
}

// action says how one state becomes another.
func (x *explorer) action(from, to world) (a Action) {
	for i := range from {
		if from[i] == to[i] {
			continue
		}
		x.changes(from, i, func(_ int, m move, at world) {
			if at == to && a.Input == "" {
				a = Action{Replica: x.ids[i], Input: x.inputs[m.input].name, Says: x.news(from[i], to[i])}
				a.Crashes = x.locals[to[i]].crashes > x.locals[from[i]].crashes
			}
		})
	}
	return a
}

// news are the sayings that a replica has added.
func (x *explorer) news(from, to uint32) (out []string) {
	old := x.locals[from].said
	for _, id := range x.locals[to].said {
		if len(insert(old, id)) > len(old) {
			out = append(out, x.name(id))
		}
	}
	slices.Sort(out)
	return out
}
