package shrink

import (
	"cmp"
	"slices"

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

// messages takes deliveries away, the whole past of those who do not matter at first,
// then whole kinds, and then single ones; what is the most remote from the paper's normal
// case first, for those who are to follow the story. It reports whether there were any.
func (s *shrinker) messages() bool {
	events := s.events
	remote := func(a, b delivery) int { return cmp.Compare(b.kind, a.kind) }
	s.slice()
	s.groups(cut.every, remote)
	s.groups(cut.link, remote)
	s.single(nil)
	s.single(remote)
	s.loose()
	s.most = s.events
	return s.events < events
}

// slice keeps what one process, or two, knew of, if the violation needs no more.
func (s *shrinker) slice() {
	if s.live {
		return
	}
	n := replicas(&s.best) + len(s.best.Twins)
	var pasts [][]delivery
	for a := range n {
		for b := range a + 1 {
			pasts = append(pasts, s.log.past(a, b))
		}
	}
	slices.SortStableFunc(pasts, func(a, b []delivery) int { return cmp.Compare(len(a), len(b)) })
	for _, p := range pasts {
		if len(p) < len(s.log.delivered) && s.only(p) {
			return
		}
	}
}

// groups takes away deliveries that are alike, all at once.
func (s *shrinker) groups(of func(cut) cut, order func(a, b delivery) int) {
	var list []cut
	for _, d := range slices.SortedStableFunc(slices.Values(s.log.delivered), order) {
		if c := of(d.cut); !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	Reduce(list, func(rest []cut) bool {
		return s.only(slices.DeleteFunc(slices.Clone(s.log.delivered), func(d delivery) bool { return !slices.Contains(rest, of(d.cut)) }))
	})
}

// single takes away stretches of deliveries in an order, nil for that of time, which
// become shorter, down to single ones.
func (s *shrinker) single(order func(a, b delivery) int) {
	ordered := func() []delivery {
		list := slices.Clone(s.log.delivered)
		if order != nil {
			slices.SortStableFunc(list, order)
		}
		return list
	}
	for size := len(s.log.delivered); size > 0; size /= 2 {
		list := ordered()
		for i := 0; i < len(list) && !s.spent(); {
			rest := slices.Delete(slices.Clone(list), i, min(i+size, len(list)))
			if s.only(rest) {
				list = ordered()
			} else {
				i += size
			}
		}
	}
}

// loose takes away single deliveries, and lets others come in their place.
func (s *shrinker) loose() {
	for _, d := range slices.Clone(s.log.delivered) {
		s.most = s.events - 1
		s.trySeeds(s.best, append(slices.Clip(s.cuts), d.cut))
	}
}

// only plays the story with some of its deliveries alone, and no others in their place.
func (s *shrinker) only(kept []delivery) bool {
	s.most = s.events - 1
	return s.trySeeds(s.best, s.log.without(s.cuts, kept))
}

// without returns cuts that take away all deliveries but some, and what would come in
// their place: repeats, and what follows from what is not known.
func (l *log) without(cuts []cut, kept []delivery) []cut {
	links := make(map[cut][]int) // what is kept of each
	kinds := make(map[cut]bool)
	for _, d := range kept {
		links[d.link()] = append(links[d.link()], d.nth)
		kinds[d.every()] = true
	}
	out := slices.Clone(cuts)
	add := func(c cut) {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	for _, d := range l.delivered {
		link := d.link()
		switch {
		case !kinds[d.every()]:
			add(d.every())
		case links[link] == nil:
			add(link)
		case d.nth < slices.Max(links[link]) && !slices.Contains(links[link], d.nth):
			add(d.cut)
		}
	}
	for link, nths := range links {
		out = l.tail(out, link, slices.Max(nths))
	}
	slices.SortFunc(out, cut.compare)
	return out
}

// tail adds to cuts one of all that comes on a link after the nth message of a kind.
func (l *log) tail(cuts []cut, link cut, nth int) []cut {
	sent := l.sent[link]
	last := sent[nth-1]
	next := 2*last + clock.Millisecond
	for k := nth; k < len(sent); k++ {
		if sent[k] > last {
			next = sent[k]
			break
		}
		cuts = append(cuts, cut{kind: link.kind, from: link.from, to: link.to, nth: k + 1}) // at the same instant
	}
	since := last
	for digits := 1; since <= last; digits++ {
		since = round(next, digits)
	}
	cuts = slices.DeleteFunc(cuts, func(c cut) bool { return c.since > 0 && c.link() == link })
	link.since = since
	return append(cuts, link)
}

// fewerCuts drops the cuts that take nothing away any more.
func (s *shrinker) fewerCuts() bool {
	cuts := len(s.cuts)
	Reduce(s.cuts, func(rest []cut) bool { return s.attempt(s.best, rest) })
	return len(s.cuts) < cuts
}
