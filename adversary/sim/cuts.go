package sim

import "github.com/twothirds-bft/twothirds/clock"

// cut is a Cut with its sets made quick.
type cut struct {
	Cut
	side, others members
}

func newCut(c Cut, ends int) cut {
	x := cut{Cut: c, side: make(members, ends), others: newMembers(c.Others, ends)}
	for _, i := range c.Side {
		x.side[i] = true
		if len(c.Others) == 0 {
			x.others[i] = false
		}
	}
	return x
}

func (c *cut) between(from, to int) bool {
	return c.side[from] && c.others[to] || !c.OneWay && c.side[to] && c.others[from]
}

// until returns when the links that are down at t come up again, 0 if they are up.
func (c *cut) until(t, heal clock.Duration) clock.Duration {
	if t < c.From || t >= c.To {
		return 0
	}
	up := c.To
	if c.Flap > 0 {
		phase := (t - c.From) / c.Flap
		if phase%2 == 1 {
			return 0
		}
		up = min(up, c.From+(phase+1)*c.Flap)
	}
	return min(up, heal)
}

// cut reports whether two ends are separated now, or for how long a message waits
// between them.
func (l *links) cut(from, to int) (wait clock.Duration, down bool) {
	w := l.w
	if w.healed() {
		return 0, w.gone(from) || w.gone(to)
	}
	t := w.elapsed()
	for i := range l.cuts {
		c := &l.cuts[i]
		if !c.between(from, to) {
			continue
		}
		up := c.until(t, w.sc.Heal)
		if up == 0 {
			continue
		}
		if !c.Clog {
			return 0, true
		}
		w.Sometimes(clogged, true)
		wait = max(wait, up-t)
	}
	return wait, false
}

func (w *World) gone(end int) bool { return end < len(w.hosts) && w.hosts[end].lost }
