package virtual

import (
	"cmp"
	"slices"
	"time"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// The constants of package client.
const (
	patienceMin = 250 * time.Millisecond // before a request is sent to all
	patienceMax = 5 * time.Second
	slack       = 4  // times as patient with a replica that is at work
	askMax      = 16 // requests that all have been asked for at a time
	busyTries   = 3  // that a replica without room is asked alone
	askedTries  = 16 // and all are
)

// pacing decides when a client sends what to whom. A request goes to one replica, and to all if it is late. What is turned
// away waits until there is room for it, and room is what was not turned away.
type pacing struct {
	c      *client
	best   int            // replica that requests go to
	view   message.View   // that f+1 have entered at least, whose primary best is
	views  []message.View // by replica: the latest that it said it has entered
	sends  int            // transmissions so far
	under  int            // calls under way
	waits  []*call        // turned away or given up, by number
	canary *call          // given up alone; whether it is answered tells a slow replica from a dead one

	room, step, heard int // calls that may be under way, by how much that grows, and answers since it grew
	refusals          int // in a row, with nothing else under way
	after             clock.Instant

	usual, vary time.Duration // of round trips, as in RFC 6298
	progress    clock.Instant // the newest answer that best had given
	passed      int           // the newest transmission that was answered so
	alarm       clock.Instant
}

// sending is what pacing knows of a call.
type sending struct {
	target int
	under  bool
	all    bool // it was sent to all
	lost   bool // given up, and waits
	tries  int
	turned int // times that it was turned away
	sends  int // its last transmission
	last   clock.Instant
	again  clock.Instant // sent for the second time, after it had been turned away
	due    clock.Instant
}

func newPacing(c *client) pacing {
	return pacing{c: c, room: numbersMax, step: 1, views: make([]message.View, len(c.w.replicas))}
}

func (p *pacing) now() clock.Instant { return p.c.w.now }

func (p *pacing) open() bool { return p.under < p.room && !p.now().Before(p.after) }

// pump sends what there is room for.
func (p *pacing) pump() {
	var list []*call
	for len(p.waits) > 0 && p.under+len(list) < p.room && p.open() {
		x := p.waits[0]
		p.waits = p.waits[1:]
		if x.turned == 1 {
			x.again = p.now()
		}
		list = append(list, x)
	}
	for len(p.waits) == 0 && p.under+len(list) < p.room && p.open() && p.c.room() {
		list = append(list, p.c.next())
	}
	p.send(list)
}

// send sends calls, those for one receiver in one message.
func (p *pacing) send(list []*call) {
	to := make([][]message.Request, len(p.c.w.replicas)+1)
	for _, x := range list {
		if x.tries == 0 {
			x.tries = 1
		}
		p.sends++
		x.sends, x.last, x.lost = p.sends, p.now(), false
		if !x.under {
			x.under = true
			p.under++
		}
		i := len(to) - 1
		if !x.all {
			x.target = p.best
			i = p.best
		}
		to[i] = append(to[i], x.req)
		p.wait(x, p.now().Add(p.patience(x.tries)))
	}
	for i, list := range to {
		if len(list) > 0 {
			p.c.send(list, i)
		}
	}
}

func (p *pacing) patience(tries int) time.Duration {
	d := max(patienceMin, p.usual+4*p.vary)
	for ; tries > 1 && d < patienceMax; tries-- {
		d *= 2
	}
	return min(d, patienceMax)
}

func (p *pacing) wait(x *call, due clock.Instant) {
	x.due = due
	p.arm(due)
}

func (p *pacing) arm(at clock.Instant) {
	if !p.alarm.IsZero() && !at.Before(p.alarm) {
		return
	}
	p.alarm = at
	p.c.w.later(at, func() {
		if p.alarm == at {
			p.alarm = clock.Instant{}
			p.send(p.overdue())
			p.pump()
		}
	})
}

// late returns the calls that are, by number, and how many others all have been asked for.
func (p *pacing) late() (late []*call, asked int) {
	patience := p.patience(1)
	for _, x := range p.c.open {
		if !x.under {
			continue
		}
		if !x.all && x.sends > p.passed && !p.progress.IsZero() {
			x.due = latest(x.due, soonest(p.progress.Add(patience), x.last.Add(min(slack*patience, patienceMax))))
		}
		switch {
		case !p.now().Before(x.due):
			late = append(late, x)
			continue
		case x.all:
			asked++
		}
		p.arm(x.due)
	}
	slices.SortFunc(late, byNumber)
	return late, asked
}

func byNumber(a, b *call) int { return cmp.Compare(a.number, b.number) }

func soonest(a, b clock.Instant) clock.Instant {
	if a.Before(b) {
		return a
	}
	return b
}

// overdue returns the late calls that are to be sent to all. Others wait, and so does the oldest if it is not alone.
func (p *pacing) overdue() (list []*call) {
	late, asked := p.late()
	for i, x := range late {
		x.tries++
		several := len(late) > 1 || p.under > 1 && x.sends > p.passed
		canary := i == 0 && several && x.tries == 2 && !x.all && !p.alive()
		if canary {
			p.canary = x
		}
		if canary || asked >= askMax {
			x.lost = true
			p.setAside(x)
			continue
		}
		asked++
		x.all = true
		list = append(list, x)
	}
	if len(late) > 0 {
		p.shrink(p.under)
	}
	return list
}

// alive reports whether the canary may still say something.
func (p *pacing) alive() bool {
	return p.canary != nil && p.canary.lost && p.c.open[p.canary.number] == p.canary
}

func (p *pacing) setAside(x *call) {
	if x.under {
		x.under = false
		p.under--
	}
	i, _ := slices.BinarySearchFunc(p.waits, x, byNumber)
	p.waits = slices.Insert(p.waits, i, x)
}

func (p *pacing) shrink(step int) { p.room, p.step, p.heard = max(p.under, 1), max(step, 1), 0 }

// busy notes that a replica has no room for a call.
func (p *pacing) busy(x *call, by int) {
	if !x.under || x.all && x.turned >= askedTries || !x.all && by != x.target {
		return
	}
	if x.turned++; !x.all && x.turned > busyTries && p.now().Sub(x.again) >= 2*p.patience(1) {
		p.wait(x, p.now())
		return
	}
	p.setAside(x)
	p.shrink(1)
	if p.under == 0 && !p.now().Before(p.after) {
		p.refusals++
		p.after = p.now().Add(p.patience(p.refusals + 1))
		p.arm(p.after)
	}
}

// answered notes that a call is over.
func (p *pacing) answered(x *call) {
	if x.under {
		p.under--
	} else if i, found := slices.BinarySearchFunc(p.waits, x, byNumber); found {
		p.waits = slices.Delete(p.waits, i, i+1)
	}
	p.refusals, p.after = 0, clock.Instant{}
	if p.heard++; p.heard >= p.room {
		p.room, p.step, p.heard = min(p.room+p.step, numbersMax), min(2*p.step, numbersMax), 0
	}
	p.sample(p.now().Sub(x.last))
	if !x.all {
		p.progress, p.passed = p.now(), max(p.passed, x.sends)
	}
}

func (p *pacing) sample(d time.Duration) {
	if p.usual == 0 {
		p.usual, p.vary = d, d/2
		return
	}
	n := time.Duration(max(p.under/2, 1))
	p.vary += (max(p.usual-d, d-p.usual) - p.vary) / (4 * n)
	p.usual += (d - p.usual) / (8 * n)
}

// heed takes a replica's word for the view that it has entered. The latest that f+1 have entered is one that a correct
// replica has.
func (p *pacing) heed(by int, view message.View) {
	if view <= p.views[by] {
		return
	}
	p.views[by] = view
	sorted := slices.Sorted(slices.Values(p.views))
	if w := sorted[len(sorted)-1-(len(sorted)-1)/3]; w > p.view {
		p.view = w
		p.follow(int(w) % len(sorted))
	}
}

// follow has requests go to a new primary, also those that only an older one was given.
func (p *pacing) follow(primary int) {
	p.best = primary
	p.room, p.step, p.heard, p.refusals, p.after = numbersMax, 1, 0, 0, clock.Instant{}
	p.usual, p.vary = 0, 0
	for _, x := range p.c.open { // order: setAside sorts
		if x.under && !x.all && x.target != primary {
			p.setAside(x)
			x.tries = 1
		}
	}
}
