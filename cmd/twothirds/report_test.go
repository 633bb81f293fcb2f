package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

func TestReport(t *testing.T) {
	dir := t.TempDir()
	results, out := filepath.Join(dir, "results"), filepath.Join(dir, "report")
	for i, why := range []string{"", "", "they differ"} {
		r := benchmarks.Result{System: "twothirds/n=4/link=tls", Class: "B", Started: time.Unix(int64(i), 0), Done: 1, PerSec: 1, Unsafe: why}
		r.Load.Outstanding = i
		require.NoError(t, r.WriteFiles(results))
	}
	stdout, stderr, code := program(t, "report", results, "--out", out)
	require.Zero(t, code, stderr)
	require.Equal(t, filepath.Join(out, "index.html")+": 3 results, 1 unsafe\n", stdout)
	files, err := filepath.Glob(filepath.Join(out, "*"))
	require.NoError(t, err)
	require.Len(t, files, 3, "a page and a figure")

	foreign := filepath.Join(results, "result.json")
	require.NoError(t, os.WriteFile(foreign, []byte("{}"), 0o600))
	_, stderr, code = program(t, "report", results, "--out", out)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, foreign)
	_, _, code = program(t, "report")
	require.Equal(t, exitUsage, code)
}
