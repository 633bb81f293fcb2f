package adversary

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// folder is where a test's failures are kept.
func folder(t *testing.T) string {
	return filepath.Join("testdata", "adversary", strings.NewReplacer("/", "-", "\\", "-").Replace(t.Name()))
}

// replayKept plays what earlier runs have kept.
func (c *config) replayKept(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder(t), "*.toml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		sc, err := c.load(file)
		if err != nil {
			t.Fatal(err)
		}
		if r := sim.Play(sc, c.with...); r.Failure != nil {
			t.Fatalf("%s fails again: %v\n\n%s", file, r.Failure, tell(sc, c.with))
		}
	}
}

func (c *config) load(file string) (Scenario, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return Scenario{}, err
	}
	sc, err := sim.ParseScenario(b, c.with...)
	if err != nil {
		return Scenario{}, fmt.Errorf("%s: %w", file, err)
	}
	return sc, nil
}

// tell returns what happens in a scenario, for people.
func tell(sc Scenario, with []sim.Option) string { return string(sc.TOML()) }

// report keeps a finding and ends the test with its story.
func (c *config) report(t *testing.T, f *Finding, again string) {
	t.Helper()
	file, err := keep(folder(t), f)
	if err != nil {
		t.Errorf("the scenario could not be kept: %v", err)
	}
	t.Fatalf("%v\nagain: %s\nkept as %s\n\n%s", f.Failure, again, file, tell(f.Scenario, c.with))
}

// keep writes a finding to a file named after its scenario.
func keep(dir string, f *Finding) (string, error) {
	h := fnv.New32a()
	h.Write(f.Scenario.TOML())
	name := fmt.Sprintf("%08x.toml", h.Sum32())
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return file, err
	}
	return file, os.WriteFile(file, f.File(name), 0o644)
}
