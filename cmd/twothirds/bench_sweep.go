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
}

func (s *sweep) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.IntSliceVar(&s.replicas, "replicas", []int{4}, "replicas; 3f+1 tolerate f faults")
	f.IntSliceVar(&s.payload, "payload", []int{256}, "bytes of a request, up to 65536")
	f.IntSliceVar(&s.clients, "clients", []int{8}, "clients, each with links of its own")
	f.IntSliceVar(&s.outstanding, "outstanding", []int{64}, "requests that a client may have under way")
	f.Float64SliceVar(&s.rate, "rate", []float64{0}, "an open loop of so many `requests` per second; 0 = closed loop")
}

// points returns b with each combination of values; those of the last flag change fastest.
func (s *sweep) points(b bench) []bench {
	points := []bench{b}
	points = times(points, s.replicas, func(b *bench, v int) { b.cluster.Replicas = v })
	points = times(points, s.payload, func(b *bench, v int) { b.load.Payload = v })
	points = times(points, s.clients, func(b *bench, v int) { b.load.Clients = v })
	points = times(points, s.outstanding, func(b *bench, v int) { b.load.Outstanding = v })
	return times(points, s.rate, func(b *bench, v float64) { b.load.Rate = v })
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

// run measures the points one after the other, each with a cluster of its own, until one fails or ctx ends.
func (s *sweep) run(ctx context.Context, w io.Writer, b bench) error {
	points := s.points(b)
	for i := range points {
		if err := points[i].load.Validate(); err != nil {
			return benchError(err)
		}
	}
	for i := range points {
		points[i].asLine = len(points) > 1
		if err := points[i].run(ctx, w); err != nil || ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// line writes a result of many.
func line(w io.Writer, r *benchmarks.Result) error {
	l := &r.Load
	loop := "closed loop"
	if l.Rate > 0 {
		loop = fmt.Sprintf("%g/s", l.Rate)
	}
	if l.Fault != "" {
		loop += ", " + l.Fault
	}
	safe := "safe"
	if r.Unsafe != "" {
		safe = "UNSAFE"
	}
	_, err := fmt.Fprintf(w, "%s, class %s, %d x %d, %d B, %s: %.0f/s  p50 %v  p99 %v  %.1f us CPU each  %s\n",
		r.System, r.Class, l.Clients, l.Outstanding, l.Payload, loop, r.PerSec,
		r.Latency.P50.Round(10*time.Microsecond), r.Latency.P99.Round(10*time.Microsecond),
		r.Cost.CPU().Seconds()*1e6/float64(max(r.Done, 1)), safe)
	return err
}
