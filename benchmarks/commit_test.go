package benchmarks_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

func TestStamped(t *testing.T) {
	for _, c := range []struct{ revision, modified, version, want string }{
		{"12ab", "false", "(devel)", "12ab"},
		{"12ab", "true", "v0.0.0-20260101-12ab+dirty", "12ab+dirty"},
		{"", "", "v1.2.3", "v1.2.3"},
		{"", "", "(devel)", ""},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: c.version}}
		if c.revision != "" {
			info.Settings = []debug.BuildSetting{{Key: "vcs.modified", Value: c.modified}, {Key: "vcs.revision", Value: c.revision}}
		}
		require.Equal(t, c.want, benchmarks.Stamped(info))
	}
}

func TestCheckedOut(t *testing.T) {
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		c := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"}, args...)...)
		out, err := c.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	write := func(name, text string) {
		t.Helper()
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	require.Empty(t, benchmarks.CheckedOut(dir, time.Now()), "no checkout")
	git("init", "-q")
	write("go.mod", "module example.com/other\n")
	git("add", ".")
	git("commit", "-q", "-m", "one")
	require.Empty(t, benchmarks.CheckedOut(dir, time.Now()), "another module's")
	write("go.mod", "module github.com/twothirds-bft/twothirds\n")
	git("commit", "-q", "-a", "-m", "two")
	require.Regexp(t, "^[0-9a-f]{40,}$", benchmarks.CheckedOut(dir, time.Now()))
	sub := filepath.Join(dir, "sub")
	require.NoError(t, os.Mkdir(sub, 0o700))
	require.Regexp(t, "^[0-9a-f]{40,}$", benchmarks.CheckedOut(sub, time.Now()), "go run -C")
	require.Empty(t, benchmarks.CheckedOut(dir, time.Now().Add(-time.Minute)), "the program is older than the commit")
	require.Empty(t, benchmarks.CheckedOut(dir, time.Time{}))
	write("new", "")
	require.Regexp(t, `^[0-9a-f]{40,}\+dirty$`, benchmarks.CheckedOut(dir, time.Now()))
}
