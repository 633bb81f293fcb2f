package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// Validate reports the first thing in a scenario that cannot be, or that leaves the
// model (spec M2, M3) without saying so by Beyond. All errors wrap ErrScenario.
func (s Scenario) Validate() error { return s.validate(liar.Parse) }

func (s Scenario) validate(behaviour func(string) (*liar.Behaviour, error)) error {
	s = s.withDefaults()
	faulty, gone := s.Faulty(), s.Gone()
	both := set(slices.Concat(faulty, gone))
	f := (s.Replicas - 1) / 3
	switch {
	case s.Replicas < 1 || s.Replicas > 100:
		return wrong("%d replicas; from 1 to 100 are possible", s.Replicas)
	case s.Window > s.Interval:
		return wrong("window %d above interval %d (spec B4)", s.Window, s.Interval)
	case s.Sessions < 0 || s.Sessions > session.SessionsMax || s.Reopen < 0:
		return wrong("%d sessions, and another after %d operations", s.Sessions, s.Reopen)
	case s.Bundle < 0 || s.Bundle > message.BundleMax:
		return wrong("%d operations in one request; %d is the most", s.Bundle, message.BundleMax)
	case s.OpBytes != 0 && (s.OpBytes < opBytesLeast || s.OpBytes > opBytesMost):
		return wrong("%d bytes of operations in one request; from %d to %d are possible", s.OpBytes, opBytesLeast, opBytesMost)
	case s.Load < 0 || s.Limit < 0 || s.Cap < floor:
		return wrong("load for %v, a limit of %v, timeouts of %v at most; %v is the least", s.Load, s.Limit, s.Cap, floor)
	case s.Beat < 0 || s.Beat > floor/4:
		return wrong("turns every %v; %v is the most", s.Beat, floor/4)
	case len(both) > 0 && (both[0] < 0 || both[len(both)-1] >= s.Replicas):
		return wrong("there is no replica %d", both[len(both)-1])
	case len(faulty) > f && !s.Beyond:
		return wrong("replicas %v are faulty, more than f = %d of %d; such a scenario must say beyond_f", faulty, f, s.Replicas)
	case len(both) > f && !s.Beyond:
		return wrong("replicas %v are faulty or gone for good, more than f = %d: no quorum is left", both, f)
	}
	for _, l := range s.Byzantine {
		if _, err := behaviour(l.Behaviour); err != nil {
			return fmt.Errorf("%w: replica %d: %w", ErrScenario, l.Replica, err)
		}
	}
	return s.validateFaults()
}

// Bounds of how many bytes of operations a request may have: a client's operation always
// fits, and a block that may have all of them is not a slow one.
const (
	opBytesLeast = 128
	opBytesMost  = 256 << 10
)

func wrong(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrScenario}, args...)...)
}

// validateFaults checks each fault by itself: whom it names, and that it can be over
// while there is still time to decide everything.
func (s *Scenario) validateFaults() error {
	c := checks{s: s}
	c.links()
	for i := range s.Crashes {
		x := &s.Crashes[i]
		c.process("a crash", x.Replica)
		c.times("a crash", x.At, x.At+x.Down)
	}
	for i := range s.Pauses {
		x := &s.Pauses[i]
		c.process("a pause", x.Replica)
		c.times("a pause", x.From, x.To)
	}
	for i := range s.Disks {
		c.disk(&s.Disks[i])
	}
	for i := range s.Clocks {
		c.clock(&s.Clocks[i])
	}
	for i := range s.Flips {
		x := &s.Flips[i]
		c.process("a flipped bit", x.Replica)
		c.times("a flipped bit", x.At, x.At)
	}
	return c.err
}

// checks keeps the first thing that is wrong.
type checks struct {
	s   *Scenario
	err error
}

func (c *checks) must(ok bool, format string, args ...any) {
	if !ok && c.err == nil {
		c.err = wrong(format, args...)
	}
}

// process checks that a fault names processes.
func (c *checks) process(what string, list ...int) {
	n := c.s.Replicas + len(c.s.Twins)
	for _, i := range list {
		c.must(i >= 0 && i < n, "%s names process %d, there are %d", what, i, n)
	}
}

// ends checks that a fault names ends of links, clients among them.
func (c *checks) ends(what string, lists ...[]int) {
	n := c.s.Replicas + len(c.s.Twins) + c.s.Clients
	for _, i := range slices.Concat(lists...) {
		c.must(i >= 0 && i < n, "%s names process or client %d, there are %d", what, i, n)
	}
}

// times checks that a fault lies between the world's beginning and half of the time
// that there is after Heal.
func (c *checks) times(what string, from, to clock.Duration) {
	most := c.s.Heal + c.s.Limit/2
	c.must(from >= 0 && from <= to, "%s lasts from %v to %v", what, from, to)
	c.must(to <= most, "%s lasts until %v, later than heal + limit/2 = %v", what, to, most)
}

func (c *checks) percent(list ...uint64) {
	for _, p := range list {
		c.must(p <= 100, "%d of 100", p)
	}
}

func (c *checks) links() {
	l := &c.s.Links
	c.percent(l.SlowPercent, l.LossPercent, l.DuplicatePercent)
	c.must(l.DelayMin >= 0 && l.DelayMin <= l.DelayMax, "delays from %v to %v", l.DelayMin, l.DelayMax)
	c.must(slices.Contains([]Spread{Uniform, Exponential, HeavyTail}, l.Spread), "no spread is called %q", l.Spread)
	for i := range c.s.Pipes {
		p := &c.s.Pipes[i]
		c.ends("a pipe", p.From, p.To)
		c.times("a pipe", p.Begin, max(p.End, p.Begin))
		c.must(p.Rate > 0 && p.Queue/p.Rate < 10, "a pipe of %d bytes/s takes 10 s or more for its queue of %d bytes", p.Rate, p.Queue)
	}
	for i := range c.s.Cuts {
		x := &c.s.Cuts[i]
		c.ends("a cut", x.Side, x.Others)
		c.times("a cut", x.From, x.To)
		c.must(x.Flap >= 0, "a cut flaps every %v", x.Flap)
	}
	for i := range c.s.Rules {
		c.rule(&c.s.Rules[i])
	}
}

func (c *checks) rule(r *Rule) {
	c.must(slices.Contains([]Deed{Drop, Delay, Duplicate, Replay, Corrupt}, r.Do), "a rule cannot do %q", r.Do)
	c.ends("a rule", r.From, r.To)
	c.percent(r.Percent)
	c.must(r.By >= 0, "a rule delays by %v", r.By)
	for _, k := range r.Kinds {
		c.must(kindOf(k) != 0, "a rule names messages of kind %q", k)
	}
}

func (c *checks) disk(d *Disk) {
	_, known := atlas[d.Fault]
	c.must(known, "a disk cannot have the fault %q", d.Fault)
	c.process("a disk", d.Replica)
	c.times("the fault of a disk", d.From, max(d.To, d.From))
	c.must(d.By >= 0, "a sync that takes %v longer", d.By)
}

// rateMost is by how many parts per million a clock may be off: then timeouts of
// different replicas are within a factor of three.
const rateMost = 500_000

func (c *checks) clock(k *Clock) {
	c.process("a clock", k.Replica)
	c.must(k.Drift >= 0 && max(k.Skew, -k.Skew)+k.Drift <= rateMost,
		"a clock is off by %d and %d ppm; %d is the most", k.Skew, k.Drift, rateMost)
	c.must(k.Period == 0 || k.Period >= clock.Millisecond && k.Period <= 60*clock.Second, "a clock drifts anew every %v", k.Period)
	c.must(k.Grain >= 0 && k.Grain <= clock.Second && k.Late >= 0 && k.Late <= clock.Second,
		"a clock of grain %v and timers late by %v: 1 s is the most", k.Grain, k.Late)
	for _, w := range k.Wall {
		c.must(w.At >= 0 && w.Over >= 0, "a wall clock is set at %v over %v", w.At, w.Over)
	}
}

// kindOf returns the kind of a name, or 0.
func kindOf(name string) message.Kind {
	for k := message.Kind(1); k < message.KindCount; k++ {
		if strings.EqualFold(k.String(), name) {
			return k
		}
	}
	return 0
}
