package links

import (
	"bytes"

	"github.com/twothirds-bft/twothirds/transport"
)

// Send is the common part of Endpoint.Send for a known peer: it puts f into the queue of the peer's
// live link, nil if there is none, and counts what becomes of it.
func Send(q *Queue, f transport.Frame, frameBytesMax int, m *Meter, t *Tally) bool {
	reason := transport.ReasonNoLink
	switch {
	case len(f.Data) == 0 || len(f.Data) > frameBytesMax || f.Class > transport.Bulk:
		reason = transport.ReasonFrame
	case q == nil:
	default:
		switch q.Put(f) {
		case Queued:
			return true
		case Superseded:
			m.Superseded.Add(1)
			return true
		case Full:
			reason = transport.ReasonQueueFull
		}
	}
	m.Dropped.Add(1)
	t.Add(reason, 1)
	return false
}

// Dials reports whether self is the end that opens the connection to a member. Between two members
// it is the smaller key, so that two connections never compete; an endpoint that only dials always
// does.
func Dials(self, member transport.Peer, dialOnly bool) bool {
	return dialOnly || bytes.Compare(self[:], member[:]) < 0
}
