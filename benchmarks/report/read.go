package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

// ErrResult is wrapped by errors about files that are not results.
var ErrResult = errors.New("not a result of a benchmark")

// fileMax bounds a result file: an hour of intervals takes 5 MB.
const fileMax = 64 << 20

// Read returns the results in all files named result.json in or below the folders, oldest first. An argument may also be
// such a file. Fields that it does not know are ignored. A file that is no result is an error that names it, and so is a
// folder without any.
func Read(paths ...string) ([]*benchmarks.Result, error) {
	var results []*benchmarks.Result
	seen := make(map[string]bool)
	for _, path := range paths {
		found := false
		err := filepath.WalkDir(path, func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || name != path && e.Name() != benchmarks.ResultFile {
				return err
			}
			found = true
			abs, err := filepath.Abs(name)
			if err != nil || seen[abs] {
				return err
			}
			seen[abs] = true
			r, err := readFile(name)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			results = append(results, r)
			return nil
		})
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, fmt.Errorf("%s: no %s in it or below", path, benchmarks.ResultFile)
		}
	}
	slices.SortStableFunc(results, func(a, b *benchmarks.Result) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.System, b.System))
	})
	return results, nil
}

func readFile(name string) (*benchmarks.Result, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > fileMax {
		return nil, fmt.Errorf("%w: %d bytes, the limit is %d", ErrResult, info.Size(), fileMax)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	r := new(benchmarks.Result)
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrResult, err)
	}
	if err := check(r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrResult, err)
	}
	return r, nil
}

// largest bounds every figure, so that sums and axes stay finite; payloadMax is a bound of its own, for it is multiplied.
const (
	largest    = 1e18
	payloadMax = 1 << 30
)

// check reports the first thing in a result that no measurement says.
func check(r *benchmarks.Result) error {
	switch {
	case r.System == "" || strings.ContainsFunc(r.System, func(c rune) bool { return !unicode.IsGraphic(c) || unicode.IsSpace(c) }):
		return fmt.Errorf("system %q is not a name", r.System)
	case r.Class == "" || len(r.Class) > 1 || !strings.Contains(classes, r.Class):
		return fmt.Errorf("class %q is none of %s", r.Class, classes)
	case r.Started.IsZero():
		return errors.New("it does not say when it was started")
	}
	if r.Load.Payload > payloadMax {
		return fmt.Errorf("payload is %d", r.Load.Payload)
	}
	l, c, s := &r.Load, &r.Cost, &r.Cost.System
	for _, f := range []struct {
		name string
		x    float64
	}{
		{"clients", float64(l.Clients)}, {"outstanding", float64(l.Outstanding)}, {"payload", float64(l.Payload)}, {"rate", l.Rate},
		{"window_ns", float64(r.Window)}, {"done", float64(r.Done)}, {"per_s", r.PerSec}, {"cores", float64(r.Machine.Cores)},
		{"p50_ns", float64(r.Latency.P50)}, {"p99_ns", float64(r.Latency.P99)}, {"p999_ns", float64(r.Latency.P999)},
		{"gap_ns", float64(r.Gap)}, {"own_cpu_ns", float64(c.OwnCPU)}, {"cpu_ns", float64(s.CPU)},
		{"wire_bytes", float64(s.WireBytes)}, {"signed", float64(s.Signed)}, {"verified", float64(s.Verified)},
	} {
		if f.x < 0 || f.x > largest {
			return fmt.Errorf("%s is %g", f.name, f.x)
		}
	}
	return cmp.Or(checkIntervals(r.Intervals), checkFault(r.Fault))
}

// classes are those that package benchmarks knows.
const classes = "ABC"

func checkIntervals(all []benchmarks.Interval) error {
	var last time.Duration
	for i, v := range all {
		if v.From < last || v.To <= v.From || v.Done < 0 || v.P50 < 0 || v.P99 < 0 {
			return fmt.Errorf("interval %d is %+v", i, v)
		}
		last = v.To
	}
	return nil
}

func checkFault(f *benchmarks.FaultFigures) error {
	if f != nil && (f.Name == "" || f.Begin < 0 || f.End < f.Begin || f.Gap < 0) {
		return fmt.Errorf("fault %q from %v to %v with a gap of %v", f.Name, f.Begin, f.End, f.Gap)
	}
	return nil
}
