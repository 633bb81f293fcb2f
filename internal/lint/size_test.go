package lint

import (
	"bytes"
	"fmt"
	"go/ast"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The rule: a file is read at a sitting and a function fits a screen or two. What
// is longer stands in size.txt with its lines and the reason, and may only shrink.

const (
	fileLines     = 500
	functionLines = 60
)

// checkSize returns the lines of f and of its functions, where they are too many.
func checkSize(f *file) map[string]int {
	large := make(map[string]int)
	if n := bytes.Count(f.src, []byte("\n")); n > fileLines {
		large[f.path] = n
	}
	for _, decl := range f.ast.Decls {
		d, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		name := d.Name.Name
		if d.Recv != nil {
			name = receiver(d).Name + "." + name
		}
		if n := files.Position(d.End()).Line - files.Position(d.Pos()).Line + 1; n > functionLines {
			large[f.path+":"+name] = n
		}
	}
	return large
}

func TestSize(t *testing.T) {
	large := make(map[string]int)
	for _, f := range goFiles(t) {
		if f.source() {
			for what, lines := range checkSize(f) {
				large[what] = lines
			}
		}
	}
	ratchet(t, "size.txt", large)
}

func TestSizeNotices(t *testing.T) {
	function := func(name string, lines int) string {
		return fmt.Sprintf("// %s is documented, which does not count.\nfunc %s {%s}\n", name, name, strings.Repeat("\n", lines-1))
	}
	short := "package a\ntype t struct{}\n" + function("(t) fits()", functionLines) + function("(t) long()", functionLines+1)
	require.Equal(t, map[string]int{"a.go:t.long": functionLines + 1}, checkSize(plant(t, "a.go", short)))

	exact := "package a\n" + strings.Repeat("\n", fileLines-1)
	require.Empty(t, checkSize(plant(t, "a.go", exact)))
	require.Equal(t, map[string]int{"a.go": fileLines + 1}, checkSize(plant(t, "a.go", exact+"\n")))
}
