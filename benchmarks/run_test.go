package benchmarks_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

// fake answers after a millisecond, in virtual time. While it is stalled, or its primary is down, nobody is answered.
type fake struct {
	mu       sync.Mutex
	executed uint64
	seen     map[uint64]bool
	twice    int
	stalled  chan struct{} // closed by its end; nil if there is none
	down     []int
	view     uint64
	lose     uint64 // so many executions are forgotten
	misplace func(position uint64) uint64
	err      error // of each operation after the first of a client
}

func (f *fake) Name() string    { return "fake" }
func (f *fake) Class() string   { return "B" }
func (f *fake) About() []string { return []string{"nothing is encrypted"} }
func (f *fake) Close() error    { return nil }

func (f *fake) Dial(context.Context, int) (benchmarks.Caller, error) {
	c := &caller{fake: f}
	if f.misplace == nil {
		return c, nil
	}
	return ordered{c}, nil
}

func (f *fake) Check(_ context.Context, acknowledged, submitted uint64) error {
	if executed := f.executed - f.lose; executed < acknowledged || executed > submitted {
		return errors.New("lost or invented")
	}
	return nil
}

func (f *fake) Replicas() int  { return 4 }
func (f *fake) Tolerates() int { return 1 }
func (f *fake) Primary() int   { return int(f.View() % 4) }

func (f *fake) View() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.view
}

const failover = 700 * time.Millisecond

func (f *fake) Kill(i int) error {
	primary := i == f.Primary()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = append(f.down, i)
	if primary {
		f.stall(failover, func() { f.view++ })
	}
	return nil
}

func (f *fake) Start(i int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = slices.DeleteFunc(f.down, func(d int) bool { return d == i })
	return nil
}

func (f *fake) Pause(int) error  { return errors.ErrUnsupported }
func (f *fake) Resume(int) error { return errors.ErrUnsupported }

func (f *fake) stall(d time.Duration, then func()) {
	over := make(chan struct{})
	f.stalled = over
	time.AfterFunc(d, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		then()
		f.stalled = nil
		close(over)
	})
}

type caller struct {
	*fake
	calls int
}

func (c *caller) Do(ctx context.Context, op []byte) error {
	_, err := c.do(ctx, op)
	return err
}

func (c *caller) do(ctx context.Context, op []byte) (position uint64, err error) {
	c.mu.Lock()
	stalled, err := c.stalled, c.err
	c.calls++
	if len(op) >= 16 {
		id := binary.BigEndian.Uint64(op)
		if c.seen[id] {
			c.twice++
		}
		c.seen[id] = true
	}
	first := c.calls == 1
	c.mu.Unlock()
	if stalled != nil {
		select {
		case <-stalled:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	time.Sleep(time.Millisecond)
	if err != nil && !first {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.executed++
	return c.executed, nil
}

// ordered is a caller whose operations have positions.
type ordered struct{ *caller }

func (c ordered) DoOrdered(ctx context.Context, op []byte) (uint64, error) {
	position, err := c.do(ctx, op)
	if err != nil {
		return 0, err
	}
	return c.misplace(position), nil
}

// measure runs a load at f in virtual time.
func measure(t *testing.T, f *fake, load benchmarks.Load) (res *benchmarks.Result) {
	t.Helper()
	f.seen = map[uint64]bool{}
	synctest.Test(t, func(t *testing.T) {
		var err error
		res, err = benchmarks.Run(t.Context(), f, load)
		require.NoError(t, err)
	})
	return res
}

func TestClosedLoop(t *testing.T) {
	f := &fake{}
	r := measure(t, f, benchmarks.Load{Clients: 5, Outstanding: 2, Payload: 16, Warm: time.Second, For: 2 * time.Second})
	require.InDelta(t, 20000, r.Done, 20, "ten at a time, a millisecond each, for two seconds")
	require.InDelta(t, 10000, r.PerSec, 10)
	require.InDelta(t, r.Done, r.Latency.Count, 20)
	require.InEpsilon(t, time.Millisecond, r.Latency.P50, 0.01)
	require.Len(t, r.Intervals, 20)
	require.Zero(t, f.twice, "two operations were equal")
	require.Equal(t, f.executed, r.Acknowledged)
	require.Equal(t, r.Submitted, r.Acknowledged)
	require.Empty(t, r.Unsafe)
}

func TestOpenLoopFollowsItsSchedule(t *testing.T) {
	load := benchmarks.Load{Clients: 3, Outstanding: 50, Rate: 500, Seed: 7, Warm: time.Second, For: 2 * time.Second}
	r := measure(t, &fake{}, load)
	in := 0
	for at := range benchmarks.Arrivals(load.Seed, load.Rate, load.Warm+load.For) {
		if at >= load.Warm {
			in++
		}
	}
	require.EqualValues(t, in, r.Latency.Count)
	require.LessOrEqual(t, r.Late.Max, 501*time.Microsecond, "the quantum of sending")
}

// A system that stalls for a second is charged for everybody who would have come in that second, not only for those that
// were under way: what a closed loop, and an open one that measures from the real sending, do not see.
func TestStallIsSeen(t *testing.T) {
	for _, outstanding := range []int{1000, 1} { // with 1 the generator itself is held up, too
		f := &fake{}
		r := func() (r *benchmarks.Result) {
			f.seen = map[uint64]bool{}
			synctest.Test(t, func(t *testing.T) {
				time.AfterFunc(2*time.Second, func() {
					f.mu.Lock()
					defer f.mu.Unlock()
					f.stall(time.Second, func() {})
				})
				var err error
				r, err = benchmarks.Run(t.Context(), f, benchmarks.Load{Clients: 1, Outstanding: outstanding, Rate: 500, Warm: time.Second, For: 4 * time.Second})
				require.NoError(t, err)
			})
			return r
		}()
		require.InDelta(t, 2000, r.Latency.Count, 200)
		require.Greater(t, r.Latency.P90, 500*time.Millisecond, "a quarter of the arrivals waited, half a second in the middle")
		require.Less(t, r.Latency.P50, 500*time.Millisecond)
		require.InEpsilon(t, time.Second, r.Gap, 0.02)
	}
}

func TestClosedLoopHidesTheStall(t *testing.T) {
	f := &fake{seen: map[uint64]bool{}}
	synctest.Test(t, func(t *testing.T) {
		time.AfterFunc(2*time.Second, func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.stall(time.Second, func() {})
		})
		r, err := benchmarks.Run(t.Context(), f, benchmarks.Load{Clients: 1, Outstanding: 1, Warm: time.Second, For: 4 * time.Second})
		require.NoError(t, err)
		require.Less(t, r.Latency.P99, 2*time.Millisecond, "else the test above shows nothing")
		require.InEpsilon(t, time.Second, r.Gap, 0.01, "the gap shows it all the same")
	})
}

func TestWhatNeverReturnsCounts(t *testing.T) {
	f := &fake{seen: map[uint64]bool{}}
	synctest.Test(t, func(t *testing.T) {
		time.AfterFunc(time.Second, func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.stall(time.Hour, func() {})
		})
		r, err := benchmarks.Run(t.Context(), f, benchmarks.Load{Clients: 1, Outstanding: 10000, Rate: 500, For: 2 * time.Second, Drain: time.Second})
		require.NoError(t, err)
		require.InDelta(t, 500, r.Submitted-r.Acknowledged, 60)
		require.GreaterOrEqual(t, r.Latency.Max, 1900*time.Millisecond)
		require.Greater(t, r.Latency.P90, time.Second)
	})
}

func TestUnsafeIsReported(t *testing.T) {
	r := measure(t, &fake{lose: 1}, benchmarks.Load{Clients: 1, Outstanding: 1, For: time.Second})
	require.NotEmpty(t, r.Unsafe)
}

// Clients notice an order that they contradict, in closed loops and open ones.
func TestLinearizability(t *testing.T) {
	for name, misplace := range map[string]func(uint64) uint64{
		"as executed": func(p uint64) uint64 { return p },
		"twice":       func(p uint64) uint64 { return p - p%2 + 1 },
		"too late":    func(p uint64) uint64 { return p + 1000 },
		"stale":       func(p uint64) uint64 { return max(p, 101) - 100 },
		"one of many": func(p uint64) uint64 { return p - p/800*3 },
	} {
		for _, rate := range []float64{0, 1000} {
			r := measure(t, &fake{misplace: misplace}, benchmarks.Load{Clients: 2, Outstanding: 1, Payload: 16, Rate: rate, For: time.Second})
			require.Equal(t, r.Acknowledged, r.Ordered, name)
			require.Equal(t, name == "as executed", r.Unsafe == "", "%s: %s", name, r.Unsafe)
		}
	}
}

func TestErrorsAreCounted(t *testing.T) {
	r := measure(t, &fake{err: errors.New("no")}, benchmarks.Load{Clients: 2, Outstanding: 1, For: time.Second})
	require.InDelta(t, 2000, r.Failed, 10)
	require.Equal(t, "no", r.FirstError)
	require.Zero(t, r.Latency.Count)
}

func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		r, err := benchmarks.Run(ctx, &fake{}, benchmarks.Load{Clients: 1, Outstanding: 1, Warm: time.Second, For: time.Hour})
		require.NoError(t, err)
		require.True(t, r.Interrupted)
		require.InEpsilon(t, time.Second, r.Window, 0.01)
		require.InDelta(t, 1000, r.Done, 10)
		require.Empty(t, r.Unsafe, "checked all the same")
	})
}

func TestArrivals(t *testing.T) {
	a := slices.Collect(benchmarks.Arrivals(1, 1000, 10*time.Second))
	require.Equal(t, a, slices.Collect(benchmarks.Arrivals(1, 1000, 10*time.Second)))
	require.NotEqual(t, a, slices.Collect(benchmarks.Arrivals(2, 1000, 10*time.Second)))
	require.Equal(t, a[:100], slices.Collect(benchmarks.Arrivals(1, 1000, time.Minute))[:100], "the length decides nothing but the end")
	require.InDelta(t, 10000, len(a), 400, "four standard deviations of a Poisson process")
	require.True(t, slices.IsSorted(a))
	long := 0 // e^-1 of the gaps are above the mean
	for i := range a[1:] {
		if a[i+1]-a[i] > time.Millisecond {
			long++
		}
	}
	require.InDelta(t, 3679, long, 250)
}

func TestOutputs(t *testing.T) {
	r := measure(t, &fake{}, benchmarks.Load{Clients: 2, Outstanding: 1, Payload: 16, For: 9 * time.Second, Fault: "killed-primary"})
	b, err := json.Marshal(r)
	require.NoError(t, err)
	var back benchmarks.Result
	require.NoError(t, json.Unmarshal(b, &back))
	again, err := json.Marshal(&back)
	require.NoError(t, err)
	require.JSONEq(t, string(b), string(again))

	var text, lines bytes.Buffer
	r.Text(&text)
	require.Contains(t, text.String(), "killed-primary of replicas [0] at 3s")
	r.GoBench(&lines)
	last := strings.Fields(strings.Split(strings.TrimSpace(lines.String()), "\n")[4])
	require.Equal(t, "BenchmarkFake/class=B/clients=2/outstanding=1/payload=16/rate=0/fault=killed-primary", last[0])
	require.Zero(t, len(last)%2, "a name, a count, then pairs of value and unit")
	require.Contains(t, last, "req/s")
}

func TestValidate(t *testing.T) {
	good := benchmarks.Load{Clients: 1, Outstanding: 1, For: 1}
	require.NoError(t, good.Validate())
	for name, spoil := range map[string]func(*benchmarks.Load){
		"clients":     func(l *benchmarks.Load) { l.Clients = benchmarks.ClientsMax + 1 },
		"outstanding": func(l *benchmarks.Load) { l.Outstanding = 0 },
		"batch":       func(l *benchmarks.Load) { l.Batch = -1 },
		"payload":     func(l *benchmarks.Load) { l.Payload = benchmarks.PayloadMax + 1 },
		"rate":        func(l *benchmarks.Load) { l.Rate = -1 },
		"time":        func(l *benchmarks.Load) { l.For = 0 },
		"fault":       func(l *benchmarks.Load) { l.Fault = "flood" },
	} {
		l := good
		spoil(&l)
		require.ErrorIs(t, l.Validate(), benchmarks.ErrLoad, name)
	}
}
