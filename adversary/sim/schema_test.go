package sim_test

import (
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
)

var rewrite = flag.Bool("rewrite", false, "write docs/scenario.schema.json anew")

const schemaFile = "../../docs/scenario.schema.json"

// source is what the package's own text says: comments of types and fields, and the
// values of string types.
type source struct {
	fields map[string]map[string]string // type, field
	values map[string][]string          // constants of a string type
}

func readSource(t *testing.T) source {
	s := source{fields: map[string]map[string]string{}, values: map[string][]string{}}
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.ParseComments)
		require.NoError(t, err)
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok {
				for _, spec := range g.Specs {
					s.add(spec)
				}
			}
		}
	}
	return s
}

func (s *source) add(spec ast.Spec) {
	switch x := spec.(type) {
	case *ast.TypeSpec:
		st, ok := x.Type.(*ast.StructType)
		if !ok {
			return
		}
		out := map[string]string{}
		for _, f := range st.Fields.List {
			text := strings.Join(strings.Fields(f.Doc.Text()+" "+f.Comment.Text()), " ")
			for _, n := range f.Names {
				out[n.Name] = text
			}
		}
		s.fields[x.Name.Name] = out
	case *ast.ValueSpec:
		id, ok := x.Type.(*ast.Ident)
		if !ok || len(x.Values) != 1 {
			return
		}
		if lit, ok := x.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
			v, _ := strconv.Unquote(lit.Value)
			s.values[id.Name] = append(s.values[id.Name], v)
		}
	}
}

// schema describes a type of the file format (JSON Schema 2020-12).
func (s *source) schema(t reflect.Type) map[string]any {
	switch {
	case t == reflect.TypeFor[clock.Duration]():
		return map[string]any{"type": "string", "pattern": `^-?([0-9.]+(ns|µs|us|ms|s|m|h))+$`}
	case t.Kind() == reflect.Slice:
		return map[string]any{"type": "array", "items": s.schema(t.Elem())}
	case t.Kind() == reflect.String && len(s.values[t.Name()]) > 0:
		return map[string]any{"type": "string", "enum": s.values[t.Name()]}
	case t.Kind() == reflect.String:
		return map[string]any{"type": "string"}
	case t.Kind() == reflect.Bool:
		return map[string]any{"type": "boolean"}
	case t.Kind() != reflect.Struct:
		return map[string]any{"type": "integer"}
	}
	props := map[string]any{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
		p := s.schema(f.Type)
		if text := s.fields[t.Name()][f.Name]; text != "" {
			p["description"] = text
		}
		props[name] = p
	}
	return map[string]any{"type": "object", "properties": props, "additionalProperties": false}
}

// The schema that is published is that of the format.
func TestSchema(t *testing.T) {
	src := readSource(t)
	s := src.schema(reflect.TypeFor[sim.Scenario]())
	s["$schema"], s["title"] = "https://json-schema.org/draft/2020-12/schema", "twothirds scenario"
	s["description"] = "A simulated world: replicas, faults, liars, clients. Files are TOML; this is their shape."
	b, err := json.MarshalIndent(s, "", "  ")
	require.NoError(t, err)
	b = append(b, '\n')
	if *rewrite {
		require.NoError(t, os.WriteFile(schemaFile, b, 0o644))
	}
	have, err := os.ReadFile(schemaFile)
	require.NoError(t, err)
	require.Equal(t, string(have), string(b), "run go test ./adversary/sim -run Schema -rewrite")
}
