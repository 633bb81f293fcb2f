package sim

import "github.com/twothirds-bft/twothirds/pbft/message"

// ledger is all that one correct replica has ever signed and sent, across
// restarts (I5).
type ledger struct {
	prepares map[message.View]*message.Prepare // highest of each view
	commits  map[message.View]*message.Commit
	changes  map[message.View]*message.ViewChange
	newViews map[message.View]message.Digest
	points   map[message.Seq]message.CheckpointBody
	left     message.View // highest VIEW-CHANGE sent
	commit   message.Rank // highest COMMIT
}

func newLedger() *ledger {
	return &ledger{
		prepares: map[message.View]*message.Prepare{}, commits: map[message.View]*message.Commit{},
		changes: map[message.View]*message.ViewChange{}, newViews: map[message.View]message.Digest{},
		points: map[message.Seq]message.CheckpointBody{},
	}
}

// add returns what a message contradicts, or "".
func (l *ledger) add(o *oracle, m message.Signed) string {
	switch m := m.(type) {
	case *message.Prepare:
		return l.prepare(o, m)
	case *message.Commit:
		return l.commitVote(o, m)
	case *message.ViewChange:
		return l.change(m)
	case *message.NewView:
		d := m.BodyDigest()
		if old, ok := l.newViews[m.View]; ok && old != d {
			return "sends two NEW-VIEWs of one view"
		}
		l.newViews[m.View] = d
	case *message.Checkpoint:
		if old, ok := l.points[m.Seq]; ok && old != m.CheckpointBody {
			return "signs two CHECKPOINTs of one seq"
		}
		l.points[m.Seq] = m.CheckpointBody
	}
	return ""
}

func (l *ledger) prepare(o *oracle, m *message.Prepare) string {
	old := l.prepares[m.View]
	if old == nil {
		if m.View < l.left {
			return "sends its first PREPARE in a view that it left"
		}
		l.prepares[m.View] = m
		return ""
	}
	if m.Base != old.Base {
		return "votes from two bases in one view"
	}
	if m.Seq <= old.Seq {
		if !o.onChain(old.Point(), m.Point()) {
			return "votes for two chains in one view"
		}
		return ""
	}
	if m.View < l.left {
		return "votes in a view that it left"
	}
	if !o.onChain(m.Point(), old.Point()) {
		return "votes for two chains in one view"
	}
	l.prepares[m.View] = m
	return ""
}

func (l *ledger) commitVote(o *oracle, m *message.Commit) string {
	old := l.commits[m.View]
	if old != nil && m.Seq <= old.Seq {
		if !o.onChain(old.Point(), m.Point()) {
			return "commits two chains in one view"
		}
		return ""
	}
	if m.View < l.left {
		return "sends a new COMMIT in a view that it left"
	}
	if old != nil && !o.onChain(m.Point(), old.Point()) {
		return "commits two chains in one view"
	}
	l.commits[m.View] = m
	if r := (message.Rank{Epoch: m.Epoch, View: m.View, Seq: m.Seq}); r.Compare(l.commit) > 0 {
		l.commit = r
	}
	return ""
}

func (l *ledger) change(m *message.ViewChange) string {
	if old := l.changes[m.View]; old != nil && (old.Rank != m.Rank || old.Chain != m.Chain) {
		return "signs two VIEW-CHANGEs of one view"
	}
	l.changes[m.View] = m
	if m.View > l.left {
		l.left = m.View
		if m.Rank.Compare(l.commit) < 0 {
			return "reports less than it committed"
		}
	}
	return ""
}
