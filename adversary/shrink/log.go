package shrink

import (
	"slices"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
)

// delivery is a message that arrived.
type delivery struct {
	cut                      // what takes it away
	sent      clock.Duration // when
	at, began int            // places of its arrival and of its sending among all events
}

// log numbers the messages of each link and kind, as rules count them where nothing is
// lost before they look, and counts the events.
type log struct {
	*tally
	clock     int                      // events so far
	sent      map[cut][]clock.Duration // by link and kind, when each was sent
	ids       map[uint64]delivery
	delivered []delivery // that count, in order
	lost      []cut      // by chance
	losses    bool       // these count among the sent too, as they do once rules lose them
	overdue   func() bool
}

func newLog(sc *sim.Scenario, live bool) *log {
	return &log{tally: newTally(sc, live), sent: make(map[cut][]clock.Duration), ids: make(map[uint64]delivery)}
}

// looks is how many events a world has between two looks at the time.
const looks = 4096

// OnEvent implements sim.Invariant.
func (l *log) OnEvent(w *sim.World, e sim.Event) error {
	l.clock++
	if l.clock%looks == 0 && l.overdue != nil && l.overdue() {
		return errLong
	}
	events := l.events
	err := l.tally.OnEvent(w, e)
	switch e.Kind {
	case sim.EventSend:
		c := cut{kind: e.Msg.Kind(), from: e.Replica, to: e.Peer}
		l.sent[c] = append(l.sent[c], e.At)
		link := c
		c.nth = len(l.sent[link])
		l.ids[e.ID] = delivery{cut: c, sent: e.At, began: l.clock}
	case sim.EventLost:
		l.lose(e)
	case sim.EventDeliver:
		if d := l.ids[e.ID]; l.events > events && d.at == 0 {
			d.at = l.clock
			l.ids[e.ID] = d
			l.delivered = append(l.delivered, d)
		}
	}
	return err
}

// lose takes a message out of what rules count, if it does not come as far as these.
func (l *log) lose(e sim.Event) {
	c := l.ids[e.ID].cut
	switch {
	case e.Note == "loss" && l.losses:
		l.lost = append(l.lost, c)
	case e.Note == "loss" || e.Note == "cut":
		link := c.link()
		l.sent[link] = l.sent[link][:c.nth-1]
	}
}

// past returns the deliveries that what some processes did in the end can rest on: those
// that happened before it (Lamport, Time, Clocks, and the Ordering of Events, CACM 1978).
func (l *log) past(processes ...int) []delivery {
	until := make(map[int]int) // what a process does before this matters
	for _, p := range processes {
		until[p] = l.clock + 1
	}
	var out []delivery
	for _, d := range slices.Backward(l.delivered) {
		if d.at < until[d.to] {
			out = append(out, d)
			until[d.from] = max(until[d.from], d.began)
		}
	}
	slices.Reverse(out)
	return out
}
