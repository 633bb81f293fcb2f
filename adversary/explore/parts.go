package explore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// input is what one action gives to one replica: some messages in one turn of its loop, or
// a crash.
type input struct {
	name  string
	give  []message.Verified
	crash bool
}

// inputKey names an input: its part, and what it is made of.
type inputKey struct {
	part       uint8
	a, b, c, d uint32
}

// input returns the id of an input; make is called where it is new.
func (x *explorer) input(k inputKey, make func() input) uint32 {
	if id, ok := x.inputIDs[k]; ok {
		return id
	}
	x.inputs = append(x.inputs, make())
	id := uint32(len(x.inputs) - 1)
	x.inputIDs[k] = id
	return id
}

// scene is a state of the world as one replica meets it.
type scene struct {
	own    *local
	others [2]*local
}

// sets are those of one kind that the three have said.
func (s *scene) sets(of func(*local) setID) [correct]setID {
	return [correct]setID{of(s.own), of(s.others[0]), of(s.others[1])}
}

// part is one kind of input. Two scenes of one replica's state and equal keys have the same
// inputs, so each is looked into once.
type part struct {
	key    func(x *explorer, s *scene) uint64
	inputs func(x *explorer, s *scene) []uint32
}

const partCount = 9

// together are all that can happen to a replica, where messages come in as they make a
// difference.
var together = [partCount]part{
	{keyVotes(0), (*explorer).freely},
	{keyBlocks, (*explorer).blocks},
	{keyVotes(0), votes(0)},
	{keyVotes(1), votes(1)},
	{keyDecided, (*explorer).decided},
	{keyLeave, (*explorer).leaves},
	{keyGather, (*explorer).gather},
	{keyNewViews, (*explorer).newViews},
	{keyPast, (*explorer).past},
}

// apart is the same one message at a time, a chain of blocks with its PREPARE being one.
var apart = [partCount]part{
	together[0], together[1], {keySaid, (*explorer).singles}, {nothing, nil}, together[4], together[5], {nothing, nil}, together[7], {nothing, nil},
}

func nothing(*explorer, *scene) uint64 { return 0 }

// give makes an input of sayings, which are delivered in this order in one turn.
func (x *explorer) give(ids ...sayID) input {
	var in input
	var names []string
	for _, id := range ids {
		if id != 0 {
			in.give = append(in.give, x.book.list[id].msg)
			names = append(names, x.name(id))
		}
	}
	in.name = strings.Join(names, ", ")
	return in
}

func (x *explorer) primary(view int) int { return view % replicas }

// freely is what the liar and clients can do to a replica at any time: a correct primary proposes, the liar proposes and
// resigns, the replica crashes.
func (x *explorer) freely(s *scene) (out []uint32) {
	l := s.own
	inView := l.view == l.target
	switch p := x.primary(l.view); {
	case inView && p == l.id && int(x.tree.seq(l.tip)) < x.w.Slots[l.view]:
		seq := int(x.tree.seq(l.tip)) + 1
		out = append(out, x.input(inputKey{0, 1, uint32(l.view), uint32(seq), 0}, func() input {
			return input{name: "a client's request", give: []message.Verified{x.request(wish(l.view, seq, 0))}}
		}))
	case p != l.id:
		out = x.proposals(out, s, l.base)
	}
	if x.primary(l.target) == x.w.Byzantine && l.target+1 < len(x.w.Slots) {
		vc := x.lieChange(l.target+1, 0)
		out = append(out, x.input(inputKey{0, 2, uint32(vc), 0, 0}, func() input { return x.give(vc) }))
	}
	if l.crashes < x.w.Crashes {
		out = append(out, x.input(inputKey{0, 3, 0, 0, 0}, func() input { return input{name: "crash", crash: true} }))
	}
	return out
}

// proposals are the liar's chains on top of parent, each with a PREPARE that covers it. Its
// blocks for one place are alike but for their names: the second is proposed to nobody
// before somebody voted for the first. If it is not the primary it is one block.
func (x *explorer) proposals(out []uint32, s *scene, parent point) []uint32 {
	l := s.own
	impostor := x.primary(l.view) != x.w.Byzantine
	if int(x.tree.seq(parent)) >= x.w.Slots[l.view] || impostor && parent != l.base {
		return out
	}
	for choice := range x.w.Choices {
		p := x.tree.grow(parent, l.view, choice)
		if vote := x.liePrepare(l.view, int(x.tree.seq(l.base)), p); vote != 0 {
			out = append(out, x.chain(l.base, vote, x.w.Byzantine))
		}
		out = x.proposals(out, s, p)
		if !x.votedFor(s, p) {
			break
		}
	}
	return out
}

// votedFor reports whether a correct replica has sent a PREPARE that covers p.
func (x *explorer) votedFor(s *scene, p point) bool {
	for _, set := range s.sets(func(o *local) setID { return o.votes[0].in[x.tree.blocks[p].view] }) {
		for _, id := range x.book.set[set] {
			if x.tree.extends(x.book.list[id].at, p) {
				return true
			}
		}
	}
	return false
}

// chain is the input of all blocks above base up to a PREPARE of their primary, and that.
func (x *explorer) chain(base point, vote sayID, by int) uint32 {
	return x.input(inputKey{1, uint32(base), uint32(vote), 0, 0}, func() input {
		var in input
		var names []string
		for _, p := range x.tree.path(x.book.list[vote].at, x.tree.seq(base)) {
			b := &x.tree.blocks[p]
			parent := x.tree.blocks[b.parent].at.Chain
			for _, m := range []message.Message{
				&message.PrePrepare{Parent: parent, Header: b.header}, &message.Body{Parent: parent, Header: b.header, Raw: b.raw},
			} {
				v, err := x.door.Verify(message.ReplicaID(by), m)
				must(err)
				in.give = append(in.give, v)
			}
			names = append(names, "block "+b.name)
		}
		in.give = append(in.give, x.book.list[vote].msg)
		in.name = strings.Join(append(names, x.name(vote)), ", ")
		return in
	})
}

// keyBlocks: a correct primary's blocks come with its PREPAREs.
func keyBlocks(x *explorer, s *scene) uint64 {
	for _, o := range s.others {
		if o.id == x.primary(s.own.view) {
			return uint64(o.votes[0].in[s.own.view])
		}
	}
	return 0
}

func (x *explorer) blocks(s *scene) (out []uint32) {
	l := s.own
	for _, o := range s.others {
		if o.id != x.primary(l.view) {
			continue
		}
		for _, vote := range x.book.set[o.votes[0].in[l.view]] {
			if v := &x.book.list[vote]; v.at != l.base && x.tree.extends(v.at, l.base) && x.tree.seq(l.base) == message.Seq(v.base) {
				out = append(out, x.chain(l.base, vote, o.id))
			}
		}
	}
	return out
}

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
		sets := s.sets(func(o *local) setID { return o.votes[kind].in[s.own.view] })
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
			sets := s.sets(func(o *local) setID { return o.votes[kind].in[view] })
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
	for _, set := range s.sets(func(o *local) setID { return o.votes[kind].in[view] }) {
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
	sets := s.sets(func(o *local) setID { return o.votes[1].all })
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

// keyLeave: what others ask for.
func keyLeave(_ *explorer, s *scene) uint64 {
	return uint64(s.others[0].asks)<<16 | uint64(s.others[1].asks)
}

// leaves are the views that one correct replica, which may be the own one, and the liar can
// make a replica leave for.
func (x *explorer) leaves(s *scene) (out []uint32) {
	for w := s.own.target + 1; w < len(x.w.Slots); w++ {
		reason := sayID(0)
		for _, set := range s.sets(func(l *local) setID { return l.asks }) {
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
	for _, pc := range append(x.certs(s.sets(func(l *local) setID { return l.votes[0].all })), 0) {
		if pc == 0 || int(x.book.list[pc].view) < t {
			if vc := x.lieChange(t, pc); vc != 0 {
				reports = append(reports, [2]sayID{pc, vc})
				if pc != 0 && t+1 < len(x.w.Slots) {
					reports = append(reports, [2]sayID{0, vc}) // it asks, and shows nothing
				}
			}
		}
	}
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

// shown is the certificate that a correct replica sends with its VIEW-CHANGE.
func (x *explorer) shown(l *local, vc sayID) sayID {
	v := &x.book.list[vc]
	for _, id := range l.said {
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
	for _, pc := range x.certs(s.sets(func(l *local) setID { return l.votes[0].all })) {
		if int(x.book.list[pc].view) < u {
			pcs = append(pcs, pc)
		}
	}
	changes := s.sets(func(l *local) setID { return l.changes.in[u] })
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
	for _, set := range s.sets(func(l *local) setID { return l.changes.all }) {
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
