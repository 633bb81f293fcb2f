package story

import (
	"math"
	"slices"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// drawing is the space-time diagram: a lane for each end, time downwards. All lengths
// are in pixels.
type drawing struct {
	Width, Height int
	Lanes         []lane
	Ticks         []tick
	Bands         []band
	Cuts          []band
	Arrows        []arrow
	Marks         []mark
	Kinds         []kindCount
	Drawn, All    int  // messages
	Quiet         bool // chatter is left out
	BrokenY       int  // of the violation, or 0
	Dense         bool
}

type lane struct {
	X            int
	Label, Short string
	Class        string // correct, liar, client
	Title        string
}

// tick is a label on the time axis. Gap is set where time was left out above it.
type tick struct {
	Y     int
	Label string
	Gap   bool
}

// band is a time that a lane spends in one state, or a cut across lanes.
type band struct {
	X, Y, W, H int
	Class      string
	Label      string
	Title      string
}

// arrow is one copy of a message.
type arrow struct {
	X1, Y1, X2, Y2 int
	Class          string
	Label          string
	Title          string
	Step           int // number of the step that sent it, 0 if none is told
	Lost           bool
	LabelX, LabelY int
	Anchor         string
}

// mark is something that happened at an end.
type mark struct {
	X, Y  int
	Class string
	Label string
	Title string
	W     int // of a box around the label
}

type kindCount struct {
	Kind  string
	Class string
	Count int
	Off   bool // hidden at first
}

const (
	marginLeft  = 76
	marginTop   = 14
	marginRight = 24
	laneMin     = 118
	laneMax     = 230
	lanesWidth  = 740 // of all lanes together, if they are few
	bandWidth   = 22

	arrowsMax  = 3000 // of more messages the last ones are drawn
	rowsSpaced = 400  // of more rows each is lower
	labelsMax  = 250  // of more messages none has its label beside it
	lostMax    = 300  // of more messages those that are lost are left out
)

// plotter lays out a drawing.
type plotter struct {
	s      *Story
	d      *drawing
	first  int   // event from which on there is a drawing
	lane   int   // width
	y      []int // by event, from first on; of those that are drawn
	shown  []bool
	steps  map[uint64]int
	forked bool
}

// draw lays the story out.
func (s *Story) draw() *drawing {
	p := &plotter{s: s, d: &drawing{}, steps: make(map[uint64]int), forked: len(s.forked()) > 0}
	p.lane = min(max(lanesWidth/max(len(s.ends), 1), laneMin), laneMax)
	for i := range s.steps {
		for j := range s.steps[i].acts {
			for _, id := range s.steps[i].acts[j].ids {
				p.steps[id] = s.steps[i].number
			}
		}
	}
	p.choose()
	p.lanes()
	p.rows()
	p.bands()
	p.cuts()
	p.arrows()
	p.marks()
	return p.d
}

// choose decides which events are drawn. Of very many messages chatter is left out, and
// of what remains the oldest. A message that never arrives is drawn where there are
// few, unless it is chatter.
func (p *plotter) choose() {
	s := p.s
	p.shown = make([]bool, len(s.Events))
	for i := range s.Events {
		if s.Events[i].Kind == sim.EventSend {
			p.d.All++
		}
	}
	for i := len(s.Events) - 1; i >= 0 && p.d.Drawn < arrowsMax; i-- {
		e := &s.Events[i]
		p.first = i
		switch e.Kind {
		case sim.EventSend:
			if p.shown[i] = p.draws(e); p.shown[i] {
				p.d.Drawn++
			}
		case sim.EventDeliver:
			p.shown[i] = !p.quiet(e) && s.copies[e.ID].deliver == i
		case sim.EventLost, sim.EventExecute:
		default:
			p.shown[i] = !s.first[i]
		}
	}
	p.d.Quiet = p.d.All > arrowsMax
}

// quiet reports whether a message is chatter among too many.
func (p *plotter) quiet(e *sim.Event) bool { return p.d.All > arrowsMax && p.s.chatter(e) }

// draws reports whether the sending of a message is drawn.
func (p *plotter) draws(e *sim.Event) bool {
	c := p.s.copies[e.ID]
	if c.deliver >= 0 {
		return !p.quiet(e)
	}
	return c.lost != "" && p.d.All <= lostMax && !p.s.chatter(e)
}

func (p *plotter) lanes() {
	s := p.s
	for i := range s.ends {
		e := &s.ends[i]
		class := "correct"
		if e.client {
			class = "client"
		} else if e.faulty {
			class = "liar"
		}
		p.d.Lanes = append(p.d.Lanes, lane{X: p.x(i), Label: e.label, Short: e.short, Class: class, Title: s.role(i)})
	}
	p.d.Width = marginLeft + p.lane*len(s.ends) + marginRight
}

func (p *plotter) x(who int) int { return marginLeft + p.lane*who + p.lane/2 }

// rows gives each event its height. Each delivery has a row of its own; what else
// one end does at one instant shares one. Long times without events are shortened.
func (p *plotter) rows() {
	s := p.s
	n := 0
	for i := range s.Events {
		if p.shown[i] {
			n++
		}
	}
	row := 22
	if n > rowsSpaced {
		row, p.d.Dense = 9, true
	}
	p.y = make([]int, len(s.Events))
	y, who, labelled := marginTop, -2, -100
	at := clock.Duration(-1)
	for i := range s.Events {
		e := &s.Events[i]
		if !p.shown[i] {
			continue
		}
		own := s.whose(e)
		if e.Kind == sim.EventDeliver || e.At != at || own != who {
			gap := e.At - at
			if at < 0 {
				gap = 0
			}
			y += row + stretch(gap)
			if y-labelled >= 15 && e.At != at {
				p.d.Ticks = append(p.d.Ticks, tick{Y: y, Label: span(e.At), Gap: gap > 30*clock.Millisecond && at >= 0})
				labelled = y
			}
		}
		at, who = e.At, own
		p.y[i] = y
		if i == s.violation {
			y += 34
			p.d.BrokenY, p.y[i] = y, y
		}
	}
	p.d.Height = y + 40
}

// stretch is by how much a time without events is drawn, at most.
func stretch(gap clock.Duration) int {
	if gap <= 0 {
		return 0
	}
	return min(int(6*math.Log1p(float64(gap)/float64(clock.Millisecond))), 36)
}

// during returns between which heights the events of a time are drawn, from included and
// to not.
func (p *plotter) during(from, to clock.Duration) (top, bottom int) {
	for i := range p.s.Events {
		at := p.s.Events[i].At
		if !p.shown[i] || at < from || at >= to {
			continue
		}
		if top == 0 {
			top = p.y[i] - 9
		}
		bottom = p.y[i] + 9
	}
	return top, bottom
}

// kindClass groups the kinds by colour.
func kindClass(k message.Kind) string {
	switch k {
	case message.KindPrePrepare, message.KindBody:
		return "propose"
	case message.KindPrepare, message.KindPrepareCert:
		return "prepare"
	case message.KindCommit, message.KindCommitCert:
		return "commit"
	case message.KindSuspect, message.KindLeave, message.KindViewChange, message.KindNewView:
		return "change"
	case message.KindCheckpoint, message.KindCheckpointCert:
		return "checkpoint"
	case message.KindRequests, message.KindReply:
		return "request"
	}
	return "aside"
}

// kinds counts the messages that are drawn, in the order of the protocol.
func (p *plotter) kinds(count map[message.Kind]int) {
	var list []message.Kind
	for k := range count { // order: sorted below
		list = append(list, k)
	}
	slices.Sort(list)
	for _, k := range list {
		p.d.Kinds = append(p.d.Kinds, kindCount{
			Kind: k.String(), Class: kindClass(k), Count: count[k], Off: k == message.KindStatus && p.d.Drawn > labelsMax,
		})
	}
}
