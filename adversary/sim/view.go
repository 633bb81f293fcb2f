package sim

import (
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// What invariants and observers of a user's own may see of a world.

// Processes returns how many replica processes there are, second twins included.
func (w *World) Processes() int { return len(w.hosts) }

// Correct reports whether a process is correct: not Byzantine, no twin, its disk kept.
func (w *World) Correct(process int) bool { return !w.hosts[process].faulty }

// Up reports whether a process runs.
func (w *World) Up(process int) bool { return w.hosts[process].core != nil }

// Status returns where a running process stands, the zero Status of one that is down.
func (w *World) Status(process int) core.Status {
	if h := w.hosts[process]; h.core != nil {
		return h.core.Status()
	}
	return core.Status{}
}

// App returns a process's application and up to which block it has executed.
func (w *World) App(process int) (pbft.Application, message.Seq) {
	x := &w.hosts[process].app
	return x.app, x.seq
}

// Now returns how long the world has lasted.
func (w *World) Now() clock.Duration { return w.elapsed() }

// Op is one operation as its client saw it.
type Op struct {
	Client        int
	Input, Output []byte
	Call, Return  clock.Duration // since the world began
	Done          bool           // answered; else Return and Output mean nothing
}

// History returns all operations that clients have called, in that order. The result
// is the world's own.
func (w *World) History() []*Op { return w.history }

// Scenario returns what is played, defaults filled in.
func (w *World) Scenario() Scenario { return w.sc }

// WithObserver has f called after each turn of a replica's loop: for those who
// fingerprint states, where an Invariant would be told more than they need.
func WithObserver(f func(w *World, process int)) Option { return func(w *World) { w.observe = f } }
