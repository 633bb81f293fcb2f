package sim

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// EventKind says what an Event tells.
type EventKind uint8

// The kinds of events.
const (
	EventSend      EventKind = iota + 1 // Replica sends Msg to Peer; ID names the copy
	EventDeliver                        // the copy ID of Msg from Peer arrives at Replica
	EventLost                           // the copy ID of Msg from Replica to Peer never arrives; Note says why
	EventBoot                           // Replica starts
	EventCrash                          // Replica's process dies
	EventPause                          // Replica's loop stands still until At + Until
	EventEnter                          // Replica enters View, with base Point
	EventLeave                          // Replica leaves for View
	EventDecide                         // Replica decides Point
	EventExecute                        // Replica has executed Point, Note is the state
	EventStable                         // Replica's stable checkpoint is Point
	EventEvidence                       // Replica holds proof against Peer
	EventAck                            // client Replica has its answer, from block Point
	EventFault                          // a fault of a disk, clock or link begins at Replica; Note names it
	EventViolation                      // an invariant is broken; Note says how
)

var eventNames = [...]string{
	EventSend: "send", EventDeliver: "deliver", EventLost: "lost", EventBoot: "boot", EventCrash: "crash", EventPause: "pause",
	EventEnter: "enter", EventLeave: "leave", EventDecide: "decide", EventExecute: "execute", EventStable: "stable",
	EventEvidence: "evidence", EventAck: "ack", EventFault: "fault", EventViolation: "violation",
}

// String implements fmt.Stringer.
func (k EventKind) String() string {
	if int(k) < len(eventNames) {
		return eventNames[k]
	}
	return fmt.Sprint("event ", uint8(k))
}

// Event is one thing that happened in a world, for people, reports and invariants
// of users. Fields that do not belong to its kind are zero.
type Event struct {
	At      clock.Duration // since the world began
	Kind    EventKind
	Replica int    // whom it happened to: index of a process, or of a client
	Peer    int    // the other end
	ID      uint64 // of one copy of a message
	Msg     message.Message
	Point   message.Point
	View    message.View
	Until   clock.Duration
	Note    string
}

// String renders an event on one line.
func (e Event) String() string {
	at := fmt.Sprintf("%12v ", e.At)
	switch e.Kind {
	case EventSend:
		return at + fmt.Sprintf("%d -> %d %v", e.Replica, e.Peer, Describe(e.Msg))
	case EventDeliver:
		return at + fmt.Sprintf("%d <- %d %v", e.Replica, e.Peer, e.Msg.Kind())
	case EventLost:
		return at + fmt.Sprintf("%d -x %d %v: %s", e.Replica, e.Peer, e.Msg.Kind(), e.Note)
	case EventBoot, EventCrash:
		return at + fmt.Sprintf("%d %vs", e.Replica, e.Kind)
	case EventPause:
		return at + fmt.Sprintf("%d pauses for %v", e.Replica, e.Until)
	case EventEnter:
		return at + fmt.Sprintf("%d enters view %d with base %v", e.Replica, e.View, e.Point)
	case EventLeave:
		return at + fmt.Sprintf("%d leaves for view %d", e.Replica, e.View)
	case EventDecide, EventExecute, EventStable:
		return at + fmt.Sprintf("%d %vs %v %s", e.Replica, e.Kind, e.Point, e.Note)
	case EventEvidence:
		return at + fmt.Sprintf("%d holds proof against %d: %s", e.Replica, e.Peer, e.Note)
	case EventAck:
		return at + fmt.Sprintf("client %d has its answer from %d: %s", e.Replica, e.Point.Seq, e.Note)
	case EventViolation:
		return at + "VIOLATION " + e.Note
	}
	return at + fmt.Sprintf("%d %v %s", e.Replica, e.Kind, e.Note)
}

// Invariant is a property of a user's own. Its methods are called by the world's
// one goroutine. The first error ends the world.
type Invariant interface {
	// Name is what a Failure calls it.
	Name() string
	// OnEvent is called after each event.
	OnEvent(*World, Event) error
	// AtEnd is called when the world has come to rest.
	AtEnd(*World) error
}

// emit tells an event to those who watch. Callers that would have to make the event
// first ask watched.
func (w *World) emit(e Event) {
	if !w.watched() {
		return
	}
	e.At = w.elapsed()
	if w.trace != nil {
		w.trace(e)
	}
	for _, v := range w.invariants {
		if err := v.OnEvent(w, e); err != nil && w.failure == nil {
			w.fail(v.Name(), err.Error())
		}
	}
}

func (w *World) watched() bool { return w.trace != nil || len(w.invariants) > 0 }
