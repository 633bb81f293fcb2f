package story

import (
	"fmt"
	"slices"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// EventsMax is how many events a story remembers. Of more, the oldest are forgotten.
const EventsMax = 200_000

// Story is the account of one world. It is read-only once made, and safe for
// concurrent use then.
type Story struct {
	Scenario sim.Scenario // defaults filled in
	Result   *sim.Result
	Events   []sim.Event // in order, the violation last
	Missing  int         // older events that are forgotten

	ends      []end
	names     names
	copies    map[uint64]*copied // messages, by Event.ID
	violation int                // in Events, or their number
	involved  []int              // processes, in order
	relevant  []bool             // by event: in the causal past of the violation
	needed    map[uint64]bool    // copies of messages that are in it
	first     map[int]bool       // events with which a process starts for the first time
	timers    map[int]bool       // events with which a progress timer shows that it fired
	steps     []step
	stands    []stand
}

// copied is one copy of a message on its way.
type copied struct {
	send, deliver int // in Events, the first arrival; -1 = none, or none that is known
	lost          string
	lie           string // why it is one
	repeat        bool   // the same was sent to the same end before
}

// stand is where a process stood at the violation, or at the end.
type stand struct {
	up bool
	core.Status
}

// New plays a scenario from its seed and tells what happens in it. opts are what it
// is played with: a user's own application, invariants, behaviours.
func New(sc sim.Scenario, opts ...sim.Option) *Story {
	return Of(func(more ...sim.Option) *sim.Result { return sim.Play(sc, append(slices.Clip(opts), more...)...) })
}

// Of tells what happens in a world that play plays. It must hand the options on.
func Of(play func(...sim.Option) *sim.Result) *Story {
	r := recorder{}
	s := &Story{Result: play(sim.WithInvariant(&r))}
	if r.world == nil { // nothing happened: the scenario cannot be
		s.Scenario = s.Result.Scenario
	} else {
		s.Scenario = r.world.Scenario()
	}
	s.Events, s.Missing, s.stands = r.events, r.missing, r.stands
	if s.violation = len(s.Events); s.Result.Failure != nil && r.world != nil {
		s.last(r.broken)
	}
	s.cast(r.world)
	s.names = newNames(s.Events)
	s.follow()
	s.lies()
	s.involve()
	s.past()
	s.walk()
	return s
}

// last puts the violation behind all else that happened in its turn: an oracle speaks
// before that is told.
func (s *Story) last(broken int) {
	e := s.Events[broken]
	s.Events = append(slices.Delete(s.Events, broken, broken+1), e)
	s.violation = len(s.Events) - 1
}

// Broken returns the violation, or nil if there is none.
func (s *Story) Broken() *sim.Failure { return s.Result.Failure }

// recorder remembers events. It is an invariant that always holds.
type recorder struct {
	world   *sim.World
	events  []sim.Event
	missing int
	broken  int
	stands  []stand
}

// Name implements sim.Invariant.
func (*recorder) Name() string { return "story" }

// OnEvent implements sim.Invariant.
func (r *recorder) OnEvent(w *sim.World, e sim.Event) error {
	r.world = w
	if len(r.events) == EventsMax {
		half := EventsMax / 2
		r.events = append(r.events[:0], r.events[half:]...)
		r.missing += half
	}
	r.events = append(r.events, e)
	if e.Kind == sim.EventViolation {
		r.broken = len(r.events) - 1
		r.look(w)
	}
	return nil
}

// AtEnd implements sim.Invariant.
func (r *recorder) AtEnd(w *sim.World) error {
	r.world = w
	r.look(w)
	return nil
}

// look notes where everybody stands.
func (r *recorder) look(w *sim.World) {
	r.stands = nil
	for i := range w.Processes() {
		r.stands = append(r.stands, stand{w.Up(i), w.Status(i)})
	}
}

// end is a process or a client.
type end struct {
	label  string // as in "replica 3"
	short  string // as in "3"
	liar   string // its behaviour, if it has one
	faulty bool
	client bool
}

// cast names the ends of links.
func (s *Story) cast(w *sim.World) {
	sc := &s.Scenario
	n := sc.Replicas + len(sc.Twins)
	for i := range n {
		e := end{label: fmt.Sprint("replica ", i), short: fmt.Sprint(i)}
		if i >= sc.Replicas {
			e.short = fmt.Sprintf("%d'", sc.Twins[i-sc.Replicas])
			e.label = "replica " + e.short
		}
		for _, l := range sc.Byzantine {
			if l.Replica == i {
				e.liar = l.Behaviour
			}
		}
		e.faulty = w == nil || !w.Correct(i)
		s.ends = append(s.ends, e)
	}
	for i := range sc.Clients {
		s.ends = append(s.ends, end{label: fmt.Sprint("client ", i), short: fmt.Sprint("c", i), client: true})
	}
}

// processes is how many of the ends are replicas.
func (s *Story) processes() int { return s.Scenario.Replicas + len(s.Scenario.Twins) }

// whose returns the end to which an event belongs, or -1.
func (s *Story) whose(e *sim.Event) int {
	switch e.Kind {
	case sim.EventViolation:
		return -1
	case sim.EventAck:
		return s.processes() + e.Replica
	}
	return e.Replica
}

// follow finds the sending and the arrival of each copy of a message.
func (s *Story) follow() {
	s.copies = make(map[uint64]*copied)
	s.timers, s.first = make(map[int]bool), make(map[int]bool)
	said := make(map[string]bool)
	up, started := make(map[int]bool), make(map[int]bool)
	for i := range s.Events {
		e := &s.Events[i]
		switch e.Kind {
		case sim.EventSend:
			if m, ok := e.Msg.(*message.Suspect); ok && !s.ends[e.Replica].faulty {
				key := fmt.Sprint(e.Replica, " suspects ", m.View)
				s.timers[i] = !said[key]
				said[key] = true
			}
			key := fmt.Sprint(e.Replica, " ", e.Peer, " ", sim.Describe(e.Msg))
			s.copies[e.ID] = &copied{send: i, deliver: -1, repeat: said[key]}
			said[key] = true
		case sim.EventDeliver:
			c := s.copy(e.ID)
			switch {
			case !up[e.Replica] && !s.ends[e.Replica].client:
				c.lost = "nobody there"
			case c.deliver < 0:
				c.deliver = i
			}
		case sim.EventLost:
			s.copy(e.ID).lost = e.Note
		case sim.EventBoot:
			s.first[i] = !started[e.Replica]
			up[e.Replica], started[e.Replica] = true, true
		case sim.EventCrash:
			up[e.Replica] = false
		}
	}
}

// copy returns the copy of an ID. Its sending may be forgotten.
func (s *Story) copy(id uint64) *copied {
	c := s.copies[id]
	if c == nil {
		c = &copied{send: -1, deliver: -1}
		s.copies[id] = c
	}
	return c
}
