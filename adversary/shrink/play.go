package shrink

import (
	"crypto/sha256"
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
)

// shrinker looks for a smaller story.
type shrinker struct {
	story
	o        Options
	given    sim.Scenario
	start    time.Duration
	live     bool           // the violation is one of liveness
	late     bool           // the network must not heal before the violation any more
	most     int            // events that what is accepted may have; a few more than there are, if unbounded
	patience clock.Duration // how much later its violation may come
	seeds    int            // other seeds to try where one fails no more
	phase    string
	before   int
	plays    int
	seen     map[[32]byte]bool
}

// story is a scenario that fails, without the messages that are cut.
type story struct {
	best    sim.Scenario
	cuts    []cut
	failure *sim.Failure
	hash    uint64
	events  int
	log     *log
}

const (
	liveness   = "I13"      // the oracle whose violations are easily had
	noScenario = "scenario" // what sim.Play calls the failure of a scenario that cannot be
	unbounded  = math.MaxInt
)

func newShrinker(sc sim.Scenario, o Options) *shrinker {
	if o.Time == 0 && o.Plays == 0 {
		o.Time = 30 * time.Second
	}
	if o.Same == nil {
		o.Same = func(a, b *sim.Failure) bool { return a.Oracle == b.Oracle }
	}
	if o.Play == nil {
		o.Play = sim.Play
	}
	if o.Clock == nil {
		c := clock.System()
		start := c.Now()
		o.Clock = func() time.Duration { return c.Now().Sub(start) }
	}
	return &shrinker{o: o, start: o.Clock(), given: sc, seen: make(map[[32]byte]bool), most: unbounded}
}

func (s *shrinker) elapsed() time.Duration { return s.o.Clock() - s.start }

// Parts of the budget after which other stories are not looked for any more, and those
// that were found not gone into.
const (
	early  = 0.2
	search = 0.5
	again  = 0.8
)

// spentBy reports whether a part of the budget is spent.
func (s *shrinker) spentBy(part float64) bool {
	return s.spent() || s.o.Time > 0 && s.elapsed().Seconds() >= part*s.o.Time.Seconds() ||
		s.o.Plays > 0 && float64(s.plays) >= part*float64(s.o.Plays)
}

func (s *shrinker) spent() bool { return s.overdue() || s.o.Plays > 0 && s.plays >= s.o.Plays }

// overdue reports whether there is no more time.
func (s *shrinker) overdue() bool {
	select {
	case <-s.o.Stop:
		return true
	default:
	}
	return s.o.Time > 0 && s.elapsed() >= s.o.Time
}

// try plays a candidate, and makes it the best if it fails as the given one did. Where
// other seeds may be tried it may be the candidate with another seed.
func (s *shrinker) try(c sim.Scenario) bool { return s.trySeeds(c, s.cuts) }

func (s *shrinker) trySeeds(c sim.Scenario, cuts []cut) bool {
	if s.attempt(c, cuts) {
		return true
	}
	for k := range s.seeds {
		c.Seed = uint64(k)
		if s.attempt(c, cuts) {
			return true
		}
	}
	return false
}

// attempt plays a candidate without the messages that are cut.
func (s *shrinker) attempt(c sim.Scenario, cuts []cut) bool {
	key := fingerprint(&c, cuts)
	if s.spent() || s.seen[key] || s.live && !s.tame(&c) {
		return false
	}
	s.seen[key] = true
	r, l := s.play(full(c, cuts))
	if r.Failure == nil || !s.o.Same(s.failure, r.Failure) || l.events > l.most || s.late && r.Failure.At >= c.Heal {
		return false
	}
	s.story = story{c, cuts, r.Failure, r.Hash, l.events, l}
	if s.most < unbounded {
		s.most = l.events
	}
	if s.o.Progress != nil {
		r := s.report()
		s.o.Progress(s.phase, &r)
	}
	return true
}

// fingerprint tells candidates apart that were tried before.
func fingerprint(c *sim.Scenario, cuts []cut) [32]byte {
	b := fmt.Appendf(nil, "%+v", *c)
	for _, x := range cuts {
		b = fmt.Appendf(b, " %d %t %d %d %d %d", x.kind, x.all, x.from, x.to, x.since, x.nth)
	}
	return sha256.Sum256(b)
}

// tame reports whether a candidate asks of a live cluster no more than the scenario
// given did.
func (s *shrinker) tame(c *sim.Scenario) bool {
	if c.Limit != s.given.Limit || c.Heal > s.given.Heal || c.Until > 0 && c.Until < max(c.Decisions, 1) {
		return false
	}
	for _, r := range c.Rules {
		given := func(g sim.Rule) bool { return reflect.DeepEqual(g, r) }
		if r.Always && !slices.ContainsFunc(s.given.Rules, given) {
			return false
		}
	}
	return true
}

// full returns a scenario with its cuts as rules.
func full(c sim.Scenario, cuts []cut) sim.Scenario {
	c.Rules = append(slices.Clip(c.Rules), rules(cuts)...)
	return c
}

// play plays a scenario and counts its events.
func (s *shrinker) play(c sim.Scenario) (*sim.Result, *log) {
	l := newLog(&c, s.live)
	if l.most = s.most; s.failure != nil {
		l.most, l.overdue = min(s.most, s.events+s.events/8+few), s.overdue
	}
	return s.watched(c, l), l
}

// watched plays a scenario under the eyes of one more invariant. A violation that comes
// much later than the one so far is not waited for, unless it is one of liveness.
func (s *shrinker) watched(c sim.Scenario, by sim.Invariant) *sim.Result {
	s.plays++
	if s.failure == nil || s.live {
		return s.safely(c, by)
	}
	soon := c
	soon.Limit = max(s.failure.At+s.patience-c.Heal, 1)
	if c.Limit > 0 {
		soon.Limit = min(soon.Limit, c.Limit)
	}
	if r := s.safely(soon, by); !invalid(r) {
		return r
	}
	return s.safely(c, by) // something in it lasts longer than that
}

// safely plays a scenario. One that a world cannot even be built of is no scenario.
func (s *shrinker) safely(c sim.Scenario, by sim.Invariant) (r *sim.Result) {
	defer func() {
		if p := recover(); p != nil {
			r = &sim.Result{Failure: &sim.Failure{Oracle: noScenario, What: fmt.Sprint(p)}}
		}
	}()
	return s.o.Play(c, append(slices.Clip(s.o.With), sim.WithInvariant(by))...)
}

func invalid(r *sim.Result) bool { return r.Failure != nil && r.Failure.Oracle == noScenario }
