package explore

import (
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// fault is what must never be: the oracle that noticed and what it saw.
type fault struct{ oracle, what string }

func faultf(oracle, format string, args ...any) *fault {
	return &fault{oracle, fmt.Sprintf(format, args...)}
}

// label is the name of a point.
func (x *explorer) label(p point) string { return x.tree.blocks[p].name }

// watch holds an output against what can be told from one replica: its certificates prove
// what they say (I4), it convicts nobody but the liar (I17), and it never stops.
func (x *explorer) watch(n *life, o *core.Output) {
	for i := range o.Persist {
		switch r := &o.Persist[i]; r.Kind {
		case core.RecordPrepare, core.RecordCommit, core.RecordNewView:
			x.recheck(n, r.Message)
		}
	}
	for _, e := range o.Evidence {
		if proof, err := wire.AppendEvidence(nil, e); err != nil || int(e.Culprit) != x.w.Byzantine {
			n.fail("I17", "convicts %d: %v", e.Culprit, err)
		} else if _, err := x.checker.Evidence(proof); err != nil {
			n.fail("I17", "convicts %d: %v", e.Culprit, err)
		}
	}
	n.convicted = n.convicted || len(o.Evidence) > 0
	if o.Fault != nil {
		n.fail("I1", "stops: %v", o.Fault)
	}
}

// recheck asks the checker that shares no code with the engine (I4).
func (x *explorer) recheck(n *life, m message.Message) {
	frame, err := wire.Append(x.frame[:0], m)
	must(err)
	x.frame = frame
	if x.sound[string(frame)] {
		return
	}
	if _, err := x.checker.Check(frame); err != nil {
		s, _ := x.sayingOf(n.id, m)
		n.fail("I4", "holds %v of view %d for %s: %v", m.Kind(), s.view, x.label(s.at), err)
		return
	}
	x.sound[string(frame)] = true
}

// consistent holds a new saying of a replica against all that it has said (I5).
func (x *explorer) consistent(n *life, id sayID) {
	s := &x.book.list[id]
	for _, old := range n.said {
		if t := &x.book.list[old]; x.contradict(t, s) {
			n.fail("I5", "says %s after %s", x.name(id), x.name(old))
		}
	}
	if s.kind == message.KindCommit {
		for _, p := range x.tree.path(s.at, 0) {
			if _, held := slices.BinarySearch(n.stored, p); !held {
				n.fail("I5", "says %s and does not hold %s (spec N4)", x.name(id), x.label(p))
			}
		}
	}
}

// contradict reports whether no correct replica says t after s.
func (x *explorer) contradict(s, t *spoken) bool {
	switch {
	case s.kind == t.kind && s.view == t.view:
		switch s.kind {
		case message.KindPrepare:
			return s.base != t.base || !x.tree.joined(s.at, t.at)
		case message.KindCommit:
			return !x.tree.joined(s.at, t.at)
		case message.KindViewChange, message.KindNewView:
			return true // they differ, or they would be the same saying
		}
	case s.kind == message.KindViewChange && (t.kind == message.KindPrepare || t.kind == message.KindCommit):
		return t.view < s.view // it has left that view
	case s.kind == message.KindCommit && t.kind == message.KindViewChange && s.view < t.view:
		return x.above(s.view+1, s.at, t.rank, t.at) // it reports less than it committed
	}
	return false
}

// sight is what the oracles see of a local.
type sight struct {
	face     uint32
	furthest point
	entered  [ViewsMax]point
	fault    *fault
}

// judge holds a state of the world against what takes several replicas to see: agreement
// (I1), and that every view begins on top of what older ones have decided or still may
// decide (I6).
func (x *explorer) judge(w world) *fault {
	var l [correct]*local
	for i := range w {
		if l[i] = x.locals[w[i]]; l[i].fault != nil {
			return l[i].fault
		}
	}
	for i := range l {
		a := l[i]
		for _, b := range l[i+1:] {
			if p, q := x.furthest(a), x.furthest(b); !x.tree.joined(p, q) {
				return faultf("I1", "%d decides %s and %d decides %s", a.id, x.label(p), b.id, x.label(q))
			}
			if f := x.carried(a, b, &l); f != nil {
				return f
			}
		}
		if f := x.proposedBy(a, &l); f != nil {
			return f
		}
	}
	return nil
}

// proposedBy looks at votes for blocks of views that a correct replica leads: it has
// proposed them (I20, spec N1).
func (x *explorer) proposedBy(a *local, all *[correct]*local) *fault {
	for v := range x.w.Slots {
		for _, b := range all {
			if p := a.shows.prepared[v]; p != 0 && x.primary(v) == b.id && !x.tree.extends(b.shows.proposed[v], p) {
				return faultf("I20", "%d votes for %s, which %d as its primary did not propose", a.id, x.label(p), b.id)
			}
		}
	}
	return nil
}

// furthest is the highest point that a replica has decided, or executed.
func (x *explorer) furthest(l *local) point {
	if x.tree.seq(l.done) > x.tree.seq(l.decided) {
		return l.done
	}
	return l.decided
}

// carried looks at what COMMITs of two correct replicas decide with the liar's help. In one
// view they lie on one chain, and later views begin at or above them.
func (x *explorer) carried(a, b *local, all *[correct]*local) *fault {
	for v := range x.w.Slots {
		p, q := a.shows.committed[v], b.shows.committed[v]
		if p == 0 || q == 0 {
			continue
		}
		if !x.tree.joined(p, q) {
			return faultf("I6", "%d commits %s and %d commits %s in view %d", a.id, x.label(p), b.id, x.label(q), v)
		}
		p = x.tree.lower(p, q)
		for u := v + 1; u < len(x.w.Slots); u++ {
			for _, c := range all {
				if base := c.entered[u]; base != 0 && !x.tree.extends(base-1, p) {
					return faultf("I6", "%d and %d commit %s in view %d, and %d enters view %d from %s", a.id, b.id, x.label(p), v, c.id, u, x.label(base-1))
				}
			}
		}
	}
	return nil
}
