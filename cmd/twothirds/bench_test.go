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

func TestBench(t *testing.T) {
	dir := t.TempDir()
	stdout, stderr, code := program(t, "bench", "--class", "A", "--clients", "2", "--outstanding", "2", "--for", "300ms", "--warm", "0",
		"--json", "--out", dir, "--dir", dir)
	require.Zero(t, code, stderr)
	var r benchmarks.Result
	require.NoError(t, json.Unmarshal([]byte(stdout), &r))
	require.Positive(t, r.Done)
	require.Equal(t, r.Submitted, r.Acknowledged)
	require.Positive(t, r.Cost.System.CPU, "replicas are processes of their own")
	require.Empty(t, r.Unsafe)
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	require.NoError(t, err)
	require.Len(t, files, 3, "results, and nothing of the run")
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		require.NotEmpty(t, b)
	}
}

func TestBenchUsage(t *testing.T) {
	for _, args := range []string{"--fault flood", "--clients 0", "--json --bench", "--link udp", "--for 1s --fault two-primaries --link memory --log memory"} {
		_, stderr, code := program(t, append([]string{"bench"}, strings.Fields(args)...)...)
		require.Equal(t, exitUsage, code, "%s: %s", args, stderr)
	}
}
