package sim

import (
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// How replicas come from view to view beside what weak power asks for: a primary that
// resigns (V1), a NEW-VIEW that comes late (V4), one that is asked for (S1).

// passage is what is known of that in this life.
type passage struct {
	decided message.View // of the commit certificate written last
	asking  []int        // correct peers that asked for a NEW-VIEW since the last turn
	asked   []message.View
}

// wanted notes that a peer asks for the NEW-VIEW of a view or of a later one.
func (p *passage) wanted(o *oracle, from int, m *message.FetchView) {
	if !o.w.hosts[from].faulty && !slices.Contains(p.asking, from) {
		p.asking, p.asked = append(p.asking, from), append(p.asked, m.View)
	}
}

// shows returns what is wrong with how peers were answered that asked for a NEW-VIEW, or
// "": whoever has entered a view has its NEW-VIEW, and shows it once a turn (S1).
func (p *passage) shows(x *heard, h *host, before *core.HardState, out *core.Output) string {
	asking, asked := p.asking, p.asked
	p.asking, p.asked = p.asking[:0], p.asked[:0]
	for k, i := range asking {
		if before.View == 0 || asked[k] > before.View || before.View != x.state.View {
			continue
		}
		if !slices.ContainsFunc(out.Send, func(s core.Outgoing) bool {
			_, ok := s.Msg.(*message.NewView)
			return ok && (s.All || int(s.To) == i)
		}) {
			return fmt.Sprintf("does not show the NEW-VIEW of view %d to replica %d, which asks for it (S1)", before.View, i)
		}
	}
	return ""
}

// answersOnce returns what is wrong with the answers to pulls in one output, or "": each
// peer has one a turn, however often it asks (N9, D2).
func answersOnce(out *core.Output, n int) string {
	var room [16]int // more is allocated
	seen := append(room[:0], make([]int, n)...)
	for i := range out.Send {
		if _, ok := out.Send[i].Msg.(*message.Blocks); ok {
			seen[out.Send[i].To]++
		}
	}
	for i := range out.Serve {
		seen[out.Serve[i].To]++
	}
	for to, times := range seen {
		if times > 1 {
			return fmt.Sprintf("answers %d pulls of replica %d in one turn (N9, D2)", times, to)
		}
	}
	return ""
}

// keepsProofs returns what is wrong with the proofs that an output shows, or "": each is
// written down with it (R1, E1).
func keepsProofs(out *core.Output) string {
	for _, e := range out.Evidence {
		if !slices.ContainsFunc(out.Persist, func(r core.Record) bool { return r.Evidence == e }) {
			return fmt.Sprintf("shows a proof against replica %d, and does not keep it (R1)", e.Culprit)
		}
	}
	return ""
}

// enters returns what is wrong with a view that is entered, or "": it is not below that of
// the commit certificate that the replica holds (V4).
func (p *passage) enters(out *core.Output) string {
	for i := range out.Persist {
		switch m := out.Persist[i].Message.(type) {
		case *message.CommitCert:
			p.decided = m.View
		case *message.NewView:
			if m.View < p.decided {
				return fmt.Sprintf("enters view %d, and holds a commit certificate of view %d (V4)", m.View, p.decided)
			}
		}
	}
	return ""
}

// resigned returns what is wrong with staying, or "": the primary of the view that the
// replica is in or asks for has asked for a later one itself (V1).
func (x *heard) resigned(o *oracle, h *host) string {
	at := x.target(h)
	if p := o.w.door.Members().Primary(at); p != h.id && x.changes[p] > at {
		return fmt.Sprintf("stays with view %d, and its primary asks for %d (V1)", at, x.changes[p])
	}
	return ""
}
