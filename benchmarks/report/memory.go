package report

import (
	"fmt"
	"time"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

// memoryFrom is how long a run must have been for its memory to be drawn: caches and pools fill first.
const memoryFrom = time.Minute

// memoryFigures draws what long runs held, a figure for each.
func memoryFigures(results []*benchmarks.Result) []figure {
	var figures []figure
	for i, r := range results {
		m := r.Memory
		if r.Unsafe != "" || len(m) < 2 || m[len(m)-1].At-m[0].At < memoryFrom {
			continue
		}
		c := configOf(r)
		whose := "of all replicas' processes"
		if c.class != "A" {
			whose = "of the process, with clients and generator"
		}
		figures = append(figures, figure{
			name:  fileName("memory", fmt.Sprint(i+1), c.system, "class"+c.class, replicas(c.n)),
			title: fmt.Sprintf("Memory of result %d: %s, class %s, %s, %d B, %s", i+1, plain(c.system), c.class, replicas(c.n), c.payload, loopOf(&r.Load)),
			rows: [][]panel{{
				memoryPanel("resident, "+whose, m, func(m *benchmarks.Memory) uint64 { return m.Resident }),
				memoryPanel("live heap after the last collection", m, func(m *benchmarks.Memory) uint64 { return m.Live }),
			}},
			caption: []string{fmt.Sprintf("From its first third to its last: resident %s, live %s.",
				change(m, func(m *benchmarks.Memory) uint64 { return m.Resident }), change(m, func(m *benchmarks.Memory) uint64 { return m.Live }))},
		})
	}
	return figures
}

func memoryPanel(title string, seen []benchmarks.Memory, of func(*benchmarks.Memory) uint64) panel {
	first, last := seen[0].At.Minutes(), seen[len(seen)-1].At.Minutes()
	p := panel{title: title, x: axis{label: "minutes since the load began", from: first, to: last, format: digits}, y: axis{label: "memory", format: size}}
	var points []xy
	for i := range seen {
		points = append(points, xy{seen[i].At.Minutes(), float64(of(&seen[i]))})
	}
	p.lines = []line{{name: "once a second", pieces: pieces(p.x, p.y, points)}}
	return p
}

// change tells the averages of the first and the last third.
func change(seen []benchmarks.Memory, of func(*benchmarks.Memory) uint64) string {
	mean := func(part []benchmarks.Memory) float64 {
		sum := 0.0
		for i := range part {
			sum += float64(of(&part[i]))
		}
		return sum / float64(max(len(part), 1))
	}
	third := max(len(seen)/3, 1)
	first, last := mean(seen[:third]), mean(seen[len(seen)-third:])
	return fmt.Sprintf("%s to %s (%+.0f %%)", size(first), size(last), 100*(last/max(first, 1)-1))
}
