package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// checkLimit bounds how long replicas may take to come to one state after the load.
const checkLimit = time.Minute

// Run drives a load at a system, then has the system checked. If ctx ends, the run ends early with what it has. The system
// stays open. An error means that there was nothing to measure; a system that broke its promises is in Result.Unsafe.
func Run(ctx context.Context, s System, load Load) (*Result, error) {
	if err := load.Validate(); err != nil {
		return nil, err
	}
	r := &run{load: &load, system: s, rec: newRecorder(&load)}
	if load.Fault != "" {
		var err error
		if r.inject, err = newInjector(load.Fault, s); err != nil {
			return nil, err
		}
	}
	calls, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	r.gen = &generator{load: &load, rec: r.rec, order: newOrder(), calls: calls, late: newHistogram(windowDigits)}
	defer r.gen.close()
	if err := r.gen.connect(ctx, s); err != nil {
		return nil, fmt.Errorf("benchmarks: connect: %w", err)
	}
	faultErr := r.drive(ctx, cancel)
	res := r.result(ctx)
	res.Batch = r.gen.together()
	checking, done := context.WithTimeout(context.WithoutCancel(ctx), checkLimit)
	defer done()
	err := s.Check(checking, r.rec.acknowledged.Load(), r.rec.submitted.Load())
	ordered, wrong := r.gen.order.verdict()
	res.Ordered = ordered
	if err = errors.Join(err, wrong); err != nil {
		res.Unsafe = err.Error()
	}
	return res, faultErr
}

// run is one measurement under way.
type run struct {
	load   *Load
	system System
	rec    *recorder
	gen    *generator
	inject *injector // nil without faults

	started       time.Time
	window        []Interval // since the end of the warm-up
	before, after sample
	gap           time.Duration
	memory        []Memory
}

// drive sends, fails and samples until the time is over and what was under way has returned.
func (r *run) drive(ctx context.Context, cancel context.CancelFunc) error {
	r.started = time.Now()
	r.rec.start = r.started
	sending, stop := context.WithTimeout(ctx, r.load.total())
	defer stop()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		if r.load.Rate > 0 {
			r.gen.openLoop(sending)
		} else {
			r.gen.closed(sending)
		}
	}()
	failed := make(chan error, 1)
	go func() {
		if r.inject == nil {
			failed <- nil
			return
		}
		err := r.inject.play(sending, r.load, r.rec)
		if err != nil {
			stop()
		}
		failed <- err
	}()
	var watching sync.WaitGroup
	watching.Go(func() { r.memory = r.watchMemory(sending) })
	r.sample(sending)
	watching.Wait()
	timer := time.AfterFunc(r.load.drain(), cancel)
	defer timer.Stop()
	<-sent
	return <-failed
}

// sample cuts intervals until ctx ends. The window begins with the first one after the warm-up.
func (r *run) sample(ctx context.Context) {
	spare := newHistogram(intervalDigits)
	last := time.Duration(0)
	cut := func(end time.Duration) Interval {
		sleep(ctx, end-r.rec.now())
		at := r.rec.now()
		i := r.rec.cut(last, at, spare)
		last = at
		return i
	}
	for last < r.load.Warm && ctx.Err() == nil {
		r.report(cut(min(last+intervalLength, r.load.Warm)))
	}
	r.rec.markGap(last)
	r.before = takeSample(r.system)
	for last < r.load.total() && ctx.Err() == nil {
		i := cut(min(last+intervalLength, r.load.total()))
		r.window = append(r.window, i)
		r.report(i)
	}
	r.gap = r.rec.markGap(last)
	r.after = takeSample(r.system)
}

func (r *run) report(i Interval) {
	if r.load.Progress != nil {
		r.load.Progress(i)
	}
}

// sample is what was spent until an instant.
type sample struct {
	system  Counters
	own     time.Duration
	mallocs uint64
}

func takeSample(s System) sample {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	x := sample{own: ProcessCPU(), mallocs: m.Mallocs}
	if c, ok := s.(Counted); ok {
		x.system = c.Counters()
	}
	return x
}
