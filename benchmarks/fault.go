package benchmarks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Fault is a schedule of failures of replicas.
type Fault struct {
	Name, About string
	steps       []step
}

// step happens when a share of Load.For has passed.
type step struct {
	at  float64
	act act
	who func(f Faulty) []int // nil means those of the step before
}

type act int

const (
	kill    act = iota
	revive      // what was killed
	silence     // stopped if the system can, else killed
	resume      // what was silenced
)

// third is when faults begin that are compared with the time before them.
const third = 1.0 / 3

var faults = []Fault{
	{"silent-backup", "the backup that leads last says nothing from a third of the time on", []step{{third, silence, lastBackups(one)}}},
	{"killed-primary", "the primary is killed at a third of the time and started again at two thirds", []step{
		{third, kill, primary}, {2 * third, revive, nil},
	}},
	{"stopped-primary", "the primary is stopped at a third of the time and goes on at two thirds", []step{
		{third, silence, primary}, {2 * third, resume, nil},
	}},
	{"f-down", "f backups are killed at a third of the time", []step{{third, kill, lastBackups(Faulty.Tolerates)}}},
	{"two-primaries", "the primary and the one who would follow it are killed at a third of the time; takes f of 2", []step{
		{third, kill, twoPrimaries},
	}},
}

// Faults returns the schedules that a Load may name.
func Faults() []Fault { return slices.Clone(faults) }

// FaultNames returns their names.
func FaultNames() []string {
	var names []string
	for _, f := range faults {
		names = append(names, f.Name)
	}
	return names
}

func findFault(name string) *Fault {
	if i := slices.IndexFunc(faults, func(f Fault) bool { return f.Name == name }); i >= 0 {
		return &faults[i]
	}
	return nil
}

func one(Faulty) int { return 1 }

func primary(f Faulty) []int { return []int{f.Primary()} }

func twoPrimaries(f Faulty) []int {
	p := f.Primary()
	return []int{p, (p + 1) % f.Replicas()}
}

// lastBackups picks the replicas whose turn to lead comes last, so that they never lead in the run.
func lastBackups(count func(Faulty) int) func(Faulty) []int {
	return func(f Faulty) []int {
		var who []int
		for k := range count(f) {
			who = append(who, (f.Primary()+f.Replicas()-1-k)%f.Replicas())
		}
		return who
	}
}

// FaultFigures say what a fault did to those who waited. The time before it runs from the warm-up's end to its first step.
type FaultFigures struct {
	Name     string        `json:"name"`
	Replicas []int         `json:"replicas"` // that failed
	Begin    time.Duration `json:"begin_ns"` // the first step, after the start of the warm-up
	End      time.Duration `json:"end_ns"`   // the last step
	Gap      time.Duration `json:"gap_ns"`   // longest time without a completion since Begin
	Views    uint64        `json:"views"`    // changes of the primary since Begin

	Before    float64       `json:"before_per_s"` // completions per second before Begin
	Between   float64       `json:"between_per_s"`
	After     float64       `json:"after_per_s"` // since End
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
	figures FaultFigures
}

func newInjector(name string, s System) (*injector, error) {
	f, ok := s.(Faulty)
	if !ok {
		return nil, fmt.Errorf("%w: %s cannot be made to fail", ErrLoad, s.Name())
	}
	x := &injector{fault: findFault(name), system: f}
	for _, st := range x.fault.steps {
		if st.who != nil && len(st.who(f)) > f.Tolerates() {
			return nil, fmt.Errorf("%w: %s is more than the %d of %d replicas that may fail", ErrLoad, name, f.Tolerates(), f.Replicas())
		}
	}
	return x, nil
}

// play runs the schedule within the window until ctx ends.
func (x *injector) play(ctx context.Context, l *Load, rec *recorder) error {
	x.figures = FaultFigures{Name: x.fault.Name, Recovery: -1, RecoveryAfterEnd: -1}
	for i, st := range x.fault.steps {
		at := l.Warm + time.Duration(st.at*float64(l.For))
		if !sleep(ctx, at-rec.now()) {
			return nil
		}
		if st.who != nil {
			x.figures.Replicas = st.who(x.system)
		}
		if i == 0 {
			x.view = x.system.View()
			at = rec.now() // the system took its time to answer
			x.figures.Begin, x.calm = at, rec.markGap(at)
		}
		x.figures.End = at
		for _, who := range x.figures.Replicas {
			if err := x.do(st.act, who); err != nil {
				return fmt.Errorf("fault %s at replica %d: %w", x.fault.Name, who, err)
			}
		}
	}
	return nil
}

// do uses Kill and Start where a system cannot stop and go on.
func (x *injector) do(a act, i int) error {
	switch a {
	case kill:
		return x.system.Kill(i)
	case revive:
		return x.system.Start(i)
	case silence:
		if err := x.system.Pause(i); !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
		return x.system.Kill(i)
	default:
		if err := x.system.Resume(i); !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
		return x.system.Start(i)
	}
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
