package lint

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// The rule: some modules must not move by an upgrade of everything.

// pins are patterns that a module's version must match where it is required at all.
var pins = []struct{ module, version, why string }{
	{"github.com/cometbft/cometbft", `^v0\.`, "v1 is an abandoned line that lacks a security fix, and yet what @latest resolves to"},
}

// version returns the version that a go.mod requires of a module.
func version(gomod, mod string) (string, bool) {
	m := regexp.MustCompile(`(?m)^(?:require)?\s+` + regexp.QuoteMeta(mod) + `\s+(v\S+)`).FindStringSubmatch(gomod)
	if m == nil {
		return "", false
	}
	return m[1], true
}

func TestModules(t *testing.T) {
	for _, name := range []string{"go.mod", "benchmarks/compare/go.mod"} {
		gomod, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) && name != "go.mod" {
			continue
		}
		require.NoError(t, err)
		for _, pin := range pins {
			if v, required := version(string(gomod), pin.module); required {
				require.Regexp(t, pin.version, v, "%s in %s: %s", pin.module, name, pin.why)
			}
		}
	}
}

func TestModulesNotice(t *testing.T) {
	const gomod = "module x\n\nrequire (\n\tgithub.com/cometbft/cometbft v1.0.1\n\tgithub.com/cometbft/cometbft-db v0.1.0\n)\n"
	v, required := version(gomod, "github.com/cometbft/cometbft")
	require.True(t, required)
	require.NotRegexp(t, pins[0].version, v)
	v, required = version("require github.com/cometbft/cometbft v0.40.0 // why\n", "github.com/cometbft/cometbft")
	require.True(t, required)
	require.Regexp(t, pins[0].version, v)
	_, required = version(gomod, "github.com/cometbft")
	require.False(t, required)
}
