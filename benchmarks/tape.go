package benchmarks

import (
	"context"
	"errors"
	"time"
)

// Tape takes down a run of a system whose time is not the machine's: what Run measures, but by the instants that it is
// told. It is used by one goroutine.
type Tape struct{ run }

// NewTape makes a tape of a load. The system's Dial is not used.
func NewTape(s System, load Load) (*Tape, error) {
	if err := load.Validate(); err != nil {
		return nil, err
	}
	t := &Tape{run{load: &load, system: s, rec: newRecorder(&load), started: time.Now()}}
	t.gen = &generator{load: &load, rec: t.rec, order: newOrder(), late: newHistogram(windowDigits)}
	if load.Fault == "" {
		return t, nil
	}
	var err error
	t.inject, err = newInjector(load.Fault, s)
	return t, err
}

// Plan has at call what belongs to the run at its instants, counted from the start of the warm-up: the ends of intervals,
// and the fault. Those of one instant are called in the order in which they were planned. end is called when the load is over,
// with nil, or earlier, with why there can be no result.
func (t *Tape) Plan(at func(time.Duration, func()), end func(error)) {
	spare := newHistogram(intervalDigits)
	l := t.load
	at(l.Warm, func() {
		t.rec.markGap(l.Warm)
		t.before.system = t.counters()
	})
	for from, to := time.Duration(0), time.Duration(0); from < l.total(); from = to {
		warm := from < l.Warm
		if to = min(from+intervalLength, l.total()); warm {
			to = min(to, l.Warm)
		}
		at(to, func() {
			i := t.rec.cut(from, to, spare)
			if !warm {
				t.window = append(t.window, i)
			}
			t.report(i)
		})
	}
	if t.inject != nil {
		t.planFault(at, end)
	}
	at(l.total(), func() {
		t.gap = t.rec.markGap(l.total())
		t.after.system = t.counters()
		end(nil)
	})
}

func (t *Tape) planFault(at func(time.Duration, func()), end func(error)) {
	for _, s := range t.inject.steps(t.load, t.rec) {
		at(s.at, func() {
			if err := s.do(func() time.Duration { return s.at }); err != nil {
				end(err)
			}
		})
	}
}

func (t *Tape) counters() Counters {
	c, _ := t.system.(Counted)
	if c == nil {
		return Counters{}
	}
	return c.Counters()
}

// Sent notes that an operation is sent, and returns what Done is to be told of it.
func (t *Tape) Sent() (before uint64) {
	t.rec.submitted.Add(1)
	return t.gen.order.sent()
}

// Done notes that an operation of a client was acknowledged, at the position in the system's order. meant is when it was
// meant to be sent; before is what Sent returned.
func (t *Tape) Done(client int, meant, at time.Duration, before, position uint64) {
	t.gen.order.acknowledged(before, t.rec.submitted.Load(), position)
	t.rec.done(client, meant, at, 1)
}

// Abandoned notes that an operation was not acknowledged by the end of the drain.
func (t *Tape) Abandoned(client int, meant, at time.Duration) { t.rec.abandoned(client, meant, at) }

// Result has the system checked and returns what was found.
func (t *Tape) Result(ctx context.Context) *Result {
	res := t.result(ctx)
	ordered, wrong := t.gen.order.verdict()
	res.Ordered = ordered
	if err := errors.Join(wrong, t.system.Check(ctx, t.rec.acknowledged.Load(), t.rec.submitted.Load())); err != nil {
		res.Unsafe = err.Error()
	}
	return res
}
