package shrink

import (
	"cmp"
	"slices"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
)

// healLate has the network heal soon after the violation and not before: until then
// messages may be lost, after it an engine without the bug goes on, so that the story can
// be kept as a test of it.
func (s *shrinker) healLate() bool {
	c := s.best
	c.Burst = c.Burst || c.Heal == 0 // clients do not pause in a network that is good from the beginning
	end := s.failure.At + s.failure.At/10 + 20*clock.Millisecond
	if c.Heal = max(c.Heal, round(end, 2)); !s.live {
		s.attempt(c, s.cuts)
		s.late = s.failure.At < s.best.Heal
	}
	return false
}

// messages takes deliveries away: whole kinds, then kinds on single links, then single
// messages; what is the most remote from the paper's normal case first, for those who
// are to follow the story. It reports whether there were any.
func (s *shrinker) messages() bool {
	events := s.events
	remote := func(a, b cut) int { return cmp.Compare(b.kind, a.kind) }
	s.take(cut.every, remote)
	s.take(cut.link, remote)
	s.tails()
	single := func(c cut) cut { return c }
	s.take(single, func(cut, cut) int { return 0 }) // whole stretches of time
	s.take(single, remote)
	s.most = s.events
	return s.events < events
}

// take takes away cuts that are as wide as wider makes those of single messages, in an
// order or else in that of time.
func (s *shrinker) take(wider func(cut) cut, order func(a, b cut) int) {
	var list []cut
	for _, d := range s.delivered() {
		if c := wider(d.cut); !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, order)
	had := s.cuts
	reduce(list, func(rest []cut) bool {
		gone := slices.DeleteFunc(slices.Clone(list), func(c cut) bool { return slices.Contains(rest, c) })
		return s.drop(append(slices.Clip(had), gone...))
	})
}

// tails keeps only the first messages of a kind on a link, as few as will do.
func (s *shrinker) tails() {
	last := make(map[cut]clock.Duration) // sent, by link
	done := make(map[cut]bool)
	for _, d := range s.delivered() {
		tail := d.link()
		before, later := last[tail]
		last[tail] = max(before, d.sent)
		if !later || before >= d.sent || done[tail] {
			continue
		}
		link := tail
		for digits := 1; tail.since <= before; digits++ {
			tail.since = round(d.sent, digits)
		}
		done[link] = s.drop(append(slices.Clip(s.cuts), tail))
	}
}

// drop plays the story with other cuts, which must leave fewer events.
func (s *shrinker) drop(cuts []cut) bool {
	s.most = s.events - 1
	return s.trySeeds(s.best, cuts)
}

// fewerCuts drops the cuts that take nothing away any more.
func (s *shrinker) fewerCuts() bool {
	cuts := len(s.cuts)
	reduce(s.cuts, func(rest []cut) bool { return s.attempt(s.best, rest) })
	return len(s.cuts) < cuts
}

// delivery is a message that arrived.
type delivery struct {
	cut
	sent clock.Duration
}

// delivered returns the messages delivered in the story so far, in order.
func (s *shrinker) delivered() []delivery {
	l := newLog(&s.best, s.live)
	s.watched(full(s.best, s.cuts), l)
	return l.delivered
}

// log numbers the messages of each link and kind, as rules count them where nothing is
// lost before they look.
type log struct {
	*tally
	sent      map[cut]int
	ids       map[uint64]delivery
	delivered []delivery
	losses    bool // messages lost by chance count too, as they do once rules lose them
	lost      []cut
}

func newLog(sc *sim.Scenario, live bool) *log {
	return &log{tally: newTally(sc, live), sent: make(map[cut]int), ids: make(map[uint64]delivery)}
}

// OnEvent implements sim.Invariant.
func (l *log) OnEvent(_ *sim.World, e sim.Event) error {
	events := l.events
	l.see(e)
	switch e.Kind {
	case sim.EventSend:
		c := cut{kind: e.Msg.Kind(), from: e.Replica, to: e.Peer}
		l.sent[c]++
		c.nth = l.sent[c]
		l.ids[e.ID] = delivery{c, e.At}
	case sim.EventLost:
		c := l.ids[e.ID].cut
		if e.Note == "loss" && l.losses {
			l.lost = append(l.lost, c)
		} else if e.Note == "loss" || e.Note == "cut" {
			l.sent[c.link()]--
		}
	case sim.EventDeliver:
		if d := l.ids[e.ID]; l.events > events && !slices.Contains(l.delivered, d) {
			l.delivered = append(l.delivered, d)
		}
	}
	return nil
}
