package explore

import (
	"maps"
	"slices"
)

// group is a set of locals of one replica that show the same face.
type group struct {
	list   []uint32 // sorted
	kin    []uint32 // by renaming, one up: the number of what it is then, see groups.kin
	sights []uint32 // one local for each thing that the oracles may see
}

// groupID names a group: equal ones have one.
type groupID uint32

// groups holds all groups of a world, and what becomes of them.
type groups struct {
	list  []group
	ids   lists // of locals
	kin   lists // of the numbers that locals have under a renaming
	flows map[flowKey]*flow
	met   []uint32 // by local: the last turn in which it was met
	turn  uint32
}

func newGroups() groups {
	return groups{ids: newLists(), kin: newLists(), flows: map[flowKey]*flow{}}
}

// flow is what becomes of a group while the others show the same.
type flow struct {
	stay  groupID   // all that it can be with nothing more said
	exits []groupID // what can be said then: one for each new face
}

type flowKey struct {
	group  groupID
	others [2]uint32
}

// group returns the id of a set of locals, which it sorts.
func (x *explorer) group(list []uint32) groupID {
	slices.Sort(list)
	id := x.groups.ids.id(list)
	if int(id) < len(x.groups.list) {
		return groupID(id)
	}
	g := group{list: x.groups.ids.list[id], kin: make([]uint32, len(x.renamings))}
	seen := map[uint32]bool{}
	for _, l := range g.list {
		if s := x.locals[l].sight; !seen[s] {
			seen[s] = true
			g.sights = append(g.sights, l)
		}
	}
	x.groups.list = append(x.groups.list, g)
	return groupID(id)
}

// renamed returns the number of what a group is under a renaming.
func (x *explorer) renamed(id groupID, renaming int) uint32 {
	g := &x.groups.list[id]
	if g.kin[renaming] == 0 {
		kin := make([]uint32, 0, len(g.list))
		for _, l := range g.list {
			kin = append(kin, x.locals[l].kin[renaming])
		}
		slices.Sort(kin)
		g.kin[renaming] = x.groups.kin.id(kin) + 1
	}
	return g.kin[renaming] - 1
}

// flow returns what becomes of a group while the others show these faces.
func (x *explorer) flow(id groupID, others [2]uint32) *flow {
	k := flowKey{id, others}
	if f := x.groups.flows[k]; f != nil {
		return f
	}
	f := x.follow(id, x.facesOf(others))
	x.groups.flows[k] = f
	x.groups.flows[flowKey{f.stay, others}] = f
	return f
}

func (x *explorer) follow(id groupID, others [2]*face) *flow {
	stay := slices.Clone(x.groups.list[id].list)
	shows := x.locals[stay[0]].number
	out := map[uint32][]uint32{} // by face
	x.groups.turn++
	for _, l := range stay {
		x.meet(l)
	}
	for i := 0; i < len(stay); i++ {
		x.moves(stay[i], others, func(_ int, m move) {
			switch to := x.locals[m.to].number; {
			case !x.meet(m.to):
			case to == shows:
				stay = append(stay, m.to)
			default:
				out[to] = append(out[to], m.to)
			}
		})
	}
	f := &flow{stay: x.group(stay)}
	for _, to := range slices.Sorted(maps.Keys(out)) {
		f.exits = append(f.exits, x.group(out[to]))
	}
	return f
}

// meet reports whether a local is met for the first time in this turn.
func (x *explorer) meet(l uint32) bool {
	g := &x.groups
	if int(l) >= len(g.met) {
		g.met = append(g.met, make([]uint32, len(x.locals)-len(g.met))...)
	}
	isNew := g.met[l] != g.turn
	g.met[l] = g.turn
	return isNew
}
