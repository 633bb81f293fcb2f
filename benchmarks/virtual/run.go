package virtual

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Limits of virtual time: for clients to open their sessions, and for replicas to come to one state in the end.
const (
	openLimit   = 10 * time.Minute
	settleLimit = 2 * time.Minute
)

// errNoSessions is why a load cannot begin.
var errNoSessions = errors.New("virtual: clients get no sessions")

// Run plays a load at a modelled cluster. What it finds is a function of both, times of the machine apart. If ctx ends
// there is no result.
func Run(ctx context.Context, cfg Config, load benchmarks.Load) (*benchmarks.Result, error) {
	w, err := newWorld(cfg, &load)
	if err != nil {
		return nil, err
	}
	if err := w.connect(ctx); err != nil {
		return nil, err
	}
	if err := w.drive(ctx); err != nil {
		return nil, err
	}
	res := w.tape.Result(ctx)
	res.Cost.OwnCPU, res.Cost.OwnMallocs = 0, 0
	return res, ctx.Err()
}

// connect has the clients open their sessions, some at a time.
func (w *world) connect(ctx context.Context) error {
	for i, c := range w.clients {
		w.after(time.Duration(i)*100*time.Microsecond, c.start)
	}
	open := func() bool {
		for _, c := range w.clients {
			if c.session.Seq == 0 {
				return ctx.Err() != nil
			}
		}
		return true
	}
	if !w.play(w.every(1000, open), openLimit) {
		return fmt.Errorf("%w within %v: %w", errNoSessions, openLimit, w.wrong)
	}
	return ctx.Err()
}

// every asks only each so many times, since the question is dear.
func (w *world) every(n int, so func() bool) func() bool {
	k := 0
	return func() bool {
		k++
		return k%n == 0 && so()
	}
}

// drive sends and fails until the time is over and what was under way has been answered.
func (w *world) drive(ctx context.Context) error {
	w.origin = w.now
	over, failed := false, error(nil)
	w.tape.Plan(func(at time.Duration, do func()) { w.later(w.origin.Add(at), do) }, func(err error) {
		over, failed = true, err
	})
	if w.load.Rate > 0 {
		w.arrive()
	} else {
		for _, c := range w.clients {
			for range w.load.Outstanding {
				c.submit(w.now)
			}
			c.pacing.pump()
		}
	}
	w.play(func() bool { return over || w.wrong != nil || ctx.Err() != nil }, w.load.Warm+w.load.For+time.Second)
	if failed != nil {
		return failed
	}
	drain := w.load.Drain
	if drain == 0 {
		drain = 10 * time.Second
	}
	w.play(w.every(100, w.answered), drain)
	w.abandon()
	return ctx.Err()
}

// arrive plans the next operation of the open loop, and so on: each when the one before it is sent.
func (w *world) arrive() {
	i := 0
	next, stop := iter.Pull(benchmarks.Arrivals(w.load.Seed, w.load.Rate, w.load.Warm+w.load.For))
	var plan func()
	plan = func() {
		at, more := next()
		if !more {
			stop()
			return
		}
		w.later(w.origin.Add(at), func() {
			c := w.clients[i%len(w.clients)]
			i++
			c.submit(w.now)
			c.pacing.pump()
			plan()
		})
	}
	plan()
}

// sending reports whether new operations are to be begun.
func (w *world) sending() bool { return w.since(w.now) < w.load.Warm+w.load.For }

// since is the tape's time.
func (w *world) since(t clock.Instant) time.Duration { return t.Sub(w.origin) }

func (w *world) answered() bool {
	for _, c := range w.clients {
		if !c.idle() {
			return w.wrong != nil
		}
	}
	return true
}

func (w *world) abandon() {
	for _, c := range w.clients {
		for _, x := range c.open {
			w.abandonAll(c, x.ops)
		}
		w.abandonAll(c, c.queue)
	}
}

func (w *world) abandonAll(c *client, ops []operation) {
	for _, o := range ops {
		w.tape.Abandoned(c.at, w.since(o.meant), w.since(w.now))
	}
}

// system is a world as package benchmarks sees it.
type system struct{ w *world }

// Name implements benchmarks.System.
func (s system) Name() string { return s.w.cfg.name() }

// Class implements benchmarks.System.
func (s system) Class() string { return "C" }

// About implements benchmarks.System.
func (s system) About() []string { return s.w.cfg.about() }

// Dial implements benchmarks.System: the clients are part of the world.
func (s system) Dial(context.Context, int) (benchmarks.Caller, error) {
	return nil, errors.ErrUnsupported
}

// Close implements benchmarks.System.
func (s system) Close() error { return nil }

// Check implements benchmarks.System.
func (s system) Check(_ context.Context, acknowledged, submitted uint64) error {
	w := s.w
	same := func() bool {
		for _, r := range w.replicas {
			if r.core != nil && !r.cpu.halted && (int(r.app.seq) != len(w.states)-1 || r.app.ops < acknowledged) {
				return w.wrong != nil
			}
		}
		return true
	}
	settled := w.play(w.every(100, same), settleLimit)
	for _, r := range w.replicas {
		if r.app.ops > submitted {
			w.unsafe("replica %d executed %d operations of %d submitted", r.at, r.app.ops, submitted)
		}
	}
	if w.wrong == nil && !settled {
		return fmt.Errorf("the replicas do not come to one state with %d operations or more within %v", acknowledged, settleLimit)
	}
	return w.wrong
}

// Counters implements benchmarks.Counted.
func (s system) Counters() (sum benchmarks.Counters) {
	for _, r := range s.w.replicas {
		r.spent.CPU = r.cpu.spent
		sum = sum.Plus(r.spent)
	}
	return sum
}

// Replicas implements benchmarks.Faulty.
func (s system) Replicas() int { return len(s.w.replicas) }

// Tolerates implements benchmarks.Faulty.
func (s system) Tolerates() int { return (len(s.w.replicas) - 1) / 3 }

// Primary implements benchmarks.Faulty.
func (s system) Primary() int { return int(s.w.door.Members().Primary(message.View(s.View()))) }

// View implements benchmarks.Faulty.
func (s system) View() (v uint64) {
	for _, r := range s.w.replicas {
		v = max(v, uint64(r.filter.View))
	}
	return v
}

// Kill implements benchmarks.Faulty.
func (s system) Kill(i int) error {
	s.w.replicas[i].die()
	return nil
}

// Start implements benchmarks.Faulty.
func (s system) Start(i int) error { return s.w.replicas[i].boot(false) }

// Pause implements benchmarks.Faulty: what comes waits.
func (s system) Pause(i int) error {
	s.w.replicas[i].cpu.halted = true
	return nil
}

// Resume implements benchmarks.Faulty.
func (s system) Resume(i int) error {
	p := &s.w.replicas[i].cpu
	p.halted = false
	p.begin()
	return nil
}

// Fail implements benchmarks.Failing for links and disks: a correct replica does not lie here.
func (s system) Fail(i int, how benchmarks.Failure) error {
	switch how {
	case benchmarks.Isolation, benchmarks.Muteness, benchmarks.Loss, benchmarks.StalledDisk:
		s.w.replicas[i].failing = how
		return nil
	}
	return fmt.Errorf("%w in class C: %s", errors.ErrUnsupported, how)
}

// Heal implements benchmarks.Failing.
func (s system) Heal(i int) error {
	r := s.w.replicas[i]
	r.failing = ""
	r.disk.sync()
	return nil
}

var _ benchmarks.Failing = system{}
