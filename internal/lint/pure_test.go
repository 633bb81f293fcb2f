package lint

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// The rule: the protocol is a pure step function. It starts nothing, waits for
// nothing, asks nobody for the time or for chance, and does no I/O, so that the
// same inputs give the same outputs in a process, in simulation, in the explorer
// and in a replay of last year's trace.

var pureRooms = []string{"pbft/core", "pbft/message", "pbft/quorum", "pbft/session"}

// impure lists imports by what they would bring in; each holds for what lies below.
var impure = map[string]string{
	"sync":        "locks",
	"time":        "a clock",
	"context":     "a clock and goroutines",
	"math/rand":   "chance",
	"crypto/rand": "chance",
	"os":          "I/O",
	"io/ioutil":   "I/O",
	"net":         "I/O",
	"syscall":     "I/O",
	"log":         "I/O",
	"runtime":     "the machine",
	"unsafe":      "the machine",
	"reflect":     "the order of maps",
}

func isPure(f *file) bool {
	return f.source() && slices.Contains(pureRooms, f.dir())
}

// checkPure returns what in f depends on more than its arguments.
func checkPure(f *file) []finding {
	var found []finding
	for _, spec := range f.ast.Imports {
		target, _ := strconv.Unquote(spec.Path.Value)
		for bad, why := range impure {
			if inside(target, bad) {
				found = append(found, at(spec, "imports %s, which is %s", target, why))
			}
		}
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = append(found, at(n, "go statement"))
		case *ast.SelectStmt:
			found = append(found, at(n, "select"))
		case *ast.ChanType:
			found = append(found, at(n, "channel"))
		case *ast.SendStmt:
			found = append(found, at(n, "send"))
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				found = append(found, at(n, "receive"))
			}
		}
		return true
	})
	return found
}

func TestPure(t *testing.T) {
	for _, f := range goFiles(t) {
		if isPure(f) {
			report(t, checkPure(f))
		}
	}
}

func TestPureNotices(t *testing.T) {
	f := plant(t, "pbft/core/a.go", `package core
import ("net/netip"; "sync/atomic"; "math"; "time")
func a(c chan int) {
	go a(nil)
	select {}
	c <- 1
	<-c
}`)
	require.True(t, isPure(f))
	require.ElementsMatch(t, []string{
		"pbft/core/a.go:2: imports net/netip, which is I/O",
		"pbft/core/a.go:2: imports sync/atomic, which is locks",
		"pbft/core/a.go:2: imports time, which is a clock",
		"pbft/core/a.go:3: channel",
		"pbft/core/a.go:4: go statement",
		"pbft/core/a.go:5: select",
		"pbft/core/a.go:6: send",
		"pbft/core/a.go:7: receive",
	}, texts(checkPure(f)))
	require.False(t, isPure(plant(t, "pbft/core/a_test.go", "package core")))
	require.False(t, isPure(plant(t, "pbft/replica.go", "package pbft")))
}
