package liar

import "github.com/twothirds-bft/twothirds/pbft/message"

// newStray gives one victim, once in each view that it leads, a block of its own under its
// signature, and what all others get only without: headers and bodies, but no PREPARE for
// them. So the victim learns of a decision beside what it voted for and has no proof
// against the primary. It breaks who moves its tip to what is decided (A13; spec N2, N4).
func newStray(e *Env) Sender {
	victim := e.victim()
	astray := make(map[message.View]bool)
	return func(to message.ReplicaID, m message.Message) {
		if to != victim {
			e.Send(to, m)
			return
		}
		switch m := m.(type) {
		case *message.Body:
			if v := m.Header.View; !astray[v] && e.Draw("stray", 2) == 0 {
				keep(astray, v, true)
				h, raw := doubled(e, m)
				e.proposeTo(to, e.base(v), message.Body{Parent: m.Parent, Header: h, Raw: raw})
			}
		case *message.Prepare:
			if astray[m.View] {
				return
			}
		case *message.Blocks:
			if p := m.Prepare; p != nil && astray[p.View] {
				return
			}
		}
		e.Send(to, m)
	}
}
