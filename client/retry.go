package client

import (
	"cmp"
	"slices"

	"github.com/twothirds-bft/twothirds/clock"
)

// askMax is how many requests that were not answered in time are with all members at a time. It is enough
// for replicas to suspect a primary that leaves them out, and a cluster that is only slow is not given
// everything again, n times. The others wait until those are answered.
const askMax = 16

// busyTries is how often a call is sent to a target without room before all are asked.
const busyTries = 3

// askedTries bounds how often room may be missing for a call that all have been asked for.
const askedTries = 16

// due returns the calls that are to be sent again, calls with one addressee side by side: those that were
// not answered in time, and those for which there is room again.
func (t *table) due(now clock.Instant) (list []*call) {
	list = t.overdue(now)
	t.flow.resume(now)
	for t.waits.len > 0 && t.flow.open(now) {
		x := t.waits.front
		x.unlink()
		t.afloat(x)
		x.lost = false
		if !x.all {
			x.target, x.probe = t.route.best, false
		}
		if x.turned == 1 {
			x.again = now
		}
		list = append(list, x)
	}
	for _, x := range list {
		x.unlink()
		t.under.pushBack(x)
		t.stamp(x, now)
		t.wait(x, t.jitter(t.patience(x.tries)))
	}
	t.stats.Retransmitted += uint64(len(list))
	slices.SortStableFunc(list, func(a, b *call) int { return cmp.Compare(a.addressee(), b.addressee()) })
	return list
}

// overdue returns the calls that are to be sent to all, since no answer came in time (Castro and Liskov, section
// 4.1). Further ones wait, and so does the oldest if it is not alone, nor overtaken by others: should it be answered
// without having been sent again, the target was only slow.
func (t *table) overdue(now clock.Instant) (list []*call) {
	late, asked := t.late(now)
	slow := false
	for i, x := range late {
		x.tries++
		slow = slow || x.sends > 0
		several := len(late) > 1 || t.flow.under > 1 && x.sends > t.passed
		canary := i == 0 && several && x.tries == 2 && !x.all && x.sends > 0 && !x.probe && !t.canary.alive()
		if canary {
			t.canary = x
		}
		if canary || asked >= askMax {
			t.lose(x, now)
			continue
		}
		asked++
		x.all = true
		list = append(list, x)
	}
	if slow {
		t.flow.gaveUp()
	}
	return list
}

// lose has a call wait that was not answered in time.
func (t *table) lose(x *call, now clock.Instant) {
	if x.probe && !x.all {
		t.route.miss(x.target, true, now)
	}
	x.lost = true
	t.setAside(x)
}

// alive reports whether a canary may still say something.
func (x *call) alive() bool { return x != nil && x.lost && x.state == outstanding }

// blame decides what it says of a call's target that the call was answered once it had been sent to all. If
// the canary, which the target had been given before, is still without an answer, that was others' doing.
// Else it may have been the target's, which is left when that happens again; or at once if nothing else is
// under way that would take another way, too, and that way leads anywhere.
func (t *table) blame(x *call, now clock.Instant) {
	c := t.canary
	switch {
	case x.probe || x.turned > busyTries, t.flow.under == 1 && t.route.relays, c.alive() && c.target == x.target && c.order < x.order:
		t.route.miss(x.target, x.probe, now)
	default:
		t.route.doubt(x.target, x.first, now)
	}
}

// late returns the calls that were not answered in time, and how many others all have been asked for.
func (t *table) late(now clock.Instant) (late []*call, asked int) {
	if t.deadline.IsZero() || now.Before(t.deadline) {
		return nil, 0
	}
	t.deadline = clock.Instant{}
	patience := t.patience(1)
	for x := t.under.front; x != nil; x = x.next {
		if !x.all && !x.denied && x.sends > t.passed {
			x.due = later(x.due, sooner(t.progress.Add(patience), x.last.Add(min(slack*patience, t.cfg.RetryMax))))
		}
		switch {
		case !now.Before(x.due):
			late = append(late, x)
			continue
		case x.all:
			asked++
		}
		t.wake(x.due)
	}
	return late, asked
}

func later(a, b clock.Instant) clock.Instant {
	if a.Before(b) {
		return b
	}
	return a
}

func sooner(a, b clock.Instant) clock.Instant {
	if a.Before(b) {
		return a
	}
	return b
}

// slack is how many times as long a call waits whose target is at work.
const slack = 4

// progressed notes that a call's target had it answered. As long as it has the calls answered in the order in
// which they were sent it is at work, and nothing is late (RFC 6298, rule 5.3); not without end, for it may be
// at work on purpose so slowly.
func (t *table) progressed(x *call, now clock.Instant) {
	if !x.all && !x.probe {
		t.progress, t.passed = now, max(t.passed, x.sends)
	}
}

// setAside has a call wait for room.
func (t *table) setAside(x *call) {
	t.ashore(x)
	x.unlink()
	t.waits.insertOrdered(x)
}

// busy notes that a member has no room for a call. Were all asked at once, a cluster without room would be given
// everything n times, and backups would hold against their primary what it had no room for (spec T1). A correct
// primary soon has room for what has waited longest, since every client has its share; a liar that is always busy
// gains a few pauses.
func (t *table) busy(x *call, member int, now clock.Instant) {
	if !x.under || x.all && x.turned >= askedTries || !x.all && member != x.target {
		return
	}
	t.stats.Busy++
	if x.turned++; !x.all && x.turned > busyTries && now.Sub(x.again) >= 2*t.patience(1) {
		t.now(x, now)
		return
	}
	t.setAside(x)
	t.flow.refused()
	if t.flow.under == 0 && t.flow.after.IsZero() {
		t.flow.pause(now.Add(t.jitter(t.patience(t.flow.refusals + 1))))
	}
}
