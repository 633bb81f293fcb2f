package explore

import (
	"slices"
)

// keyVotes: those of both others in the replica's view.
func keyVotes(kind int) func(*explorer, *scene) uint64 {
	return func(_ *explorer, s *scene) uint64 {
		v := s.own.view
		return uint64(s.others[0].votes[kind].in[v])<<16 | uint64(s.others[1].votes[kind].in[v])
	}
}

// votes are the ways in which votes of one kind and the replica's view can come in
// together: of each other replica any that it has sent or none, and the liar's.
func votes(kind int) func(*explorer, *scene) []uint32 {
	return func(x *explorer, s *scene) (out []uint32) {
		sets := s.sets(func(o *face) setID { return o.votes[kind].in[s.own.view] })
		lies := x.lies(s, kind, s.own.view)
		for _, a := range orNone(x.book.set[sets[1]]) {
			for _, b := range orNone(x.book.set[sets[2]]) {
				for _, own := range orNone(lies) {
					k := inputKey{2 + uint8(kind), uint32(a), uint32(b), uint32(own), 0}
					if k.a+k.b+k.c > 0 && x.related(own, s.own, a, b) {
						out = append(out, x.input(k, func() input { return x.give(a, b, own) }))
					}
				}
			}
		}
		return out
	}
}

// keyPast: all votes.
func keyPast(_ *explorer, s *scene) uint64 {
	if s.own.view == 0 {
		return 0
	}
	a, b := s.others[0], s.others[1]
	return uint64(a.votes[0].all)<<48 | uint64(b.votes[0].all)<<32 | uint64(a.votes[1].all)<<16 | uint64(b.votes[1].all)
}

// past are votes of views that the replica has left behind, with the liar's beside them.
func (x *explorer) past(s *scene) (out []uint32) {
	for view := range s.own.view {
		for kind := range 2 {
			sets := s.sets(func(o *face) setID { return o.votes[kind].in[view] })
			for _, a := range orNone(x.book.set[sets[1]]) {
				for _, b := range orNone(x.book.set[sets[2]]) {
					if a+b > 0 {
						own := x.echo(kind, max(a, b))
						k := inputKey{2 + uint8(kind), uint32(a), uint32(b), uint32(own), 0}
						out = append(out, x.input(k, func() input { return x.give(a, b, own) }))
					}
				}
			}
		}
	}
	return out
}

// echo is the liar's vote for the same as another's.
func (x *explorer) echo(kind int, id sayID) sayID {
	s := x.book.list[id]
	if kind == 1 {
		return x.lieCommit(int(s.view), s.at)
	}
	return x.liePrepare(int(s.view), int(s.base), s.at)
}

// orNone is a list with none before it.
func orNone(list []sayID) []sayID { return append([]sayID{0}, list...) }

// related reports whether the liar's vote has to do with one of the others beside which
// it comes, or with the receiver's own.
func (x *explorer) related(own sayID, l *local, others ...sayID) bool {
	at := x.book.list[own].at
	alone := true
	for _, id := range others {
		if id != 0 {
			alone = false
			if x.tree.joined(at, x.book.list[id].at) {
				return true
			}
		}
	}
	return own == 0 || alone || x.tree.joined(at, l.tip)
}

// lies are the liar's votes: for each block that the receiver or another votes for in this
// view, from the receiver's base and those of the others. Where the door lets it in, also
// below the base.
func (x *explorer) lies(s *scene, kind, view int) (out []sayID) {
	l := s.own
	points, bases := []point{}, []int{int(x.tree.seq(l.base)), 0}
	add := func(p point) {
		for _, q := range x.tree.path(p, 0) {
			if !slices.Contains(points, q) {
				points = append(points, q)
			}
		}
	}
	add(l.tip)
	for _, set := range s.sets(func(o *face) setID { return o.votes[kind].in[view] }) {
		for _, id := range x.book.set[set] {
			add(x.book.list[id].at)
			bases = append(bases, int(x.book.list[id].base))
		}
	}
	slices.Sort(bases)
	bases = slices.Compact(bases)
	for _, p := range points {
		if kind == 1 {
			out = append(out, x.lieCommit(view, p))
			continue
		}
		for _, base := range bases {
			if id := x.liePrepare(view, base, p); id != 0 {
				out = append(out, id)
			}
		}
	}
	return out
}

func keyDecided(_ *explorer, s *scene) uint64 {
	return uint64(s.others[0].votes[1].all)<<16 | uint64(s.others[1].votes[1].all)
}

// decided are the CCs that the liar can show.
func (x *explorer) decided(s *scene) (out []uint32) {
	var certs []sayID
	add := func(id sayID) {
		if id != 0 && !slices.Contains(certs, id) && x.tree.seq(x.book.list[id].at) > x.tree.seq(s.own.facts.decided) {
			certs = append(certs, id)
		}
	}
	sets := s.sets(func(o *face) setID { return o.votes[1].all })
	x.pairs(sets, func(a, b sayID) {
		p, q := &x.book.list[a], &x.book.list[b]
		if p.view == q.view && x.tree.joined(p.at, q.at) {
			for _, at := range x.tree.path(x.tree.lower(p.at, q.at), 0) {
				add(x.commitCert(at, proper, a, b))
			}
		}
	})
	for _, set := range sets {
		for _, a := range x.book.set[set] {
			for _, f := range certForms {
				add(x.commitCert(x.book.list[a].at, f, a))
			}
		}
	}
	for _, id := range certs {
		out = append(out, x.input(inputKey{4, uint32(id), 0, 0, 0}, func() input { return x.give(id) }))
	}
	return out
}
