package benchmarks

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
)

// ResultFile is the name of the file that holds a Result as JSON.
const ResultFile = "result.json"

// JSON writes the result as JSON.
func (r *Result) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// WriteFiles writes the result as JSON, as text and as a Go benchmark (result.json, result.txt, bench.txt) into a new
// folder in dir, named after the start and the class. Results are never overwritten.
func (r *Result) WriteFiles(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	dir = filepath.Join(dir, r.Started.UTC().Format("20060102-150405.000")+"-class"+r.Class)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for name, put := range map[string]func(io.Writer) error{
		ResultFile:   r.JSON,
		"result.txt": func(w io.Writer) error { r.Text(w); return nil },
		"bench.txt":  func(w io.Writer) error { r.GoBench(w); return nil },
	} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if err := put(f); err != nil {
			_ = f.Close()
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}
