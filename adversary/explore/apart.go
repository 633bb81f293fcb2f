package explore

import (
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// keySaid: all that the others have said.
func keySaid(_ *explorer, s *scene) uint64 {
	return uint64(s.others[0].all)<<16 | uint64(s.others[1].all)
}

// singles are the messages of others and of the liar one by one.
func (x *explorer) singles(s *scene) (out []uint32) {
	l := s.own
	add := func(id sayID) {
		if id == 0 {
			return
		}
		if in := x.input(inputKey{2, uint32(id), 0, 0, 0}, func() input { return x.give(id) }); !slices.Contains(out, in) {
			out = append(out, in)
		}
	}
	for _, o := range s.others {
		for _, id := range x.book.set[o.all] {
			switch t := &x.book.list[id]; t.kind {
			case message.KindPrepare, message.KindCommit:
				add(id)
			case message.KindSuspect:
				add(id)
			case message.KindViewChange, message.KindPrepareCert:
				if x.waits(l) {
					add(id)
				}
			}
		}
	}
	for view := range l.view + 1 {
		for kind := range 2 {
			for _, own := range x.lies(s, kind, view) {
				add(own)
			}
		}
	}
	if l.target+1 < len(x.w.Slots) {
		add(x.lieSuspect(l.target))
	}
	if x.waits(l) {
		for _, pc := range append(x.certs(s.sets(func(f *face) setID { return f.votes[0].all })), 0) {
			if pc == 0 || int(x.book.list[pc].view) < l.target {
				add(pc)
				add(x.lieChange(l.target, pc))
			}
		}
	}
	return out
}
