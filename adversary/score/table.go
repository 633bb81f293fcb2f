package score

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/twothirds-bft/twothirds/internal/bug"
)

// Table is what was measured so far, one Cell for each bug and strategy.
type Table struct {
	Cells []Cell `json:"cells"`
}

// Goal is what a harness must reach for the bugs of a class.
type Goal struct {
	Class   bug.Class
	Percent int    // of the bugs
	Within  Budget // by some strategy
}

// Goals are those of the three classes.
var Goals = []Goal{
	{bug.Easy, 100, Budget{Worlds: 20}},
	{bug.Medium, 95, Budget{Worlds: 2000}},
	{bug.Directed, 80, Budget{CPU: 10 * time.Minute}},
}

// String renders a goal.
func (g Goal) String() string {
	if g.Within.CPU > 0 {
		return fmt.Sprintf("%d %% in %v of a core", g.Percent, g.Within.CPU)
	}
	return fmt.Sprintf("%d %% in %d worlds", g.Percent, g.Within.Worlds)
}

// within reports whether a cell killed its bug within a budget.
func (b Budget) within(c *Cell) bool {
	return c != nil && c.Killed && (b.Worlds == 0 || c.Worlds <= b.Worlds) && (b.CPU == 0 || c.CPU <= b.CPU)
}

// ParseTable reads what JSON wrote.
func ParseTable(b []byte) (*Table, error) {
	t := &Table{}
	if err := json.Unmarshal(b, t); err != nil {
		return nil, fmt.Errorf("score: %w", err)
	}
	return t, nil
}

// JSON returns the table with its cells in order, without their scenarios: strategy and
// number of a world say which one it was.
func (t *Table) JSON() []byte {
	out := Table{Cells: slices.Clone(t.Cells)}
	for i := range out.Cells {
		out.Cells[i].Scenario = ""
	}
	order := map[string]int{}
	for i, s := range Strategies() {
		order[s.Name] = i
	}
	slices.SortFunc(out.Cells, func(a, b Cell) int {
		return cmp.Or(cmp.Compare(a.Bug, b.Bug), cmp.Compare(order[a.Strategy], order[b.Strategy]))
	})
	b, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		panic(err) // plain data
	}
	return append(b, '\n')
}

// Put adds a cell, in place of an older one of the same bug and strategy.
func (t *Table) Put(c Cell) {
	if old := t.Get(c.Bug, c.Strategy); old != nil {
		*old = c
		return
	}
	t.Cells = append(t.Cells, c)
}

// Get returns the cell of a bug and a strategy, or nil.
func (t *Table) Get(name, strategy string) *Cell {
	for i := range t.Cells {
		if c := &t.Cells[i]; c.Bug == name && c.Strategy == strategy {
			return c
		}
	}
	return nil
}

// Has reports whether a job need not be done: its cell killed the bug, or played as long,
// or all that there is.
func (t *Table) Has(j Job) bool {
	c := t.Get(j.Bug, j.Strategy)
	return c != nil && (c.Killed || c.Ended || j.Budget.Worlds > 0 && c.Worlds >= j.Budget.Worlds || j.Budget.CPU > 0 && c.CPU >= j.Budget.CPU)
}

// Killed reports whether some strategy killed a bug within the goal of its class.
func (t *Table) Killed(x bug.Bug) bool {
	return slices.ContainsFunc(Goals, func(g Goal) bool {
		return g.Class == x.Class && slices.ContainsFunc(t.Cells, func(c Cell) bool { return c.Bug == x.ID && g.Within.within(&c) })
	})
}

// Bugs returns those of a class that have a switch, or all if class is 0.
func Bugs(class bug.Class) []bug.Bug {
	return slices.DeleteFunc(bug.All(), func(b bug.Bug) bool { return b.Waits != "" || class != 0 && b.Class != class })
}

// killed counts the bugs of a class that some strategy of a list killed within its goal.
func (t *Table) killed(g Goal, list []Strategy) (n int) {
	for _, x := range Bugs(g.Class) {
		if slices.ContainsFunc(list, func(s Strategy) bool { return g.Within.within(t.Get(x.ID, s.Name)) }) {
			n++
		}
	}
	return n
}

// Survivors returns the bugs of a class that no strategy killed within the goal.
func (t *Table) Survivors(g Goal) (ids []string) {
	for _, x := range Bugs(g.Class) {
		if !t.Killed(x) {
			ids = append(ids, x.ID)
		}
	}
	return ids
}

// FalseAlarms returns the cells of the engine as it is that failed.
func (t *Table) FalseAlarms() []Cell {
	return slices.DeleteFunc(slices.Clone(t.Cells), func(c Cell) bool { return c.Bug != Clean || !c.Killed })
}
