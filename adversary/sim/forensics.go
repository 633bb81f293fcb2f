package sim

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// With more than f faulty replicas agreement may break. What is asked then is that
// those who broke it have left proof (I17): all that was signed is kept, and each
// replica's messages are compared pair by pair, as rule E1 compares them.

// permitted reports whether an oracle's violation is what too many faults may cause.
// All else, such as what one correct replica signs, holds however many others lie.
func permitted(oracle string) bool {
	switch oracle {
	case "I1", "I2", "I6", "I8", "I9", "I10", "I13", "halt":
		return true
	}
	return false
}

// transcript is what one replica has signed, each message once.
type transcript struct {
	prepares []*message.Prepare
	commits  []*message.Commit
	changes  []*message.ViewChange
	newViews []*message.NewView
	seen     map[[2]message.Digest]bool
}

// transcripts belong to the replicas by id: twins share one.
type transcripts map[message.ReplicaID]*transcript

// add keeps a signed message that somebody sent.
func (t transcripts) add(m message.Message) {
	s, ok := m.(message.Signed)
	if !ok {
		return
	}
	id, _ := s.Author()
	x := t[id]
	if x == nil {
		x = &transcript{seen: map[[2]message.Digest]bool{}}
		t[id] = x
	}
	switch m := m.(type) {
	case *message.Prepare:
		if x.first(m.Kind(), uint64(m.View), uint64(m.Base)<<32|uint64(m.Seq), m.Chain) {
			x.prepares = append(x.prepares, m)
		}
	case *message.Commit:
		if x.first(m.Kind(), uint64(m.View), uint64(m.Seq), m.Chain) {
			x.commits = append(x.commits, m)
		}
	case *message.ViewChange:
		if x.first(m.Kind(), uint64(m.View), uint64(m.Rank.View)<<32|uint64(m.Rank.Seq), m.Chain) {
			x.changes = append(x.changes, m)
		}
	case *message.NewView:
		if x.first(m.Kind(), uint64(m.View), 0, m.BodyDigest()) {
			x.newViews = append(x.newViews, m)
		}
	}
}

func (x *transcript) first(k message.Kind, view, at uint64, d message.Digest) bool {
	key := [2]message.Digest{d, message.PayloadDigest([]byte(fmt.Sprint(k, view, at)))}
	old := x.seen[key]
	x.seen[key] = true
	return !old
}

// convict returns a proof against each replica that contradicted itself.
func (t transcripts) convict(o *oracle) map[message.ReplicaID]*message.Evidence {
	out := map[message.ReplicaID]*message.Evidence{}
	for id, x := range t { // order: one proof each
		for _, e := range x.pairs(o) {
			e.Culprit = id
			if got, err := o.w.door.Evidence(e); err == nil && got == id {
				out[id] = e
				break
			}
		}
	}
	return out
}

// pairs returns what may be proof: the door decides.
func (x *transcript) pairs(o *oracle) (out []*message.Evidence) {
	for i, a := range x.prepares {
		for _, b := range x.prepares[:i] {
			if a.View == b.View && a.Base != b.Base {
				out = append(out, &message.Evidence{Kind: message.EvidenceBase, First: b, Second: a})
			} else if a.View == b.View {
				out = o.fork(out, message.EvidencePrepareFork, b, a, b.Point(), a.Point())
			}
		}
	}
	for i, a := range x.commits {
		for _, b := range x.commits[:i] {
			if a.View == b.View {
				out = o.fork(out, message.EvidenceCommitFork, b, a, b.Point(), a.Point())
			}
		}
		for _, c := range x.changes {
			out = append(out, &message.Evidence{Kind: message.EvidenceLowReport, First: a, Second: c})
		}
	}
	for i, a := range x.changes {
		for _, b := range x.changes[:i] {
			out = append(out, &message.Evidence{Kind: message.EvidenceViewChange, First: b, Second: a})
		}
	}
	for i, a := range x.newViews {
		for _, b := range x.newViews[:i] {
			out = append(out, &message.Evidence{Kind: message.EvidenceNewView, First: b, Second: a})
		}
	}
	return out
}

// fork adds two votes of one view, if their chains differ and the headers are known
// that show it.
func (o *oracle) fork(out []*message.Evidence, k message.EvidenceKind, a, b message.Signed, p, q message.Point) []*message.Evidence {
	if p.Seq > q.Seq {
		a, b, p, q = b, a, q, p
	}
	var links []message.Digest
	for q.Seq > p.Seq {
		up, ok := o.parents[q.Chain]
		if !ok {
			return out
		}
		links = append([]message.Digest{o.links[q.Chain]}, links...)
		q = up.at
	}
	if q == p {
		return out
	}
	return append(out, &message.Evidence{Kind: k, First: a, Second: b, Fork: q.Chain, Links: links})
}

// blame checks at the end of a world in which too many were faulty and agreement
// broke, that weak power is convicted, and no correct replica.
func (o *oracle) blame() {
	w := o.w
	culprits := o.signed.convict(o)
	for id := range culprits { // order: any violation will do
		if !w.hosts[id].faulty {
			w.violate("I17", fmt.Sprintf("what correct replica %d signed convicts it", id))
		}
	}
	f := (w.sc.Replicas - 1) / 3
	if n := len(w.sc.Faulty()); w.broken.Oracle == "I1" && n <= 2*f && len(culprits) <= f {
		w.violate("I17", fmt.Sprintf("agreement is broken, and what was signed convicts %d replicas only: %v", len(culprits), w.broken))
	}
	w.convicted = len(culprits)
}
