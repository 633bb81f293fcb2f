package budget

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/benchmarks/virtual"
)

// workload is a fixed amount of work, played with as many seeds.
type workload struct {
	cfg   virtual.Config
	work  virtual.Work
	seeds int
	// How many digits of a figure are no chance. Where operations follow one another, each block holds one, and all are;
	// where many are under way, delays of a microsecond decide what a block holds.
	counts, bytes int
}

// all is enough to see a byte more in each vote.
const all = 3

// One seed of many clients says little; the mean of four moves by about two parts in a hundred when something moves that
// has nothing to do with cost.
func loaded(cfg virtual.Config, w virtual.Work) workload {
	w.Clients, w.Outstanding = 8, 32
	return workload{cfg: cfg, work: w, seeds: 4, counts: 2, bytes: 3}
}

func lone(cfg virtual.Config, w virtual.Work) workload {
	w.Clients, w.Outstanding = 1, 1
	return workload{cfg: cfg, work: w, seeds: 1, counts: all, bytes: all}
}

var workloads = map[string]workload{
	"one":         lone(virtual.Config{}, virtual.Work{Payload: 256, Operations: 256}),
	"idle":        lone(virtual.Config{}, virtual.Work{Payload: 256, Operations: 1, Idle: time.Minute}), // and a minute in which nobody asks
	"one-empty":   lone(virtual.Config{}, virtual.Work{Operations: 256}),
	"one-signed":  lone(virtual.Config{Signed: true}, virtual.Work{Payload: 256, Operations: 256}),
	"one-n7":      lone(virtual.Config{Replicas: 7}, virtual.Work{Payload: 256, Operations: 256}),
	"one-silent":  lone(virtual.Config{}, virtual.Work{Payload: 256, Operations: 256, Silent: 1}),
	"many":        loaded(virtual.Config{}, virtual.Work{Payload: 256, Operations: 3000}),
	"many-4k":     loaded(virtual.Config{}, virtual.Work{Payload: 4096, Operations: 1500}),
	"many-signed": loaded(virtual.Config{Signed: true}, virtual.Work{Payload: 256, Operations: 2000}),
	"many-silent": loaded(virtual.Config{}, virtual.Work{Payload: 256, Operations: 2000, Silent: 1}),
	"many-n7":     loaded(virtual.Config{Replicas: 7}, virtual.Work{Payload: 256, Operations: 2000}),
	"many-n31":    {virtual.Config{Replicas: 31}, virtual.Work{Clients: 8, Outstanding: 32, Payload: 256, Operations: 1000}, 1, 2, 3},
}

// figures are what a request costs all replicas together.
func (l *workload) figures(t *testing.T) map[string]float64 {
	var sum virtual.Spent
	for seed := range l.seeds {
		l.cfg.Seed = uint64(seed)
		s, err := virtual.Spend(t.Context(), l.cfg, l.work)
		require.NoError(t, err)
		require.Equal(t, uint64(s.Operations*(max(l.cfg.Replicas, 4)-l.work.Silent)), s.Executed, "all do all")
		sum.Operations += s.Operations
		sum.Turns += s.Turns
		sum.Frames += s.Frames
		sum.Letters += s.Letters
		sum.Counters = sum.Plus(s.Counters)
	}
	each := func(n uint64, digits int) float64 { return round(float64(n)/float64(sum.Operations), digits) }
	return map[string]float64{
		"signed":       each(sum.Signed, l.counts),
		"verified":     each(sum.Verified, l.counts),
		"syncs":        each(sum.Syncs, l.counts),
		"turns":        each(uint64(sum.Turns), l.counts),
		"frames":       each(uint64(sum.Frames), l.counts),
		"letters":      each(uint64(sum.Letters), l.counts),
		"log-bytes":    each(sum.LogBytes, l.bytes),
		"wire-bytes":   each(sum.WireBytes, l.bytes),
		"client-bytes": each(sum.ClientBytes, l.bytes),
	}
}

// round keeps the first digits of a figure.
func round(v float64, digits int) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	if err != nil {
		panic(err) // it is FormatFloat's own
	}
	return v
}

func TestRequestBudget(t *testing.T) {
	spent := make(map[string]float64)
	for name, l := range workloads {
		for measure, figure := range l.figures(t) {
			spent[name+" "+measure] = figure
		}
	}
	hold(t, "testdata/requests.txt", spent)
}
