package report

import (
	"fmt"
	"strconv"
)

// curves draws latency over throughput, a figure for each class, payload and number of replicas. What was measured at one
// load alone is a dot.
func curves(all []series) []figure {
	var figures []figure
	for _, g := range groups(all, func(a, b *config) bool { return a.class == b.class && a.payload == b.payload && a.n == b.n }) {
		total := 0
		for _, s := range g {
			total += len(s.points)
		}
		if total < 2 {
			continue
		}
		c := &g[0].config
		figures = append(figures, figure{
			name:  fileName("curve", "class"+c.class, replicas(c.n), strconv.Itoa(c.payload)+"B"),
			title: fmt.Sprintf("Latency and throughput: class %s, %s, %d B", c.class, replicas(c.n), c.payload),
			rows:  [][]panel{{curvePanel(g, "median latency (p50)", p50), curvePanel(g, "99th percentile (p99)", p99)}},
			caption: append([]string{"Each dot is a load, and the median of its results; down and to the right is better. " +
				"A closed loop keeps clients x outstanding operations under way; an open loop sends on time, and latency counts from then."}, common(configs(g))...),
		})
	}
	return figures
}

func curvePanel(g []series, title string, latency measure) panel {
	var rates []float64
	for _, s := range g {
		for _, p := range s.points {
			rates = append(rates, p.median(perSec))
		}
	}
	p := panel{
		title: title,
		x:     axis{label: "operations per second", log: wide(rates), format: number},
		y:     axis{label: "latency", log: true, format: duration},
	}
	for i, name := range labels(configs(g)) {
		var points []xy
		for _, s := range g[i].points {
			points = append(points, xy{s.median(perSec), s.median(latency)})
		}
		p.lines = append(p.lines, line{name: name, color: i, dots: true, pieces: pieces(p.x, p.y, points)})
	}
	return p
}

// replicas tells n as part of a name.
func replicas(n int) string {
	if n == 0 {
		return "n=unknown"
	}
	return "n=" + strconv.Itoa(n)
}
