package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

// sweep holds the flags that take several values, each of which is measured with each of the others.
type sweep struct {
	replicas, payload, clients, outstanding []int
	rate                                    []float64
	seed                                    []string // numbers and ranges of them
}

func (s *sweep) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.IntSliceVar(&s.replicas, "replicas", []int{4}, "replicas; 3f+1 tolerate f faults")
	f.IntSliceVar(&s.payload, "payload", []int{256}, "bytes of a request, up to 65536")
	f.IntSliceVar(&s.clients, "clients", []int{8}, "clients, each with links of its own")
	f.IntSliceVar(&s.outstanding, "outstanding", []int{64}, "requests that a client may have under way")
	f.Float64SliceVar(&s.rate, "rate", []float64{0}, "an open loop of so many `requests` per second; 0 = closed loop")
	f.StringSliceVar(&s.seed, "seed", []string{"1"}, "of the open loop's arrivals, and of the delays of class C; several, as in 1..20, are as many runs and a summary")
}

// seeds returns the seeds that the flag stands for.
func (s *sweep) seeds() (list []uint64, err error) {
	for _, part := range s.seed {
		from, to, err := parseRange(part)
		if err != nil || to-from >= seedsMax {
			return nil, &exitError{exitUsage, fmt.Sprintf("--seed %q: want a number, or A..B with A <= B and %d at most", part, seedsMax)}
		}
		for ; from <= to; from++ {
			list = append(list, from)
		}
	}
	return list, nil
}

// seedsMax bounds a range of seeds: each is a run.
const seedsMax = 1000

// points returns b with each combination of values; those of the last flag change fastest, and seeds faster still.
func (s *sweep) points(b bench, seeds []uint64) []bench {
	points := []bench{b}
	points = times(points, s.replicas, func(b *bench, v int) { b.cluster.Replicas = v })
	points = times(points, s.payload, func(b *bench, v int) { b.load.Payload = v })
	points = times(points, s.clients, func(b *bench, v int) { b.load.Clients = v })
	points = times(points, s.outstanding, func(b *bench, v int) { b.load.Outstanding = v })
	points = times(points, s.rate, func(b *bench, v float64) { b.load.Rate = v })
	return times(points, seeds, func(b *bench, v uint64) { b.load.Seed = v })
}

// times returns each of the points with each of the values set.
func times[V any](points []bench, values []V, set func(*bench, V)) []bench {
	var all []bench
	for _, b := range points {
		for _, v := range values {
			set(&b, v)
			all = append(all, b)
		}
	}
	return all
}

// run measures the points one after the other, each with a cluster of its own, until one fails or ctx ends. After those
// that differ in their seeds alone it sums them up.
func (s *sweep) run(ctx context.Context, w io.Writer, b bench) error {
	seeds, err := s.seeds()
	if err != nil {
		return err
	}
	points := s.points(b, seeds)
	for i := range points {
		if err := points[i].load.Validate(); err != nil {
			return benchError(err)
		}
	}
	var runs []*benchmarks.Result
	for i := range points {
		points[i].asLine = len(points) > 1
		r, err := points[i].run(ctx, w)
		if err != nil || ctx.Err() != nil {
			return err
		}
		if runs = append(runs, r); len(runs) == len(seeds) {
			if len(runs) > 1 && !b.asJSON && !b.asBench {
				benchmarks.Repeats(w, runs)
			}
			runs = nil
		}
	}
	return nil
}

// line writes a result of many.
func line(w io.Writer, r *benchmarks.Result) error {
	l := &r.Load
	loop := "closed loop"
	if l.Rate > 0 {
		loop = fmt.Sprintf("%g/s, seed %d", l.Rate, l.Seed)
	}
	if l.Fault != "" {
		loop += ", " + l.Fault
	}
	safe := "safe"
	if r.Unsafe != "" {
		safe = "UNSAFE"
	}
	_, err := fmt.Fprintf(w, "%s, class %s, %d x %d, %d B, %s: %.0f/s  p50 %v  p99 %v  %.1f us CPU each%s  %s\n",
		r.System, r.Class, l.Clients, l.Outstanding, l.Payload, loop, r.PerSec,
		r.Latency.P50.Round(10*time.Microsecond), r.Latency.P99.Round(10*time.Microsecond),
		r.Cost.CPU().Seconds()*1e6/float64(max(r.Done, 1)), faultOf(r), safe)
	return err
}

// faultOf tells in a few words what a fault did.
func faultOf(r *benchmarks.Result) string {
	f := r.Fault
	if f == nil {
		return ""
	}
	return fmt.Sprintf("  gap %v, %.0f %% kept, %v lost", f.Gap.Round(time.Millisecond), 100*f.Kept(), f.Lost.Round(time.Millisecond))
}
