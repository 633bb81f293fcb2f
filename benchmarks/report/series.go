package report

import (
	"cmp"
	"slices"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

// series is what was measured of one configuration, fault-free or with a fault that held all the time.
type series struct {
	config config
	points []point // least load first
}

// point holds the results of one load.
type point struct{ runs []*benchmarks.Result }

// measure is what a result says about one thing.
type measure func(*benchmarks.Result) float64

func perSec(r *benchmarks.Result) float64 { return r.PerSec }
func p50(r *benchmarks.Result) float64    { return float64(r.Latency.P50) }
func p99(r *benchmarks.Result) float64    { return float64(r.Latency.P99) }

// each divides a cost by the operations that completed.
func each(cost func(*benchmarks.Cost) float64) measure {
	return func(r *benchmarks.Result) float64 { return cost(&r.Cost) / float64(max(r.Done, 1)) }
}

// Costs of an operation; CPU is in nanoseconds.
var (
	cpuEach      = each(func(c *benchmarks.Cost) float64 { return float64(c.OwnCPU) + float64(c.System.CPU) })
	replicaEach  = each(func(c *benchmarks.Cost) float64 { return float64(c.System.CPU) })
	wireEach     = each(func(c *benchmarks.Cost) float64 { return float64(c.System.WireBytes) })
	signedEach   = each(func(c *benchmarks.Cost) float64 { return float64(c.System.Signed) })
	verifiedEach = each(func(c *benchmarks.Cost) float64 { return float64(c.System.Verified) })
	syncsEach    = each(func(c *benchmarks.Cost) float64 { return float64(c.System.Syncs) })
	mallocsEach  = each(func(c *benchmarks.Cost) float64 { return float64(c.OwnMallocs + c.System.Mallocs) })
)

// median of what the runs say; of an even number the lower of the two in the middle, so that it is one that was measured.
func (p point) median(of measure) float64 {
	all := p.sorted(of)
	return all[(len(all)-1)/2]
}

func (p point) sorted(of measure) []float64 {
	var all []float64
	for _, r := range p.runs {
		all = append(all, of(r))
	}
	slices.Sort(all)
	return all
}

// spread is the distance from the least to the most, as a share of the median.
func (p point) spread(of measure) float64 {
	all := p.sorted(of)
	return (all[len(all)-1] - all[0]) / max(p.median(of), 1e-9)
}

func (p point) load() *benchmarks.Load { return &p.runs[0].Load }

// seriesOf gathers the results that a curve may hold: safe ones that measured something and in whose time nothing failed.
func seriesOf(results []*benchmarks.Result) []series {
	var all []series
	for _, r := range results {
		if r.Unsafe != "" || r.Fault != nil || r.Done == 0 {
			continue
		}
		c := configOf(r)
		i := slices.IndexFunc(all, func(s series) bool { return s.config.is(c) && s.config.n == c.n })
		if i < 0 {
			i = len(all)
			all = append(all, series{config: c})
		}
		all[i].add(r)
	}
	for i := range all {
		slices.SortStableFunc(all[i].points, func(a, b point) int {
			x, y := a.load(), b.load()
			return cmp.Or(cmp.Compare(x.Rate, y.Rate), cmp.Compare(x.Clients*x.Outstanding, y.Clients*y.Outstanding), cmp.Compare(x.Clients, y.Clients))
		})
	}
	slices.SortStableFunc(all, func(a, b series) int {
		return cmp.Or(cmp.Compare(a.config.class, b.config.class), cmp.Compare(a.config.payload, b.config.payload), cmp.Compare(a.config.n, b.config.n))
	})
	return all
}

// add puts a result to those of its load.
func (s *series) add(r *benchmarks.Result) {
	i := slices.IndexFunc(s.points, func(p point) bool {
		l := p.load()
		return l.Clients == r.Load.Clients && l.Outstanding == r.Load.Outstanding && l.Rate == r.Load.Rate
	})
	if i < 0 {
		i = len(s.points)
		s.points = append(s.points, point{})
	}
	s.points[i].runs = append(s.points[i].runs, r)
}

// best is the point of the highest throughput.
func (s *series) best() point {
	return slices.MaxFunc(s.points, func(a, b point) int { return cmp.Compare(a.median(perSec), b.median(perSec)) })
}

// is tells whether two configurations differ in nothing but n.
func (c *config) is(o config) bool {
	return c.class == o.class && c.system == o.system && c.payload == o.payload && c.key == o.key
}

// groups gathers series that belong into one figure, in their order.
func groups(all []series, together func(a, b *config) bool) [][]series {
	var out [][]series
	for _, s := range all {
		i := slices.IndexFunc(out, func(g []series) bool { return together(&g[0].config, &s.config) })
		if i < 0 {
			i = len(out)
			out = append(out, nil)
		}
		out[i] = append(out[i], s)
	}
	return out
}

func configs(all []series) []config {
	var out []config
	for _, s := range all {
		out = append(out, s.config)
	}
	return out
}
