package benchmarks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// FaultFigures say what a fault did to those who waited. The time before it runs from the warm-up's end to its beginning.
type FaultFigures struct {
	Name     string        `json:"name"`
	Replicas []int         `json:"replicas"` // that failed, in this order
	Begin    time.Duration `json:"begin_ns"` // after the start of the warm-up
	End      time.Duration `json:"end_ns"`   // the same if it lasts
	Gap      time.Duration `json:"gap_ns"`   // longest time without a completion since Begin
	Views    uint64        `json:"views"`    // changes of the primary since Begin

	Before    float64       `json:"before_per_s"` // completions per second before Begin
	Between   float64       `json:"between_per_s"`
	After     float64       `json:"after_per_s"` // since End
	Lost      time.Duration `json:"lost_ns"`     // of service since Begin: what was not done, in time at the pace of before
	P99Before time.Duration `json:"p99_before_ns"`
	// Recovery is how long after Begin, and after End, the p99 of a tenth of a second was back within RecoveredWithin
	// of P99Before, and stayed so in the median of a second; -1 if never.
	Recovery         time.Duration `json:"recovery_ns"`
	RecoveryAfterEnd time.Duration `json:"recovery_after_end_ns"`
}

// RecoveredWithin is the factor by which a p99 may exceed that of before the fault.
const RecoveredWithin = 1.1

// injector plays a schedule.
type injector struct {
	fault   *Fault
	system  Faulty
	view    uint64
	calm    time.Duration // longest gap before the fault
	failed  []int         // and will be well again
	figures FaultFigures
}

func newInjector(name string, s System) (*injector, error) {
	f, ok := s.(Faulty)
	if !ok {
		return nil, fmt.Errorf("%w: %s cannot be made to fail", ErrLoad, s.Name())
	}
	x := &injector{fault: findFault(name), system: f}
	if !x.fault.links && x.fault.most(f) > f.Tolerates() {
		return nil, fmt.Errorf("%w: %s is more than the %d of %d replicas that may fail", ErrLoad, name, f.Tolerates(), f.Replicas())
	}
	return x, nil
}

// step is what a schedule does at one moment.
type step struct {
	at time.Duration // after the start of the warm-up
	do func(now func() time.Duration) error
}

// steps are those of the schedule in a load.
func (x *injector) steps(l *Load, rec *recorder) []step {
	x.figures = FaultFigures{Name: x.fault.Name, Recovery: -1, RecoveryAfterEnd: -1}
	moment := func(share float64) time.Duration { return l.Warm + time.Duration(share*float64(l.For)) }
	steps := []step{{moment(failAt), func(now func() time.Duration) error { return x.begin(now, rec) }}}
	if n := x.system.Replicas(); x.fault.turns {
		for k := 1; k < n; k++ {
			steps = append(steps, step{moment(failAt + (healAt-failAt)*float64(k)/float64(n)), x.turn})
		}
	}
	if x.fault.turns || !x.fault.lasting {
		steps = append(steps, step{moment(healAt), func(now func() time.Duration) error {
			x.figures.End = now()
			return x.healAll()
		}})
	}
	return steps
}

// play runs the schedule within the window. If ctx ends before the end of what would have ended, it ends then.
func (x *injector) play(ctx context.Context, l *Load, rec *recorder) error {
	for _, s := range x.steps(l, rec) {
		if !sleep(ctx, s.at-rec.now()) {
			return x.healAll()
		}
		if err := s.do(rec.now); err != nil {
			return err
		}
	}
	return nil
}

func (x *injector) begin(now func() time.Duration, rec *recorder) error {
	x.figures.Replicas = x.fault.who(x.system)
	x.view = x.system.View()
	at := now() // the system took its time to answer
	x.figures.Begin, x.figures.End, x.calm = at, at, rec.markGap(at)
	if !x.fault.lasting {
		x.failed = slices.Clone(x.figures.Replicas)
	}
	return x.each(x.figures.Replicas, x.fail)
}

// turn lets the replica that leads now fail in place of the one before it, but for the first, which fails to the end.
func (x *injector) turn(func() time.Duration) error {
	if err := x.healAll(); err != nil {
		return err
	}
	p := x.system.Primary()
	if p == x.figures.Replicas[0] {
		return nil
	}
	x.failed = []int{p}
	if !slices.Contains(x.figures.Replicas, p) {
		x.figures.Replicas = append(x.figures.Replicas, p)
	}
	return x.each(x.failed, x.fail)
}

func (x *injector) healAll() error {
	failed := x.failed
	x.failed = nil
	return x.each(failed, x.heal)
}

// each does to replicas what is to be done.
func (x *injector) each(replicas []int, do func(i int) error) error {
	for _, who := range replicas {
		if err := do(who); err != nil {
			return fmt.Errorf("fault %s at replica %d: %w", x.fault.Name, who, err)
		}
	}
	return nil
}

func (x *injector) fail(i int) error {
	switch x.fault.how {
	case Crash:
		return x.system.Kill(i)
	case Silence:
		if err := x.system.Pause(i); !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
		return x.system.Kill(i)
	}
	if f, ok := x.system.(Failing); ok {
		return f.Fail(i, x.fault.how)
	}
	return errors.ErrUnsupported
}

func (x *injector) heal(i int) error {
	switch x.fault.how {
	case Crash:
		return x.system.Start(i)
	case Silence:
		if err := x.system.Resume(i); !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
		return x.system.Start(i)
	}
	return x.system.(Failing).Heal(i) // it has failed
}

// judge fills in what the intervals of the window say.
func (x *injector) judge(window []Interval, gap time.Duration) *FaultFigures {
	f := &x.figures
	if f.Begin == 0 { // interrupted before
		return nil
	}
	f.Gap, f.Views = gap, x.system.View()-x.view
	begin := slices.IndexFunc(window, func(i Interval) bool { return i.To > f.Begin })
	end := slices.IndexFunc(window, func(i Interval) bool { return i.To > f.End })
	if begin < 0 || end < 0 {
		return f
	}
	f.Before, f.Between, f.After = throughput(window[:begin]), throughput(window[begin:end]), throughput(window[end:])
	if f.Before > 0 {
		whole := window[len(window)-1].To - f.Begin
		f.Lost = max(time.Duration((1-throughput(window[begin:])/f.Before)*float64(whole)), 0)
	}
	f.P99Before = medianP99(window[:begin])
	f.Recovery = recovery(window[begin:], f.Begin, f.P99Before)
	f.RecoveryAfterEnd = recovery(window[end:], f.End, f.P99Before)
	return f
}

// recovery returns how long after since a second begins whose median p99 is as before.
func recovery(w []Interval, since, before time.Duration) time.Duration {
	const second = int(time.Second / intervalLength)
	limit := time.Duration(RecoveredWithin * float64(before))
	for i := 0; i+second <= len(w); i++ {
		if w[i].Done > 0 && w[i].P99 <= limit && medianP99(w[i:i+second]) <= limit {
			return max(w[i].From-since, 0)
		}
	}
	return -1
}

// medianP99 counts intervals without a completion as the worst.
func medianP99(w []Interval) time.Duration {
	if len(w) == 0 {
		return 0
	}
	sorted := slices.Clone(w)
	for i := range sorted {
		if sorted[i].Done == 0 {
			sorted[i].P99 = latencyMax
		}
	}
	slices.SortFunc(sorted, func(a, b Interval) int { return cmp.Compare(a.P99, b.P99) })
	return sorted[len(sorted)/2].P99
}

// throughput is in completions per second.
func throughput(w []Interval) float64 {
	if len(w) == 0 {
		return 0
	}
	done := int64(0)
	for _, i := range w {
		done += i.Done
	}
	return float64(done) / (w[len(w)-1].To - w[0].From).Seconds()
}
