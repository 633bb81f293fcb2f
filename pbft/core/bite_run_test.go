//go:build !twothirds_bug

package core_test

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTracesBite runs TestBite in a build that has the bugs.
func TestTracesBite(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the package once more")
	}
	out, err := exec.Command("go", "test", "-tags", "twothirds_bug", "-run", "^TestBite$", ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
}
