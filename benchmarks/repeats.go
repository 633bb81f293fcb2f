package benchmarks

import (
	"fmt"
	"io"
	"math"
	"slices"
	"time"
)

// Kept is the share of the throughput of before that a fault left: until its end, or to the end of the run if it lasts.
func (f *FaultFigures) Kept() float64 {
	if f.End > f.Begin {
		return f.Between / max(f.Before, 1e-9)
	}
	return f.KeptSince()
}

// KeptSince is that share from the fault's end on.
func (f *FaultFigures) KeptSince() float64 { return f.After / max(f.Before, 1e-9) }

// repeated are the figures that runs of one load are compared by.
var repeated = []struct {
	name  string
	fault bool // only of runs with a fault in their time
	value func(*Result) float64
	text  func(float64) string
}{
	{"requests/s", false, func(r *Result) float64 { return r.PerSec }, rounded},
	{"p50", false, func(r *Result) float64 { return float64(r.Latency.P50) }, lasting},
	{"p99", false, func(r *Result) float64 { return float64(r.Latency.P99) }, lasting},
	{"CPU each", false, func(r *Result) float64 { return r.each(float64(r.Cost.CPU())) }, lasting},
	{"longest gap", false, func(r *Result) float64 { return float64(r.Gap) }, lasting},
	{"gap since the fault", true, func(r *Result) float64 { return float64(r.Fault.Gap) }, lasting},
	{"view changes", true, func(r *Result) float64 { return float64(r.Fault.Views) }, rounded},
	{"kept while it lasts", true, func(r *Result) float64 { return r.Fault.Kept() }, percent},
	{"kept from its end on", true, func(r *Result) float64 { return r.Fault.KeptSince() }, percent},
	{"service lost", true, func(r *Result) float64 { return float64(r.Fault.Lost) }, lasting},
	{"p99 as before after", true, func(r *Result) float64 { return since(r.Fault.Recovery) }, lasting},
	{"did not return", false, func(r *Result) float64 { return float64(r.Submitted - r.Acknowledged) }, rounded},
}

// Repeats writes the median, the least and the most of what runs of one load found, for people.
func Repeats(w io.Writer, runs []*Result) {
	faulty := !slices.ContainsFunc(runs, func(r *Result) bool { return r.Fault == nil })
	fmt.Fprintf(w, "  %d runs: %27s %14s %14s\n", len(runs), "median", "least", "most")
	for _, f := range repeated {
		if f.fault && !faulty {
			continue
		}
		median, least, most := spread(runs, f.value)
		fmt.Fprintf(w, "  %-20s %14s %14s %14s\n", f.name, f.text(median), f.text(least), f.text(most))
	}
}

// spread returns the median, the lower of the two in the middle, and the ends.
func spread(runs []*Result, value func(*Result) float64) (median, least, most float64) {
	var list []float64
	for _, r := range runs {
		list = append(list, value(r))
	}
	slices.Sort(list)
	return list[(len(list)-1)/2], list[0], list[len(list)-1]
}

// since sorts what never came last.
func since(d time.Duration) float64 {
	if d < 0 {
		return math.Inf(1)
	}
	return float64(d)
}

func rounded(x float64) string { return fmt.Sprintf("%.0f", x) }

func percent(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) }

func lasting(ns float64) string {
	if math.IsInf(ns, 1) {
		return "never"
	}
	return short(time.Duration(ns)).String()
}
