package story

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// witness knows what one liar has said so far.
type witness struct {
	s       *Story
	votes   map[voted][]message.Point
	bases   map[message.View]message.Seq
	blocks  map[voted][]message.Point
	changes map[message.View]message.ViewChange
	views   map[message.View]message.Digest
	commit  message.Rank // highest
	states  map[message.Seq]message.Digest
}

// voted is what one may say one thing about.
type voted struct {
	kind message.Kind
	view message.View
	seq  message.Seq // 0 for votes, which are cumulative
}

// lies marks what contradicts what its sender said before, or is plainly untrue.
func (s *Story) lies() {
	said := make(map[int]*witness)
	for i := range s.Events {
		e := &s.Events[i]
		if e.Kind != sim.EventSend || e.Replica >= s.processes() || !s.ends[e.Replica].faulty {
			continue
		}
		id := s.identity(e.Replica)
		w := said[id]
		if w == nil {
			w = &witness{
				s: s, votes: make(map[voted][]message.Point), bases: make(map[message.View]message.Seq),
				blocks: make(map[voted][]message.Point), changes: make(map[message.View]message.ViewChange),
				views: make(map[message.View]message.Digest), states: make(map[message.Seq]message.Digest),
			}
			said[id] = w
		}
		s.copies[e.ID].lie = w.hear(e.Msg)
	}
}

// identity returns whose key a process has.
func (s *Story) identity(process int) int {
	if process >= s.Scenario.Replicas {
		return s.Scenario.Twins[process-s.Scenario.Replicas]
	}
	return process
}

// hear returns what is wrong with a message, or "".
func (w *witness) hear(m message.Message) string {
	switch m := m.(type) {
	case *message.PrePrepare:
		return w.block(m.Parent, &m.Header)
	case *message.Body:
		return w.block(m.Parent, &m.Header)
	case *message.Prepare:
		return w.prepare(m)
	case *message.Commit:
		if r := (message.Rank{Epoch: m.Epoch, View: m.View, Seq: m.Seq}); r.Compare(w.commit) > 0 {
			w.commit = r
		}
		return w.vote(m.Kind(), m.View, m.Point())
	case *message.ViewChange:
		return w.change(m)
	case *message.NewView:
		old, ok := w.views[m.View]
		w.views[m.View] = m.BodyDigest()
		if ok && old != m.BodyDigest() {
			return "sent another NEW-VIEW of this view before"
		}
	case *message.Checkpoint:
		old, ok := w.states[m.Seq]
		w.states[m.Seq] = m.State
		if ok && old != m.State {
			return "signed another state at this seq before"
		}
	case *message.Status:
		if top := w.s.names.highest; m.Tip > top || m.Decided > top || m.Certified > top || m.Stable > top {
			return "claims blocks that nobody has"
		}
	}
	return ""
}

func (w *witness) prepare(m *message.Prepare) string {
	old, ok := w.bases[m.View]
	w.bases[m.View] = m.Base
	switch {
	case m.Seq < m.Base:
		return "votes below its own base"
	case ok && old != m.Base:
		return fmt.Sprintf("voted with base %s in this view before", seqName(old))
	}
	return w.vote(m.Kind(), m.View, m.Point())
}

func (w *witness) change(m *message.ViewChange) string {
	old, ok := w.changes[m.View]
	w.changes[m.View] = *m
	switch {
	case ok && (old.Rank != m.Rank || old.Chain != m.Chain):
		return "reported " + w.s.rank(old.Rank, old.Chain) + " for this view before"
	case m.Rank.View >= m.View && m.Rank != (message.Rank{}):
		return "reports a certificate of a later view"
	case m.Rank.Compare(w.commit) < 0 && w.commit.View < m.View:
		return fmt.Sprintf("reports less than its own COMMIT of view %d", w.commit.View)
	}
	return ""
}

// block hears of a block: one for each view and seq, and no more.
func (w *witness) block(parent message.Digest, h *message.Header) string {
	n := &w.s.names
	at := voted{message.KindPrePrepare, h.View, h.Seq}
	p := message.Point{Seq: h.Seq, Chain: parent.Extend(h.Digest())}
	for _, old := range w.blocks[at] {
		if old != p {
			return fmt.Sprintf("proposed %s at this place before", n.of(old))
		}
	}
	w.blocks[at] = append(w.blocks[at], p)
	return ""
}

// vote hears a vote: all of one view and kind lie on one chain.
func (w *witness) vote(k message.Kind, v message.View, p message.Point) string {
	n := &w.s.names
	at := voted{kind: k, view: v}
	if !n.known(p) {
		return "votes for a chain that nobody has shown"
	}
	for _, old := range w.votes[at] {
		if n.conflict(old, p) {
			return fmt.Sprintf("voted for %s in this view before", n.of(old))
		}
	}
	w.votes[at] = append(w.votes[at], p)
	return ""
}
