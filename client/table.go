package client

import (
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// table holds all calls and decides what is sent and what a call's outcome is. It has no goroutine, no
// lock and no clock: the Client calls it under its lock, with the time.
//
// A call goes submit, stage, launch and is settled by replies, or leaves early by cancel. From launch on it is
// under way, or waits because it was turned away or given up.
type table struct {
	client   *Client // only to be named in errors
	cfg      Config
	key      message.PublicKey
	members  *message.Members
	jitter   func(clock.Duration) clock.Duration
	wall     func() uint64 // a lower bound for nonces
	route    route
	session  session
	opener   opener
	flow     flow
	bundle   int                      // operations in a call at most
	queue    list                     // operations without a number
	under    list                     // under way, in the order in which they were sent
	waits    list                     // turned away or given up, to be sent again when there is room, in order of launch
	strays   map[message.Digest]*call // those of under and waits whose session has ended
	launches uint64
	numbered int           // calls with operations staged, under way or waiting, of whatever session
	carried  int           // operations in them
	deadline clock.Instant // when the first call under way is due; may be too early
	progress clock.Instant // when the target last had a call answered
	passed   uint64        // the newest transmission to it that was answered
	sends    uint64
	canary   *call // lost, while others sent after it were sent to all
	ups      []int // members whose link has come up
	stats    Stats
	voices   []voice      // by member
	view     message.View // that weak power says it has entered
}

func newTable(cfg Config, members *message.Members) *table {
	return &table{
		cfg: cfg, key: cfg.Key.Public(), members: members,
		jitter: func(d clock.Duration) clock.Duration { return d },
		wall:   func() uint64 { return cfg.Nonce },
		route:  newRoute(members.Len(), cfg.Genesis.Signed),
		flow:   newFlow(cfg.Window),
		bundle: message.BundleMax,
		strays: make(map[message.Digest]*call),
		voices: make([]voice, members.Len()),
	}
}

// submit takes a new operation, which stays the caller's until stage. It joins the last call that waits,
// if that has room.
func (t *table) submit(o *op) {
	x := t.queue.back
	if x == nil || !x.takes(o.data, t.bundle, t.cfg.OpBytesMax) {
		x = newCall(message.Request{Client: t.key})
		t.queue.pushBack(x)
	}
	x.add(o)
}

// ready reports whether stage has something to return.
func (t *table) ready(now clock.Instant) bool {
	switch {
	case t.queue.len == 0:
		return false
	case t.session.live():
		return t.session.room() && t.numbered < t.cfg.Window && t.waits.len == 0 && t.flow.open(now)
	}
	return t.opener.call == nil && !now.Before(t.opener.after)
}

// pending reports whether the sender has something to do.
func (t *table) pending(now clock.Instant) bool {
	return t.ready(now) || t.waits.len > 0 && t.flow.open(now) || !t.deadline.IsZero() && !now.Before(t.deadline)
}

// stage gives up to most calls their identity and the member that they go to first, calls for the same
// member side by side. They must be signed and launched, in this order. An opening is staged alone, when
// an operation first needs it.
func (t *table) stage(now clock.Instant, most int) (list []*call) {
	for len(list) < most && t.ready(now) {
		if !t.session.live() {
			x := t.opener.open(t.key, t.wall())
			x.state, x.target = staged, t.route.best
			t.afloat(x)
			return append(list, x)
		}
		x := t.queue.front
		x.unlink()
		t.afloat(x)
		t.session.number(x)
		t.numbered++
		t.carried += len(x.ops)
		x.close()
		x.state = staged
		x.target, x.probe = t.route.pick(now)
		list = append(list, x)
		if x.probe {
			break // the last of its turn
		}
	}
	return list
}

// launch registers a signed call as one that is about to leave, and reports whether it is to. It is not
// if it was cancelled, could not be signed, or if its session has ended since it was staged.
func (t *table) launch(x *call, digest message.Digest, err error, now clock.Instant) bool {
	switch {
	case err != nil || x.withdrawn:
		t.settle(x, err)
		return false
	case x.ops != nil && x.req.Session != t.session.id:
		t.requeue(x)
		return false
	}
	x.state, x.tries, x.digest = outstanding, 1, digest
	x.first = now
	t.stamp(x, now)
	t.launches++
	x.order = t.launches
	t.under.pushBack(x)
	t.wait(x, t.jitter(t.patience(1)))
	return true
}

// stamp notes that a call is sent.
func (t *table) stamp(x *call, now clock.Instant) {
	t.sends++
	x.sends, x.last = t.sends, now
}

// requeue takes the number of an operation back that has not left this machine.
func (t *table) requeue(x *call) {
	t.ashore(x)
	x.unlink()
	t.numbered--
	t.carried -= len(x.ops)
	x.state, x.all, x.denied, x.lost, x.turned, x.votes = queued, false, false, false, 0, nil
	t.queue.pushFront(x)
}

// afloat and ashore count what is under way.
func (t *table) afloat(x *call) {
	x.under = true
	t.flow.under++
}

func (t *table) ashore(x *call) {
	if x.under {
		x.under = false
		t.flow.under--
	}
}

// find returns the call that a reply is to, nil if there is none.
func (t *table) find(r *message.Reply) *call {
	x := t.opener.call
	if s := &t.session; s.live() && r.Session == s.id {
		x = *s.slot(r.Number)
	}
	if x != nil && x.state == outstanding && x.digest == r.Request {
		return x
	}
	return t.strays[r.Request]
}

// patience is the pause after so many transmissions. It begins with what latencies say (RFC 6298), so that
// a cluster under load is not given everything twice.
func (t *table) patience(tries int) clock.Duration {
	d := max(t.cfg.RetryMin, min(t.flow.rto(), t.cfg.RetryMax))
	for ; tries > 1 && d < t.cfg.RetryMax; tries-- {
		d *= 2
	}
	return min(d, t.cfg.RetryMax)
}

func (t *table) wait(x *call, d clock.Duration) {
	x.due = x.last.Add(d)
	t.wake(x.due)
}

// wake makes sure that due is called at that time.
func (t *table) wake(at clock.Instant) {
	if t.deadline.IsZero() || at.Before(t.deadline) {
		t.deadline = at
	}
}

// next returns when due or stage has work without a further event, zero if never.
func (t *table) next() clock.Instant {
	at := t.deadline
	earlier := func(than clock.Instant) {
		if at.IsZero() || than.Before(at) {
			at = than
		}
	}
	if t.queue.len > 0 && !t.session.live() && t.opener.call == nil {
		earlier(t.opener.after)
	}
	if t.waits.len+t.queue.len > 0 && t.flow.under < t.flow.room && !t.flow.after.IsZero() {
		earlier(t.flow.after)
	}
	return at
}

// linkUp notes that the link to a member has come up: what was sent to it before is lost (spec S2).
func (t *table) linkUp(member int) {
	for _, m := range t.ups {
		if m == member {
			return
		}
	}
	t.ups = append(t.ups, member)
}

// missing returns a member whose link has come up and what it ought to have.
func (t *table) missing() (member int, list []*call, ok bool) {
	if len(t.ups) == 0 {
		return 0, nil, false
	}
	member, t.ups = t.ups[0], t.ups[1:]
	for x := t.under.front; x != nil; x = x.next {
		if x.addressed(member) {
			list = append(list, x)
		}
	}
	t.stats.Retransmitted += uint64(len(list))
	return member, list, true
}

// leaving notes that calls are about to be sent, and returns those that have not been before.
func (t *table) leaving(list []*call) (fresh []*call) {
	for _, x := range list {
		if !x.sent {
			x.sent = true
			t.stats.Sent++
			fresh = append(fresh, x)
		}
	}
	return fresh
}

// unsent notes that no link took calls that had never been sent before: whoever comes up first gets
// them, and until then their outcome is known. Unless somebody was told meanwhile that it is not.
func (t *table) unsent(list []*call) {
	for _, x := range list {
		if x.state != outstanding {
			continue
		}
		x.all = true
		if !slices.ContainsFunc(x.ops, func(o *op) bool { return o.abandoned }) {
			x.sent = false
			t.stats.Sent--
		}
	}
}

// retarget notes that calls went to another member, since the link to their target does not take them. What
// that target was given before will hardly be answered, and is asked for at once.
func (t *table) retarget(list []*call, from, to int, now clock.Instant) {
	for _, x := range list {
		t.route.miss(from, x.probe, now)
		x.target, x.probe = to, false
	}
	for x := t.under.front; x != nil; x = x.next {
		if x.target == from && !x.all {
			t.now(x, now)
		}
	}
}

// hurry makes a call due that has not been sent for a while.
func (t *table) hurry(x *call, now clock.Instant) {
	if x.under && x.state == outstanding && now.Sub(x.last) >= t.cfg.RetryMin {
		t.now(x, now)
	}
}

// now makes a call due.
func (t *table) now(x *call, now clock.Instant) {
	x.due, x.sends = now, 0 // as if others had overtaken it
	t.wake(now)
}
