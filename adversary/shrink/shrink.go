package shrink

import (
	"time"

	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// Options says how to shrink. The zero value is ready for use.
type Options struct {
	// Time is the budget; default 30 s if Plays bounds nothing either. What was reached by
	// then is returned.
	Time time.Duration
	// Clock is what Time is measured with; default: the system's.
	Clock func() time.Duration
	// Plays bounds the worlds played, for results that do not depend on the machine; 0 =
	// no bound.
	Plays int
	// Stop, once closed, ends it as if the time had run out.
	Stop <-chan struct{}
	// With is what each world is played with: a user's own application, invariants,
	// behaviours. An invariant that remembers must be made anew for each world, by an
	// Option of its own.
	With []sim.Option
	// Play plays a scenario, for what a strategy asks of its worlds beside the oracles;
	// default: sim.Play.
	Play func(sim.Scenario, ...sim.Option) *sim.Result
	// Same reports whether b is the violation that a is; default: the same oracle.
	Same func(a, b *sim.Failure) bool
	// Found is how the scenario was found, such as a command, for the replay file.
	Found string
	// Progress is called each time that the scenario has become smaller, with what is
	// being tried and what there is so far.
	Progress func(phase string, r *Report)
}

// Report is a story and what it took.
type Report struct {
	Scenario sim.Scenario // fails when played from its Seed
	Failure  *sim.Failure // nil if the scenario given does not fail, or is none: then it is returned as it was
	Hash     uint64       // of the story's trace
	Events   int          // what happens in it (see the package comment)
	Before   int          // the same of the scenario given
	Minimal  bool         // no message can be taken away; false when the budget ended first
	Plays    int          // worlds played
	Elapsed  time.Duration
	Found    string // Options.Found
}

// Run shrinks a scenario that fails when played from its Seed. It plays on the calling
// goroutine alone.
func Run(sc sim.Scenario, o Options) Report {
	s := newShrinker(sc, o)
	first, l := s.play(sc)
	if first.Failure == nil || invalid(first) {
		return Report{Scenario: sc, Plays: s.plays, Elapsed: s.elapsed(), Found: o.Found}
	}
	if s.live = first.Failure.Oracle == liveness; s.live {
		_, l = s.play(sc) // they count otherwise
	}
	s.story = story{sc, nil, first.Failure, first.Hash, l.events, l}
	s.before = l.events
	s.minimal()
	r := s.report()
	r.Minimal = !s.spent()
	return r
}

// phase is one way of making a scenario smaller.
type phase struct {
	name     string
	seeds    int
	patience time.Duration
	run      func() bool
}

// phases goes through phases, each as long as it makes something smaller.
func (s *shrinker) phases(list ...phase) {
	for _, p := range list {
		s.phase, s.seeds, s.patience = p.name, p.seeds, p.patience
		if s.live {
			s.seeds = min(s.seeds, 6) // its worlds take long
		}
		for !s.spent() && p.run() {
		}
	}
}

// brief is how much later a violation may come for want of a message.
const brief = 100 * time.Millisecond

// minimal makes the scenario simple, then the messages few. The scenario is looked at
// again after that, because much of it was needed for those only.
func (s *shrinker) minimal() {
	long := s.failure.At + time.Second
	s.phases(
		phase{"one kind of fault", 20, long, s.bare},
		phase{"small worlds", 0, long, s.small},
		phase{"faults", 0, long, s.lists},
		phase{"world", 20, long, s.world},
		phase{"scenario", 0, long, s.structure},
		phase{"scenario and seed", 12, long, func() bool { return s.structure() || s.world() }},
		phase{"variants", 0, long, s.variants},
	)
	base := s.story
	s.descend()
	s.again(base)
	s.phases(phase{"rest", 4, brief, s.rest})
}

// descend makes the messages few.
func (s *shrinker) descend() {
	s.most = unbounded
	clear(s.seen) // much was too long then
	s.phases(
		phase{"losses", 0, brief, s.losses},
		phase{"healing late", 0, brief, s.healLate},
		phase{"messages", 0, brief, s.messages},
	)
}

// rest tries everything again that does not make the story longer.
func (s *shrinker) rest() bool {
	s.most = s.events
	return s.structure() || s.fewer() || s.messages() || s.fewerCuts()
}

func (s *shrinker) report() Report {
	return Report{
		Scenario: full(s.best, s.cuts), Failure: s.failure, Hash: s.hash, Events: s.events, Before: s.before,
		Plays: s.plays, Elapsed: s.elapsed(), Found: s.o.Found,
	}
}
