package story

import (
	"fmt"
	"slices"
	"strings"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// step is what one replica or client does at one instant.
type step struct {
	number int
	at     clock.Duration
	who    int
	view   message.View // highest that a correct replica is in
	after  []int        // numbers of the steps that sent what arrived here since its last step
	acts   []act
	broken bool // the violation is here
}

// act is one thing of a step.
type act struct {
	text string
	ids  []uint64 // of the copies, if it is a message
	lie  string
}

// wordy is from how many deliveries on a story leaves chatter out.
const wordy = 60

// chatter reports whether a message is left out of a long story.
func (s *Story) chatter(e *sim.Event) bool {
	k := e.Msg.Kind()
	return k == message.KindStatus || s.copies[e.ID].repeat && s.copies[e.ID].lie == ""
}

// walk makes steps of the relevant events.
func (s *Story) walk() {
	w := walker{s: s, arrived: make([][]int, len(s.ends)), sender: make(map[uint64]int)}
	deliveries := 0
	for i := range s.Events {
		if s.relevant[i] && s.Events[i].Kind == sim.EventDeliver {
			deliveries++
		}
	}
	w.brief = deliveries > wordy
	for i := range s.Events {
		if s.relevant[i] {
			w.event(i)
		}
	}
	s.steps = w.steps
}

// walker puts events together.
type walker struct {
	s       *Story
	brief   bool
	view    message.View
	steps   []step
	arrived [][]int        // steps that sent what has arrived at an end since its last step
	sender  map[uint64]int // step that sent a copy
}

func (w *walker) event(i int) {
	s := w.s
	e := &s.Events[i]
	who := s.whose(e)
	switch e.Kind {
	case sim.EventDeliver:
		if n, ok := w.sender[e.ID]; ok && !slices.Contains(w.arrived[who], n) {
			w.arrived[who] = append(w.arrived[who], n)
		}
		return
	case sim.EventSend:
		if s.timers[i] {
			x := w.step(e.At, who)
			fires := act{text: fmt.Sprintf("its progress timer of view %d fires", e.Msg.(*message.Suspect).View)}
			x.acts = slices.Insert(x.acts, 0, fires)
		}
		if s.needed[e.ID] && (!w.brief || !s.chatter(e)) {
			w.send(e, who)
		}
		return
	case sim.EventViolation:
		if i == s.violation {
			w.violation(e)
		}
		return
	case sim.EventEnter:
		if !s.ends[who].faulty {
			w.view = max(w.view, e.View)
		}
	}
	if text := s.happens(e); text != "" && !s.first[i] {
		x := w.step(e.At, who)
		x.acts = append(x.acts, act{text: text})
		x.view = w.view
	}
}

// step returns the step that an event belongs to: the last one, or a new one.
func (w *walker) step(at clock.Duration, who int) *step {
	if n := len(w.steps); n > 0 && w.steps[n-1].who == who && w.steps[n-1].at == at {
		return &w.steps[n-1]
	}
	w.steps = append(w.steps, step{number: len(w.steps) + 1, at: at, who: who, view: w.view})
	x := &w.steps[len(w.steps)-1]
	if who >= 0 {
		slices.Sort(w.arrived[who])
		x.after, w.arrived[who] = w.arrived[who], nil
	}
	return x
}

// send adds a message to a step, to what was sent to others already if it is the same.
func (w *walker) send(e *sim.Event, who int) {
	s := w.s
	x := w.step(e.At, who)
	w.sender[e.ID] = x.number
	text := fmt.Sprintf("%v %s", e.Msg.Kind(), s.words(e.Msg))
	c := s.copies[e.ID]
	for i := range x.acts {
		if a := &x.acts[i]; a.text == text && a.lie == c.lie && len(a.ids) > 0 {
			a.ids = append(a.ids, e.ID)
			return
		}
	}
	x.acts = append(x.acts, act{text: text, ids: []uint64{e.ID}, lie: c.lie})
}

// violation makes a step of its own of the violation.
func (w *walker) violation(e *sim.Event) {
	who := -1
	if len(w.s.involved) == 1 {
		who = w.s.involved[0]
	}
	x := w.step(e.At, who)
	x.broken = true
	x.acts = append(x.acts, act{text: "VIOLATION of " + w.s.plain(e.Note)})
}

// happens says what an event is that is no message, or "" if nobody needs to know.
func (s *Story) happens(e *sim.Event) string {
	n := &s.names
	switch e.Kind {
	case sim.EventBoot:
		return "starts again"
	case sim.EventCrash:
		return "crashes"
	case sim.EventPause:
		return "stands still for " + span(e.Until)
	case sim.EventEnter:
		return fmt.Sprintf("enters view %d with base %s", e.View, n.of(e.Point))
	case sim.EventLeave:
		return fmt.Sprintf("leaves for view %d", e.View)
	case sim.EventDecide:
		return "decides " + n.of(e.Point)
	case sim.EventStable:
		return "has a stable checkpoint at " + n.of(e.Point)
	case sim.EventEvidence:
		what := proofs[e.Note]
		if what == "" {
			what = e.Note
		}
		return fmt.Sprintf("holds proof against replica %d: %s", e.Peer, what)
	case sim.EventAck:
		return fmt.Sprintf("has its answer, from block %d", e.Point.Seq)
	case sim.EventFault:
		return "has a fault: " + e.Note
	}
	return ""
}

// reach says to whom a message goes, and who does not get it.
func (s *Story) reach(a *act) string {
	var to, lost []string
	for _, id := range a.ids {
		c := s.copies[id]
		short := s.ends[s.Events[c.send].Peer].short
		if to = append(to, short); c.deliver < 0 && c.lost != "" {
			lost = append(lost, short)
		}
	}
	text := strings.Join(to, ", ")
	if len(lost) > 0 {
		text += " (lost to " + strings.Join(lost, ", ") + ")"
	}
	return text
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimRight(line, " :")
}
