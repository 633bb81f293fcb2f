package attack

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// Attack is one entry of the catalogue.
type Attack struct {
	ID      string   // such as A13; a number is never used again
	Name    string   // in a few words
	About   string   // what the attack is, and what it is against this protocol
	Falls   string   // the naive algorithm that falls to it
	Source  string   // where it comes from
	Oracles []string // what would notice that it worked, such as I1
	Worlds  []World  // where it is played
	Tests   []string // tests of other packages that play what no world can, such as client.TestLiarsFirst
	Weak    []string // seeded bugs (internal/bug) with which it works, each by itself or several as in "M17+M104"
	Waiting string   // what has to be built before all of it can be played, "" if all is
}

// All returns the catalogue in the order of the numbers.
func All() []*Attack {
	all := slices.Concat(votes, views, order, liveness, load, disks, outside)
	slices.SortFunc(all, func(a, b *Attack) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// Find returns the attack of an id, or nil.
func Find(id string) *Attack {
	for _, a := range All() {
		if strings.EqualFold(a.ID, id) {
			return a
		}
	}
	return nil
}

// Run plays the attack's worlds, each from its own seed, until one fails. It returns the
// result of that one, or of the last, or nil where Waiting says that there is nothing to
// play yet.
func (a *Attack) Run(opts ...sim.Option) *sim.Result {
	var r *sim.Result
	for i := range a.Worlds {
		for _, sc := range a.Worlds[i].Scenarios() {
			if r = a.Worlds[i].Play(sc, opts...); r.Failure != nil {
				return r
			}
		}
	}
	return r
}

//go:embed catalogue/*.toml
var catalogue embed.FS

// Files returns the scenario files of the catalogue by name: any of them can be written
// to a disk, changed, and replayed.
func Files() fs.FS {
	f, err := fs.Sub(catalogue, "catalogue")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return f
}

// read reads a scenario of the catalogue.
func read(name string) sim.Scenario {
	b, err := fs.ReadFile(Files(), name+".toml")
	if err == nil {
		var sc sim.Scenario
		if sc, err = sim.ParseScenario(b); err == nil {
			return sc
		}
	}
	panic(fmt.Sprintf("attack: %s: %v", name, err)) // a test reads them all
}
