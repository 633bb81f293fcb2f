//go:build twothirds_bug

package core_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/internal/bug"
)

// TestBite runs each trace that names a bug in a world that has it. The trace must
// then end as it says: a trace that cannot fail proves nothing.
func TestBite(t *testing.T) {
	files, err := filepath.Glob("testdata/traces/*.txt")
	require.NoError(t, err)
	for _, path := range files {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			bugs, outcome, ok := strings.Cut(strings.TrimPrefix(line, "# bug "), ": ")
			if !ok || !strings.HasPrefix(line, "# bug ") {
				continue
			}
			t.Run(filepath.Base(path)+"/"+bugs, func(t *testing.T) {
				bug.Set(strings.Split(bugs, "+")...)
				defer bug.Set()
				s := runTrace(t, path, false)
				t.Log(s.violations)
				require.Contains(t, kinds(s.violations), strings.TrimSpace(outcome))
			})
		}
	}
}

// kinds returns the first words of violations.
func kinds(list []string) (out []string) {
	for _, v := range list {
		kind, _, _ := strings.Cut(v, ":")
		out = append(out, kind)
	}
	return out
}
