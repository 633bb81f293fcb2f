package explore

import (
	"crypto/sha256"
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/core"
)

// local is a state that one correct replica can come to, with all that it has said: a
// state of the world is one local of each. Its core is never stepped again, but its
// clones are, once for each input.
type local struct {
	life
	facts
	shows  *face
	number uint32                       // of its face
	sight  uint32                       // of what the oracles see in it
	state  [32]byte                     // of its core, hashed
	kin    []uint32                     // by renaming: the number of what it is then
	tried  map[uint32][]uint32          // by input: the locals that it leads to
	next   [partCount]map[uint64][]move // by part and key: the inputs that change something
}

// move is a change of one replica.
type move struct{ input, to uint32 }

// facts are what a replica's own choices look at, and the oracles.
type facts struct {
	view, target int
	base, tip    point
	decided      point
}

// kin are the locals of different replicas of one role that are alike but for who is who.
type kin struct {
	number uint32
	of     [replicas]uint32 // one up
}

func (x *explorer) kinOf(n *life, renamed []int) *kin {
	key := x.key(n, renamed)
	k := x.kin[key]
	if k == nil {
		if len(x.kin) >= idMax {
			panic(limit("states of one replica"))
		}
		k = &kin{number: uint32(len(x.kin))}
		x.kin[key] = k
	}
	return k
}

// enter returns the id of the local that n has come to.
func (x *explorer) enter(n *life) uint32 {
	k := x.kinOf(n, nil)
	if id := k.of[n.id]; id != 0 {
		return id - 1
	}
	l := &local{life: *n, facts: x.factsOf(n), number: x.faceOf(n), tried: map[uint32][]uint32{}}
	l.shows = x.faces.list[l.number]
	l.sight = x.sightOf(l)
	l.state = sha256.Sum256(x.appendState(nil, n, nil))
	for _, r := range x.renamings {
		l.kin = append(l.kin, x.kinOf(n, r.order[:]).number)
	}
	x.locals = append(x.locals, l)
	k.of[n.id] = uint32(len(x.locals))
	return k.of[n.id] - 1
}

// sightOf returns the number of what the oracles see of a local.
func (x *explorer) sightOf(l *local) uint32 {
	k := sight{l.number, x.furthest(l), l.entered, l.fault}
	n, ok := x.sights[k]
	if !ok {
		n = uint32(len(x.sights))
		x.sights[k] = n
	}
	return n
}

// key names a local by what it can do from now on: its core's state, what it said, and if
// it may crash also what a restart would make of it. If renamed is not nil it is the order
// in which members are written.
func (x *explorer) key(n *life, renamed []int) (k [32]byte) {
	b := append(x.scratch[:0], x.roles[n.id], byte(n.crashes))
	if n.fault != nil {
		b = append(append(b, n.fault.oracle...), n.fault.what...)
	}
	b = x.appendWords(b, n.said)
	for _, p := range n.entered {
		if p > 0 {
			b = append(b, x.tree.blocks[p-1].at.Chain[:8]...)
		}
		b = append(b, '|')
	}
	b = x.appendState(b, n, renamed)
	if x.w.Crashes > n.crashes && n.fault == nil {
		again := x.restarted(n, nil)
		b = x.appendState(b, x.forget(&again), renamed)
	}
	x.scratch = b
	return sha256.Sum256(b)
}

// appendState writes the state of a replica's core. Whose votes its certificates are made
// of makes no difference, and neither do its timers, but for a suspicion that others know.
func (x *explorer) appendState(b []byte, n *life, renamed []int) []byte {
	if n.fault != nil {
		return b
	}
	b = n.core.AppendState(b, core.AspectChain|core.AspectPool|core.AspectHeard, renamed...)
	if s := n.core.Status(); s.Suspected && int(s.Target)+1 < len(x.w.Slots) {
		b = append(b, 1)
	}
	return b
}

// unchanged reports whether n, which was l, is so still, without the cost of a key.
func (x *explorer) unchanged(n *life, l *local) bool {
	if n.fault != nil || n.crashes != l.crashes || len(n.said) != len(l.said) || len(n.disk) != len(l.disk) || n.entered != l.entered {
		return false
	}
	x.state = x.appendState(x.state[:0], n, nil)
	return sha256.Sum256(x.state) == l.state
}

func (x *explorer) factsOf(n *life) (f facts) {
	if n.fault == nil {
		s := n.core.Status()
		f.view, f.target = int(s.View), int(s.Target)
		f.base, f.tip, f.decided = x.tree.digest[s.Base.Chain], x.tree.digest[s.Tip.Chain], x.tree.digest[s.Decided.Chain]
	}
	return f
}

// step returns where an input leads from a local: first without a crash, then with one at
// each point where it makes a difference.
func (x *explorer) step(id, in uint32) []uint32 {
	l := x.locals[id]
	if to, ok := l.tried[in]; ok {
		return to
	}
	x.steps++
	n := l.life
	var crashed []life
	x.guard(&n, func() {
		if x.inputs[in].crash {
			n = x.restarted(&n, nil)
			return
		}
		n.core = x.branch(id)
		for _, v := range x.inputs[in].give {
			n.core.Step(now, v)
		}
		n.crashed = &crashed
		x.settle(&n)
	})
	n.crashed = nil
	to := []uint32{id}
	if !x.unchanged(x.forget(&n), l) {
		to[0] = x.enter(&n)
	} else if n.core != l.core {
		x.spare = spare{n.core, id}
	}
	for i := range crashed {
		if c := x.enter(x.forget(&crashed[i])); !slices.Contains(to, c) {
			to = append(to, c)
		}
	}
	l.tried[in] = to
	return to
}

// spare is a clone of a local's core that an input did not change.
type spare struct {
	core *core.Core
	of   uint32
}

// branch returns a clone of a local's core.
func (x *explorer) branch(id uint32) *core.Core {
	if c := x.spare.core; c != nil && x.spare.of == id {
		x.spare.core = nil
		return c
	}
	return x.locals[id].core.Clone()
}
