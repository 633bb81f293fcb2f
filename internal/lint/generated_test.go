package lint

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The rule: committed generated code is, byte for byte, what the generator of
// tools/ makes of proto/. The generator runs on a copy, so a failing test leaves the
// tree as it is; make generate mends it.

func isGenerated(f *file) bool {
	return strings.HasSuffix(f.path, ".pb.go")
}

func isSchema(f *file) bool {
	return strings.HasSuffix(f.path, ".proto")
}

// regenerate returns the files that the generator makes of a tree's schema. The
// generator's own code must be in the tree.
func regenerate(t *testing.T, tree []*file) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	for _, f := range tree {
		switch name := filepath.Join(dir, f.path); {
		case inside(f.path, "proto"), inside(f.path, "tools"):
			require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
			require.NoError(t, os.WriteFile(name, f.src, 0o644))
		case isGenerated(f):
			require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		}
	}
	cmd := exec.Command("go", "run", "./cmd/genproto")
	cmd.Dir = filepath.Join(dir, "tools")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)

	made := make(map[string][]byte)
	require.NoError(t, filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".pb.go") {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		require.NoError(t, err)
		made[filepath.ToSlash(rel)], err = os.ReadFile(name)
		return err
	}))
	return made
}

// stale returns the names of generated files that are missing, different, or made
// of a schema that is gone.
func stale(tree []*file, made map[string][]byte) []string {
	var names []string
	committed := make(map[string]bool)
	for _, f := range tree {
		if isGenerated(f) {
			committed[f.path] = true
			if !bytes.Equal(made[f.path], f.src) {
				names = append(names, f.path)
			}
		}
	}
	for name := range made {
		if !committed[name] {
			names = append(names, name)
		}
	}
	return names
}

func TestGenerated(t *testing.T) {
	all := tree(t)
	if !slices.ContainsFunc(all, isSchema) {
		return
	}
	needGenerator(t)
	made := regenerate(t, all)
	require.Empty(t, stale(all, made), "run make generate, and commit")

	// The same comparison notices a schema that changed, and one that is gone.
	planted := slices.Clone(all)
	schema := slices.IndexFunc(all, isSchema)
	changed := *all[schema]
	changed.src = append(bytes.Clone(changed.src), "\nmessage PlantedByTheTest {}\n"...)
	planted[schema] = &changed
	require.NotEmpty(t, stale(all, regenerate(t, planted)))
	require.Len(t, stale(all, nil), len(made))
	require.Len(t, stale(nil, made), len(made))
}

// needGenerator skips the test where the generator's modules were never fetched, as
// for one who only wants to use the library. CI has them, always.
func needGenerator(t *testing.T) {
	t.Helper()
	if os.Getenv("CI") != "" {
		return
	}
	cmd := exec.Command("go", "build", "-o", os.DevNull, "./cmd/genproto")
	cmd.Dir = filepath.Join(root, "tools")
	cmd.Env = append(os.Environ(), "GOPROXY=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("the generator is not built; make generate fetches what it needs: %s", out)
	}
}
