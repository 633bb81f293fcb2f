package client

import (
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// decodeReplies returns nil if the frame does not hold replies of the given replica alone.
func decodeReplies(frame []byte, id message.ReplicaID) *message.Replies {
	m, err := wire.Decode(frame)
	if err != nil {
		return nil
	}
	r, ok := m.(*message.Replies)
	if !ok || slices.ContainsFunc(r.List, func(r message.Reply) bool { return r.Replica != id }) {
		return nil
	}
	return r
}

// wanted leaves of a member's replies those that are to open requests. About half are not: enough others
// were faster.
func (t *table) wanted(member int, list []message.Reply) []message.Reply {
	n := 0
	for i := range list {
		if t.find(&list[i]) != nil || bug.M73 {
			list[n] = list[i]
			n++
		}
	}
	t.voices[member].unasked += uint64(len(list) - n)
	return list[:n]
}

// reply counts what a member says about the request with the digest that the reply carries, and settles
// the call once weak power says the same (spec X2). A reply to anything but an open request of our own
// is dropped.
func (t *table) reply(member int, r *message.Reply, content message.Digest, now clock.Instant) {
	x := t.find(r)
	if bug.M73 && x == nil {
		x = t.under.front
	}
	if x == nil { // settled since it was wanted
		t.voices[member].unasked++
		return
	}
	part, ok := x.part(r)
	if !ok {
		t.voices[member].malformed++
		return
	}
	t.voices[member].counted++
	q := t.members.Quorums()
	v := vote{member: uint16(member), part: uint16(part), code: r.Code, content: content}
	power := x.record(q, v)
	switch {
	case r.Code == message.ReplyBusy: // no outcome: go on until the context ends
		t.busy(x, member, now)
		return
	case power < q.Weak():
		t.denied(x, member, r.Code, now)
		return
	}
	if r.Code == message.ReplyOK && x.ops != nil {
		complete, err := x.fill(r)
		if err != nil {
			t.settle(x, t.unknown(x, fmt.Errorf("%w: %w", ErrReply, err)))
			return
		}
		if !complete {
			return
		}
	}
	t.judge(x, &v, now)
	t.flow.answered()
	if x.req.Type == message.RequestOpen {
		t.opening(x, r, now)
	} else {
		t.outcome(x, r, now)
	}
}

// denied has a call sent to all at once if its target says that it cannot be executed. The others have
// nothing to order, so they will not speak before they are asked.
func (t *table) denied(x *call, member int, code message.ReplyCode, now clock.Instant) {
	if x.under && !x.all && member == x.target && code != message.ReplyOK {
		x.denied = true
		t.now(x, now)
	}
}

// judge looks back, now that the truth is known: at those who said something else, and at the target.
func (t *table) judge(x *call, truth *vote, now clock.Instant) {
	t.flow.sample(now.Sub(x.last))
	t.progressed(x, now)
	switch {
	case x.lost: // the target's answer after all
		t.route.acquit(x.target, now)
	case !x.all && x.tries == 1 && x.turned == 0:
		t.route.hit(x.target, now.Sub(x.first), now)
	case x.all && !x.denied:
		t.blame(x, now)
	}
	for _, v := range x.votes {
		if v.content == truth.content || v.part != truth.part || v.code == message.ReplyBusy {
			continue
		}
		t.voices[v.member].disagreed++
		if x.denied && int(v.member) == x.target {
			t.route.miss(x.target, x.probe, now)
		}
	}
}

// outcome settles an operation.
func (t *table) outcome(x *call, r *message.Reply, now clock.Instant) {
	switch r.Code {
	case message.ReplyOK:
		t.stats.Done += uint64(len(x.ops))
		t.settle(x, nil)
	case message.ReplyExpired:
		t.stats.Expired += uint64(len(x.ops))
		t.settle(x, t.unknown(x, ErrSessionExpired))
		t.expire(x.req.Session, now)
	case message.ReplyRefused:
		t.settle(x, ErrRefused)
	case message.ReplyForgotten:
		// Executed or withdrawn, says the cluster, but Awaited never passes a number that was sent.
		t.settle(x, ErrForgotten)
	default:
		t.settle(x, t.unknown(x, fmt.Errorf("%w: code %d", ErrReply, r.Code)))
	}
}

// opening settles an opening. If it brought no session the next one follows as soon as an operation
// waits for it.
func (t *table) opening(x *call, r *message.Reply, now clock.Instant) {
	t.settle(x, nil)
	t.opener.call = nil
	switch {
	case r.Code == message.ReplyOK && r.Session.Seq != 0:
		t.stats.Sessions++
		t.opener.bump = 0
		t.session.begin(r.Session, t.cfg.Window, now)
	case r.Code == message.ReplyRefused:
		t.stats.Refused++
		t.opener.refused()
	default:
		t.opener.after = now.Add(t.jitter(t.cfg.RetryMax))
	}
}

// expire ends the current session if it is the one named. Operations that have not left this machine
// wait for the next one. Those that have may still turn out to have been executed: they are asked for
// at once, and settled by their own answers.
func (t *table) expire(id message.SessionID, now clock.Instant) {
	if !t.session.live() || t.session.id != id {
		return
	}
	t.reopenAfter(now)
	for n := t.session.next - 1; n >= t.session.base; n-- {
		x := *t.session.slot(n)
		switch {
		case x == nil || x.state != outstanding: // settled, or staged
		case x.sent:
			t.strays[x.digest] = x
			t.now(x, now)
		default:
			t.requeue(x)
		}
	}
	t.session = session{}
}

// reopenAfter puts the next opening off if sessions are being taken away, the longer the more often.
func (t *table) reopenAfter(now clock.Instant) {
	o := &t.opener
	if now.Sub(t.session.opened) >= sessionShort {
		o.shorts = 0
		return
	}
	o.shorts++
	d := t.cfg.RetryMin
	for i := 1; i < o.shorts && d < t.cfg.RetryMax; i++ {
		d *= 2
	}
	o.after = now.Add(t.jitter(min(d, t.cfg.RetryMax)))
}
