package explore

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// saying is what a message says, signatures and the like apart: two messages that say the
// same are one here. What is sent stays in the network and may be delivered to anyone it
// was sent to, any number of times, in any order or never.
type saying struct {
	by   uint8
	kind message.Kind
	view uint8 // of a VIEW-CHANGE or NEW-VIEW: the one that it is for
	base uint8 // of a PREPARE or PC
	rank uint8 // of a VIEW-CHANGE or NEW-VIEW: one more than the view of its PC, 0 for the root
	form form  // how it is malformed, if it is a liar's
	at   point
}

// form is a way of saying something wrong, which no door should let in.
type form uint8

// The forms.
const (
	proper     form = iota
	tooFew          // a certificate of one vote less, a NEW-VIEW of one summary less
	twice           // a certificate in which one signer stands twice
	invented        // a certificate with a signature that nobody made
	notHighest      // a NEW-VIEW from a lower certificate than its summaries report
	mixed           // a NEW-VIEW with a summary for another view
)

var formNames = [...]string{tooFew: ", too few", twice: ", one of them twice", invented: ", one of them invented", notHighest: ", not the highest", mixed: ", mixed"}

// sayID names a saying. 0 is none.
type sayID uint32

// spoken is a saying with a message that says it, as the door let it in.
type spoken struct {
	saying
	msg     message.Verified
	refused bool // the door did not
}

// book holds all sayings of a world, and the sets of them that replicas have said.
type book struct {
	list []spoken
	ids  map[saying]sayID
	sets map[string]setID
	set  [][]sayID
}

// setID names a set of sayings, for keys. 0 is the empty one.
type setID uint16

func newBook() book {
	return book{list: make([]spoken, 1), ids: map[saying]sayID{}, sets: map[string]setID{"": 0}, set: make([][]sayID, 1)}
}

// note returns the id of a saying; make is called where it is new.
func (b *book) note(s saying, build func() (message.Verified, error)) sayID {
	if id, ok := b.ids[s]; ok {
		return id
	}
	v, err := build()
	b.list = append(b.list, spoken{saying: s, msg: v, refused: err != nil})
	id := sayID(len(b.list) - 1)
	b.ids[s] = id
	return id
}

// subset returns the set of those sayings in list, which is sorted, that are of a kind.
func (b *book) subset(list []sayID, of func(s *spoken) bool) setID {
	var key []byte
	var out []sayID
	for _, id := range list {
		if of(&b.list[id]) {
			key = append(key, byte(id>>16), byte(id>>8), byte(id))
			out = append(out, id)
		}
	}
	if id, ok := b.sets[string(key)]; ok {
		return id
	}
	id := setID(len(b.set))
	if int(id) != len(b.set) {
		panic(limit("sets of messages"))
	}
	b.sets[string(key)] = id
	b.set = append(b.set, out)
	return id
}

// sayingOf reads a message that a replica sent to others, or returns false if it is of a
// kind that these worlds do without.
func (x *explorer) sayingOf(by int, m message.Message) (s saying, ok bool) {
	s = saying{by: uint8(by), kind: m.Kind()}
	switch m := m.(type) {
	case *message.Body:
		s.view, s.at = uint8(m.Header.View), x.tree.add(m.Parent, m.Header, m.Raw)
	case *message.Prepare:
		s.view, s.base, s.at = uint8(m.View), uint8(m.Base), x.tree.digest[m.Chain]
	case *message.Commit:
		s.view, s.at = uint8(m.View), x.tree.digest[m.Chain]
	case *message.Suspect:
		s.view = uint8(m.View)
	case *message.ViewChange:
		s.view, s.at, s.rank = uint8(m.View), x.tree.digest[m.Chain], rankOf(m.Rank)
	case *message.CommitCert:
		s.view, s.at = uint8(m.View), x.tree.digest[m.Chain]
	case *message.PrepareCert:
		s.view, s.base, s.at = uint8(m.View), uint8(m.Base), x.tree.digest[m.Chain]
	case *message.NewView:
		s.view = uint8(m.View)
		if m.Cert != nil {
			s.at, s.rank = x.tree.digest[m.Cert.Chain], rankOf(m.Cert.Rank())
		}
	default:
		return saying{}, false
	}
	return s, true
}

// rankOf is 0 for the root and else one more than the view.
func rankOf(r message.Rank) uint8 {
	if r == (message.Rank{}) {
		return 0
	}
	return uint8(r.View) + 1
}

// above orders reports: by rank, then by seq (spec N3).
func (x *explorer) above(aRank uint8, a point, bRank uint8, b point) bool {
	return aRank > bRank || aRank == bRank && x.tree.seq(a) > x.tree.seq(b)
}

// word is a saying in few bits, whoever says it.
func (x *explorer) word(id sayID) uint64 {
	s := &x.book.list[id]
	at := binary.BigEndian.Uint64(x.tree.blocks[s.at].at.Chain[:])
	return uint64(s.kind)<<56 | uint64(s.view)<<52 | uint64(s.base)<<48 | uint64(s.rank)<<44 | at>>20
}

// name writes a saying for people, and for replays.
func (x *explorer) name(id sayID) string { return x.text(id) + formNames[x.book.list[id].form] }

func (x *explorer) text(id sayID) string {
	s := &x.book.list[id]
	at := x.tree.blocks[s.at].name
	switch s.kind {
	case message.KindBody:
		return fmt.Sprintf("%v %s by %d", s.kind, at, s.by)
	case message.KindPrepare, message.KindPrepareCert:
		return fmt.Sprintf("%v(%d, base %d, %s) by %d", s.kind, s.view, s.base, at, s.by)
	case message.KindCommit:
		return fmt.Sprintf("%v(%d, %s) by %d", s.kind, s.view, at, s.by)
	case message.KindSuspect:
		return fmt.Sprintf("%v(%d) by %d", s.kind, s.view, s.by)
	case message.KindViewChange, message.KindNewView:
		if s.rank == 0 {
			return fmt.Sprintf("%v(%d, root) by %d", s.kind, s.view, s.by)
		}
		return fmt.Sprintf("%v(%d, PC(%d, %s)) by %d", s.kind, s.view, s.rank-1, at, s.by)
	}
	return fmt.Sprintf("%v by %d", s.kind, s.by)
}

// insert adds id to a sorted list that others may share.
func insert(list []sayID, id sayID) []sayID {
	i, found := slices.BinarySearch(list, id)
	if found {
		return list
	}
	return slices.Insert(slices.Clip(list), i, id)
}
