package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

func TestBenchSweep(t *testing.T) {
	dir := t.TempDir()
	stdout, stderr, code := program(t, "bench", "--link", "memory", "--log", "memory", "--clients", "1,2", "--outstanding", "3,1",
		"--for", "50ms", "--warm", "0", "--out", dir)
	require.Zero(t, code, stderr)
	require.Len(t, strings.Split(strings.TrimSpace(stdout), "\n"), 4, "a line each: %s", stdout)
	files, err := filepath.Glob(filepath.Join(dir, "*", "result.json"))
	require.NoError(t, err)
	require.Len(t, files, 4, "and a folder each")
	for i, want := range [][2]int{{1, 3}, {1, 1}, {2, 3}, {2, 1}} { // folders are named after the time
		b, err := os.ReadFile(files[i])
		require.NoError(t, err)
		var r benchmarks.Result
		require.NoError(t, json.Unmarshal(b, &r))
		require.Equal(t, want, [2]int{r.Load.Clients, r.Load.Outstanding})
		require.Equal(t, 256, r.Load.Payload)
		require.Empty(t, r.Unsafe)
	}
}

func TestBenchSweepIsCheckedBeforeItBegins(t *testing.T) {
	stdout, stderr, code := program(t, "bench", "--link", "memory", "--log", "memory", "--clients", "1,0", "--for", "50ms", "--warm", "0")
	require.Equal(t, exitUsage, code, stderr)
	require.Empty(t, stdout)
}

func TestPoints(t *testing.T) {
	s := sweep{replicas: []int{4, 7}, payload: []int{0}, clients: []int{1, 2}, outstanding: []int{8}, rate: []float64{0, 500}}
	var got [][5]float64
	for _, b := range s.points(bench{}, []uint64{3}) {
		got = append(got, [5]float64{float64(b.cluster.Replicas), float64(b.load.Payload), float64(b.load.Clients), float64(b.load.Outstanding), b.load.Rate})
	}
	require.Equal(t, [][5]float64{
		{4, 0, 1, 8, 0}, {4, 0, 1, 8, 500}, {4, 0, 2, 8, 0}, {4, 0, 2, 8, 500},
		{7, 0, 1, 8, 0}, {7, 0, 1, 8, 500}, {7, 0, 2, 8, 0}, {7, 0, 2, 8, 500},
	}, got)
}

func TestSeeds(t *testing.T) {
	s := sweep{seed: []string{"7", "1..3"}}
	seeds, err := s.seeds()
	require.NoError(t, err)
	require.Equal(t, []uint64{7, 1, 2, 3}, seeds)
	for _, bad := range []string{"", "x", "3..1", "1..", "1..1001", "-1"} {
		s.seed = []string{bad}
		_, err := s.seeds()
		require.Error(t, err, bad)
	}
}

// Runs that differ in their seeds alone are summed up, for each point by itself.
func TestBenchRepeats(t *testing.T) {
	dir := t.TempDir()
	args := []string{"bench", "--class", "C", "--clients", "2", "--rate", "500,1000", "--seed", "1..3", "--for", "60ms", "--warm", "0"}
	stdout, stderr, code := program(t, append(args, "--fault", "killed-primary", "--out", dir)...)
	require.Zero(t, code, stderr)
	require.Equal(t, 6, strings.Count(stdout, "% kept"), stdout)
	require.Equal(t, 2, strings.Count(stdout, "3 runs:"), stdout)
	require.Less(t, strings.Index(stdout, "3 runs:"), strings.Index(stdout, "1000/s, seed 1, killed-primary"), "after its own runs")
	_, stderr, code = program(t, "report", dir, "--out", filepath.Join(dir, "page"))
	require.Zero(t, code, stderr)
	page, err := os.ReadFile(filepath.Join(dir, "page", "index.html"))
	require.NoError(t, err)
	require.Contains(t, string(page), "of 3 runs")

	stdout, _, _ = program(t, append(args, "--bench")...)
	require.NotContains(t, stdout, "runs:", "benchstat sums up by itself")
}
