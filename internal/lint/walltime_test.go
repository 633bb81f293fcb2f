package lint

import (
	"go/ast"
	"path"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// The rule: time is asked of package clock (spec T6), so that simulation can hold
// it, and tests wait for conditions, not for time to pass. walltime.txt counts the
// places that do otherwise, by folder.

// tellers may ask the machine's clock as often as they like.
var tellers = map[string]string{
	"clock":          "it is the clock",
	"transport/tcp":  "sockets have deadlines in wall time, and peers on the far side of a kernel",
	"cmd":            "it serves people, who live in wall time",
	"benchmarks":     "it measures wall time",
	"adversary/host": "it drives real processes",
}

var asksTime = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick"}

// checkWalltime returns the uses of the machine's clock in f. In a test only Sleep
// counts, and not where testing/synctest makes time virtual.
func checkWalltime(f *file) []finding {
	bad := asksTime
	if f.test {
		bad = []string{"Sleep"}
	}
	for dir := range tellers {
		if inside(f.dir(), dir) {
			return nil
		}
	}
	name, imported := importName(f, "time")
	_, virtual := importName(f, "testing/synctest")
	if !imported || f.test && virtual {
		return nil
	}
	var found []finding
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && slices.Contains(bad, sel.Sel.Name) {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == name {
				found = append(found, at(sel, "time.%s: use package clock", sel.Sel.Name))
			}
		}
		return true
	})
	return found
}

// importName returns the name under which f imports target.
func importName(f *file, target string) (string, bool) {
	for _, spec := range f.ast.Imports {
		if spec.Path.Value != `"`+target+`"` {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name, true
		}
		return path.Base(target), true
	}
	return "", false
}

func TestWalltime(t *testing.T) {
	counts := make(map[string]int)
	for _, f := range goFiles(t) {
		key := f.dir()
		if f.test {
			key += " tests"
		}
		for _, found := range checkWalltime(f) {
			t.Log(found)
			counts[key]++
		}
	}
	ratchet(t, "walltime.txt", counts)
}

func TestWalltimeNotices(t *testing.T) {
	const src = `package a
import clk "time"
var timer = clk.NewTimer
func a() { clk.Sleep(clk.Second); _ = clk.Now() }`
	require.Equal(t, []string{
		"pbft/a.go:3: time.NewTimer: use package clock",
		"pbft/a.go:4: time.Sleep: use package clock",
		"pbft/a.go:4: time.Now: use package clock",
	}, texts(checkWalltime(plant(t, "pbft/a.go", src))))
	require.Empty(t, checkWalltime(plant(t, "clock/a.go", src)))

	const test = "package a\nimport (\"time\"; \"testing\")\nfunc a() { time.Sleep(1); _ = time.After(1) }"
	require.Equal(t, []string{"pbft/a_test.go:3: time.Sleep: use package clock"},
		texts(checkWalltime(plant(t, "pbft/a_test.go", test))))
	const virtual = "package a\nimport (\"time\"; \"testing/synctest\")\nfunc a() { time.Sleep(1) }"
	require.Empty(t, checkWalltime(plant(t, "pbft/a_test.go", virtual)))
}
