package explore

import (
	"encoding/binary"
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// face is what a replica shows: what it has said, and how often it crashed. All that can
// happen to a replica follows from its own state and the faces of the others.
type face struct {
	id       int
	crashes  int
	kin      uint32      // a number that replicas of one role share if they show the same
	all      setID       // what it said
	asks     setID       // SUSPECTs and VIEW-CHANGEs
	votes    [2]viewSets // PREPAREs and COMMITs
	changes  viewSets    // VIEW-CHANGEs
	newViews setID

	committed [ViewsMax]point // the highest of each view
	prepared  [ViewsMax]point // if it is a block of that view
	proposed  [ViewsMax]point
}

// viewSets are the sayings of a kind: those of each view, and all.
type viewSets struct {
	in  [ViewsMax + 1]setID
	all setID
}

// faces holds all faces of a world.
type faces struct {
	list []*face
	ids  map[faceKey]uint32
	kin  map[string]uint32 // by what is said, whoever says it
}

type faceKey struct {
	id, crashes int
	all         setID
}

func newFaces() faces { return faces{ids: map[faceKey]uint32{}, kin: map[string]uint32{}} }

// faceOf returns the number of a replica's face.
func (x *explorer) faceOf(n *life) uint32 {
	k := faceKey{n.id, n.crashes, x.book.subset(n.said, func(*spoken) bool { return true })}
	if id, ok := x.faces.ids[k]; ok {
		return id
	}
	words := string(x.appendWords([]byte{x.roles[n.id], byte(n.crashes)}, n.said))
	kin, ok := x.faces.kin[words]
	if !ok {
		kin = uint32(len(x.faces.kin))
		x.faces.kin[words] = kin
	}
	f := &face{id: n.id, crashes: n.crashes, kin: kin, all: k.all}
	x.show(f, n.said)
	id := uint32(len(x.faces.list))
	x.faces.list = append(x.faces.list, f)
	x.faces.ids[k] = id
	return id
}

// appendWords writes sayings, whoever says them, in an order that does not depend on when
// they were first met.
func (x *explorer) appendWords(b []byte, said []sayID) []byte {
	words := make([]uint64, 0, 32)
	for _, id := range said {
		words = append(words, x.word(id))
	}
	slices.Sort(words)
	for _, word := range words {
		b = binary.BigEndian.AppendUint64(b, word)
	}
	return b
}

// show sorts what a replica said.
func (x *explorer) show(f *face, said []sayID) {
	for _, id := range said {
		x.note(f, &x.book.list[id])
	}
	f.votes[0], f.votes[1] = x.viewSets(said, message.KindPrepare), x.viewSets(said, message.KindCommit)
	f.asks = x.book.subset(said, func(s *spoken) bool {
		return s.kind == message.KindSuspect || s.kind == message.KindViewChange
	})
	f.changes = x.viewSets(said, message.KindViewChange)
	f.newViews = x.book.subset(said, func(s *spoken) bool { return s.kind == message.KindNewView })
}

// note keeps the highest point of what a replica said of each view.
func (x *explorer) note(f *face, s *spoken) {
	highest := map[message.Kind]*[ViewsMax]point{
		message.KindCommit: &f.committed, message.KindPrepare: &f.prepared, message.KindBody: &f.proposed,
	}[s.kind]
	if highest == nil || int(s.view) >= len(highest) || s.kind == message.KindPrepare && x.tree.blocks[s.at].view != int(s.view) {
		return
	}
	if p := &highest[s.view]; *p == 0 || x.tree.extends(s.at, *p) {
		*p = s.at
	}
}

func (x *explorer) viewSets(said []sayID, k message.Kind) (v viewSets) {
	for view := range v.in {
		v.in[view] = x.book.subset(said, func(s *spoken) bool { return s.kind == k && int(s.view) == view })
	}
	v.all = x.book.subset(said, func(s *spoken) bool { return s.kind == k })
	return v
}

// said are the sayings of a face.
func (x *explorer) said(f *face) []sayID { return x.book.set[f.all] }

func (x *explorer) facesOf(numbers [2]uint32) [2]*face {
	return [2]*face{x.faces.list[numbers[0]], x.faces.list[numbers[1]]}
}
