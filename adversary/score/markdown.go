package score

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Markdown returns the table for people: how many bugs of each class each strategy kills
// within the goal of the class, then which, after how many worlds.
func (t *Table) Markdown() string {
	var b strings.Builder
	used := t.used()
	t.totals(&b, used)
	b.WriteString("\n")
	row(&b, append([]string{"bug", "class", "what it does wrong", "smallest case"}, names(used)...))
	rule(&b, 4+len(used))
	for _, x := range Bugs(0) {
		cells := []string{x.ID, x.Class.String(), x.What, t.smallest(x.ID)}
		for _, s := range used {
			cells = append(cells, t.Get(x.ID, s.Name).String())
		}
		row(&b, cells)
	}
	return b.String()
}

// smallest renders the smallest case of a bug.
func (t *Table) smallest(name string) string {
	c := t.least(name)
	if c == nil {
		return ""
	}
	return fmt.Sprintf("%d events, %s", c.Events, seconds(c.Shrink))
}

// least returns the cell with the smallest case of a bug that any strategy led to, or nil.
func (t *Table) least(name string) (least *Cell) {
	for i := range t.Cells {
		if c := &t.Cells[i]; c.Bug == name && c.Shrink > 0 && (least == nil || c.Events < least.Events) {
			least = c
		}
	}
	return least
}

// totals tells how many bugs were killed, and of false alarms.
func (t *Table) totals(b *strings.Builder, used []Strategy) {
	row(b, append([]string{"class", "bugs", "goal", "killed"}, names(used)...))
	rule(b, 4+len(used))
	for _, g := range Goals {
		cells := []string{g.Class.String(), fmt.Sprint(len(Bugs(g.Class))), g.String(), fmt.Sprint(t.killed(g, used))}
		for i := range used {
			cells = append(cells, fmt.Sprint(t.killed(g, used[i:i+1])))
		}
		row(b, cells)
	}
	cells := []string{"none", "", "no alarm", fmt.Sprintf("%d alarms", len(t.FalseAlarms()))}
	for _, s := range used {
		cells = append(cells, t.Get(Clean, s.Name).String())
	}
	row(b, cells)
}

// used returns the strategies that have cells.
func (t *Table) used() []Strategy {
	return slices.DeleteFunc(Strategies(), func(s Strategy) bool {
		return !slices.ContainsFunc(t.Cells, func(c Cell) bool { return c.Strategy == s.Name })
	})
}

func names(list []Strategy) (out []string) {
	for _, s := range list {
		out = append(out, s.Name)
	}
	return out
}

func row(b *strings.Builder, cells []string) { fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | ")) }

func rule(b *strings.Builder, n int) { fmt.Fprintf(b, "|%s\n", strings.Repeat("---|", n)) }

// String renders a cell: after how many worlds and seconds of a core which oracle failed,
// or how much was played in vain.
func (c *Cell) String() string {
	switch {
	case c == nil:
		return ""
	case c.Killed:
		return fmt.Sprintf("%d (%s, %s)", c.Worlds, seconds(c.CPU), c.Oracle)
	}
	return fmt.Sprintf("none of %d (%s)", c.Worlds, seconds(c.CPU))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2g s", d.Seconds()) }

// Insert puts text in the place of what stands in a document between the lines
// <!-- NAME: begin --> and <!-- NAME: end -->.
func Insert(doc, name, text string) (string, error) {
	begin, end := "<!-- "+name+": begin -->\n", "<!-- "+name+": end -->"
	head, rest, ok := strings.Cut(doc, begin)
	_, tail, ends := strings.Cut(rest, end)
	if !ok || !ends {
		return "", fmt.Errorf("score: the document has no lines %q and %q", strings.TrimSpace(begin), end)
	}
	return head + begin + text + end + tail, nil
}
