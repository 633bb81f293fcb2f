package benchmarks

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// intervalLength is how long an Interval is meant to be.
const intervalLength = 100 * time.Millisecond

// latencyMax is the longest latency that a histogram tells apart; what took longer is recorded as so long. The window's
// histograms have three significant digits. Those of intervals have two, for they are added up ten times a second.
const (
	latencyMax     = 10 * time.Minute
	windowDigits   = 3
	intervalDigits = 2
)

func newHistogram(digits int) *hdrhistogram.Histogram {
	return hdrhistogram.New(int64(time.Microsecond), int64(latencyMax), digits)
}

func record(h *hdrhistogram.Histogram, d time.Duration, n int) {
	_ = h.RecordValues(int64(min(max(d, 0), latencyMax)), int64(n)) // within range, so it cannot fail
}

// Interval is what completed in a tenth of a second. From and To are the true instants, after the start of the warm-up.
type Interval struct {
	From time.Duration `json:"from_ns"`
	To   time.Duration `json:"to_ns"`
	Done int64         `json:"done"`
	P50  time.Duration `json:"p50_ns"`
	P99  time.Duration `json:"p99_ns"`
}

// shards keep callers on different cores out of each other's way.
const shards = 4

// recorder takes down what became of the operations. It is safe for concurrent use.
type recorder struct {
	open       bool          // an operation belongs to the window in which it was meant to be sent, else in which it completed
	start      time.Time     // of the warm-up
	begin, end time.Duration // of the window, after start

	shard [shards]struct {
		sync.Mutex
		now   *hdrhistogram.Histogram // completions since the last interval
		total *hdrhistogram.Histogram // latencies of the window
		_     [64]byte
	}
	submitted, acknowledged, failed atomic.Uint64
	firstErr                        atomic.Pointer[error]
	last, gap                       atomic.Int64 // of completions, and the longest time between two since mark
}

func newRecorder(l *Load) *recorder {
	r := &recorder{open: l.Rate > 0, begin: l.Warm, end: l.total()}
	for i := range r.shard {
		r.shard[i].now, r.shard[i].total = newHistogram(intervalDigits), newHistogram(windowDigits)
	}
	return r
}

// now is the time since the start.
func (r *recorder) now() time.Duration { return time.Since(r.start) }

// done takes down n operations that were meant to be sent at one instant and returned at another.
func (r *recorder) done(worker int, meant, at time.Duration, n int) {
	if n == 0 {
		return
	}
	r.acknowledged.Add(uint64(n))
	for gap := at - time.Duration(r.last.Swap(int64(at))); ; {
		old := r.gap.Load()
		if int64(gap) <= old || r.gap.CompareAndSwap(old, int64(gap)) {
			break
		}
	}
	s := &r.shard[worker%shards]
	s.Lock()
	defer s.Unlock()
	record(s.now, at-meant, n)
	if r.counts(meant, at) {
		record(s.total, at-meant, n)
	}
}

func (r *recorder) counts(meant, at time.Duration) bool {
	if r.open {
		at = meant
	}
	return at >= r.begin && at < r.end
}

func (r *recorder) fail(err error) {
	r.failed.Add(1)
	r.firstErr.CompareAndSwap(nil, &err)
}

// abandoned takes down an operation that did not return: its latency is at least what it waited. A closed loop always has
// some at the end, which say nothing.
func (r *recorder) abandoned(worker int, meant, at time.Duration) {
	if !r.open || !r.counts(meant, at) {
		return
	}
	s := &r.shard[worker%shards]
	s.Lock()
	defer s.Unlock()
	record(s.total, at-meant, 1)
}

// markGap begins a new search for the longest gap at an instant and returns the one found until then.
func (r *recorder) markGap(at time.Duration) time.Duration {
	found := max(time.Duration(r.gap.Swap(0)), at-time.Duration(r.last.Swap(int64(at))))
	return max(found, 0)
}

// cut ends an interval.
func (r *recorder) cut(from, to time.Duration, spare *hdrhistogram.Histogram) Interval {
	spare.Reset()
	for i := range r.shard {
		s := &r.shard[i]
		s.Lock()
		spare.Merge(s.now)
		s.now.Reset()
		s.Unlock()
	}
	return Interval{From: from, To: to, Done: spare.TotalCount(), P50: quantile(spare, 50), P99: quantile(spare, 99)}
}

// latencies returns the histogram of the window.
func (r *recorder) latencies() *hdrhistogram.Histogram {
	h := newHistogram(windowDigits)
	for i := range r.shard {
		s := &r.shard[i]
		s.Lock()
		h.Merge(s.total)
		s.Unlock()
	}
	return h
}

func quantile(h *hdrhistogram.Histogram, percent float64) time.Duration {
	return time.Duration(h.ValueAtPercentile(percent))
}
