package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

// row is what the rounds of one system came to.
type row struct {
	name string
	runs []*measured
}

// figure is what a run says about one thing.
type figure func(*measured) float64

// median of what each run says; of an even number of runs the lower of the two in the middle.
func (r *row) median(of figure) float64 {
	return r.sorted(of)[(len(r.runs)-1)/2]
}

func (r *row) sorted(of figure) []float64 {
	var all []float64
	for _, run := range r.runs {
		all = append(all, of(run))
	}
	slices.Sort(all)
	return all
}

// spread is the distance from the least to the most, as a share of the median.
func (r *row) spread(of figure) float64 {
	all := r.sorted(of)
	return (all[len(all)-1] - all[0]) / max(r.median(of), 1e-9)
}

func perSec(r *measured) float64 { return r.PerSec }
func p50(r *measured) float64    { return float64(r.Latency.P50) }
func p99(r *measured) float64    { return float64(r.Latency.P99) }

// each divides a cost by the operations that completed.
func each(cost func(*benchmarks.Cost) float64) figure {
	return func(r *measured) float64 { return cost(&r.Cost) / float64(max(r.Done, 1)) }
}

var (
	cpu   = each(func(c *benchmarks.Cost) float64 { return c.CPU().Seconds() * 1e6 })
	wire  = each(func(c *benchmarks.Cost) float64 { return float64(c.System.WireBytes) })
	signs = each(func(c *benchmarks.Cost) float64 { return float64(c.System.Signed) })
	syncs = each(func(c *benchmarks.Cost) float64 { return float64(c.System.Syncs) })
)

// perBlock is the size of a batch.
func perBlock(r *measured) float64 {
	return float64(r.Cost.System.Executed) / float64(max(r.Cost.System.Blocks, 1))
}

// rows gathers results by system, in the order of their first.
func rows(results []*measured) []*row {
	var all []*row
	for _, r := range results {
		i := slices.IndexFunc(all, func(row *row) bool { return row.name == r.Name })
		if i < 0 {
			i = len(all)
			all = append(all, &row{name: r.Name})
		}
		all[i].runs = append(all[i].runs, r)
	}
	return all
}

// text writes the results as a table, with what each system does for its figure below.
func text(w io.Writer, o *options, results []*measured) {
	if len(results) == 0 {
		return
	}
	l, all := &o.load, rows(results)
	loop := "closed loop"
	switch {
	case l.Rate > 0:
		loop = fmt.Sprintf("open loop at %g/s", l.Rate)
	case l.Batch != 1:
		loop += fmt.Sprintf(" (ours by batches of %d)", cmp.Or(l.Batch, benchmarks.BatchDefault))
	}
	fmt.Fprintf(w, "\n%d replicas, %s, %d clients x %d outstanding, %d B, fault %q, %v after %v, median of %d rounds\n%s\n\n",
		o.replicas, loop, l.Clients, l.Outstanding, l.Payload, o.fault, l.For, l.Warm, o.rounds, results[0].Machine)
	table(w, all)
	for _, r := range all {
		fmt.Fprintf(w, "\n%s, class %s\n", r.name, r.runs[0].Class)
		for _, line := range r.runs[0].About {
			fmt.Fprintln(w, " ", line)
		}
	}
}

func table(w io.Writer, all []*row) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "system\treq/s\tspread\tours is\tp50\tp99\tCPU us/req\treq/batch\twire B/req\tsyncs/req\tsigned/req\tsafe\t")
	reference := slices.IndexFunc(all, func(r *row) bool { return r.name == ours[0].name })
	for _, r := range all {
		ratio := "-"
		if reference >= 0 {
			ratio = fmt.Sprintf("%.2fx", all[reference].median(perSec)/max(r.median(perSec), 1e-9))
		}
		_, _ = fmt.Fprintf(t, "%s\t%.0f\t%.0f%%\t%s\t%v\t%v\t%.1f\t%.0f\t%s\t%s\t%s\t%s\t\n", r.name, r.median(perSec), 100*r.spread(perSec), ratio,
			latency(r.median(p50)), latency(r.median(p99)), r.median(cpu), r.median(perBlock),
			counted("%.0f", r.median(wire)), counted("%.4f", r.median(syncs)), counted("%.4f", r.median(signs)), r.safe())
	}
	_ = t.Flush()
}

func latency(ns float64) time.Duration { return time.Duration(ns).Round(10 * time.Microsecond) }

// counted is a figure, or a dash for what a system does not do or does not count.
func counted(format string, x float64) string {
	if x == 0 {
		return "-"
	}
	return fmt.Sprintf(format, x)
}

// safe is whether every run's replicas agreed and had what was acknowledged, and no operation failed.
func (r *row) safe() string {
	for _, run := range r.runs {
		if run.Unsafe != "" {
			return "NO"
		}
		if run.Failed > 0 {
			return "yes, with errors"
		}
	}
	return "yes"
}
