package explore

import (
	"fmt"
	"strings"

	"github.com/twothirds-bft/twothirds/clock"
)

// Options bound an exploration. Zero fields mean the defaults: nil that nothing stops it.
type Options struct {
	States int            // those of several boxes as often; default a billion
	Time   clock.Duration // of this machine; default no bound
	// Stop, once closed, ends the search as a bound does, between two boxes.
	Stop <-chan struct{}
}

// Report is what an exploration found.
type Report struct {
	States      int    // of the world; if it is not closed, those of several boxes as often
	Boxes       int    // in how many sets of states these were found
	Transitions uint64 // moves between boxes: somebody says something
	Depth       int    // of these on the way to the last box
	Locals      int    // distinct states of single replicas
	Steps       uint64 // inputs that were given to a core
	Closed      bool   // there are no further states
	Bound       string // what ended it if it is not closed and nothing is wrong
	Elapsed     clock.Duration
	Violation   *Violation // nil if nothing is wrong
}

// String returns the report in one line, and the violation behind it.
func (r Report) String() string {
	end := "bounded by " + r.Bound
	if r.Closed {
		end = "closed"
	}
	if r.Violation != nil {
		end = "violated"
	}
	perSecond := float64(r.States) / max(r.Elapsed.Seconds(), 1e-9)
	s := fmt.Sprintf("%s: %d states in %d boxes, %d transitions, depth %d, %d states of one replica, %d steps, %.1f s, %.0f states/s",
		end, r.States, r.Boxes, r.Transitions, r.Depth, r.Locals, r.Steps, r.Elapsed.Seconds(), perSecond)
	if r.Violation != nil {
		s += "\n" + r.Violation.String()
	}
	return s
}

// Violation is a short way to something that must never be.
type Violation struct {
	Oracle  string // as I1: see the package doc
	What    string
	Actions []Action
	// Confirmed says that cores that forget nothing of what they heard come to a violation
	// by the same actions. Where they do not, they acted on something earlier.
	Confirmed bool
}

// Action is one move: what a replica is given in one turn.
type Action struct {
	Replica int
	Input   string
	Crashes bool     // on the way or behind it
	Says    []string // what it says then and has not said before, by name
}

// String returns the story, one line a move.
func (v *Violation) String() string {
	var b strings.Builder
	for i, a := range v.Actions {
		fmt.Fprintf(&b, "%3d. %d gets %s\n", i+1, a.Replica, a.Input)
		if a.Crashes {
			fmt.Fprintf(&b, "       crashes and restarts\n")
		}
		if len(a.Says) > 0 {
			fmt.Fprintf(&b, "       says %s\n", strings.Join(a.Says, ", "))
		}
	}
	fmt.Fprintf(&b, "     %s: %s", v.Oracle, v.What)
	return b.String()
}
