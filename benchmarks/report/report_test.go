package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// measured makes a result of ours: class B over memory, a CPU time of 10 us.
func measured(n, outstanding int, perSec float64, change ...func(*benchmarks.Result)) *benchmarks.Result {
	r := &benchmarks.Result{
		System: fmt.Sprintf("twothirds/n=%d/link=memory/log=memory/signed=off", n), Class: "B", About: []string{"about it"},
		Load:    benchmarks.Load{Clients: 8, Outstanding: outstanding, Payload: 256, For: time.Second},
		Machine: benchmarks.Machine{CPU: "a processor", Cores: 2, Commit: "0123456789abcdef", Args: []string{"/bin/twothirds", "bench"}},
		Started: start, Window: time.Second, Done: int64(perSec), PerSec: perSec,
		Latency: benchmarks.Latency{P50: 2 * time.Millisecond, P99: 5 * time.Millisecond},
		Cost: benchmarks.Cost{
			OwnCPU: time.Duration(perSec * 1e4),
			System: benchmarks.Counters{WireBytes: uint64(perSec * 1000), Signed: uint64(perSec / 10)},
		},
	}
	for _, c := range change {
		c(r)
	}
	return r
}

func class(c string) func(*benchmarks.Result) { return func(r *benchmarks.Result) { r.Class = c } }
func named(s string) func(*benchmarks.Result) { return func(r *benchmarks.Result) { r.System = s } }
func rate(x float64) func(*benchmarks.Result) { return func(r *benchmarks.Result) { r.Load.Rate = x } }
func broken(why string) func(*benchmarks.Result) {
	return func(r *benchmarks.Result) { r.Unsafe = why }
}
func args(a ...string) func(*benchmarks.Result) {
	return func(r *benchmarks.Result) { r.Machine.Args = a }
}
func commit(c string) func(*benchmarks.Result) {
	return func(r *benchmarks.Result) { r.Machine.Commit = c }
}
func loadFault(name string) func(*benchmarks.Result) {
	return func(r *benchmarks.Result) { r.Load.Fault = name }
}

// killed is a fault at 1 s that stops everything for so long.
func killed(gap time.Duration) func(*benchmarks.Result) {
	return func(r *benchmarks.Result) {
		r.Load.Fault = "killed-primary"
		r.Fault = &benchmarks.FaultFigures{
			Name: "killed-primary", Begin: time.Second, End: 2 * time.Second, Gap: gap, Lost: gap, Views: 1, Before: 1000, Between: 700, After: 1000,
			P99Before: 4 * time.Millisecond, Recovery: gap + 100*time.Millisecond, RecoveryAfterEnd: 0,
		}
		const tenth = 100 * time.Millisecond
		for at := time.Duration(0); at < 3*time.Second; at += tenth {
			v := benchmarks.Interval{From: at, To: at + tenth, Done: 100, P50: time.Millisecond, P99: 4 * time.Millisecond}
			if at >= time.Second && at < time.Second+gap {
				v.Done, v.P50, v.P99 = 0, 0, 0
			}
			r.Intervals = append(r.Intervals, v)
		}
	}
}

func save(t *testing.T, dir, name string, v any) string {
	t.Helper()
	b, ok := v.([]byte)
	if !ok {
		var err error
		b, err = json.Marshal(v)
		require.NoError(t, err)
	}
	dir = filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(dir, 0o700))
	file := filepath.Join(dir, benchmarks.ResultFile)
	require.NoError(t, os.WriteFile(file, b, 0o600))
	return file
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	later := measured(4, 1, 10, func(r *benchmarks.Result) { r.Started = start.Add(time.Second) })
	file := save(t, dir, "a", later)
	save(t, dir, "b/c", measured(7, 1, 20))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "other.json"), []byte("{"), 0o600))
	got, err := Read(dir, filepath.Join(dir, "b"), file)
	require.NoError(t, err)
	require.Len(t, got, 2, "what is named twice is read once")
	require.Equal(t, 20.0, got[0].PerSec, "oldest first")
	require.Equal(t, later.Cost, got[1].Cost)
}

func TestReadIgnoresWhatItDoesNotKnow(t *testing.T) {
	b, err := json.Marshal(measured(4, 1, 10))
	require.NoError(t, err)
	b = append([]byte(`{"of_another_age": {"a": [1]}, `), b[1:]...)
	dir := t.TempDir()
	save(t, dir, "a", b)
	got, err := Read(dir)
	require.NoError(t, err)
	require.Equal(t, 10.0, got[0].PerSec)
}

func TestReadErrors(t *testing.T) {
	good, err := json.Marshal(measured(4, 1, 10, killed(300*time.Millisecond)))
	require.NoError(t, err)
	spoil := func(change func(*benchmarks.Result)) any {
		return measured(4, 1, 10, killed(300*time.Millisecond), change)
	}
	for name, content := range map[string]any{
		"empty": []byte(""), "cut off": good[:len(good)/2], "foreign": []byte(`{"results": []}`), "a list": []byte(`[1, 2]`),
		"of other types": []byte(`{"system": 7}`), "too large": []byte(`{"system": "a", "done": 1e30}`),
		"deep":      bytes.Repeat([]byte(`{"load":`), 20000),
		"no name":   spoil(named("a\nb")),
		"class":     spoil(class("AB")),
		"negative":  spoil(func(r *benchmarks.Result) { r.PerSec = -1 }),
		"huge":      spoil(func(r *benchmarks.Result) { r.PerSec = 1e300 }),
		"payload":   spoil(func(r *benchmarks.Result) { r.Load.Payload = 1 << 40 }),
		"backwards": spoil(func(r *benchmarks.Result) { r.Intervals[3].To = 0 }),
		"fault":     spoil(func(r *benchmarks.Result) { r.Fault.End = 0 }),
		"no start":  spoil(func(r *benchmarks.Result) { r.Started = time.Time{} }),
	} {
		dir := t.TempDir()
		file := save(t, dir, "a", content)
		_, err := Read(dir)
		require.ErrorIs(t, err, ErrResult, name)
		require.ErrorContains(t, err, file, name)
	}
	dir := t.TempDir()
	_, err = Read(dir)
	require.ErrorContains(t, err, "no result.json")
	_, err = Read(filepath.Join(dir, "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestPage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "report")
	const evil = `<script>alert("&")</script>`
	results := []*benchmarks.Result{
		measured(4, 1, 1000), measured(4, 8, 3000, named("twothirds/n=4/link="+strings.ReplaceAll(evil, "/", "|"))), measured(7, 1, 500), measured(4, 1, 7777, broken(evil)),
		measured(4, 2, 1000, rate(1000), killed(300*time.Millisecond), args("x", "--quota", "\x01"+evil), commit(evil)),
		measured(4, 2, 1000, rate(1000), killed(300*time.Millisecond), func(r *benchmarks.Result) { r.Fault.Name = "a\x00" + evil }),
		measured(4, 1, 2000, class("A"), args("/usr/bin/x", "bench", "--dir", "a b", evil), func(r *benchmarks.Result) { r.About = []string{evil} }),
	}
	require.NoError(t, Write(dir, results))
	b, err := os.ReadFile(filepath.Join(dir, PageFile))
	require.NoError(t, err)
	page := string(b)
	require.NotContains(t, page, "<script")
	require.NotContains(t, strings.ReplaceAll(page, `="http://www.w3.org/`, ""), "http", "nothing is loaded")
	require.NotRegexp(t, `(?i)\bsrc=|<link|@import|url\(|<\?xml`, page)
	require.Contains(t, page, "UNSAFE: result 4")
	require.Contains(t, page, "x bench --dir &#39;a b&#39; ")
	require.NotRegexp(t, `fill:#|stroke:#`, page, "its colors follow the reader's")
	require.NotContains(t, page, "ZgotmplZ", "html/template found nothing odd")

	svgs, err := filepath.Glob(filepath.Join(dir, "*.svg"))
	require.NoError(t, err)
	require.Len(t, svgs, 4, "a curve, two faults, a growth")
	for _, name := range svgs {
		doc, err := os.ReadFile(name)
		require.NoError(t, err)
		wellFormed(t, doc)
		require.NotContains(t, string(doc), "<script")
		require.Contains(t, page, `href="`+filepath.Base(name)+`"`)
		f, err := os.Open(strings.TrimSuffix(name, "svg") + "png")
		require.NoError(t, err)
		_, err = png.Decode(f)
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
}

func wellFormed(t *testing.T, doc []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(doc))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
	}
}

// Whatever a file may say that is read at all, a page comes of it.
func TestPageOfExtremes(t *testing.T) {
	for _, x := range []float64{0, 1e-300, 1, 1e18} {
		extreme := func(r *benchmarks.Result) {
			i := int64(min(x, 1<<60))
			r.PerSec, r.Done, r.Latency.P50, r.Latency.P99, r.Cost.OwnCPU = x, i, time.Duration(i), time.Duration(i), time.Duration(i)
			r.Cost.System.WireBytes, r.Cost.System.Signed = uint64(i), uint64(i)
		}
		fault := func(r *benchmarks.Result) {
			killed(time.Hour)(r)
			r.Fault.P99Before, r.Fault.Before, r.Fault.Recovery = math.MaxInt64, x, -1
		}
		results := []*benchmarks.Result{
			measured(4, 1, 1, extreme), measured(4, 2, 1, extreme), measured(7, 1, 1, extreme), measured(1<<62, 1, 1, extreme),
			measured(4, 1, 1, extreme, fault), measured(4, 1, 1, func(r *benchmarks.Result) { r.Machine = benchmarks.Machine{} }),
			measured(4, 1, 1, fault, func(r *benchmarks.Result) { r.Intervals = r.Intervals[:1] }),
		}
		for _, r := range results {
			require.NoError(t, check(r))
		}
		var b bytes.Buffer
		require.NoError(t, newReport(results).html(&b))
		require.NotRegexp(t, `NaN|[+-]?Inf\b`, b.String())
	}
}
