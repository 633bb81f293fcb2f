package shrink

import (
	"errors"
	"slices"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// tally counts the events of a story as the package comment defines them. It is an
// invariant, which a story of too many events breaks: there is no use in its end.
type tally struct {
	most   int // events
	faulty []int
	until  clock.Duration // messages and timers count before it, if it is above 0
	fired  map[firing]bool
	done   bool
	events int
}

// firing is a progress timer that fires.
type firing struct {
	replica int
	view    message.View
}

func newTally(sc *sim.Scenario, live bool) *tally {
	t := &tally{most: unbounded, faulty: sc.Faulty(), fired: make(map[firing]bool)}
	if live {
		t.until = max(sc.Heal, 1)
	}
	return t
}

var errLong = errors.New("more events than it may have")

// Name implements sim.Invariant.
func (*tally) Name() string { return "short" }

// AtEnd implements sim.Invariant.
func (*tally) AtEnd(*sim.World) error { return nil }

// OnEvent implements sim.Invariant.
func (t *tally) OnEvent(_ *sim.World, e sim.Event) error {
	if t.see(e); t.events > t.most {
		return errLong
	}
	return nil
}

func (t *tally) see(e sim.Event) {
	late := t.until > 0 && e.At >= t.until
	switch e.Kind {
	case sim.EventViolation:
		t.done = true
	case sim.EventCrash, sim.EventPause, sim.EventFault:
		t.add(true)
	case sim.EventDeliver:
		t.add(!late)
	case sim.EventSend:
		if m, ok := e.Msg.(*message.Suspect); ok && !slices.Contains(t.faulty, e.Replica) {
			f := firing{e.Replica, m.View}
			t.add(!late && !t.fired[f])
			t.fired[f] = true
		}
	}
}

func (t *tally) add(counts bool) {
	if counts && !t.done {
		t.events++
	}
}
