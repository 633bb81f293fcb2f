package story

import (
	"fmt"
	"slices"
	"strings"

	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
)

// role says what an end of links is.
func (s *Story) role(i int) string {
	e := &s.ends[i]
	switch {
	case e.client:
		return "client"
	case e.liar != "":
		about := ""
		if b, err := liar.Parse(e.liar); err == nil && b.Name == e.liar {
			about = ": " + b.About
		}
		return fmt.Sprintf("liar, %s%s", e.liar, about)
	case slices.Contains(s.Scenario.Twins, s.identity(i)):
		return "faulty: one key, two processes"
	case e.faulty:
		return "faulty: its disk forgets"
	case slices.Contains(s.Scenario.Lost, i):
		return "correct, cut off for good when the network heals"
	}
	return "correct"
}

// roles groups the ends by their roles, in order.
func (s *Story) roles() (list []roleOf) {
	for i := range s.ends {
		role := s.role(i)
		n := len(list)
		if n == 0 || list[n-1].Role != role {
			list = append(list, roleOf{Who: s.ends[i].label, Role: role, Faulty: s.ends[i].faulty})
			continue
		}
		x := &list[n-1]
		for _, one := range []string{"replica ", "client "} {
			x.Who = strings.Replace(x.Who, one, one[:len(one)-1]+"s ", 1)
		}
		x.Who += ", " + strings.TrimPrefix(s.ends[i].short, "c")
	}
	return list
}

// roleOf is some ends of one role.
type roleOf struct {
	Who, Role string
	Faulty    bool
}

// rulesMax is how many rules a reader wants to read.
const rulesMax = 8

// setting describes the world and its faults, one per line.
func (s *Story) setting() []string {
	sc := &s.Scenario
	f := (sc.Replicas - 1) / 3
	out := []string{fmt.Sprintf("%d replicas, up to %d of them faulty; %d make a quorum; seed %d", sc.Replicas, f, 2*sc.Replicas/3+1, sc.Seed)}
	l := &sc.Links
	links := fmt.Sprintf("messages take %s to %s", span(l.DelayMin), span(l.DelayMax))
	if l.DelayMin == l.DelayMax {
		links = "messages take " + span(l.DelayMax)
	}
	for _, p := range []struct {
		n    uint64
		what string
	}{{l.LossPercent, "are lost"}, {l.DuplicatePercent, "come twice"}, {l.SlowPercent, "take much longer"}} {
		if p.n > 0 {
			links += fmt.Sprintf(", %d of 100 %s", p.n, p.what)
		}
	}
	out = append(append(out, links), s.faults()...)
	if len(sc.Rules) > rulesMax {
		out = append(out, fmt.Sprintf("%d rules lose or change messages; what arrives is told below", len(sc.Rules)))
	}
	for i := 0; i < len(sc.Rules) && len(sc.Rules) <= rulesMax; i++ {
		out = append(out, s.rule(&sc.Rules[i]))
	}
	if sc.Heal > 0 {
		out = append(out, fmt.Sprintf("%s: the network heals", span(sc.Heal)))
	}
	return out
}

// faults describes those that no event tells.
func (s *Story) faults() (out []string) {
	sc := &s.Scenario
	for _, c := range sc.Cuts {
		way := "from"
		if c.OneWay {
			way = "one way, towards"
		}
		out = append(out, fmt.Sprintf("%s to %s: %s cut off %s %s", span(c.From), span(c.To), s.list(c.Side), way, s.others(c.Others)))
	}
	for i := range sc.Disks {
		d := &sc.Disks[i]
		out = append(out, fmt.Sprintf("%s: the disk of %s is at fault: %s", span(d.From), s.label(d.Replica), d.Fault))
	}
	for i := range sc.Clocks {
		c := &sc.Clocks[i]
		out = append(out, fmt.Sprintf("the clock of %s is off: %d ppm fast, drifts by %d ppm, timers up to %s late",
			s.label(c.Replica), c.Skew, c.Drift, span(c.Late)))
	}
	for i := range sc.Pipes {
		p := &sc.Pipes[i]
		out = append(out, fmt.Sprintf("a pipe of %d bytes/s from %s to %s", p.Rate, s.everyone(p.From), s.everyone(p.To)))
	}
	return out
}

// label names a process that a scenario speaks of, which there may not be.
func (s *Story) label(i int) string {
	if i < 0 || i >= len(s.ends) {
		return fmt.Sprint("replica ", i)
	}
	return s.ends[i].label
}

func (s *Story) list(who []int) string {
	var out []string
	for _, i := range who {
		out = append(out, strings.TrimPrefix(s.label(i), "replica "))
	}
	return strings.Join(out, ", ")
}

func (s *Story) everyone(who []int) string {
	if len(who) == 0 {
		return "all"
	}
	return s.list(who)
}

func (s *Story) others(who []int) string {
	if len(who) == 0 {
		return "the others"
	}
	return s.list(who)
}

// rule says what a Rule does, as a sentence.
func (s *Story) rule(r *sim.Rule) string {
	var b strings.Builder
	kinds := "messages"
	if len(r.Kinds) > 0 {
		kinds = strings.Join(r.Kinds, ", ")
	}
	if r.Nth > 0 {
		kinds = fmt.Sprintf("number %d of %s", r.Nth, kinds)
	}
	b.WriteString(kinds)
	if len(r.From) > 0 {
		b.WriteString(" from " + s.list(r.From))
	}
	if len(r.To) > 0 {
		b.WriteString(" to " + s.list(r.To))
	}
	switch r.Do {
	case sim.Drop:
		b.WriteString(" lost")
	case sim.Delay:
		fmt.Fprintf(&b, " come %s later", span(r.By))
	case sim.Duplicate:
		fmt.Fprintf(&b, " come again after %s", span(r.By))
	default:
		fmt.Fprintf(&b, " %s", r.Do)
	}
	if r.Percent > 0 {
		fmt.Fprintf(&b, ", %d of 100", r.Percent)
	}
	if r.Begin > 0 {
		fmt.Fprintf(&b, ", from %s on", span(r.Begin))
	}
	if r.End > 0 {
		fmt.Fprintf(&b, ", until %s", span(r.End))
	}
	if r.Always {
		b.WriteString(", for ever")
	}
	return b.String()
}

// span prints a time with at most four digits.
func span(d clock.Duration) string {
	switch {
	case d == 0:
		return "0"
	case d < clock.Millisecond:
		return fmt.Sprintf("%.3g ms", float64(d)/1e6)
	case d < clock.Second:
		return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", float64(d)/1e6), "0"), ".") + " ms"
	}
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.3f", d.Seconds()), "0"), ".") + " s"
}
