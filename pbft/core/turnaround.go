package core

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// turnaround holds the primary to proposing soon what waits here while it has room for it
// (spec T4). Requests that wait are handed to it once more after half of the bound; only
// those make it late.
type turnaround struct {
	room      clock.Instant  // since when the primary has had room as seen here, zero while it has none
	open      clock.Instant  // when a block below its limits was accepted last: what it had then was passed over
	handed    clock.Instant  // last hand-over
	looked    clock.Instant  // last look
	over      bool           // the primary was late then
	late      clock.Duration // for how long it has been, less a tenth of the time in which it was not
	suspected bool           // it was late for too long
	blamed    bool           // and that in this view, be it over or not
	k         int            // doublings of the bound
	changed   clock.Instant  // when that was changed last
	lookAt    clock.Instant  // when waiting alone changes something
}

// What T4's back-off begins with and how it ends: a bound that is measured too low costs a
// view each time that it doubles, and one each time that it has fallen again.
const (
	turnaroundKMax = 16
	turnaroundFall = 60 * clock.Second
)

// handedMost is how many of the own clients' requests all members get in one hand-over,
// so that those know of them; the primary gets as many as fit into a message.
const handedMost = 64

// bound is how long a request may wait while the primary has room: 8*Q, and twice what T2
// adds to that for syncs and the link. Zero means no bound: round trips are not known, or
// the timeout is shorter.
func (t *turnaround) bound(c *Core) clock.Duration {
	q := c.quorumRTT()
	b := max(2*c.timing.measured(q), c.timing.floor/16) << t.k
	if q == 0 || b >= c.timing.timeout(c) {
		return 0
	}
	return b
}

// most is for how long the primary may be late in all. Two timeouts at least, so that
// whoever leads has met what was held on entry before T4 can end the view (spec Lemma 11).
func (t *turnaround) most(c *Core) clock.Duration {
	return max(clock.Second, 2*c.timing.timeout(c))
}

// begin forgets what was seen of a primary. The bound doubles if it was blamed: it may have
// been measured wrongly.
func (t *turnaround) begin(now clock.Instant) {
	k, changed := t.k, t.changed
	if t.blamed {
		k, changed = min(k+1, turnaroundKMax), now
	}
	*t = turnaround{looked: now, k: k, changed: changed}
}

// look adds up for how long the primary has been late since the last look. A pause of this
// process counts as one bound at most (spec T5). It runs once per turn.
func (c *Core) look() {
	t := &c.timing.turn
	t.lookAt = clock.Instant{}
	if c.target > c.view || c.leads() || c.pool.turns.Len() == 0 && t.late == 0 && !t.over {
		t.looked = c.now
		return
	}
	for ; t.k > 0 && c.now.Sub(t.changed) >= turnaroundFall; t.k-- {
		t.changed = t.changed.Add(turnaroundFall)
	}
	b, most := t.bound(c), t.most(c)
	if d := c.now.Sub(t.looked); t.over {
		t.late = min(t.late+min(d, b), most)
	} else {
		t.late -= min(t.late, d/10)
	}
	t.looked = c.now
	t.over = b > 0 && c.primaryLate(b)
	switch {
	case t.late >= most && t.over && !t.suspected:
		t.suspected, t.blamed = true, true
		c.stats.Slow++
		c.suspect()
	case t.late < most/2:
		t.suspected = false
	}
}

// primaryLate reports whether the oldest request that waits here has been with the primary
// for half of the bound since it was handed over for T4, and room was there. A window that is
// full here excuses the primary, unless a block below its limits passes the request over:
// small blocks fill a window at little cost. This replica judges nobody while weak power has
// decided more than itself.
func (c *Core) primaryLate(b clock.Duration) bool {
	t := &c.timing.turn
	if c.pool.turns.Len() == 0 {
		return false
	}
	if c.crowded() {
		t.room = clock.Instant{}
		return false
	}
	if t.room.IsZero() {
		t.room = c.now
	}
	x := c.pool.waiting(c)
	if x == nil {
		return false
	}
	if x.handed.Before(t.room) {
		due := latest(x.arrived, t.room, t.handed).Add(b / 2)
		if c.now.Before(due) {
			t.lookAt = due
			return false
		}
		c.handOver()
	}
	due := x.handed.Add(b / 2)
	if c.now.Before(due) {
		t.lookAt = due
		return false
	}
	t.lookAt = c.now.Add(b / 2)
	full := c.tip.Seq >= min(c.decided.Seq+c.cfg.Window, c.high()-c.cfg.Interval/2)
	passed := !t.open.Before(due)
	return (!full || passed) && c.weakDecided() <= c.decided.Seq
}

// crowded reports whether the primary may have refused what it was handed (spec T1), as far
// as that can be seen here: a correct one holds little more than what is in undecided blocks
// while it has room. The limits are taken at a half, for it may see a little more.
func (c *Core) crowded() bool {
	if c.over || c.gap || c.decided.Seq < c.base.Seq {
		return true
	}
	requests, bytes := 0, 0
	for s := c.tip.Seq; s > c.decided.Seq; s-- {
		n := c.nodes[c.own[s]]
		if n == nil {
			return true
		}
		requests += requestsOf(n)
		bytes += int(n.header.PayloadSize)
		if requests > min(admittedMin, c.cfg.ClientRequests, c.cfg.PoolRequests)/2 || bytes > min(c.cfg.WindowBytes, c.cfg.PoolBytes)/2 {
			return true
		}
	}
	return false
}

// noteRoom remembers that the primary had room: it proposed a block below its limits.
func (t *turnaround) noteRoom(c *Core, n *node) {
	if requestsOf(n) < c.cfg.BlockRequests && int(n.header.PayloadSize) <= c.cfg.BlockBytes/2 {
		t.open = c.now
	}
}

// waiting returns the oldest obligation that is in no block.
func (p *pool) waiting(c *Core) *pending {
	for e := p.byAge.Front(); e != nil; {
		x := e.Value.(*pending)
		e = e.Next()
		if x.flight == 0 && !p.expire(c, x) {
			return x
		}
	}
	return nil
}

// handOver passes what waits on once more: some of the own clients' to all, so that others
// know of it too, the rest to the primary alone.
func (c *Core) handOver() {
	var all, rest []message.Request
	size := 0
	for e := c.pool.byAge.Front(); e != nil && len(all)+len(rest) < requestsMax; e = e.Next() {
		x := e.Value.(*pending)
		if x.flight != 0 {
			continue
		}
		if size += x.req.Size() + 4; size > requestsBytes && len(all)+len(rest) > 0 {
			break
		}
		x.handed = c.now
		if x.direct && len(all) < handedMost {
			all = append(all, x.req)
		} else {
			rest = append(rest, x.req)
		}
	}
	c.timing.turn.handed = c.now
	if len(all) > 0 {
		c.broadcast(&message.Requests{List: all})
	}
	if len(rest) > 0 {
		c.send(c.primary(c.view), &message.Requests{List: rest})
	}
}

func latest(list ...clock.Instant) (last clock.Instant) {
	for _, t := range list {
		if t.After(last) {
			last = t
		}
	}
	return last
}
