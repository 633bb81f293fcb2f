package explore

import (
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
func (x *explorer) input(k inputKey, build func() input) uint32 {
	if id, ok := x.inputIDs[k]; ok {
		return id
	}
	x.inputs = append(x.inputs, build())
	id := uint32(len(x.inputs) - 1)
	x.inputIDs[k] = id
	return id
}

// scene is a state of the world as one replica meets it.
type scene struct {
	own    *local
	others [2]*face
}

// sets are those of one kind that the three have said.
func (s *scene) sets(of func(*face) setID) [correct]setID {
	return [correct]setID{of(s.own.shows), of(s.others[0]), of(s.others[1])}
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

// freely is what the liar and clients can do to a replica at any time. After a crash the
// request that comes is another: a correct primary proposes, the liar proposes and
// resigns, the replica crashes.
func (x *explorer) freely(s *scene) (out []uint32) {
	l := s.own
	inView := l.view == l.target
	switch p := x.primary(l.view); {
	case inView && p == l.id && int(x.tree.seq(l.tip)) < x.w.Slots[l.view]:
		seq := int(x.tree.seq(l.tip)) + 1
		out = append(out, x.input(inputKey{0, 1, uint32(l.view), uint32(seq), uint32(l.crashes)}, func() input {
			return input{name: "a client's request", give: []message.Verified{x.request(wish(l.view, seq, l.crashes))}}
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
	for _, set := range s.sets(func(o *face) setID { return o.votes[0].in[x.tree.blocks[p].view] }) {
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
