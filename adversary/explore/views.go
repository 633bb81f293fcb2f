package explore

import (
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// keyLeave: what others ask for.
func keyLeave(_ *explorer, s *scene) uint64 {
	return uint64(s.others[0].asks)<<16 | uint64(s.others[1].asks)
}

// leaves are the views that one correct replica, which may be the own one, and the liar can
// make a replica leave for.
func (x *explorer) leaves(s *scene) (out []uint32) {
	for w := s.own.target + 1; w < len(x.w.Slots); w++ {
		reason := sayID(0)
		for _, set := range s.sets(func(f *face) setID { return f.asks }) {
			for _, id := range x.book.set[set] {
				if t := &x.book.list[id]; reason == 0 && (t.kind == message.KindSuspect && int(t.view)+1 >= w || int(t.view) >= w) {
					reason = id
				}
			}
		}
		if reason != 0 {
			out = append(out, x.input(inputKey{5, uint32(w), uint32(reason), 0, 0}, func() input {
				return input{name: fmt.Sprintf("LEAVE(%d): %s, %s", w, x.name(reason), x.name(x.lieSuspect(w-1))), give: []message.Verified{x.leave(w, reason)}}
			}))
		}
	}
	return out
}

// keyGather: a waiting primary's summaries and certificates.
func keyGather(x *explorer, s *scene) uint64 {
	if !x.waits(s.own) {
		return 0
	}
	a, b, t := s.others[0], s.others[1], s.own.target
	return uint64(a.changes.in[t])<<48 | uint64(b.changes.in[t])<<32 | uint64(a.votes[0].all)<<16 | uint64(b.votes[0].all)
}

// waits reports whether VIEW-CHANGEs make a difference to l: as the primary that waits for
// them, or by V6's timer, which only matters where a later view may be entered.
func (x *explorer) waits(l *local) bool {
	n := len(x.w.Slots)
	return l.target > l.view && (l.target < n && x.primary(l.target) == l.id || l.target+1 < n)
}

// gather are the summaries that make NEW-VIEW with the own one, or start V6's timer: one
// other of them, or two, each with the certificate that it reports.
func (x *explorer) gather(s *scene) (out []uint32) {
	if !x.waits(s.own) {
		return nil
	}
	t := s.own.target
	reports := [][2]sayID{}
	for _, o := range s.others {
		for _, vc := range x.book.set[o.changes.in[t]] {
			reports = append(reports, [2]sayID{x.shown(o, vc), vc})
		}
	}
	honest := len(reports)
	reports = append(reports, x.claims(s)...)
	for i, a := range reports {
		out = append(out, x.input(inputKey{6, uint32(a[0]), uint32(a[1]), 0, 0}, func() input { return x.give(a[0], a[1]) }))
		for _, b := range reports[i+1:] {
			if i < honest {
				k := inputKey{6, uint32(a[0]), uint32(a[1]), uint32(b[0]), uint32(b[1])}
				out = append(out, x.input(k, func() input { return x.give(a[0], a[1], b[0], b[1]) }))
			}
		}
	}
	return out
}

// claims are the liar's reports: any certificate that there is or the root, shown, not
// shown, or beside a higher one.
func (x *explorer) claims(s *scene) (out [][2]sayID) {
	t := s.own.target
	pcs := []sayID{0}
	for _, pc := range x.certs(s.sets(func(f *face) setID { return f.votes[0].all })) {
		if int(x.book.list[pc].view) < t {
			pcs = append(pcs, pc)
		}
	}
	for _, pc := range pcs {
		vc := x.lieChange(t, pc)
		for _, shown := range pcs {
			if vc != 0 && (shown == pc || shown == 0 && t+1 < len(x.w.Slots) || pc != 0 && shown != 0 && x.below(pc, x.lieChange(t, shown))) {
				out = append(out, [2]sayID{shown, vc})
			}
		}
	}
	return out
}

// shown is the certificate that a correct replica sends with its VIEW-CHANGE.
func (x *explorer) shown(f *face, vc sayID) sayID {
	v := &x.book.list[vc]
	for _, id := range x.said(f) {
		if s := &x.book.list[id]; s.kind == message.KindPrepareCert && s.view+1 == v.rank && s.at == v.at {
			return id
		}
	}
	return 0
}

// keyNewViews: those of correct primaries, and what the liar makes its own of.
func keyNewViews(x *explorer, s *scene) uint64 {
	a, b := s.others[0], s.others[1]
	if s.own.view+1 >= len(x.w.Slots) {
		return 0
	}
	if !x.leadsLater(s.own) {
		return 1<<63 | uint64(a.newViews)<<16 | uint64(b.newViews)
	}
	return x.mix(a.changes.all, b.changes.all, a.votes[0].all, b.votes[0].all, a.newViews, b.newViews)
}

// leadsLater reports whether the liar leads a view that l may still enter.
func (x *explorer) leadsLater(l *local) bool {
	for u := max(l.view+1, l.target); u < len(x.w.Slots); u++ {
		if x.primary(u) == x.w.Byzantine {
			return true
		}
	}
	return false
}

// newViews are the NEW-VIEWs that may be shown to a replica.
func (x *explorer) newViews(s *scene) (out []uint32) {
	l := s.own
	add := func(id sayID) {
		if id == 0 {
			return
		}
		if in := x.input(inputKey{7, uint32(id), 0, 0, 0}, func() input { return x.give(id) }); !slices.Contains(out, in) {
			out = append(out, in)
		}
	}
	for _, o := range s.others {
		for _, id := range x.book.set[o.newViews] {
			if v := int(x.book.list[id].view); v > l.view && v >= l.target {
				add(id)
			}
		}
	}
	for u := max(l.view+1, l.target); u < len(x.w.Slots); u++ {
		if x.primary(u) == x.w.Byzantine {
			x.startings(s, u, add)
		}
	}
	return out
}

// startings are the NEW-VIEWs that the liar can make for view u: from the summaries of two
// correct replicas and its own, which may report any certificate that there is; and some
// that are wrong.
func (x *explorer) startings(s *scene, u int, add func(sayID)) {
	pcs := []sayID{0}
	for _, pc := range x.certs(s.sets(func(f *face) setID { return f.votes[0].all })) {
		if int(x.book.list[pc].view) < u {
			pcs = append(pcs, pc)
		}
	}
	changes := s.sets(func(f *face) setID { return f.changes.in[u] })
	for _, pc := range pcs {
		own := x.lieChange(u, pc)
		x.pairs(changes, func(a, b sayID) {
			if own == 0 {
				return
			}
			f := proper
			if x.below(pc, a) || x.below(pc, b) {
				f = notHighest
			}
			add(x.newView(u, f, pc, a, b, own))
		})
		for _, set := range changes {
			for _, a := range x.book.set[set] {
				if own != 0 && !x.below(pc, a) {
					add(x.newView(u, tooFew, pc, a, own))
					for _, b := range x.elsewhere(s, u, a) {
						add(x.newView(u, mixed, pc, a, b, own))
					}
				}
			}
		}
	}
}

// elsewhere are the summaries of others than the signer of a for other views than u.
func (x *explorer) elsewhere(s *scene, u int, a sayID) (out []sayID) {
	for _, set := range s.sets(func(f *face) setID { return f.changes.all }) {
		for _, id := range x.book.set[set] {
			if c := &x.book.list[id]; int(c.view) != u && c.by != x.book.list[a].by {
				out = append(out, id)
			}
		}
	}
	return out
}

// below reports whether a certificate ranks below what a summary reports.
func (x *explorer) below(pc, change sayID) bool {
	c, v := &x.book.list[pc], &x.book.list[change]
	if pc == 0 {
		return v.rank > 0
	}
	return x.above(v.rank, v.at, c.view+1, c.at)
}
