package session

import "github.com/twothirds-bft/twothirds/pbft/message"

// Conclude returns what a request's client is told of its outcome (spec X1, X2). seq is
// the block that ordered it, or 0 if the table knew without. Of an Execute, Reply must
// hold the result by now. Whose reply it is, and to which request, is left to the
// caller to fill in.
func (o *Outcome) Conclude(seq message.Seq, r *message.Request) message.Reply {
	m := message.Reply{Seq: seq, Session: o.Session}
	switch o.Verdict {
	case Duplicate:
		switch {
		case r.Type == message.RequestOpen:
			m.Seq = o.Session.Seq
		case o.Cached:
			m.Seq, m.Code, m.Result = o.Reply.Seq, o.Reply.Code, o.Reply.Result
		default:
			m.Code, m.Seq = message.ReplyForgotten, 0
		}
	case Execute:
		m.Result = o.Reply.Result
	case Expired:
		m.Code, m.Session, m.Seq = message.ReplyExpired, r.Session, 0
	case Refused:
		m.Code, m.Session, m.Seq = message.ReplyRefused, r.Session, 0
	}
	return m
}
