package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

// faulted holds the results of one configuration, load and fault.
type faulted struct {
	config config
	point
}

// faultsOf gathers the results with a fault in their time. Unsafe ones are left out.
func faultsOf(results []*benchmarks.Result) []faulted {
	var all []faulted
	for _, r := range results {
		if r.Unsafe != "" || r.Fault == nil || len(r.Intervals) == 0 {
			continue
		}
		c := configOf(r)
		i := slices.IndexFunc(all, func(f faulted) bool {
			l, o := f.load(), &r.Load
			return f.config.is(c) && f.config.n == c.n && f.runs[0].Fault.Name == r.Fault.Name &&
				l.Clients == o.Clients && l.Outstanding == o.Outstanding && l.Rate == o.Rate && l.For == o.For
		})
		if i < 0 {
			i = len(all)
			all = append(all, faulted{config: c})
		}
		all[i].runs = append(all[i].runs, r)
	}
	slices.SortStableFunc(all, func(a, b faulted) int {
		return cmp.Or(cmp.Compare(a.runs[0].Fault.Name, b.runs[0].Fault.Name), cmp.Compare(a.config.class, b.config.class), cmp.Compare(a.config.n, b.config.n))
	})
	return all
}

func gap(r *benchmarks.Result) float64 { return float64(r.Fault.Gap) }

// typical is the run whose gap is the median.
func (f *faulted) typical() *benchmarks.Result {
	m := f.median(gap)
	return f.runs[slices.IndexFunc(f.runs, func(r *benchmarks.Result) bool { return gap(r) == m })]
}

// faultFigures draws throughput and p99 over time across each fault, of the typical run.
func faultFigures(all []faulted) []figure {
	var figures []figure
	for i, name := range labels(faultConfigs(all)) {
		f := &all[i]
		r := f.typical()
		c := &f.config
		title := fmt.Sprintf("%s: %s, class %s, %s, %d B, %s", plain(r.Fault.Name), name, c.class, replicas(c.n), c.payload, loopOf(&r.Load))
		figures = append(figures, figure{
			name:    fileName("fault", fmt.Sprint(i+1), r.Fault.Name, c.system, "class"+c.class, replicas(c.n)),
			title:   title,
			rows:    [][]panel{{timePanel(r)}, {latencyPanel(r)}},
			caption: f.caption(r),
		})
	}
	return figures
}

// loss is what one fault did to one configuration.
type loss struct {
	Class, Fault, Config, Load                          string
	N, Payload, Runs                                    int
	Before, Retained, Gap, Worst, Lost, Recovery, Views string
}

func lossesOf(all []faulted) []loss {
	var rows []loss
	for i, name := range labels(faultConfigs(all)) {
		f := &all[i]
		gaps := f.sorted(gap)
		rows = append(rows, loss{
			Class: f.config.class, Fault: f.runs[0].Fault.Name, Config: name, Load: loopOf(f.load()), N: f.config.n, Payload: f.config.payload, Runs: len(f.runs),
			Before:   number(f.median(func(r *benchmarks.Result) float64 { return r.Fault.Before })),
			Retained: fmt.Sprintf("%.0f %%", 100*f.median(func(r *benchmarks.Result) float64 { return r.Fault.Kept() })), Gap: duration(f.median(gap)), Worst: duration(gaps[len(gaps)-1]),
			Lost:     duration(f.median(func(r *benchmarks.Result) float64 { return float64(r.Fault.Lost) })),
			Recovery: after(f.median(recovery)), Views: number(f.median(func(r *benchmarks.Result) float64 { return float64(r.Fault.Views) })),
		})
	}
	return rows
}

// recovery sorts what never recovers last.
func recovery(r *benchmarks.Result) float64 {
	if r.Fault.Recovery < 0 {
		return math.Inf(1)
	}
	return float64(r.Fault.Recovery)
}

// after tells a time that may never have come.
func after(ns float64) string {
	if ns < 0 || math.IsInf(ns, 1) {
		return "never"
	}
	return duration(ns)
}

// faultConfigs leaves out the kind of the loop, which is told with the load.
func faultConfigs(all []faulted) []config {
	var out []config
	for _, f := range all {
		c := f.config
		c.set = slices.DeleteFunc(slices.Clone(c.set), func(s setting) bool { return s.name == "loop" })
		out = append(out, c)
	}
	return out
}

// faultMarks are the fault, what it did and when it was over, in seconds.
func faultMarks(r *benchmarks.Result) []mark {
	f := r.Fault
	var marks []mark
	if from, to := longestGap(r); to > from {
		marks = append(marks, mark{from: from.Seconds(), to: to.Seconds(), label: "gap " + duration(float64(f.Gap))})
	}
	marks = append(marks, mark{from: f.Begin.Seconds(), label: "fault begins"})
	if f.End > f.Begin {
		marks = append(marks, mark{from: f.End.Seconds(), label: "fault ends"})
	}
	if f.Recovery > 0 {
		marks = append(marks, mark{from: (f.Begin + f.Recovery).Seconds(), label: "p99 as before after " + duration(float64(f.Recovery))})
	}
	return marks
}

// longestGap is where the most intervals in a row since the fault's begin completed nothing.
func longestGap(r *benchmarks.Result) (from, to time.Duration) {
	var begin time.Duration
	open := false
	for _, v := range r.Intervals {
		switch {
		case v.To <= r.Fault.Begin || v.Done > 0:
			open = false
			continue
		case !open:
			begin, open = v.From, true
		}
		if v.To-begin > to-from {
			from, to = begin, v.To
		}
	}
	return from, to
}

func timeAxis(r *benchmarks.Result) axis {
	first, last := r.Intervals[0], r.Intervals[len(r.Intervals)-1]
	return axis{label: "seconds since the load began", from: first.From.Seconds(), to: last.To.Seconds(), format: digits}
}

func timePanel(r *benchmarks.Result) panel {
	var points []xy
	for _, v := range r.Intervals {
		points = append(points, xy{middle(v), float64(v.Done) / (v.To - v.From).Seconds()})
	}
	p := panel{
		x:     timeAxis(r),
		y:     axis{label: "operations per second", format: number},
		marks: faultMarks(r),
	}
	p.lines = []line{{name: "completed, in tenths of a second", pieces: pieces(p.x, p.y, points)}}
	if r.Load.Rate > 0 {
		p.lines = append(p.lines, line{name: "sent", color: 1, dashed: true, pieces: [][]xy{{{p.x.from, r.Load.Rate}, {p.x.to, r.Load.Rate}}}})
	}
	return p
}

func latencyPanel(r *benchmarks.Result) panel {
	var points []xy
	for _, v := range r.Intervals {
		points = append(points, xy{middle(v), float64(v.P99)})
	}
	p := panel{
		x:     timeAxis(r),
		y:     axis{label: "p99 of what completed", log: true, format: duration},
		marks: faultMarks(r),
	}
	for i := range p.marks {
		p.marks[i].label = "" // told above
	}
	p.lines = []line{{name: "p99", color: 2, pieces: pieces(p.x, p.y, points)}}
	if before := float64(r.Fault.P99Before); before > 0 {
		limit := benchmarks.RecoveredWithin * before
		p.lines = append(p.lines, line{
			name: fmt.Sprintf("%g times the p99 before the fault", benchmarks.RecoveredWithin), color: 3, dashed: true,
			pieces: [][]xy{{{p.x.from, limit}, {p.x.to, limit}}},
		})
	}
	return p
}

func middle(v benchmarks.Interval) float64 { return (v.From + v.To).Seconds() / 2 }

// caption tells the figures of the run that is drawn, and the range of the others.
func (f *faulted) caption(r *benchmarks.Result) []string {
	x := r.Fault
	text := fmt.Sprintf("Replicas %v fail at %s: gap %s, view changes: %d, p99 within %g of before (%s) %s; %s/s before",
		x.Replicas, duration(float64(x.Begin)), duration(float64(x.Gap)), x.Views, benchmarks.RecoveredWithin, duration(float64(x.P99Before)), again(x.Recovery), number(x.Before))
	if x.End > x.Begin {
		text += fmt.Sprintf(", %s/s until it ends at %s (p99 %s from there)", number(x.Between), duration(float64(x.End)), again(x.RecoveryAfterEnd))
	}
	caption := []string{text + fmt.Sprintf(", %s/s since.", number(x.After))}
	if len(f.runs) > 1 {
		gaps := f.sorted(gap)
		caption = append(caption, fmt.Sprintf("The median, by its gap, of %d runs with gaps from %s to %s.", len(f.runs), duration(gaps[0]), duration(gaps[len(gaps)-1])))
	}
	return append(caption, strings.Join(common([]config{f.config}), "; "))
}

func again(d time.Duration) string {
	switch {
	case d < 0:
		return "never again in this run"
	case d == 0:
		return "at once"
	}
	return "again after " + duration(float64(d))
}

// loopOf tells a load's kind and size.
func loopOf(l *benchmarks.Load) string {
	if l.Rate > 0 {
		return fmt.Sprintf("open loop at %s/s", number(l.Rate))
	}
	return fmt.Sprintf("closed loop of %d x %d", l.Clients, l.Outstanding)
}
