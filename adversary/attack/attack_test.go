package attack_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/attack"
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/internal/bug"
)

// The honest engine stands every attack: it decides what it must, nobody innocent is
// convicted, few views pass, throughput does not fall further than stated; and each
// attack takes place.
func TestHonestEngine(t *testing.T) {
	for _, a := range attack.All() {
		t.Run(a.ID, func(t *testing.T) {
			t.Parallel()
			r := a.Run()
			if r != nil && r.Failure != nil {
				t.Fatalf("%v\n%s", r.Failure, r.Scenario.TOML())
			}
		})
	}
}

var oracle = regexp.MustCompile(`^I([1-9]|1[0-9]|2[0-3])$`)

func TestTable(t *testing.T) {
	last := ""
	for _, a := range attack.All() {
		require.Regexp(t, `^A(0[1-9]|[1-6][0-9]|7[0-4])$`, a.ID)
		require.Greater(t, a.ID, last, "numbers rise and are unique")
		last = a.ID
		for _, text := range []string{a.Name, a.About, a.Falls, a.Source} {
			require.NotEmpty(t, text, a.ID)
		}
		require.NotEmpty(t, a.Oracles, a.ID)
		for _, o := range a.Oracles {
			require.Regexp(t, oracle, o, a.ID)
		}
		require.True(t, len(a.Worlds) > 0 || a.Waiting != "", "%s is played or waits", a.ID)
		for _, name := range a.Tests {
			dir, test, _ := strings.Cut(name, ".")
			require.True(t, declared(t, dir, test), "%s names %s", a.ID, name)
		}
		for _, m := range strings.Split(strings.Join(a.Weak, "+"), "+") {
			if m == "" {
				continue
			}
			i := slices.IndexFunc(bug.All(), func(b bug.Bug) bool { return b.ID == m })
			require.GreaterOrEqual(t, i, 0, "%s names %s", a.ID, m)
			require.Empty(t, bug.All()[i].Waits, "%s names %s", a.ID, m)
		}
		require.Equal(t, a.ID, attack.Find(strings.ToLower(a.ID)).ID)
	}
	require.Nil(t, attack.Find("A00"))
}

// declared reports whether a package has a test.
func declared(t *testing.T, dir, test string) bool {
	files, err := filepath.Glob(filepath.Join("../..", dir, "*_test.go"))
	require.NoError(t, err)
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		if strings.Contains(string(b), "func "+test+"(t *testing.T)") {
			return true
		}
	}
	return false
}

// Each file belongs to one attack, says what it is, is within the model, and is
// written as the command writes scenarios.
func TestFiles(t *testing.T) {
	used := map[string]bool{}
	for _, a := range attack.All() {
		for _, w := range a.Worlds {
			require.False(t, used[w.File], w.File)
			used[w.File] = true
			require.True(t, strings.HasPrefix(w.File, strings.ToLower(a.ID)+"-"), w.File)
		}
	}
	files, err := fs.Glob(attack.Files(), "*.toml")
	require.NoError(t, err)
	for _, f := range files {
		require.True(t, used[strings.TrimSuffix(f, ".toml")], "%s belongs to no attack", f)
		b, err := fs.ReadFile(attack.Files(), f)
		require.NoError(t, err)
		sc, err := sim.ParseScenario(b)
		require.NoError(t, err, f)
		require.True(t, strings.HasPrefix(sc.Name, strings.ToUpper(f[:3])+" "), f)
		require.NotEmpty(t, sc.About, f)
	}
}

// A world without its attack does not take place: the wants of the catalogue can fail.
func TestWantsCanFail(t *testing.T) {
	for _, a := range attack.All() {
		for _, w := range a.Worlds {
			if w.Want.Views == 0 && w.Want.Evidence == 0 && w.Want.Hidden == 0 {
				continue
			}
			sc := w.Scenarios()[0]
			r := w.Play(attack.Calm(sc))
			require.NotNil(t, r.Failure, w.File)
			require.Equal(t, attack.Bite, r.Failure.Oracle, w.File)
		}
	}
}
