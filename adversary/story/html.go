package story

import (
	_ "embed" // the parts of the page
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS template.CSS

//go:embed page.js
var pageJS template.JS

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"percent": func(part, whole int) string { return fmt.Sprintf("%.3f%%", 100*float64(part)/float64(whole)) },
}).Parse(pageHTML))

// content is what the page's template is filled with.
type content struct {
	CSS       template.CSS
	JS        template.JS
	Title     string
	About     string
	Headline  string
	Short     string
	Must      string
	Broken    bool
	Roles     []roleOf
	Setting   []string
	Verdict   []string
	Notes     []string
	Drawing   *drawing
	Steps     []htmlStep
	States    []stateRow
	Processes int
	Scenario  string
	Hash      string
}

// HTML writes the story as one page that loads nothing: a diagram of lanes and messages,
// the steps, the states side by side, and what it comes to. It needs no script to be
// read; scripts add details under the pointer, filters and zoom.
func (s *Story) HTML(w io.Writer) error {
	c := content{
		CSS: pageCSS, JS: pageJS, Title: s.title(), About: s.Scenario.About, Headline: s.headline(),
		Roles: s.roles(), Setting: s.setting(), Verdict: s.verdict(), Drawing: s.draw(), Steps: s.htmlSteps(),
		States: s.states(), Processes: len(s.stands),
		Scenario: string(s.Result.Scenario.TOML()), Hash: fmt.Sprintf("%016x", s.Result.Hash),
	}
	if f := s.Result.Failure; f != nil {
		c.Broken, c.Short, c.Must = true, fmt.Sprintf("%s broken at %s", oracleName(f.Oracle), span(f.At)), mustHold(f.Oracle)
	}
	c.Notes = s.notes(c.Drawing)
	return page.Execute(w, c)
}

func (s *Story) title() string {
	if s.Scenario.Name != "" {
		return s.Scenario.Name
	}
	if f := s.Result.Failure; f != nil {
		return oracleName(f.Oracle) + " broken"
	}
	return fmt.Sprint("world ", s.Scenario.Seed)
}

// notes says what the page leaves out.
func (s *Story) notes(d *drawing) []string {
	var out []string
	if s.Missing > 0 {
		out = append(out, fmt.Sprintf("The first %d events of this world are forgotten.", s.Missing))
	}
	if d.Quiet {
		out = append(out, fmt.Sprintf("The diagram shows %d of %d messages: neither STATUS nor what is repeated.", d.Drawn, d.All))
	}
	if d.Drawn == arrowsMax {
		out = append(out, fmt.Sprintf("The diagram shows the last %d messages only.", arrowsMax))
	}
	if n := len(s.steps) - stepsMax; n > 0 {
		out = append(out, fmt.Sprintf("The first %d of %d steps are left out. A shorter story comes of shrinking the scenario.", n, len(s.steps)))
	}
	return out
}

// stepsMax is how many steps the page tells, the last ones.
const stepsMax = 1000

// htmlStep is a step, or the heading of a view.
type htmlStep struct {
	Heading string
	Number  int
	At, Who string
	Class   string
	Acts    []htmlAct
	After   []int
}

type htmlAct struct {
	Text string
	Lie  string
}

func (s *Story) htmlSteps() []htmlStep {
	var out []htmlStep
	steps := s.steps[max(0, len(s.steps)-stepsMax):]
	for i := range steps {
		x := &steps[i]
		if i == 0 || x.view != steps[i-1].view {
			out = append(out, htmlStep{Heading: fmt.Sprintf("View %d, primary %s", x.view, s.primary(uint64(x.view)))})
		}
		h := htmlStep{Number: x.number, At: span(x.at), After: x.after}
		if x.who >= 0 {
			h.Who = s.ends[x.who].label
			if s.ends[x.who].faulty {
				h.Class = "liar"
			}
		}
		if x.broken {
			h.Class += " broken"
		}
		for j := range x.acts {
			a := x.acts[j]
			lie := a.lie
			a.lie = ""
			h.Acts = append(h.Acts, htmlAct{s.sentence(&a), lie})
		}
		out = append(out, h)
	}
	return out
}

// Head returns the corners of an arrow's head.
func (a arrow) Head() string {
	dx, dy := float64(a.X2-a.X1), float64(a.Y2-a.Y1)
	length := math.Hypot(dx, dy)
	if length == 0 {
		return ""
	}
	dx, dy = dx/length, dy/length
	var b strings.Builder
	for _, c := range [][2]float64{{0, 0}, {-8, 3.2}, {-8, -3.2}} {
		fmt.Fprintf(&b, "%.1f,%.1f ", float64(a.X2)+c[0]*dx-c[1]*dy, float64(a.Y2)+c[0]*dy+c[1]*dx)
	}
	return b.String()
}
