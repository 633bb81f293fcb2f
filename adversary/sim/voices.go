package sim

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// voices are all votes of one kind that there are, by view: what correct replicas signed,
// and what of faulty ones got through to a correct one. Nobody can forge them, so what a
// replica makes of the votes that it holds can be held against them.
type voices map[message.View][]voice

// voice is one vote.
type voice struct {
	id message.ReplicaID
	at message.Point
}

// add keeps a vote. One that goes on where the last of its signer ended takes its place.
func (v voices) add(o *oracle, view message.View, id message.ReplicaID, at message.Point) {
	list := v[view]
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].id == id {
			if list[i].at == at {
				return
			}
			if o.onChain(at, list[i].at) {
				list[i].at = at
				return
			}
			break
		}
	}
	v[view] = append(list, voice{id, at})
}

// count returns how many replicas have voted in a view at p or above it on its chain.
func (v voices) count(o *oracle, view message.View, p message.Point) (n int) {
	var seen [2]uint64 // by replica; there are 100 at most
	for _, x := range v[view] {
		word, bit := x.id/64, uint64(1)<<(x.id%64)
		if seen[word]&bit == 0 && o.onChain(x.at, p) {
			seen[word] |= bit
			n++
		}
	}
	return n
}

// overhear keeps the votes in a message that passed the door of a correct replica, or that
// one signed. What correct ones pass on they have heard before (spec N9).
func (o *oracle) overhear(m message.Message) {
	switch m := m.(type) {
	case *message.Prepare:
		if o.w.door.Members().Primary(m.View) == m.Signer {
			o.prepares.add(o, m.View, m.Signer, m.Point())
		}
	case *message.Commit:
		o.commits.add(o, m.View, m.Signer, m.Point())
	case *message.CommitCert:
		for i := range m.Votes {
			o.commits.add(o, m.View, m.Votes[i].Signer, m.Point()) // or above, on the same chain
		}
	case *message.Blocks:
		if m.Prepare != nil {
			o.overhear(m.Prepare)
		}
		if m.Commit != nil {
			o.overhear(m.Commit)
		}
	}
}

// quorum and weak are written out once more, for members of equal power: what the engine
// takes for them is under test (spec M1).
func (o *oracle) quorum() int { return 2*o.w.sc.Replicas/3 + 1 }
func (o *oracle) weak() int   { return (o.w.sc.Replicas-1)/3 + 1 }

// backed reports whether replicas of quorum power have signed COMMITs of one view at p or
// above it on its chain (spec N5): without them nothing is decided, whatever a replica has
// made of what it heard.
func (o *oracle) backed(p message.Point) bool {
	for v, list := range o.commits { // order: any view will do
		if len(list) >= o.quorum() && o.commits.count(o, v, p) >= o.quorum() {
			return true
		}
	}
	return false
}

// checkBacked looks at the highest decision that is new. Beyond f nothing follows from a
// checkpoint certificate, so it is no decision then.
func (o *oracle) checkBacked(h *host, p message.Point) {
	if _, old := o.chain[p.Seq]; !old && !o.w.sc.Beyond && !o.backed(p) {
		o.w.fail("I4", fmt.Sprintf("replica %d decides %v, for which no quorum of one view has signed COMMIT", h.at, p))
	}
}

// proposed returns what is wrong with a vote above its base, or "": it has to be for a
// block of its view, on a chain that the view's primary has signed (spec N1). A correct
// primary signs one chain only.
func (o *oracle) proposed(m *message.Prepare) string {
	if m.Seq <= m.Base {
		return ""
	}
	if up := o.parents[m.Chain]; up.view != m.View {
		return fmt.Sprintf("votes for a block of view %d (N1)", up.view)
	}
	if o.prepares.count(o, m.View, m.Point()) == 0 {
		return "votes for what the primary of the view has not signed (N1)"
	}
	return ""
}
