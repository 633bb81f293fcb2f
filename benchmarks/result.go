package benchmarks

import (
	"context"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Result is what a run found, as plain data.
type Result struct {
	System  string    `json:"system"`
	Class   string    `json:"class"`
	About   []string  `json:"about"`
	Load    Load      `json:"load"`
	Machine Machine   `json:"machine"`
	Started time.Time `json:"started"`

	Batch   int           `json:"batch"`     // operations that a client hands in together at most; 1 if each by itself
	Window  time.Duration `json:"window_ns"` // measured, without the warm-up
	Done    int64         `json:"done"`      // completions in the window
	PerSec  float64       `json:"per_s"`     // the same for each second
	Latency Latency       `json:"latency"`
	Late    Latency       `json:"late"`   // of an open loop's own sending, behind its schedule
	Gap     time.Duration `json:"gap_ns"` // longest time without a completion in the window
	Cost    Cost          `json:"cost"`
	Memory  []Memory      `json:"memory"` // of replicas in processes of their own, else of the generator's with all in it

	// The whole run, warm-up and connecting included.
	Submitted    uint64 `json:"submitted"`
	Acknowledged uint64 `json:"acknowledged"`
	Failed       uint64 `json:"failed"` // returned an error; the rest of Submitted did not return
	FirstError   string `json:"first_error,omitempty"`
	Ordered      uint64 `json:"ordered"` // operations that were checked for linearizability; 0 if the system cannot tell

	Fault       *FaultFigures `json:"fault,omitempty"`
	Intervals   []Interval    `json:"intervals"` // of the window
	Unsafe      string        `json:"unsafe,omitempty"`
	Interrupted bool          `json:"interrupted,omitempty"`
}

// Latency summarises a histogram of three significant digits.
type Latency struct {
	Count int64         `json:"count"`
	Mean  time.Duration `json:"mean_ns"`
	P50   time.Duration `json:"p50_ns"`
	P90   time.Duration `json:"p90_ns"`
	P99   time.Duration `json:"p99_ns"`
	P999  time.Duration `json:"p999_ns"`
	Max   time.Duration `json:"max_ns"`
}

func summarise(h *hdrhistogram.Histogram) Latency {
	return Latency{
		Count: h.TotalCount(), Mean: time.Duration(h.Mean()), P50: quantile(h, 50), P90: quantile(h, 90), P99: quantile(h, 99),
		P999: quantile(h, 99.9), Max: time.Duration(h.Max()),
	}
}

// Cost is what the window cost. In class B OwnCPU and OwnMallocs contain the system; in class A they are those of the
// generator and its clients alone.
type Cost struct {
	OwnCPU     time.Duration `json:"own_cpu_ns"`
	OwnMallocs uint64        `json:"own_mallocs"`
	System     Counters      `json:"system"`
}

// CPU is the time that the system and the generator took together.
func (c *Cost) CPU() time.Duration { return c.OwnCPU + c.System.CPU }

func (r *run) result(ctx context.Context) *Result {
	res := &Result{
		System: r.system.Name(), Class: r.system.Class(), About: r.system.About(), Load: *r.load, Machine: ThisMachine(),
		Started: r.started, Intervals: r.window, PerSec: throughput(r.window),
		Latency: summarise(r.rec.latencies()), Late: summarise(r.gen.late), Gap: r.gap,
		Cost: Cost{
			OwnCPU: r.after.own - r.before.own, OwnMallocs: r.after.mallocs - r.before.mallocs,
			System: r.after.system.Minus(r.before.system),
		},
		Submitted: r.rec.submitted.Load(), Acknowledged: r.rec.acknowledged.Load(), Failed: r.rec.failed.Load(),
		Interrupted: ctx.Err() != nil, Memory: r.memory, Batch: 1,
	}
	for _, i := range r.window {
		res.Done += i.Done
		res.Window += i.To - i.From
	}
	if err := r.rec.firstErr.Load(); err != nil {
		res.FirstError = (*err).Error()
	}
	if r.inject != nil {
		res.Fault = r.inject.judge(r.window, r.gap)
		res.Gap = max(r.gap, r.inject.calm)
	}
	return res
}
