//go:build !twothirds_bug

package score_test

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestKills runs TestKill and TestKillOf in a build that has the bugs.
func TestKills(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the package once more")
	}
	out, err := exec.Command("go", "test", "-tags", "twothirds_bug", "-run", "^TestKill", ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
}
