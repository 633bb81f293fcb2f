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
	Shrink time.Duration // to make what was found small, of one core; 0 = leave it as it is
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
	Ended    bool          `json:"ended,omitempty"`     // the strategy has no more worlds
	Oracle   string        `json:"oracle,omitempty"`    // that failed
	What     string        `json:"what,omitempty"`      // how
	Scenario string        `json:"scenario,omitempty"`  // that failed, as TOML, or its steps; shrunk if Shrink is set
	Events   int           `json:"events,omitempty"`    // in the smallest case, as shrink counts them: for liveness there may be none
	Shrink   time.Duration `json:"shrink_ns,omitempty"` // what that took; 0 = there is no smallest case
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
			c.shrink(s, r, b.Shrink)
		}
	}
	return c
}

// page is how many events a story has that one reads at a sitting.
const page = 25

// told reports whether a cell killed its bug, by a case that is small if it was to be.
func (c *Cell) told(b Budget) bool {
	return c.Killed && (b.Shrink == 0 || c.Shrink > 0 && c.Events <= page)
}

// shrink makes the case small: as plain data if it fails as that, or else as the strategy
// plays it.
func (c *Cell) shrink(s Strategy, r *sim.Result, limit time.Duration) {
	if limit == 0 {
		return
	}
	if s.Small != nil {
		start := cpuTime()
		steps := s.Small(c.Worlds - 1)
		c.Events, c.Shrink, c.Scenario = len(steps), cpuTime()-start, strings.Join(steps, "\n")
		return
	}
	o := shrink.Options{Time: limit, Clock: cpuTime}
	small := shrink.Run(r.Scenario, o)
	if small.Failure == nil || small.Failure.Oracle != c.Oracle {
		if s.Player == nil {
			return
		}
		o.Play = c.blamed(s.Player(r))
		if small = shrink.Run(r.Scenario, o); small.Failure == nil {
			return
		}
	}
	c.Events, c.Shrink, c.Scenario = small.Events, small.Elapsed, string(small.Scenario.TOML())
}

// blamed returns a player that reports only what the engine without the bug does not do:
// that an attack takes no place is easily had by taking it out.
func (c *Cell) blamed(play Player) Player {
	if !bug.Built {
		return play
	}
	return func(sc sim.Scenario, opts ...sim.Option) *sim.Result {
		r := play(sc, opts...)
		if r.Failure == nil || r.Failure.Oracle != c.Oracle {
			return r
		}
		bug.Set()
		defer bug.Set(c.Bug)
		if clean := play(sc); clean.Failure != nil {
			r.Failure = nil
		}
		return r
	}
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
