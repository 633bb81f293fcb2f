package lint

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	module = "github.com/twothirds-bft/twothirds"
	root   = "../.."
)

// file is one tracked file. Names of folders and files are relative to the root
// and have slashes.
type file struct {
	path      string
	src       []byte
	ast       *ast.File // nil unless it is Go
	test      bool
	generated bool
}

func (f *file) dir() string  { return path.Dir(f.path) }
func (f *file) main() bool   { return f.ast.Name.Name == "main" }
func (f *file) source() bool { return f.ast != nil && !f.test && !f.generated }

// finding is a place where a rule is broken.
type finding struct {
	pos  token.Position
	text string
}

func (f finding) String() string {
	return fmt.Sprintf("%s:%d: %s", f.pos.Filename, f.pos.Line, f.text)
}

// files is shared by all parsed files; token.FileSet is safe for concurrent use.
var files = token.NewFileSet()

func at(n ast.Node, format string, args ...any) finding {
	return finding{files.Position(n.Pos()), fmt.Sprintf(format, args...)}
}

// report fails the test with each finding.
func report(t *testing.T, findings []finding) {
	t.Helper()
	for _, f := range findings {
		t.Error(f)
	}
}

// tree returns the tracked files of the root module, without testdata's Go.
func tree(t *testing.T) []*file {
	t.Helper()
	all, err := load()
	require.NoError(t, err)
	if all == nil {
		t.Skip("not a git checkout: the house rules are for those who change the house")
	}
	return all
}

// goFiles returns the tracked Go files of the root module.
func goFiles(t *testing.T) []*file {
	t.Helper()
	var found []*file
	for _, f := range tree(t) {
		if f.ast != nil {
			found = append(found, f)
		}
	}
	return found
}

var load = sync.OnceValues(func() ([]*file, error) {
	// Opening the index tells the test cache that its change is a change of input.
	if f, err := os.Open(filepath.Join(root, ".git", "index")); err == nil {
		defer f.Close()
	}
	cmd := exec.Command("git", "ls-files", "-z")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, nil
	}
	names := strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
	nested := nestedModules(names)
	found := make([]*file, 0, len(names))
	for _, name := range names {
		src, err := os.ReadFile(filepath.Join(root, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and not yet committed
		}
		if err != nil {
			return nil, err
		}
		f, err := newFile(name, src, nested)
		if err != nil {
			return nil, err
		}
		found = append(found, f)
	}
	return found, nil
})

func nestedModules(names []string) []string {
	var dirs []string
	for _, name := range names {
		if path.Base(name) == "go.mod" && name != "go.mod" {
			dirs = append(dirs, path.Dir(name)+"/")
		}
	}
	return dirs
}

func newFile(name string, src []byte, nested []string) (*file, error) {
	f := &file{path: name, src: src, test: strings.HasSuffix(name, "_test.go")}
	if !strings.HasSuffix(name, ".go") || strings.Contains(name, "testdata/") {
		return f, nil
	}
	for _, dir := range nested {
		if strings.HasPrefix(name, dir) {
			return f, nil
		}
	}
	var err error
	f.ast, err = parser.ParseFile(files, name, bytes.Clone(src), parser.ParseComments|parser.SkipObjectResolution)
	if err == nil {
		f.generated = ast.IsGenerated(f.ast)
	}
	return f, err
}

// plant returns a file that is not in the tree, to prove that a rule bites.
func plant(t *testing.T, name, src string) *file {
	t.Helper()
	f, err := newFile(name, []byte(src), nil)
	require.NoError(t, err)
	return f
}

// texts returns what was found, to compare with what was planted.
func texts(findings []finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, f.String())
	}
	return out
}

// inside tells whether dir is room or lies below it.
func inside(dir, room string) bool {
	return dir == room || strings.HasPrefix(dir, room+"/")
}
