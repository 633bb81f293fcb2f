package lint

import (
	"go/ast"
	"go/build"
	"go/importer"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The rule: Go deliberately shuffles maps, so a range over one in the pure rooms
// says in a comment "// order: ..." on its line, or on the line before, why that
// order cannot reach an output. Sorting the keys first needs no comment.

// checkOrder returns the ranges over maps in f, and the calls that do the same,
// which do not say why their order is harmless.
func checkOrder(f *file, info *types.Info) []finding {
	said := orderComments(f)
	sorted := make(map[ast.Expr]bool)
	var found []finding
	notice := func(n ast.Node, what string) {
		if line := files.Position(n.Pos()).Line; !said[line] && !said[line-1] {
			found = append(found, at(n, "%s: sort, or say in \"// order: ...\" why the order cannot reach an output", what))
		}
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.RangeStmt:
			if isMap(info.TypeOf(n.X)) {
				notice(n, "range over a map")
			}
		case *ast.CallExpr:
			switch pkg, name := callee(n, info); {
			case pkg == "slices" && strings.HasPrefix(name, "Sorted"):
				sorted[n.Args[0]] = true
			case pkg == "maps" && (name == "Keys" || name == "Values" || name == "All") && !sorted[n]:
				notice(n, "maps."+name)
			}
		}
		return true
	})
	return found
}

// orderComments returns the lines on which a comment about order ends.
func orderComments(f *file) map[int]bool {
	lines := make(map[int]bool)
	for _, group := range f.ast.Comments {
		for _, c := range group.List {
			if why, ok := strings.CutPrefix(c.Text, "// order:"); ok && strings.TrimSpace(why) != "" {
				lines[files.Position(group.End()).Line] = true
			}
		}
	}
	return lines
}

// isMap tells whether t, or each type that a type parameter stands for, is a map.
func isMap(t types.Type) bool {
	if t == nil {
		return false
	}
	if p, ok := t.(*types.TypeParam); ok {
		t = p.Constraint()
		if u, ok := t.Underlying().(*types.Interface); ok && u.NumEmbeddeds() > 0 {
			if union, ok := u.EmbeddedType(0).(*types.Union); ok && union.Len() > 0 {
				t = union.Term(0).Type()
			}
		}
	}
	_, ok := t.Underlying().(*types.Map)
	return ok
}

// callee returns the package and the name of a called package-level function.
func callee(call *ast.CallExpr, info *types.Info) (pkg, name string) {
	if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
		if fn, ok := info.Uses[sel.Sel].(*types.Func); ok && fn.Pkg() != nil {
			return fn.Pkg().Path(), fn.Name()
		}
	}
	return "", ""
}

// exports returns the file with the compiled form of each of the packages and of
// all that they import.
func exports(t *testing.T, packages ...string) map[string]string {
	t.Helper()
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}
	cmd := exec.Command("go", append(args, packages...)...)
	cmd.Dir = root
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	found := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		name, export, _ := strings.Cut(strings.TrimSpace(line), " ")
		found[name] = export
	}
	return found
}

// check type-checks the files of one package against compiled imports.
func check(t *testing.T, pkg []*file, compiled map[string]string) *types.Info {
	t.Helper()
	open := func(target string) (io.ReadCloser, error) { return os.Open(compiled[target]) }
	var parsed []*ast.File
	for _, f := range pkg {
		parsed = append(parsed, f.ast)
	}
	info := &types.Info{Types: make(map[ast.Expr]types.TypeAndValue), Uses: make(map[*ast.Ident]types.Object)}
	conf := types.Config{Importer: importer.ForCompiler(files, "gc", open)}
	_, err := conf.Check(pkg[0].dir(), files, parsed, info)
	require.NoError(t, err)
	return info
}

func TestOrder(t *testing.T) {
	pkgs := make(map[string][]*file)
	for _, f := range goFiles(t) {
		built, err := build.Default.MatchFile(root+"/"+f.dir(), path.Base(f.path))
		require.NoError(t, err)
		if built && isPure(f) {
			pkgs[f.dir()] = append(pkgs[f.dir()], f)
		}
	}
	var rooms, targets []string
	for _, room := range pureRooms {
		if pkgs[room] != nil {
			rooms = append(rooms, room)
			targets = append(targets, "./"+room)
		}
	}
	compiled := exports(t, targets...)
	for _, room := range rooms {
		info := check(t, pkgs[room], compiled)
		for _, f := range pkgs[room] {
			report(t, checkOrder(f, info))
		}
	}
}

func TestOrderNotices(t *testing.T) {
	f := plant(t, "pbft/core/a.go", `package core
type votes map[int]string
func a(v votes, s []int, c <-chan int) {
	for range s {
	}
	for range v {
	}
	for k := range v { // order: counted only
		_ = k
	}
	// order: the largest is the same in any order, and
	// ties are impossible
	for range v {
	}
	// order:
	for range v { // in reverse order: no reason
	}
}
func b[M ~map[int]int](m M) {
	for range m {
	}
}
`)
	const tail = `: sort, or say in "// order: ..." why the order cannot reach an output`
	require.Equal(t, []string{
		"pbft/core/a.go:6: range over a map" + tail,
		"pbft/core/a.go:16: range over a map" + tail,
		"pbft/core/a.go:20: range over a map" + tail,
	}, texts(checkOrder(f, check(t, []*file{f}, nil))))
}

func TestOrderNoticesIterators(t *testing.T) {
	f := plant(t, "pbft/core/b.go", `package core
import ("maps"; "slices")
func a(m map[int]int) {
	for range slices.Sorted(maps.Keys(m)) {
	}
	for range maps.Values(m) {
	}
}
`)
	found := checkOrder(f, check(t, []*file{f}, exports(t, "maps", "slices")))
	require.Len(t, found, 1)
	require.Contains(t, found[0].String(), "pbft/core/b.go:6: maps.Values")
}
