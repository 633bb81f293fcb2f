package sim

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/internal/bug"
)

// hand is one process's monotonic clock: straight lines, each of a Period, of which
// the next one's slope is drawn when it begins.
type hand struct {
	Clock
	src   Source
	from  clock.Instant // true time at which this line begins
	until clock.Instant // and ends
	base  int64         // what the clock shows at from
	rate  int64         // what it gains on this line, in millionths
}

const million = 1_000_000

// newHand returns the clock of a process, or nil if it shows true time.
func newHand(s *Scenario, process int, src Source) *hand {
	for _, c := range s.Clocks {
		if c.Replica != process {
			continue
		}
		if c.Period == 0 {
			c.Period = 100 * clock.Millisecond
		}
		return &hand{Clock: c, src: src}
	}
	return nil
}

// start begins anew, as the clock of a new process does.
func (c *hand) start(now clock.Instant) {
	c.base = 1
	c.line(now)
}

// line begins a line.
func (c *hand) line(at clock.Instant) {
	c.from, c.until, c.rate = at, at.Add(c.Period), c.Skew
	if c.Drift > 0 {
		c.rate += int64(c.src.Draw("drift", uint64(2*c.Drift)+1)) - c.Drift
	}
}

// exact is what the clock shows at a true time on the present line, before it is
// rounded.
func (c *hand) exact(now clock.Instant) int64 {
	d := int64(now.Sub(c.from))
	return c.base + d + d*c.rate/million
}

// read returns what the clock shows.
func (c *hand) read(now clock.Instant) clock.Instant {
	for !now.Before(c.until) {
		c.base = c.exact(c.until)
		c.line(c.until)
	}
	ns := c.exact(now)
	if c.Grain > 0 {
		ns -= ns % int64(c.Grain)
	}
	return clock.At(max(ns, 1))
}

// when returns a true time from now on at which a timer for a deadline fires: late as
// the scenario says, or at the end of this line, to look again.
func (c *hand) when(now, deadline clock.Instant) clock.Instant {
	c.read(now)
	ns := deadline.Nanos()
	if g := int64(c.Grain); g > 0 {
		ns = (ns + g - 1) / g * g
	}
	end := c.exact(c.until)
	if ns > end {
		return c.until
	}
	d := max(ns-c.base, 0)
	at := c.from.Add(clock.Duration((d*million + million + c.rate - 1) / (million + c.rate)))
	if at.Before(now) {
		at = now
	}
	if c.Late > 0 {
		at = at.Add(clock.Duration(c.src.Draw("late", uint64(c.Late)+1)))
	}
	return at
}

// now is what the process's monotonic clock shows.
func (h *host) now() clock.Instant {
	if bug.M58 {
		return clock.At(1).Add(max(h.w.Wall(h.at), 0))
	}
	if h.clock == nil {
		return h.w.now
	}
	return h.clock.read(h.w.now)
}

// when is the true time at which a timer for a deadline of the process's own clock
// fires, unless it has to be looked at again before.
func (h *host) when(deadline clock.Instant) clock.Instant {
	if bug.M58 {
		return h.w.now.Add(max(deadline.Sub(h.now()), 0))
	}
	if h.clock == nil {
		return deadline
	}
	return h.clock.when(h.w.now, deadline)
}

// Wall returns what the wall clock of a replica's machine shows, counted from what it
// showed when the world began. It may go back. No replica reads it (spec T6); it is
// for applications that do what they should not.
func (w *World) Wall(replica int) clock.Duration {
	t := w.elapsed()
	shown := t
	for _, c := range w.sc.Clocks {
		if c.Replica != replica {
			continue
		}
		for _, s := range c.Wall {
			switch {
			case t < s.At:
			case t >= s.At+s.Over:
				shown += s.By
			default:
				shown += clock.Duration(int64(s.By/clock.Microsecond) * int64(t-s.At) / int64(s.Over) * int64(clock.Microsecond))
			}
		}
	}
	return shown
}
