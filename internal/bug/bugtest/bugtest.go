// Package bugtest proves that tests can fail: it runs them in a build that has one of
// the seeded bugs of internal/bug.
package bugtest

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/internal/bug"
)

// Bite expects that tests of the calling package fail in a process that has a bug. It
// is given the name of one such test for each bug of a layer, but for those in others,
// which are shown elsewhere. Call it from a file with the build tag of the switches.
func Bite(t *testing.T, layer bug.Layer, tests map[string]string, others ...string) {
	program, err := os.Executable()
	require.NoError(t, err)
	for _, b := range bug.All() {
		if b.Layer == layer && b.Waits == "" && tests[b.ID] == "" {
			require.Contains(t, others, b.ID, "no test is named that %s makes fail", b.ID)
		}
	}
	names := make([]string, 0, len(tests))
	for id := range tests {
		names = append(names, id)
	}
	slices.Sort(names)
	for _, id := range names {
		t.Run(id+"/"+tests[id], func(t *testing.T) {
			t.Parallel()
			fails(t, program, id, tests[id])
		})
	}
}

// fails runs one test as go test would, and expects that it fails or panics.
func fails(t *testing.T, program, id, name string) {
	cmd := exec.Command(program, "-test.run", "^"+strings.ReplaceAll(name, "/", "$/^")+"$", "-test.v")
	cmd.Env = append(os.Environ(), "TWOTHIRDS_BUG="+id)
	out, err := cmd.CombinedOutput()
	require.Error(t, err, "the test passes in a build that has %s", id)
	require.Contains(t, string(out), "=== RUN   "+name)
	text := string(out)
	require.True(t, strings.Contains(text, "--- FAIL: "+name) || strings.Contains(text, "\npanic: "), "%s", text)
}
