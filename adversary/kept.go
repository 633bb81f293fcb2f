package adversary

import (
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/adversary/story"
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
			t.Fatalf("%s fails again: %v\n\n%s", file, r.Failure, c.tell(sc))
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
func (c *config) tell(sc Scenario) string {
	var b strings.Builder
	if err := story.New(sc, c.with...).Text(&b); err != nil {
		return err.Error()
	}
	return b.String()
}

// draw writes a scenario's story as a page.
func (c *config) draw(sc Scenario, file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(story.New(sc, c.with...).HTML(f), f.Close())
}

// report keeps a finding and ends the test with its story.
func (c *config) report(t *testing.T, f *Finding, again string) {
	t.Helper()
	file, err := keep(folder(t), f)
	if err != nil {
		t.Errorf("the scenario could not be kept: %v", err)
	}
	page := filepath.Join(t.ArtifactDir(), "story.html")
	if err := c.draw(f.Scenario, page); err != nil {
		t.Errorf("the page could not be written: %v", err)
	}
	t.Fatalf("%v\nagain: %s\nkept as %s (go test -artifacts keeps its page, story.html)\n\n%s", f.Failure, again, file, c.tell(f.Scenario))
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
