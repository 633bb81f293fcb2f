package novel

import "github.com/twothirds-bft/twothirds/adversary/sim"

// Search plays worlds guided by what was new in those before. It is used by one
// goroutine.
type Search struct {
	Seen    *Seen
	Options sim.Options

	src    sim.Source
	code   *code
	corpus []entry
}

// entry is a world that was worth keeping.
type entry struct {
	tape   tape
	fresh  int    // what it showed first
	events uint64 // what it cost
	picks  int
}

// New returns a search. Equal seeds and options play the same worlds, where code is counted
// only if the process did the same before.
func New(seed uint64, o sim.Options) *Search {
	return &Search{Seen: NewSeen(), Options: o, src: sim.Seed(seed), code: newCode()}
}

// plain is how many of 100 worlds are drawn without regard to the corpus: a search that
// only varies what it has never leaves it.
const plain = 50

// Next plays one more world.
func (s *Search) Next(opts ...sim.Option) *sim.Result {
	p := newPlayer(s.next(), s.src)
	sc := sim.Generate(p, s.Options)
	r := sim.Play(sc, append(opts, s.Seen.Watch())...)
	if fresh := s.Seen.Fresh() + s.code.fresh(); fresh > 0 {
		s.corpus = append(s.corpus, entry{tape: p.made, fresh: fresh, events: r.Events})
	}
	return r
}

// next returns the tape of the next world, empty for a new one.
func (s *Search) next() tape {
	if len(s.corpus) == 0 || s.src.Draw("plain", 100) < plain {
		return nil
	}
	t := s.pick().tape
	switch s.src.Draw("mutation", 4) {
	case 0:
		return t.spliced(s.src, s.pick().tape)
	case 1:
		return t.varied(s.src, 2).without("seed")
	case 2:
		return t.varied(s.src, 8).without("seed")
	}
	return t.without("seed") // the same faults, other chances
}

// pick prefers, of two at random, the one that showed more for what it cost and was
// varied less.
func (s *Search) pick() *entry {
	a, b := s.any(), s.any()
	if a.worth() < b.worth() {
		a = b
	}
	a.picks++
	return a
}

func (e *entry) worth() float64 {
	return float64(e.fresh) / float64((e.events+1)*uint64(e.picks+1))
}

func (s *Search) any() *entry { return &s.corpus[s.src.Draw("entry", uint64(len(s.corpus)))] }
