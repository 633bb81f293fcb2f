package core_test

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// oracle holds correct replicas to what no schedule may make them do: decide
// differently, contradict themselves, convict each other, or stop.
type oracle struct {
	w          *world
	decided    map[message.Seq]message.Digest
	sent       []ledger // by replica
	violations []string
}

// ledger is what one correct replica has sent, over all its lives.
type ledger struct {
	prepares, commits map[message.View]message.Signed // highest of each view
	changes           map[message.View]message.ViewChange
	newViews          map[message.View]message.Digest
	checkpoints       map[message.Seq]message.CheckpointBody
	left              message.View
	committed         message.Rank
}

func newOracle(w *world) oracle {
	o := oracle{w: w, decided: map[message.Seq]message.Digest{}}
	for range w.cfg.Members.Len() {
		o.sent = append(o.sent, ledger{
			map[message.View]message.Signed{}, map[message.View]message.Signed{}, map[message.View]message.ViewChange{},
			map[message.View]message.Digest{}, map[message.Seq]message.CheckpointBody{}, 0, message.Rank{},
		})
	}
	return o
}

func (o *oracle) violate(kind, format string, args ...any) {
	v := kind + ": " + fmt.Sprintf(format, args...)
	o.violations = append(o.violations, v)
	o.w.note(false, "VIOLATION %s", v)
}

// onOutput looks at what a core decides and proves.
func (o *oracle) onOutput(h *host, out *core.Output) {
	if h.corrupt {
		return
	}
	for i := range out.Execute {
		p := out.Execute[i].Point
		if d, ok := o.decided[p.Seq]; ok && d != p.Chain {
			o.violate("agreement", "%d decides %s, another decided %s", h.id, o.w.point(p), o.w.point(message.Point{Seq: p.Seq, Chain: d}))
		}
		o.decided[p.Seq] = p.Chain
	}
	for _, e := range out.Evidence {
		if id, err := o.w.door.Evidence(e); err != nil || !o.w.hosts[id].corrupt {
			o.violate("evidence", "%d convicts %d of %d: %v", h.id, e.Culprit, e.Kind, err)
		}
	}
	if out.Fault != nil {
		o.violate("stopped", "%d: %v", h.id, out.Fault)
	}
}

// onSent checks a message that leaves a replica against all that it sent before.
func (o *oracle) onSent(from int, m message.Message) {
	s, ok := m.(message.Signed)
	if !ok || o.w.hosts[from].corrupt {
		return
	}
	if id, _ := s.Author(); int(id) != from {
		return
	}
	if what := o.sent[from].add(&o.w.names, s); what != "" {
		o.violate("ledger", "%d %s: %s", from, what, o.w.describe(m))
	}
}

func (l *ledger) add(n *names, m message.Signed) string {
	switch m := m.(type) {
	case *message.Prepare:
		old, _ := l.prepares[m.View].(*message.Prepare)
		if old != nil && old.Base != m.Base {
			return "votes from two bases in one view"
		}
		return l.vote(n, l.prepares, m.View, m)
	case *message.Commit:
		l.committed = maxRank(l.committed, message.Rank{View: m.View, Seq: m.Seq})
		return l.vote(n, l.commits, m.View, m)
	case *message.ViewChange:
		if old, ok := l.changes[m.View]; ok && (old.Rank != m.Rank || old.Chain != m.Chain) {
			return "signs two VIEW-CHANGEs of one view"
		}
		if l.changes[m.View] = *m; m.View > l.left {
			l.left = m.View
			if m.Rank.Compare(l.committed) < 0 {
				return "reports less than it committed"
			}
		}
	case *message.NewView:
		if d, ok := l.newViews[m.View]; ok && d != m.BodyDigest() {
			return "sends two NEW-VIEWs of one view"
		}
		l.newViews[m.View] = m.BodyDigest()
	case *message.Checkpoint:
		if b, ok := l.checkpoints[m.Seq]; ok && b != m.CheckpointBody {
			return "signs two CHECKPOINTs of one seq"
		}
		l.checkpoints[m.Seq] = m.CheckpointBody
	}
	return ""
}

// vote checks one PREPARE or COMMIT: one chain per view, nothing new in a view that
// was left.
func (l *ledger) vote(n *names, newest map[message.View]message.Signed, v message.View, m message.Signed) string {
	old, p := newest[v], pointOf(m)
	if old == nil || p.Seq > pointOf(old).Seq {
		newest[v] = m
		if v < l.left {
			return "votes in a view that it left"
		}
	}
	if old != nil && !n.extends(p, pointOf(old)) && !n.extends(pointOf(old), p) {
		return "votes on two chains in one view"
	}
	return ""
}

func pointOf(m message.Signed) message.Point {
	if p, ok := m.(*message.Prepare); ok {
		return p.Point()
	}
	return m.(*message.Commit).Point()
}

func maxRank(a, b message.Rank) message.Rank {
	if a.Compare(b) >= 0 {
		return a
	}
	return b
}
