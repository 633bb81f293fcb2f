package story

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// named is how a violation names a replica.
var named = regexp.MustCompile(`\breplicas? (\d+)`)

// involve finds out between whom the violation is: those that it names, and who
// decided another block than they did. All correct replicas, if it names none.
func (s *Story) involve() {
	if s.Result.Failure == nil || s.violation == len(s.Events) {
		return
	}
	in := make(map[int]bool)
	for _, m := range named.FindAllStringSubmatch(s.Result.Failure.What, -1) {
		if i, err := strconv.Atoi(m[1]); err == nil && i < s.processes() {
			in[i] = true
		}
	}
	for _, i := range s.forked() {
		in[i] = true
	}
	for i := range s.processes() {
		if in[i] || len(in) == 0 && !s.ends[i].faulty {
			s.involved = append(s.involved, i)
		}
	}
}

// forked returns the correct replicas that were the first to decide each of two blocks
// at one seq, if there are any.
func (s *Story) forked() []int {
	type first struct {
		point message.Point
		who   int
	}
	at := make(map[message.Seq]first)
	for i := range s.Events {
		e := &s.Events[i]
		if e.Kind != sim.EventDecide || s.ends[e.Replica].faulty {
			continue
		}
		old, ok := at[e.Point.Seq]
		if ok && old.point != e.Point {
			return []int{old.who, e.Replica}
		}
		if !ok {
			at[e.Point.Seq] = first{e.Point, e.Replica}
		}
	}
	return nil
}

// past marks the events that can have led to the violation: what happened to those
// involved before it, what was sent to them and arrived, what happened before that to
// who sent it, and so on. Without a violation all that happened counts.
func (s *Story) past() {
	s.relevant, s.needed = make([]bool, len(s.Events)), make(map[uint64]bool)
	alive := make([]bool, len(s.ends))
	for i := range alive {
		alive[i] = s.Result.Failure == nil || slices.Contains(s.involved, i)
	}
	for i := len(s.Events) - 1; i >= 0; i-- {
		e := &s.Events[i]
		who := s.whose(e)
		switch e.Kind {
		case sim.EventViolation:
			s.relevant[i] = true
		case sim.EventSend, sim.EventLost:
			if e.Kind == sim.EventSend && s.needed[e.ID] {
				alive[who] = true
			}
			s.relevant[i] = s.needed[e.ID] && e.Kind == sim.EventSend || s.timers[i] && alive[who]
		case sim.EventDeliver:
			s.relevant[i] = alive[who] && s.copies[e.ID].deliver == i
			s.needed[e.ID] = s.needed[e.ID] || s.relevant[i]
		default:
			s.relevant[i] = alive[who]
		}
	}
}
