package story

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

const (
	textSteps = 200 // of a longer story the text tells the last ones
	textWidth = 100 // columns
)

// Text writes the story for a terminal: who is who, the setting, what happens step by
// step, where everybody stands, and what it comes to.
func (s *Story) Text(w io.Writer) error {
	b := bufio.NewWriter(w)
	s.textHead(b)
	s.textSteps(b)
	s.textStates(b)
	fmt.Fprintln(b, "\nWHAT IT COMES TO")
	for _, line := range s.verdict() {
		wrap(b, "  ", "  ", line)
	}
	return b.Flush()
}

func (s *Story) textHead(b *bufio.Writer) {
	if s.Scenario.Name != "" {
		fmt.Fprintln(b, s.Scenario.Name)
	}
	if s.Scenario.About != "" {
		wrap(b, "", "", s.Scenario.About)
	}
	wrap(b, "", "  ", s.headline())
	fmt.Fprintln(b, "\nWHO IS WHO")
	width := 0
	for _, r := range s.roles() {
		width = max(width, len(r.Who))
	}
	for _, r := range s.roles() {
		wrap(b, fmt.Sprintf("  %-*s  ", width, r.Who), strings.Repeat(" ", width+4), r.Role)
	}
	fmt.Fprintln(b, "\nTHE SETTING")
	for _, line := range s.setting() {
		wrap(b, "  ", "    ", line)
	}
}

func (s *Story) textSteps(b *bufio.Writer) {
	fmt.Fprintln(b, "\nWHAT HAPPENS (in brackets: the steps whose messages have arrived)")
	steps := s.steps
	if n := len(steps) - textSteps; n > 0 {
		steps = steps[n:]
		fmt.Fprintf(b, "  The first %d steps are left out. A shorter story comes of shrinking the scenario.\n", n)
	}
	if s.Missing > 0 {
		fmt.Fprintf(b, "  The first %d events of this world are forgotten.\n", s.Missing)
	}
	for i := range steps {
		x := &steps[i]
		if i == 0 || x.view != steps[i-1].view {
			fmt.Fprintf(b, "  View %d, primary %s\n", x.view, s.primary(uint64(x.view)))
		}
		s.textStep(b, x)
	}
}

func (s *Story) textStep(b *bufio.Writer, x *step) {
	who := ""
	if x.who >= 0 {
		who = s.ends[x.who].label
	}
	text := strings.Join(s.sentences(x), "; ")
	if len(x.after) > 0 {
		text += " " + bracket(x.after)
	}
	first := fmt.Sprintf("%5d. %9s  %-10s ", x.number, span(x.at), who)
	wrap(b, first, strings.Repeat(" ", len(first)), text)
}

// sentences says what the acts of a step are.
func (s *Story) sentences(x *step) []string {
	var out []string
	sends := false
	for i := range x.acts {
		a := &x.acts[i]
		text := s.sentence(a)
		if len(a.ids) > 0 && !sends {
			text = "sends " + text
		}
		sends = len(a.ids) > 0
		out = append(out, text)
	}
	return out
}

// sentence says what an act is and to whom it goes.
func (s *Story) sentence(a *act) string {
	text := a.text
	if len(a.ids) > 0 {
		text += " -> " + s.reach(a)
	}
	if a.lie != "" {
		text += " (a lie: " + a.lie + ")"
	}
	return text
}

func bracket(list []int) string {
	var out []string
	for _, n := range list {
		out = append(out, fmt.Sprint(n))
	}
	return "[" + strings.Join(out, " ") + "]"
}

// primary returns who leads a view (spec V7).
func (s *Story) primary(view uint64) string {
	return s.ends[view%uint64(s.Scenario.Replicas)].label
}

// textStates prints the processes side by side, but for rows that tell nothing.
func (s *Story) textStates(b *bufio.Writer) {
	if len(s.stands) == 0 {
		return
	}
	title := "AT THE END"
	if s.Result.Failure != nil {
		title = "AT THE VIOLATION"
	}
	fmt.Fprintf(b, "\n%s (* where correct replicas differ)\n", title)
	head := stateRow{}
	for i := range s.stands {
		label := s.ends[i].label
		if s.ends[i].faulty {
			label += " !"
		}
		head.Values = append(head.Values, label)
	}
	rows := slices.DeleteFunc(s.states(), func(r stateRow) bool { return r.Name == waitsFor })
	width := 10
	for _, r := range append([]stateRow{head}, rows...) {
		for _, v := range r.Values {
			width = max(width, len(v))
		}
	}
	for _, r := range append([]stateRow{head}, rows...) {
		mark := " "
		if r.Differ {
			mark = "*"
		}
		fmt.Fprintf(b, "  %-11s%s", r.Name, mark)
		for _, v := range r.Values {
			fmt.Fprintf(b, "  %-*s", width, v)
		}
		fmt.Fprintln(b)
	}
}

// wrap writes a text behind a first indentation, its further lines behind another.
func wrap(b *bufio.Writer, first, next, text string) {
	line := first
	empty := true
	for _, word := range strings.Fields(text) {
		if !empty && len([]rune(line))+1+len([]rune(word)) > textWidth {
			fmt.Fprintln(b, strings.TrimRight(line, " "))
			line, empty = next, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	fmt.Fprintln(b, strings.TrimRight(line, " "))
}
