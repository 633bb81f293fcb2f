package score

import (
	"fmt"
	"strings"
	"time"

	"github.com/twothirds-bft/twothirds/adversary/shrink"
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/internal/bug"
)

// Budget ends a search that finds nothing. Zero values are no limit.
type Budget struct {
	Worlds uint64
	CPU    time.Duration // of one core
	Shrink time.Duration // to make what was found small; 0 = leave it as it is
}

// Clean stands in the place of a bug for the engine as it is.
const Clean = "none"

// Cell is what one strategy showed against one bug.
type Cell struct {
	Bug      string        `json:"bug"` // or Clean
	Strategy string        `json:"strategy"`
	Killed   bool          `json:"killed"` // a world failed
	Worlds   uint64        `json:"worlds"` // played, the one that failed included
	CPU      time.Duration `json:"cpu_ns"`
	Ended    bool          `json:"ended,omitempty"`    // the strategy has no more worlds
	Oracle   string        `json:"oracle,omitempty"`   // that failed
	What     string        `json:"what,omitempty"`     // how
	Scenario string        `json:"scenario,omitempty"` // that failed, as TOML; shrunk if Events is set
	Events   int           `json:"events,omitempty"`   // in the smallest case found, as shrink counts them
	Shrink   time.Duration `json:"shrink_ns,omitempty"`
}

// Play measures one cell in this process.
func Play(name string, s Strategy, b Budget) Cell {
	if name != Clean {
		bug.Set(name)
		defer bug.Set()
	}
	c := Cell{Bug: name, Strategy: s.Name}
	start, search := cpuTime(), s.Start()
	for !c.Killed && (b.Worlds == 0 || c.Worlds < b.Worlds) && (b.CPU == 0 || c.CPU < b.CPU) {
		r := guarded(search, c.Worlds)
		if c.Ended = r == nil; c.Ended {
			break
		}
		c.Worlds++
		c.CPU = cpuTime() - start
		if f := r.Failure; f != nil {
			c.Killed, c.Oracle, c.What, c.Scenario = true, f.Oracle, brief(f.What), string(r.Scenario.TOML())
			c.shrink(r.Scenario, b.Shrink)
		}
	}
	return c
}

// shrink makes the case small, if it fails as plain data: what an attack asks for beside
// the oracles is not in its scenario.
func (c *Cell) shrink(sc sim.Scenario, limit time.Duration) {
	if limit == 0 {
		return
	}
	r := shrink.Run(sc, shrink.Options{Time: limit})
	if r.Failure == nil || r.Failure.Oracle != c.Oracle {
		return
	}
	c.Events, c.Shrink, c.Scenario = r.Events, r.Elapsed, string(r.Scenario.TOML())
}

// brief returns the first line of a text.
func brief(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// guarded plays one world. A panic in it is a failure of that world (I18).
func guarded(s Search, i uint64) (r *sim.Result) {
	defer func() {
		if p := recover(); p != nil {
			r = &sim.Result{Failure: &sim.Failure{Oracle: "panic", What: fmt.Sprint(p)}}
		}
	}()
	return s(i)
}
