package benchmarks_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

func TestWriteFiles(t *testing.T) {
	r := measure(t, &fake{}, benchmarks.Load{Clients: 2, Outstanding: 1, Payload: 16, For: time.Second})
	require.NotEmpty(t, r.Machine.Commit)
	require.Equal(t, os.Args, r.Machine.Args)
	dir := filepath.Join(t.TempDir(), "results")
	require.NoError(t, r.WriteFiles(dir))
	files, err := filepath.Glob(filepath.Join(dir, "*-classB", "*"))
	require.NoError(t, err)
	var names []string
	for _, f := range files {
		names = append(names, filepath.Base(f))
	}
	require.Equal(t, []string{"bench.txt", "result.json", "result.txt"}, names)
	b, err := os.ReadFile(files[1])
	require.NoError(t, err)
	var back benchmarks.Result
	require.NoError(t, json.Unmarshal(b, &back))
	require.Equal(t, r.Done, back.Done)
	require.ErrorIs(t, r.WriteFiles(dir), os.ErrExist, "results are not overwritten")
}
