package liar

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// planUndercut keeps correct replicas from hearing each other's PREPAREs once there is
// something to cut: so in the views from 1 on nobody but the liars has a certificate, and
// they report one that they cut below its base. It breaks rule N3 without its bound, at
// whoever verifies what a VIEW-CHANGE reports (docs/spec.md, story 1).
func planUndercut(first *Env) func(*Env) Sender {
	const enough = 3 // blocks
	first.Watch(func(from, to message.ReplicaID, m message.Message) Verdict {
		p, ok := m.(*message.Prepare)
		if !ok || p.View == 0 && p.Seq < enough || first.Brain.As(from) != nil || first.Brain.As(to) != nil {
			return Verdict{}
		}
		return Verdict{Drop: true, Hold: clock.Second}
	})
	return newLowCut
}
