package benchmarks

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Text writes a summary for people.
func (r *Result) Text(w io.Writer) {
	l := &r.Load
	loop := "closed loop"
	if l.Rate > 0 {
		loop = fmt.Sprintf("open loop at %.0f/s, seed %d", l.Rate, l.Seed)
	}
	if r.Batch > 1 {
		loop += fmt.Sprintf(" by batches of %d", r.Batch)
	}
	fmt.Fprintf(w, "%s, class %s: %s, %d clients x %d outstanding, %d B, %v after %v of warm-up\n",
		r.System, r.Class, loop, l.Clients, l.Outstanding, l.Payload, r.Window.Round(time.Millisecond), l.Warm)
	for _, a := range r.About {
		fmt.Fprintf(w, "  %s\n", a)
	}
	fmt.Fprintf(w, "  %s\n\n", r.Machine)
	fmt.Fprintf(w, "%12.0f requests/s   (%d acknowledged, %d failed, %d did not return, whole run)\n",
		r.PerSec, r.Acknowledged, r.Failed, r.Submitted-r.Acknowledged-r.Failed)
	if r.FirstError != "" {
		fmt.Fprintf(w, "  first error: %s\n", r.FirstError)
	}
	fmt.Fprintf(w, "  latency      p50 %v  p90 %v  p99 %v  p99.9 %v  max %v\n",
		short(r.Latency.P50), short(r.Latency.P90), short(r.Latency.P99), short(r.Latency.P999), short(r.Latency.Max))
	if l.Rate > 0 {
		fmt.Fprintf(w, "  sent late by p50 %v  p99 %v  max %v (part of the latency)\n", short(r.Late.P50), short(r.Late.P99), short(r.Late.Max))
	}
	fmt.Fprintf(w, "  longest gap  %v\n", short(r.Gap))
	r.costText(w)
	r.faultText(w)
	if r.Interrupted {
		fmt.Fprintf(w, "  interrupted: the window is shorter than asked for\n")
	}
	if r.Unsafe != "" {
		fmt.Fprintf(w, "UNSAFE: %s\n", r.Unsafe)
	} else {
		fmt.Fprintf(w, "  safe: the replicas agree, nothing acknowledged is missing, linearizability %s\n", r.orderText())
	}
}

func (r *Result) orderText() string {
	if r.Ordered == 0 {
		return "not checked"
	}
	return fmt.Sprintf("of %d operations checked", r.Ordered)
}

func (r *Result) costText(w io.Writer) {
	if r.Done == 0 {
		return
	}
	c, s := &r.Cost, &r.Cost.System
	switch r.Class {
	case "A":
		fmt.Fprintf(w, "  CPU          %.1f us/request in replicas, %.1f in generator and clients; %.2f cores together\n",
			r.each(s.CPU.Seconds()*1e6), r.each(c.OwnCPU.Seconds()*1e6), c.CPU().Seconds()/r.Window.Seconds())
	case "B":
		fmt.Fprintf(w, "  CPU          %.1f us/request, generator and clients included; %.2f cores\n",
			r.each(c.OwnCPU.Seconds()*1e6), c.CPU().Seconds()/r.Window.Seconds())
	default:
		fmt.Fprintf(w, "  CPU          %.1f us/request in replicas, by the model\n", r.each(s.CPU.Seconds()*1e6))
	}
	fmt.Fprintf(w, "  each request %.0f B between replicas, %.0f B with clients, %.0f B in logs\n",
		r.each(float64(s.WireBytes)), r.each(float64(s.ClientBytes)), r.each(float64(s.LogBytes)))
	fmt.Fprintf(w, "               %.4f signatures made, %.4f checked, %.4f syncs, %.1f allocations\n",
		r.each(float64(s.Signed)), r.each(float64(s.Verified)), r.each(float64(s.Syncs)), r.each(float64(c.OwnMallocs+s.Mallocs)))
	if len(r.Memory) > 0 {
		r.memoryText(w)
	}
	if s.Blocks > 0 {
		fmt.Fprintf(w, "  each block   %.1f requests\n", float64(s.Executed)/float64(s.Blocks))
	}
}

func (r *Result) memoryText(w io.Writer) {
	first, last, most := trend(r.Memory)
	mb := func(b uint64) float64 { return float64(b) / 1e6 }
	fmt.Fprintf(w, "  memory       %.0f MB at first, %.0f at last, %.0f at most; live heap %.0f, %.0f, %.0f\n",
		mb(first.Resident), mb(last.Resident), mb(most.Resident), mb(first.Live), mb(last.Live), mb(most.Live))
}

func (r *Result) faultText(w io.Writer) {
	f := r.Fault
	if f == nil {
		return
	}
	fmt.Fprintf(w, "  %s of replicas %v at %v: gap %v, %d view changes; p99 of before (%v) again after %s\n",
		f.Name, f.Replicas, short(f.Begin), short(f.Gap), f.Views, short(f.P99Before), orNever(f.Recovery))
	fmt.Fprintf(w, "    %.0f/s before", f.Before)
	if f.End > f.Begin {
		fmt.Fprintf(w, ", %.0f/s (%s) until its end at %v (p99 again %s after that)", f.Between, percent(f.Kept()), short(f.End), orNever(f.RecoveryAfterEnd))
	}
	fmt.Fprintf(w, ", %.0f/s (%s) since; %v of service lost\n", f.After, percent(f.KeptSince()), short(f.Lost))
}

// each divides by the completions of the window.
func (r *Result) each(x float64) float64 { return x / float64(max(r.Done, 1)) }

func short(d time.Duration) time.Duration {
	for unit := time.Microsecond; ; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit)
		}
	}
}

func orNever(d time.Duration) string {
	if d < 0 {
		return "never in this run"
	}
	return short(d).String()
}

// metric is a figure of a Go benchmark.
type metric struct {
	value float64
	unit  string
}

// GoBench writes the result as testing's benchmarks do, for benchstat.
func (r *Result) GoBench(w io.Writer) {
	l := &r.Load
	fmt.Fprintf(w, "goos: %s\ngoarch: %s\ncpu: %s\ncommit: %s\n", r.Machine.OS, r.Machine.Arch, r.Machine.CPU, r.Machine.Commit)
	fault := l.Fault
	if fault == "" {
		fault = "none"
	}
	batch := ""
	if r.Batch > 1 {
		batch = fmt.Sprintf("/batch=%d", r.Batch)
	}
	fmt.Fprintf(w, "Benchmark%s%s/class=%s/clients=%d/outstanding=%d%s/payload=%d/rate=%g/fault=%s", strings.ToUpper(r.System[:1]), r.System[1:],
		r.Class, l.Clients, l.Outstanding, batch, l.Payload, l.Rate, fault)
	fmt.Fprintf(w, "\t%d\t%.1f ns/op", r.Done, float64(r.Window)/float64(max(r.Done, 1)))
	s := &r.Cost.System
	metrics := []metric{
		{r.PerSec, "req/s"},
		{float64(r.Latency.P50), "p50-ns"},
		{float64(r.Latency.P99), "p99-ns"},
		{r.each(float64(r.Cost.CPU())), "cpu-ns/op"},
		{r.each(float64(s.WireBytes)), "wire-B/op"},
		{r.each(float64(s.ClientBytes)), "client-B/op"},
		{r.each(float64(s.LogBytes)), "log-B/op"},
		{r.each(float64(s.Signed)), "signed/op"},
		{r.each(float64(s.Verified)), "verified/op"},
		{r.each(float64(s.Syncs)), "syncs/op"},
		{r.each(float64(r.Cost.OwnMallocs + s.Mallocs)), "allocs/op"},
	}
	if f := r.Fault; f != nil {
		metrics = append(metrics, metric{float64(f.Gap), "gap-ns"}, metric{100 * f.Kept(), "kept-%"}, metric{float64(f.Lost), "lost-ns"})
		if f.Recovery >= 0 {
			metrics = append(metrics, metric{float64(f.Recovery), "p99-again-ns"})
		}
	}
	for _, m := range metrics {
		fmt.Fprintf(w, "\t%.6g %s", m.value, m.unit)
	}
	fmt.Fprintln(w)
}
