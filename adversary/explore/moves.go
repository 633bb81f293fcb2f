package explore

// moves calls f with each change of a local that shows itself to others with these faces.
func (x *explorer) moves(id uint32, others [2]*face, f func(part int, m move)) {
	s := scene{own: x.locals[id], others: others}
	l := s.own
	if l.fault != nil {
		return
	}
	crashes := l.crashes + others[0].crashes + others[1].crashes
	for p := range x.parts {
		k := x.parts[p].key(x, &s)
		list, ok := l.next[p][k]
		if !ok {
			list = x.look(&s, id, p)
			if l.next[p] == nil {
				l.next[p] = map[uint64][]move{}
			}
			l.next[p][k] = list
		}
		for _, m := range list {
			if crashes < x.w.Crashes || x.locals[m.to].crashes == l.crashes {
				f(p, m)
			}
		}
	}
}

// changes calls f with each move of slot i of a world, and where it leads.
func (x *explorer) changes(w world, i int, f func(part int, m move, to world)) {
	x.moves(w[i], x.scene(w, i).others, func(p int, m move) {
		to := w
		to[i] = m.to
		f(p, m, to)
	})
}

// offers calls f with each input that slot i of a world may get, in the order of the parts.
func (x *explorer) offers(w world, i int, f func(in uint32)) {
	s := x.scene(w, i)
	for p := range x.parts {
		if s.own.fault == nil && x.parts[p].inputs != nil {
			for _, in := range x.parts[p].inputs(x, &s) {
				f(in)
			}
		}
	}
}

func (x *explorer) scene(w world, i int) scene {
	return scene{own: x.locals[w[i]], others: [2]*face{x.locals[w[(i+1)%correct]].shows, x.locals[w[(i+2)%correct]].shows}}
}

// look tries the inputs of a part and returns those that change something, each change
// once.
func (x *explorer) look(s *scene, id uint32, p int) (out []move) {
	if x.parts[p].inputs == nil {
		return nil
	}
	for _, in := range x.parts[p].inputs(x, s) {
		for _, to := range x.step(id, in) {
			known := to == id
			for _, m := range out {
				known = known || m.to == to
			}
			if !known {
				out = append(out, move{in, to})
			}
		}
	}
	return out
}
