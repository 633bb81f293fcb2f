package core

import (
	"cmp"
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// estimator is the retransmission timer of RFC 6298 for one peer.
type estimator struct {
	srtt, rttvar clock.Duration
	known        bool
}

func (e *estimator) sample(r clock.Duration) {
	if !e.known {
		e.srtt, e.rttvar, e.known = r, r/2, true
		return
	}
	d := e.srtt - r
	if d < 0 {
		d = -d
	}
	e.rttvar += (d - e.rttvar) / 4
	e.srtt += (r - e.srtt) / 8
}

func (e *estimator) rto() clock.Duration { return e.srtt + 4*e.rttvar }

// obligation is what the progress timer belongs to (spec T1): the oldest of a
// block's decision and a request's.
type obligation struct {
	block   message.Seq // 0 if it is a request
	request requestKey
}

// timing holds every timer of the replica. All deadlines are zero when off.
type timing struct {
	floor, cap clock.Duration
	bound      int // of k
	k, kept    int // exponent now, and as of the last decision (spec T3)
	decidedIn  message.View

	oldest    obligation
	since     clock.Instant // when it became the oldest
	progress  clock.Instant // T1
	putOff    int           // times T5 moved the running timer
	lag       message.Seq   // it fired, and is judged again once this is decided
	fullAt    clock.Instant // when the own window was last full for want of a checkpoint
	fullTo    message.Seq   // its end then
	suspected bool          // it fired and the obligation is still unmet
	newView   clock.Instant // V6
	repeatAt  clock.Instant // S3
	statusAt  clock.Instant // S1
	forwardAt clock.Instant // half of the timeout: the oldest request goes to all

	suspectedAt clock.Instant
	armed       clock.Instant // deadline given out last
	nonce       uint64
	pinged      [pingsKept]clock.Instant // by nonce
	cost        clock.Duration           // p99 of own verify and sync, as the shell measured
	push        clock.Duration           // time to push one full window

	calm calmness
	turn turnaround
}

// calmness decides when k may fall (spec T3).
type calmness struct {
	from   clock.Instant
	blocks int
	slow   int
}

func newTiming(cfg Config, n int, now clock.Instant) timing {
	t := timing{floor: cfg.TimeoutFloor, cap: cfg.TimeoutCap}
	if bug.M29 {
		t.cap = 1 << 61
	}
	for d := t.floor; d < t.cap && t.bound < 62; d *= 2 {
		t.bound++
	}
	t.calm.from, t.turn.looked = now, now
	// Replicas that start together should not ping in step.
	t.statusAt = now.Add(t.floor / 8 * clock.Duration(cfg.Members.Index(cfg.Self)+1) / clock.Duration(n))
	return t
}

// Measured tells the core what one own verification and sync cost (p99) and how
// long a full window takes on the link (spec T2). Zero means unknown.
func (c *Core) Measured(cost, push clock.Duration) { c.timing.cost, c.timing.push = cost, push }

// quorumRTT is Q of T2: the smallest r such that the own power and that of peers
// whose estimate is at most r reach quorum. It never depends on the primary's own
// latency alone.
func (c *Core) quorumRTT() clock.Duration {
	if bug.M61 {
		return c.peers[c.primary(c.view)].rto.rto()
	}
	type est struct {
		rto   clock.Duration
		power uint64
	}
	var room [16]est // more is allocated
	list := room[:0]
	for i := range c.peers {
		if e := &c.peers[i].rto; i != c.self && e.known {
			list = append(list, est{e.rto(), c.sys.Power(i)})
		}
	}
	slices.SortFunc(list, func(a, b est) int { return cmp.Compare(a.rto, b.rto) })
	power := c.sys.Power(c.self)
	if power >= c.sys.Quorum() {
		return 0
	}
	for _, e := range list {
		if power += e.power; power >= c.sys.Quorum() {
			return e.rto
		}
	}
	return 0 // unknown: the floor holds
}

// unit is T2.
func (t *timing) unit(c *Core) clock.Duration {
	return min(max(t.measured(c.quorumRTT()), t.floor), t.cap)
}

// measured is the unit before it is clamped.
func (t *timing) measured(q clock.Duration) clock.Duration { return 4*q + 2*t.cost + t.push }

// timeout is T3.
func (t *timing) timeout(c *Core) clock.Duration {
	u := t.unit(c)
	for i := 0; i < t.k && u < t.cap && !bug.M28; i++ {
		u *= 2
	}
	return min(u, t.cap)
}

// interval is how often S3 repeats.
func (t *timing) interval(c *Core) clock.Duration {
	return min(max(2*c.quorumRTT(), t.floor/8), t.cap)
}

// unmet reports whether an own suspicion stands.
func (t *timing) unmet() bool { return t.suspected || t.turn.suspected }

// onDecided notes progress: k as of now is what the next view change starts from.
func (t *timing) onDecided(c *Core, blocks message.Seq) {
	t.kept, t.decidedIn = t.k, max(t.decidedIn, c.view)
	t.calm.blocks += int(blocks)
	if t.k == 0 || bug.M29 {
		return
	}
	half := t.timeout(c) / 2
	if !t.since.IsZero() && c.now.Sub(t.since) > half/4 {
		t.calm.slow++
	}
	elapsed := c.now.Sub(t.calm.from)
	if ((t.calm.blocks < 1000 && elapsed < 100*t.timeout(c)) || elapsed < 30*clock.Second) && !bug.M90 {
		return
	}
	if t.calm.slow*100 <= t.calm.blocks {
		t.k--
		t.kept = t.k
	}
	t.calm = calmness{from: c.now}
}

// onTarget sets k by the views passed without a decision, counted in view numbers
// so that all agree (spec T3).
func (t *timing) onTarget(c *Core) {
	passed := 0
	if c.target > t.decidedIn+1 {
		passed = int(min(c.target-1-t.decidedIn, 64))
	}
	t.k = min(t.bound, t.kept+passed)
	t.progress, t.newView, t.suspected, t.putOff, t.lag = clock.Instant{}, clock.Instant{}, false, 0, 0
	t.oldest, t.fullAt = obligation{}, clock.Instant{}
	t.calm = calmness{from: c.now}
	t.turn.begin(c.now)
	c.window = window{since: c.now}
	t.onAsked(c)
}

// onAsked starts the NEW-VIEW timer once VIEW-CHANGEs of quorum power for the
// target or later are held, and not before: a lone replica cannot run ahead
// (spec V6).
func (t *timing) onAsked(c *Core) {
	if c.target <= c.view || !t.newView.IsZero() || t.suspected {
		return
	}
	power := uint64(0)
	for i, vc := range c.changes.newest {
		if vc != nil && vc.View >= c.target {
			power += c.sys.Power(i)
		}
	}
	if power >= c.sys.Quorum() || bug.M68 {
		t.newView = c.now.Add(t.timeout(c))
	}
}

// onEnter arms T1 at full length (spec V6).
func (t *timing) onEnter(c *Core) {
	t.onTarget(c)
}

// watch finds the oldest obligation and arms the timer where it changed
// (spec T1). It runs once per turn.
func (c *Core) watch() {
	t := &c.timing
	if c.target > c.view {
		return
	}
	if c.decided.Seq >= c.high() {
		t.fullAt, t.fullTo = c.now, c.high()
	}
	o, ok := c.oldestObligation()
	if !ok {
		t.oldest, t.progress, t.forwardAt, t.suspected, t.since = obligation{}, clock.Instant{}, clock.Instant{}, false, clock.Instant{}
		t.lag = 0
		return
	}
	if o == t.oldest {
		if t.lag != 0 && c.decided.Seq >= t.lag {
			t.lag, t.progress, t.suspected = 0, clock.Instant{}, true
			c.suspect()
		}
		return
	}
	d := t.timeout(c)
	t.oldest, t.since, t.suspected, t.putOff, t.lag = o, c.now, false, 0, 0
	t.progress, t.forwardAt = c.now.Add(d), c.now.Add(d/2)
}

// oldestObligation returns what must be decided next, or false while nothing must
// be (spec T1).
func (c *Core) oldestObligation() (obligation, bool) {
	end := max(c.tip.Seq, c.base.Seq)
	r := c.pool.oldest()
	for r != nil && c.pool.expire(c, r) {
		r = c.pool.oldest() // what no correct replica would accept any more is none
	}
	if end > c.decided.Seq {
		if r == nil || !r.arrived.Before(c.acceptedAt(c.decided.Seq+1)) {
			return obligation{block: c.decided.Seq + 1}, true
		}
	}
	if r == nil {
		return obligation{}, false
	}
	return obligation{request: r.key}, true
}

// acceptedAt returns when a block became an obligation: on acceptance, or on entry
// for what was inherited.
func (c *Core) acceptedAt(s message.Seq) clock.Instant {
	if n := c.nodes[c.own[s]]; n != nil {
		return n.accepted
	}
	return clock.Instant{}
}

// weakDecided returns the highest seq that peers of weak power report as decided:
// at least one of them is correct.
func (c *Core) weakDecided() message.Seq {
	list := make([]int, 0, c.n)
	for i := range c.peers {
		if i != c.self {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(c.peers[b].status.Decided, c.peers[a].status.Decided) })
	power := uint64(0)
	for _, i := range list {
		if power += c.sys.Power(i); power >= c.sys.Weak() {
			return c.peers[i].status.Decided
		}
	}
	return 0
}

// pingsKept is how many pings may be under way: on a slow network the next leaves
// before the pong to the last is here.
const pingsKept = 16

// onPong measures the round trip to one peer. Of those that end between two pings the
// shortest counts: a peer that stood still answers many at once. What waited here while
// this process was paused says nothing of the network (spec T2, T5).
func (t *timing) onPong(c *Core, p *peer, echo uint64) {
	if echo <= p.echo || echo > t.nonce || t.nonce-echo >= pingsKept {
		return
	}
	p.echo = echo
	if r := max(c.now.Sub(t.pinged[echo%pingsKept]), 1); !t.paused(c, c.lateness(c.now)) && (p.trip == 0 || r < p.trip) {
		p.trip = r
	}
}

// paused reports whether being so late means that this process stood still
// (spec T5).
func (t *timing) paused(c *Core, late clock.Duration) bool {
	return late > max(250*clock.Millisecond, t.timeout(c)/4)
}

// lateness returns how long after the deadline that it asked for the core is
// ticked: a pause of this process, not of its peers (spec T5).
func (c *Core) lateness(now clock.Instant) clock.Duration {
	a := c.timing.armed
	if a.IsZero() || !now.After(a) {
		return 0
	}
	return now.Sub(a)
}

// onLate puts the running timer off once per pause, at most twice (spec T5).
func (c *Core) onLate(late clock.Duration) {
	t := &c.timing
	if !t.paused(c, late) || t.putOff >= 2 && !bug.M97 || bug.M86 {
		return
	}
	t.putOff++
	c.stats.Pauses++
	to := c.now.Add(min(late, t.timeout(c)/2))
	for _, timer := range []*clock.Instant{&t.progress, &t.newView} {
		if !timer.IsZero() && timer.Before(to) {
			*timer = to
		}
	}
}

func (c *Core) due(at clock.Instant) bool { return !at.IsZero() && !c.now.Before(at) }

// onTimers does what is due.
func (c *Core) onTimers() {
	t := &c.timing
	if c.due(t.statusAt) {
		wait := t.floor / 2 // at most, for else a wrong estimate would last
		if c.restless() {
			wait = min(wait, t.interval(c))
		}
		t.statusAt = c.now.Add(wait)
		c.ping()
	}
	if c.due(t.forwardAt) {
		t.forwardAt = c.now.Add(t.timeout(c) / 2)
		c.pool.forwardAll(c)
	}
	if c.due(t.progress) {
		c.watch() // what this turn has decided is nothing to wait for any more
	}
	if c.due(t.progress) {
		c.judge()
	}
	if c.due(t.newView) {
		t.newView, t.suspected = clock.Instant{}, true
		c.suspect()
	}
	if c.due(t.repeatAt) {
		t.repeatAt = clock.Instant{}
		c.repeat()
	}
	if c.due(c.pulls.due) {
		c.pull()
	}
}

// judge suspects the primary, unless it is this replica that is behind: then it
// first catches up to what weak power had decided when the timer fired. That
// point does not move, so peers that are always a little ahead excuse no one
// (spec T1).
//
// Nor can a primary propose while the window is full for want of a checkpoint. Once there
// is room it has a whole timeout, or as many blocks as it needs for what is overdue at
// all members: where execution is slower than agreement, windows are full all the time.
func (c *Core) judge() {
	t := &c.timing
	t.progress = clock.Instant{}
	if w := c.weakDecided(); w > c.decided.Seq && !bug.M99 {
		t.lag = w
		return
	}
	if room := t.fullAt.Add(t.timeout(c)); t.oldest.block == 0 && !t.fullAt.IsZero() && c.now.Before(room) {
		if t.lag == 0 {
			t.lag = t.fullTo + message.Seq(overdueMax*c.n)
		}
		t.progress = room
		return
	}
	t.suspected = true
	c.suspect()
}

// repeatEarly keeps the repeat timer running exactly while S3 has something to say.
func (c *Core) repeatEarly() {
	t := &c.timing
	switch {
	case !c.restless():
		t.repeatAt = clock.Instant{}
	case t.repeatAt.IsZero(), t.repeatAt.Sub(c.now) > t.floor/8 && t.repeatAt.Sub(c.now) > t.interval(c): // round trips may have turned out shorter
		t.repeatAt = c.now.Add(t.interval(c))
	}
	for i := range c.peers {
		c.peers[i].served, c.peers[i].shown = false, false
	}
	c.planPulls()
}

// deadline returns the earliest timer.
func (c *Core) deadline() clock.Instant {
	t := &c.timing
	first := clock.Instant{}
	for _, d := range []clock.Instant{t.statusAt, t.forwardAt, t.progress, t.newView, t.repeatAt, t.turn.lookAt, c.pulls.due, c.window.until} {
		if !d.IsZero() && (first.IsZero() || d.Before(first)) {
			first = d
		}
	}
	return first
}
