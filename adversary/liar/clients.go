package liar

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// newCensor orders everything but one client's requests: as primary it does not hear
// them, be they from the client or forwarded. It breaks timers that any decision
// restarts (A46).
func newCensor(e *Env) Sender {
	var victim *message.PublicKey
	e.OnReceive(func(_ message.ReplicaID, m message.Message) bool {
		r, ok := m.(*message.Requests)
		if !ok || len(r.List) == 0 || !e.Leads() {
			return false
		}
		if victim == nil {
			victim = &r.List[0].Client
		}
		for i := range r.List {
			if r.List[i].Client == *victim {
				return true
			}
		}
		return false
	})
	return e.Send
}

// newFalseReplies tells clients other results than it has, for other places, before
// others answer. It breaks clients that take the first reply, or one that has a body
// and others that agree on its digest (A73).
func newFalseReplies(e *Env) Sender {
	cluster := e.Door.Cluster()
	e.OnReceive(func(from message.ReplicaID, m message.Message) bool {
		r, ok := m.(*message.Requests)
		if !ok || e.member(from) {
			return false
		}
		for i := range r.List {
			q := &r.List[i]
			e.Send(from, &message.Reply{
				Replica: e.Self, Request: q.Digest(cluster), Seq: 1 + message.Seq(e.Draw("seq", uint64(e.core.Tip)+4)),
				Code: message.ReplyCode(e.Draw("code", 5)), Session: q.Session, Number: q.Number, Result: []byte("forged"),
			})
		}
		return false
	})
	return func(to message.ReplicaID, m message.Message) {
		switch r := m.(type) {
		case *message.Reply:
			m = new(forge(e, *r))
		case *message.Replies:
			c := &message.Replies{}
			for i := range r.List {
				c.List = append(c.List, forge(e, r.List[i]))
			}
			m = c
		}
		e.Send(to, m)
	}
}

// forge returns a reply with another result, and perhaps for another place.
func forge(e *Env, r message.Reply) message.Reply {
	if e.Draw("seq", 2) == 0 {
		r.Seq++
	}
	r.Result = append([]byte("forged"), r.Result...)
	return r
}

// newHalfValid passes clients' requests on to everyone, in one message with copies that
// have a bad signature or another operation under the good one. It breaks batch
// verification whose one verdict holds for all, and replicas that suspect a primary
// for not ordering what only they think valid (A47; Aardvark's big MAC attack).
func newHalfValid(e *Env) Sender {
	e.OnReceive(func(from message.ReplicaID, m message.Message) bool {
		r, ok := m.(*message.Requests)
		if !ok || len(r.List) == 0 || e.member(from) { // else liars would feed each other
			return false
		}
		bad := r.List[e.Draw("which", uint64(len(r.List)))]
		switch e.Draw("what", 3) {
		case 0:
			bad.Op = append([]byte("x"), bad.Op...)
		case 1:
			bad.Number++
		case 2:
			bad.Sig = flip(bad.Sig)
		}
		e.each(func(to message.ReplicaID) {
			if e.Draw("to", 2) == 0 {
				e.Send(to, &message.Requests{List: append(r.List[:len(r.List):len(r.List)], bad)})
			}
		})
		return false
	})
	return e.Send
}

// flip returns b with one bit changed.
func flip(b []byte) []byte {
	b = append([]byte(nil), b...)
	if len(b) > 0 {
		b[len(b)/2] ^= 1
	}
	return b
}

// newReplayRequests sends requests again that were executed long ago, to all. It breaks
// tables of what was done that forget too early (A62).
func newReplayRequests(e *Env) Sender {
	var old []message.Request
	e.OnReceive(func(from message.ReplicaID, m message.Message) bool {
		r, ok := m.(*message.Requests)
		if !ok || len(r.List) == 0 || e.member(from) {
			return false
		}
		if old = append(old, r.List...); len(old) > 256 {
			old = old[len(old)-256:]
		}
		again := old[e.Draw("again", uint64(len(old)))]
		e.After(clock.Duration(e.Draw("again-after", 400))*clock.Millisecond, func() {
			e.Broadcast(&message.Requests{List: []message.Request{again}})
		})
		return false
	})
	return e.Send
}

// newSessions opens one session after the other under its own key, each replacing the
// last, and uses those that are gone. It breaks session tables without a bound, and
// who gives two sessions one name (A62).
func newSessions(e *Env) Sender {
	nonce := uint64(0)
	return func(to message.ReplicaID, m message.Message) {
		e.Send(to, m)
		s, ok := m.(*message.Status)
		if !ok || nonce > uint64(s.Decided)*4+16 {
			return
		}
		nonce++
		list := []message.Request{{Type: message.RequestOpen, Client: e.Key.Public(), Number: nonce}}
		if s.Decided > 0 {
			at := message.SessionID{Seq: 1 + message.Seq(e.Draw("session", uint64(s.Decided))), Pos: uint32(e.Draw("pos", 4))}
			list = append(list, message.Request{Client: e.Key.Public(), Session: at, Number: 1, Op: []byte("x")})
		}
		for i := range list {
			if e.Door.SignRequest(e.Key, &list[i]) != nil {
				return
			}
		}
		e.Send(to, &message.Requests{List: list})
	}
}
