package story

import (
	"fmt"
	"strings"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// bands colours each lane by the view that its replica is in, and shades the time in
// which it is down or stands still.
func (p *plotter) bands() {
	s := p.s
	for who := range s.processes() {
		p.process(who)
	}
	for i := range s.Events {
		if e := &s.Events[i]; e.Kind == sim.EventPause {
			y, end := p.during(e.At, e.At+e.Until)
			p.d.Bands = append(p.d.Bands, band{
				X: p.x(e.Replica) - bandWidth/2 - 4, Y: y, W: bandWidth + 8, H: end - y,
				Class: "paused", Title: fmt.Sprintf("%s stands still from %s for %s", s.ends[e.Replica].label, span(e.At), span(e.Until)),
			})
		}
	}
}

// process draws the bands of one process.
func (p *plotter) process(who int) {
	s := p.s
	from, class, label, title := marginTop, "v0", "view 0", s.ends[who].label+" in view 0"
	flush := func(to int) {
		if to > from {
			p.d.Bands = append(p.d.Bands, band{
				X: p.x(who) - bandWidth/2, Y: from, W: bandWidth, H: to - from, Class: class, Label: label, Title: title,
			})
		}
		from = to
	}
	view := message.View(0)
	for i := range s.Events {
		e := &s.Events[i]
		if e.Kind == sim.EventViolation || s.whose(e) != who {
			continue
		}
		y := marginTop
		if i >= p.first && p.y[i] > 0 {
			y = p.y[i]
		}
		switch e.Kind {
		case sim.EventEnter, sim.EventBoot:
			flush(y)
			view = e.View
			class, label = fmt.Sprintf("v%d", view%8), fmt.Sprintf("view %d", view)
			title = fmt.Sprintf("%s in view %d from %s", s.ends[who].label, view, span(e.At))
		case sim.EventLeave:
			flush(y)
			class, label = fmt.Sprintf("v%d left", view%8), fmt.Sprintf("to %d", e.View)
			title = fmt.Sprintf("%s has left view %d for view %d", s.ends[who].label, view, e.View)
		case sim.EventCrash:
			flush(y)
			class, label, title = "down", "down", s.ends[who].label+" is down"
		}
	}
	flush(p.d.Height - 20)
}

// cuts shades the time of each partition across all lanes.
func (p *plotter) cuts() {
	s := p.s
	for _, c := range s.Scenario.Cuts {
		y, end := p.during(c.From, c.To)
		if end == 0 {
			continue // nothing happened in it
		}
		p.d.Cuts = append(p.d.Cuts, band{
			X: marginLeft, Y: y, W: p.d.Width - marginLeft - marginRight, H: end - y, Class: "cut",
			Label: "cut: " + s.list(c.Side) + " | " + s.others(c.Others),
			Title: fmt.Sprintf("%s cut off from %s, %s to %s", s.list(c.Side), s.others(c.Others), span(c.From), span(c.To)),
		})
	}
}

// arrows draws the messages.
func (p *plotter) arrows() {
	s := p.s
	count := make(map[message.Kind]int)
	for i := range s.Events {
		e := &s.Events[i]
		if e.Kind != sim.EventSend || !p.shown[i] {
			continue
		}
		count[e.Msg.Kind()]++
		p.d.Arrows = append(p.d.Arrows, p.arrow(i, e))
	}
	p.kinds(count)
}

func (p *plotter) arrow(i int, e *sim.Event) arrow {
	s := p.s
	c := s.copies[e.ID]
	a := arrow{
		X1: p.x(e.Replica), Y1: p.y[i], X2: p.x(e.Peer), Y2: p.y[i], Step: p.steps[e.ID],
		Label: strings.TrimSpace(e.Msg.Kind().String() + " " + s.brief(e.Msg)), Title: p.about(e, c),
	}
	class := []string{"k-" + kindClass(e.Msg.Kind()), "m-" + e.Msg.Kind().String()}
	if s.ends[e.Replica].faulty {
		class = append(class, "byliar")
	}
	if c.lie != "" {
		class = append(class, "lie")
	}
	if !s.needed[e.ID] && s.Result.Failure != nil {
		class = append(class, "spare")
	}
	side := 1
	if a.X2 < a.X1 {
		side = -1
	}
	a.X1 += side * bandWidth / 2
	if c.deliver >= 0 && c.deliver < len(p.y) && p.y[c.deliver] > 0 {
		a.Y2 = p.y[c.deliver]
		a.X2 -= side * (bandWidth/2 + 1)
	} else {
		a.Lost = true
		a.X2, a.Y2 = a.X1+side*46, a.Y1+16
		class = append(class, "lost")
	}
	a.Class = strings.Join(class, " ")
	a.LabelX, a.LabelY, a.Anchor = a.X2-side*9, a.Y2-4, "end"
	if side < 0 {
		a.Anchor = "start"
	}
	if p.d.Drawn > labelsMax {
		a.Label = ""
	}
	return a
}

// brief says of a message what there is room for beside an arrow.
func (s *Story) brief(m message.Message) string {
	switch m := m.(type) {
	case *message.PrePrepare:
		return s.names.of(m.Point())
	case *message.Body:
		return s.names.of((&message.PrePrepare{Parent: m.Parent, Header: m.Header}).Point())
	case interface{ Point() message.Point }:
		return s.names.of(m.Point())
	case *message.Suspect:
		return fmt.Sprint("v", m.View)
	case *message.ViewChange:
		return fmt.Sprint("v", m.View)
	case *message.NewView:
		return fmt.Sprint("v", m.View)
	case *message.Leave:
		return fmt.Sprint("v", m.View)
	}
	return ""
}

// about is what one learns of a message by pointing at it.
func (p *plotter) about(e *sim.Event, c *copied) string {
	s := p.s
	text := fmt.Sprintf("%v %s\n%s, %s -> %s", e.Msg.Kind(), s.words(e.Msg), s.ends[e.Replica].label, span(e.At), s.ends[e.Peer].label)
	switch {
	case c.deliver >= 0:
		text += ", " + span(s.Events[c.deliver].At)
	case c.lost != "":
		text += ": lost (" + c.lost + ")"
	default:
		text += ": still on its way"
	}
	if c.repeat {
		text += "\nsent before"
	}
	if c.lie != "" {
		text += "\na lie: " + c.lie
	}
	return text
}

// marks draws what happened at single ends.
func (p *plotter) marks() {
	s := p.s
	beside := make(map[[2]int]int) // room taken at one place, by end and height
	for i := range s.Events {
		e := &s.Events[i]
		label, class := p.marked(e)
		if !p.shown[i] || label == "" {
			continue
		}
		at := [2]int{s.whose(e), p.y[i]}
		m := mark{
			X: p.x(at[0]) + bandWidth/2 + 3 + beside[at], Y: p.y[i], W: 7*len(label) + 8, Label: label, Class: class,
			Title: fmt.Sprintf("%s at %s %s", s.ends[at[0]].label, span(e.At), s.happens(e)),
		}
		beside[at] += m.W + 3
		p.d.Marks = append(p.d.Marks, m)
	}
	for _, i := range s.involved {
		if p.d.BrokenY > 0 {
			p.d.Marks = append(p.d.Marks, mark{X: p.x(i), Y: p.d.BrokenY, Class: "broken", Title: s.headline()})
		}
	}
}

// marked returns the label of an event's mark and its class, or "" if it has none.
func (p *plotter) marked(e *sim.Event) (label, class string) {
	s := p.s
	class = e.Kind.String()
	switch e.Kind {
	case sim.EventDecide:
		if p.forked && len(s.names.chains[e.Point.Seq]) > 1 {
			class += " fork"
		}
		return s.names.of(e.Point), class
	case sim.EventStable:
		return "stable " + s.names.of(e.Point), class
	case sim.EventEvidence:
		return "proof", class
	case sim.EventAck:
		return "ok", class
	case sim.EventCrash:
		return "crash", class
	case sim.EventFault:
		return "fault", class
	}
	return "", ""
}
