package sim

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

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

func (c *cut) between(w *World, from, to int) bool {
	if c.Leader {
		l := w.leader()
		return from == l && c.others[to] || !c.OneWay && to == l && c.others[from]
	}
	return c.side[from] && c.others[to] || !c.OneWay && c.side[to] && c.others[from]
}

// leader returns the primary of the newest view that a correct replica has entered.
func (w *World) leader() int {
	v := message.View(0)
	for _, h := range w.hosts {
		if !h.faulty {
			v = max(v, h.view)
		}
	}
	return int(w.door.Members().Primary(v))
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
		up := c.until(t, w.sc.Heal)
		if up == 0 || !c.between(w, from, to) {
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

func (w *World) gone(end int) bool {
	return end < len(w.hosts) && w.hosts[end].lost && !w.hosts[end].linked
}
