package explore

import (
	"github.com/twothirds-bft/twothirds/crypto"
)

// explorer holds what one exploration has found out: the blocks and messages of its world,
// the states of single replicas, and where inputs lead from them.
type explorer struct {
	w     World
	first world
	exact bool // nothing that was heard is forgotten
	parts *[partCount]part
	*cluster
	signers   [replicas]crypto.Signer
	ids       [correct]int // who does not lie
	roles     [replicas]byte
	renamings []renaming
	tree      tree
	book      book

	faces  faces
	locals []*local
	kin    map[[32]byte]*kin
	sights map[sight]uint32
	groups groups
	spare  spare
	steps  uint64 // of cores

	inputs   []input
	inputIDs map[inputKey]uint32
	pcs      map[[correct]setID][]sayID // of certs
	mixes    map[[6]setID]uint64        // of mix
	sound    map[string]bool            // certificates that were checked

	scratch, state, frame []byte
}

// world is a state: a local of each correct replica. What is under way follows from it,
// for nothing that was sent is ever lost for good.
type world [correct]uint32

const (
	idBits = 21
	idMax  = 1<<idBits - 1
)

// pack makes one word of a world that is not 0.
func (w world) pack() uint64 {
	return 1<<63 | uint64(w[0])<<(2*idBits) | uint64(w[1])<<idBits | uint64(w[2])
}

// newExplorer returns an explorer at the first state of its world.
func newExplorer(w World) *explorer {
	c := newCluster()
	x := &explorer{
		w: w.withDefaults(), cluster: c, tree: newTree(c.root), book: newBook(), faces: newFaces(), groups: newGroups(),
		kin: map[[32]byte]*kin{}, sights: map[sight]uint32{},
		inputIDs: map[inputKey]uint32{}, pcs: map[[correct]setID][]sayID{}, mixes: map[[6]setID]uint64{}, sound: map[string]bool{},
	}
	if x.parts = &together; w.Apart {
		x.parts, x.exact = &apart, true
	}
	k := 0
	for i := range replicas {
		if x.signers[i] = c.ring.Signer(i); i != w.Byzantine {
			x.ids[k] = i
			k++
		}
	}
	x.assign()
	x.rename()
	for i, id := range x.ids {
		x.first[i] = x.boot(id)
	}
	return x
}

// assign gives a role of its own to each replica that leads a view, and one to all others:
// those may change places.
func (x *explorer) assign() {
	for v := range x.w.Slots {
		x.roles[x.primary(v)] = byte(1 + x.primary(v))
	}
	if x.exact {
		x.roles = [replicas]byte{1, 2, 3, 4}
	}
}

// renaming gives replicas of one role each other's places.
type renaming struct {
	slot  [correct]int  // where that of each slot goes
	order [replicas]int // who is at each place then
}

// rename finds all renamings, the one that changes nothing first.
func (x *explorer) rename() {
	for _, slot := range [][correct]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		r := renaming{slot: slot, order: [replicas]int{0, 1, 2, 3}}
		alike := true
		for from, to := range slot {
			alike = alike && x.roles[x.ids[from]] == x.roles[x.ids[to]]
			r.order[x.ids[to]] = x.ids[from]
		}
		if alike {
			x.renamings = append(x.renamings, r)
		}
	}
}

// canonical is the same for all worlds that differ by who is who among replicas of one
// role.
func (x *explorer) canonical(w world) uint64 {
	l := [correct]*local{x.locals[w[0]], x.locals[w[1]], x.locals[w[2]]}
	return x.least(func(slot, renaming int) uint32 { return l[slot].kin[renaming] })
}

// least returns the least form of a world, given what the local of a slot is under a
// renaming.
func (x *explorer) least(kin func(slot, renaming int) uint32) uint64 {
	best := uint64(1<<64 - 1)
	for k := range x.renamings {
		var v world
		for i, to := range x.renamings[k].slot {
			v[to] = kin(i, k)
		}
		best = min(best, v.pack())
	}
	return best
}

// mix gives sets that stand for a key a number of their own.
func (x *explorer) mix(sets ...setID) uint64 {
	k := [6]setID(sets)
	n, ok := x.mixes[k]
	if !ok {
		n = uint64(len(x.mixes))
		x.mixes[k] = n
	}
	return n
}
