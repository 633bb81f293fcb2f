package benchmarks_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

// Of three runs the one in the middle is told, between the ends; what never came is the most there is.
func TestRepeats(t *testing.T) {
	var runs []*benchmarks.Result
	for _, x := range []struct {
		perSec, between, after float64
		gap, recovery          time.Duration
	}{
		{100, 30, 98, 700 * time.Millisecond, time.Second},
		{300, 90, 100, 900 * time.Millisecond, -1},
		{200, 50, 99, 800 * time.Millisecond, 2 * time.Second},
	} {
		runs = append(runs, &benchmarks.Result{PerSec: x.perSec, Fault: &benchmarks.FaultFigures{
			Begin: 1, End: 2, Before: 100, Between: x.between, After: x.after, Gap: x.gap, Recovery: x.recovery,
		}})
	}
	var b strings.Builder
	benchmarks.Repeats(&b, runs)
	rows := make(map[string]string)
	for line := range strings.Lines(b.String()) {
		words := strings.Fields(line)
		rows[strings.Join(words[:2], " ")] = strings.Join(words[1:], " ")
	}
	require.Contains(t, rows["requests/s 200"], "200 100 300")
	require.Contains(t, rows["gap since"], "800ms 700ms 900ms")
	require.Contains(t, rows["kept while"], "50.0 % 30.0 % 90.0 %")
	require.Contains(t, rows["kept from"], "99.0 % 98.0 % 100.0 %")
	require.Contains(t, rows["p99 as"], "2s 1s never")

	runs[0].Fault = nil
	b.Reset()
	benchmarks.Repeats(&b, runs)
	require.NotContains(t, b.String(), "kept", "not all had the fault in their time")
}

// What a fault leaves is measured over its own time, and to the end of the run if it lasts.
func TestKept(t *testing.T) {
	f := benchmarks.FaultFigures{Begin: 1, End: 2, Before: 100, Between: 60, After: 90}
	require.InDelta(t, 0.6, f.Kept(), 1e-9)
	require.InDelta(t, 0.9, f.KeptSince(), 1e-9)
	f.End = f.Begin
	require.InDelta(t, 0.9, f.Kept(), 1e-9)
}
