package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// share is how near a configuration comes to its ceiling, at its load of the highest throughput.
type share struct {
	Class, Config, Load string
	N, Payload, Runs    int
	Measured, Least     string  // operations per second, and the ceiling
	Spread              string  // of repeated runs
	Percent             float64 // of the ceiling's throughput
	CPU, ModelCPU       string  // of an operation
}

// sharesOf returns a row for each configuration of ours, fault-free and in a closed loop. The machines of class C have
// cores of their own.
func sharesOf(all []series) []share {
	var ours []series
	for _, s := range all {
		if s.config.class != "C" && s.config.value("fault") == "" && s.config.value("loop") == "closed" && ceilingOf(&s.config) != nil {
			ours = append(ours, s)
		}
	}
	names := labels(configs(ours))
	var rows []share
	for i, s := range ours {
		rows = append(rows, shareOf(&s, names[i]))
	}
	slices.SortStableFunc(rows, func(a, b share) int {
		return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.Config, b.Config), cmp.Compare(a.Payload, b.Payload), cmp.Compare(a.N, b.N))
	})
	return rows
}

func shareOf(s *series, name string) share {
	best, model := s.best(), ceilingOf(&s.config)
	rate, least := best.median(perSec), model.PerSec(coresOf(s))
	_, cpu := cpuOf(s.config.class)
	used := best.median(cpu)
	row := share{
		Class: s.config.class, Config: name, N: s.config.n, Payload: s.config.payload, Runs: len(best.runs), Load: loopOf(best.load()),
		Measured: number(rate), Least: number(least), Percent: 100 * rate / least,
		CPU: duration(used), ModelCPU: duration(float64(model.CPU())),
	}
	if len(best.runs) > 1 {
		row.Spread = fmt.Sprintf("%.0f %%", 100*best.spread(perSec))
	}
	return row
}

// coresOf are the cores that the replicas may use: the machine's, or what their quotas add up to.
func coresOf(s *series) float64 {
	cores := float64(max(s.points[0].runs[0].Machine.Cores, 1))
	quota, err := strconv.ParseFloat(strings.TrimSpace(s.config.value("quota")), 64)
	if err == nil && quota > 0 {
		cores = min(cores, quota*float64(s.config.n))
	}
	return cores
}
