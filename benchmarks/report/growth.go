package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

// family is one configuration at several n.
type family struct {
	config config
	sizes  []sized
}

// sized is the point of the highest throughput at one n.
type sized struct {
	n     int
	point point
}

// familiesOf returns the configurations that were measured fault-free at two n or more.
func familiesOf(all []series) []family {
	var out []family
	for _, g := range groups(all, func(a, b *config) bool { return a.is(*b) }) {
		f := family{config: g[0].config}
		for _, s := range g { // n ascends
			if s.config.n > 0 && s.config.value("fault") == "" {
				f.sizes = append(f.sizes, sized{s.config.n, s.best()})
			}
		}
		if len(f.sizes) > 1 {
			out = append(out, f)
		}
	}
	return out
}

// ceilingOf returns the model for a configuration of ours, nil for peers.
func ceilingOf(c *config) *benchmarks.Ceiling {
	if c.system != "twothirds" {
		return nil
	}
	m, err := benchmarks.NewCeiling(benchmarks.Ceiling{Replicas: c.n, Payload: c.payload, Link: c.value("link"), Signed: c.value("signed") == "on"})
	if err != nil {
		return nil
	}
	return m
}

// cost is something that an operation takes, and what the model says of it.
type cost struct {
	name    string
	format  func(float64) string
	measure measure
	model   func(*benchmarks.Ceiling) float64
}

// costsOf returns the costs of a class.
func costsOf(class string) []cost {
	name, measure := cpuOf(class)
	return []cost{
		{name, duration, measure, func(c *benchmarks.Ceiling) float64 { return float64(c.CPU()) }},
		{"bytes between replicas", size, wireEach, (*benchmarks.Ceiling).WireBytes},
		{"signatures made", number, signedEach, (*benchmarks.Ceiling).SignaturesMade},
		{"signatures checked", number, verifiedEach, (*benchmarks.Ceiling).SignaturesChecked},
	}
}

// cpuOf is the CPU time of an operation in a class, and what to call it.
func cpuOf(class string) (string, measure) {
	switch class {
	case "A":
		return "CPU time of all replicas", replicaEach
	case "B":
		return "CPU time, clients included", cpuEach
	}
	return "CPU time of all replicas, by the model of a machine", replicaEach
}

// exponent says how one cost of one family grows.
type exponent struct {
	Class, Config, Cost string
	Payload             int
	From, To, Points    int // n
	First, Last         string
	Measured, Model     string // exponents of n; "" if there is none
}

// growth draws costs over n, a figure for each class and payload, and returns the exponents of the lines.
func growth(families []family) ([]figure, []exponent) {
	var figures []figure
	var rows []exponent
	for len(families) > 0 {
		c := &families[0].config
		var these, others []family
		for _, f := range families {
			if f.config.class == c.class && f.config.payload == c.payload {
				these = append(these, f)
			} else {
				others = append(others, f)
			}
		}
		fig, r := growthFigure(these)
		figures, rows, families = append(figures, fig), append(rows, r...), others
	}
	return figures, rows
}

func growthFigure(families []family) (figure, []exponent) {
	var configs []config
	for _, f := range families {
		configs = append(configs, f.config)
	}
	c := &configs[0]
	f := figure{
		name:  fileName("growth", "class"+c.class, strconv.Itoa(c.payload)+"B"),
		title: fmt.Sprintf("What an operation costs with more replicas: class %s, %d B", c.class, c.payload),
		caption: append([]string{fmt.Sprintf("At each n the load of the highest throughput. Dashed: the least by the model, with a vote of every replica for %d operations.",
			benchmarks.PerVote)}, common(configs)...),
	}
	var panels []panel
	var rows []exponent
	for _, k := range costsOf(c.class) {
		if p, r := growthPanel(families, labels(configs), k); len(p.lines) > 0 {
			panels, rows = append(panels, p), append(rows, r...)
		}
	}
	for len(panels) > 0 {
		k := min(2, len(panels))
		f.rows, panels = append(f.rows, panels[:k]), panels[k:]
	}
	return f, rows
}

// growthPanel draws one cost of all families that know it, and the models of theirs.
func growthPanel(families []family, names []string, k cost) (panel, []exponent) {
	p := panel{title: k.name, x: axis{label: "replicas", log: true, at: sizes(families), format: digits}, y: axis{label: "for each operation", log: true, format: k.format}}
	var rows []exponent
	var models []line
	for i, f := range families {
		measured := f.measured(k)
		first, last := measured[0], measured[len(measured)-1]
		if first.y == 0 {
			continue
		}
		p.lines = append(p.lines, line{name: names[i], color: i, dots: true, pieces: pieces(p.x, p.y, measured)})
		rows = append(rows, exponent{
			Class: f.config.class, Payload: f.config.payload, Config: names[i], Cost: k.name, From: int(first.x), To: int(last.x), Points: len(measured),
			First: k.format(first.y), Last: k.format(last.y), Measured: fit(measured), Model: fit(modelled(&f.config, k, sizes(families[i:i+1]))),
		})
	}
	for i, f := range families {
		name := modelName(&f.config)
		model := modelled(&f.config, k, p.x.at)
		if len(p.lines) > 0 && len(model) > 0 && !slices.ContainsFunc(models, func(l line) bool { return l.name == name }) {
			models = append(models, line{name: name, color: i, dashed: true, pieces: pieces(p.x, p.y, model)})
		}
	}
	p.lines = append(p.lines, models...)
	return p, rows
}

// sizes are all n, ascending.
func sizes(families []family) []float64 {
	var all []float64
	for _, f := range families {
		for _, s := range f.sizes {
			all = append(all, float64(s.n))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// measured returns a cost over n.
func (f *family) measured(k cost) []xy {
	var out []xy
	for _, s := range f.sizes {
		out = append(out, xy{float64(s.n), s.point.median(k.measure)})
	}
	return out
}

// modelled returns what the model says of a cost over n, nothing for peers.
func modelled(c *config, k cost, ns []float64) []xy {
	var out []xy
	for _, n := range ns {
		at := *c
		at.n = int(n)
		if m := ceilingOf(&at); m != nil {
			out = append(out, xy{n, k.model(m)})
		}
	}
	return out
}

// modelName names what the model depends on beside n and the payload.
func modelName(c *config) string {
	return plain("the model's least, link=" + c.value("link") + " signed=" + c.value("signed"))
}

// fit returns the exponent a of the line y = b n^a that is nearest in logarithms (least squares), "" without two points.
func fit(points []xy) string {
	var n, sx, sy, sxx, sxy float64
	for _, p := range points {
		if p.x <= 0 || p.y <= 0 {
			continue
		}
		x, y := math.Log(p.x), math.Log(p.y)
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	d := n*sxx - sx*sx
	if n < 2 || d < 1e-12 {
		return ""
	}
	return fmt.Sprintf("%.2f", (n*sxy-sx*sy)/d)
}
