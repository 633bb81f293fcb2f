package bug_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/internal/bug"
)

const root = "../.."

// dirs says where the hooks of a layer are.
var dirs = map[bug.Layer]string{
	bug.Core: "pbft/core", bug.Message: "pbft/message", bug.Quorum: "pbft/quorum", bug.Session: "pbft/session",
	bug.Verify: "pbft/verify", bug.Shell: "pbft", bug.Log: "storage/wal", bug.Client: "client", bug.Clock: "clock",
}

// ready returns the bugs that have a switch.
func ready() (list []bug.Bug, names []string) {
	for _, b := range bug.All() {
		if b.Waits == "" {
			list, names = append(list, b), append(names, b.ID)
		}
	}
	return list, names
}

func TestTable(t *testing.T) {
	rules, err := os.ReadFile(filepath.Join(root, "docs/spec.md"))
	require.NoError(t, err)
	last := 0
	for _, b := range bug.All() {
		require.Regexp(t, `^M(\d\d|1\d\d)$`, b.ID)
		number, err := strconv.Atoi(b.ID[1:])
		require.NoError(t, err)
		require.Greater(t, number, last, "numbers rise")
		require.Contains(t, []bug.Class{bug.Easy, bug.Medium, bug.Directed}, b.Class, b.ID)
		require.Regexp(t, `^[a-zA-Z].*[^.]$`, b.What, b.ID)
		for _, rule := range strings.Fields(b.Rule) {
			require.Contains(t, string(rules), "**"+rule+"**", b.ID)
		}
		require.NotEmpty(t, b.Rule, b.ID)
		require.Equal(t, b.Waits == "", dirs[b.Layer] != "", b.ID)
		last = number
	}
}

// declared returns the names that a file declares as constants or variables of
// the form M01, and checks each constant.
func declared(t *testing.T, path string) (names []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	require.NoError(t, err)
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, s := range g.Specs {
			v, ok := s.(*ast.ValueSpec)
			if !ok || !regexp.MustCompile(`^M\d\d+$`).MatchString(v.Names[0].Name) {
				continue
			}
			if path == "bug.go" {
				require.True(t, g.Tok == token.CONST && v.Type == nil && len(v.Values) == 1, v.Names[0].Name)
				value, ok := v.Values[0].(*ast.Ident)
				require.True(t, ok && value.Name == "false", v.Names[0].Name)
			}
			for _, n := range v.Names {
				names = append(names, n.Name)
			}
		}
	}
	return names
}

// Constants that are false are what keeps the bugs out of every other build.
func TestSwitches(t *testing.T) {
	_, names := ready()
	require.Equal(t, names, declared(t, "bug.go"))
	require.Equal(t, names, declared(t, "bug_on.go"))

	src, err := os.ReadFile("bug_on.go")
	require.NoError(t, err)
	var keys []string
	for _, m := range regexp.MustCompile(`"(M\d\d+)": &(M\d\d+)`).FindAllStringSubmatch(string(src), -1) {
		require.Equal(t, m[1], m[2])
		keys = append(keys, m[1])
	}
	require.Equal(t, names, keys)
}

// Each switch is read where the table says, and no more often.
func TestHooks(t *testing.T) {
	places := map[string][]string{} // by bug
	for _, top := range []string{"pbft", "client", "storage", "crypto", "transport", "clock"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, top), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			for _, name := range read(t, path) {
				dir, _ := filepath.Rel(root, filepath.Dir(path))
				places[name] = append(places[name], filepath.ToSlash(dir))
			}
			return nil
		}))
	}
	list, names := ready()
	for _, b := range list {
		require.Len(t, places[b.ID], max(b.Hooks, 1), "hooks of %s", b.ID)
		require.Contains(t, places[b.ID], dirs[b.Layer], b.ID)
	}
	for name := range places {
		require.Contains(t, names, name)
	}
}

// read returns the switches that a file reads, each as often as it does.
func read(t *testing.T, path string) (names []string) {
	src, err := os.ReadFile(path)
	require.NoError(t, err)
	if !strings.Contains(string(src), "internal/bug") {
		return nil
	}
	f, err := parser.ParseFile(token.NewFileSet(), path, src, 0)
	require.NoError(t, err)
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "bug" {
				names = append(names, sel.Sel.Name)
			}
		}
		return true
	})
	return names
}

// TestBites runs the tests named TestBite of all layers, in a build that has the bugs:
// each bug makes a test or a golden trace fail.
func TestBites(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the engine once more")
	}
	args := []string{"test", "-tags", "twothirds_bug", "-run", "^TestBite$"}
	for _, layer := range slices.Sorted(maps.Keys(dirs)) {
		args = append(args, "./"+dirs[layer])
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NotContains(t, string(out), "[no test")
}

// TestNotLinked holds the program to having no bug: of this package it holds nothing,
// or the table at most.
func TestNotLinked(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	program := filepath.Join(t.TempDir(), "twothirds")
	build := exec.Command("go", "build", "-o", program, "./cmd/twothirds")
	build.Dir = root
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	out, err = exec.Command("go", "tool", "nm", program).Output()
	require.NoError(t, err)
	require.Contains(t, string(out), "/pbft/core.New\n", "its symbols can be read")
	require.Empty(t, switchIn.FindAllString(string(out), -1))
	require.Regexp(t, switchIn, "  5d9c00 D example.org/twothirds/internal/bug.switches")
}

// switchIn matches symbols of this package that a switch would bring in.
var switchIn = regexp.MustCompile(`internal/bug\.(M\d\d+|Set|switches|init)\S*`)

func TestSetWithoutSwitches(t *testing.T) {
	if bug.Built {
		require.Panics(t, func() { bug.Set("M00") })
		return
	}
	bug.Set()
	require.Panics(t, func() { bug.Set("M63") })
}
