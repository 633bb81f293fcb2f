package score

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twothirds-bft/twothirds/adversary/explore"
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/adversary/twins"
)

// Figure is one line of what the harness reaches.
type Figure struct {
	What     string
	Goal     string
	Measured string
	How      string // the command that measures it again
}

// pace is something that can be done again and again, and how much of it.
type pace struct {
	what, goal, unit, how string
	play                  func(i uint64) float64 // does piece i and returns its units
}

// paces are what Speeds measures. All oracles are on, and so is the hash of the trace.
func paces() []pace {
	many := sim.Busy()
	space, err := twins.New(twins.Shape{})
	must(err)
	world := func(decisions int) func(i uint64) float64 {
		return func(i uint64) float64 {
			return one(sim.Play(sim.Generate(sim.Seed(i+1), sim.Options{Replicas: 4, Decisions: decisions})))
		}
	}
	return []pace{
		{"decisions without faults, n = 4", "15,000 to 40,000 /s", "/s", "go test -run '^$' -bench World/many ./adversary/sim", func(i uint64) float64 {
			return one(sim.Run(sim.Seed(i), many)) * float64(many.Decisions)
		}},
		{"worlds of 100 decisions, with faults and liars", "150 /s", "/s", "twothirds hunt --decisions 100 --replicas 4 --workers 1 --seeds 1..2000", world(100)},
		{"worlds of 20 decisions, with faults and liars", "", "/s", "twothirds hunt --replicas 4 --workers 1 --seeds 1..5000", world(20)},
		{"Twins scenarios of 8 views, 4 replicas and a twin", "1,500 /s", "/s", "go test -run '^$' -bench Twins ./adversary/twins", func(i uint64) float64 {
			return one(sim.Play(space.Pick(1, i)))
		}},
		{"distinct states of a small world", "100,000 /s", "/s", "twothirds exhaust --byzantine 3", func(uint64) float64 {
			r, err := explore.Run(explore.World{Byzantine: 3}, explore.Options{})
			must(err)
			return float64(r.States)
		}},
	}
}

// one counts a world that nothing is wrong with.
func one(r *sim.Result) float64 {
	if r.Failure != nil {
		panic(r.Failure) // a false alarm is not to be measured past
	}
	return 1
}

func must(err error) {
	if err != nil {
		panic(err) // not with these arguments
	}
}

// rounds is how often each pace has its turn: one after the other, so that a machine that
// is busy for a while slows all of them.
const rounds = 5

// Speeds measures, for so much time of one core together, how fast worlds are played: the
// median of several rounds, and the lowest and the highest.
func Speeds(budget time.Duration) (list []Figure) {
	all := paces()
	turn := budget / time.Duration(rounds*len(all))
	rates, next := make([][]float64, len(all)), make([]uint64, len(all))
	for range rounds {
		for k := range all {
			start, units := cpuTime(), 0.0
			for cpuTime()-start < turn || units == 0 {
				units += all[k].play(next[k])
				next[k]++
			}
			rates[k] = append(rates[k], units/(cpuTime()-start).Seconds())
		}
	}
	for k := range all {
		slices.Sort(rates[k])
		low, mid, high := rates[k][0], rates[k][rounds/2], rates[k][rounds-1]
		list = append(list, Figure{all[k].what, all[k].goal, fmt.Sprintf("%s %s (%s to %s)", grouped(mid), all[k].unit, grouped(low), grouped(high)), all[k].how})
	}
	return list
}

// grouped renders a number with commas between thousands.
func grouped(x float64) string {
	s := fmt.Sprintf("%.0f", x)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Closed searches the worlds of one block and two views until there is nothing new in any
// of them, with each replica as the liar.
func Closed() Figure {
	start, states := cpuTime(), 0
	for liar := range 4 {
		r, err := explore.Run(explore.World{Byzantine: liar}, explore.Options{})
		must(err)
		if !r.Closed {
			panic(fmt.Sprint("not closed: ", r))
		}
		states += r.States
	}
	took := cpuTime() - start
	return Figure{
		"everything with one block and two views, each of four replicas the liar", "closed in CI",
		fmt.Sprintf("closed: %s states in %s of a core", grouped(float64(states)), seconds(took)), "twothirds exhaust --byzantine 0 (1, 2, 3)",
	}
}

// Figures tells what a table of scores comes to.
func (t *Table) Figures() (list []Figure) {
	const how = "make score-full"
	for _, g := range Goals {
		all := len(Bugs(g.Class))
		n := t.killed(g, t.used())
		list = append(list, Figure{
			fmt.Sprintf("bugs of class %v found", g.Class), g.String(), fmt.Sprintf("%d of %d, %.0f %%", n, all, 100*float64(n)/float64(max(all, 1))), how,
		})
	}
	worlds := uint64(0)
	for i := range t.Cells {
		if t.Cells[i].Bug == Clean {
			worlds += t.Cells[i].Worlds
		}
	}
	list = append(list, Figure{"false alarms of all strategies", "0", fmt.Sprintf("%d in %s worlds", len(t.FalseAlarms()), grouped(float64(worlds))), how})
	return append(list, t.shrunk(how))
}

// shrunk tells how small failing worlds became, and how soon.
func (t *Table) shrunk(how string) Figure {
	var events []int
	var slowest time.Duration
	for _, x := range Bugs(0) {
		if c := t.least(x.ID); c != nil {
			events = append(events, c.Events)
			slowest = max(slowest, c.Shrink)
		}
	}
	f := Figure{"smallest case of a bug", "25 events in 30 s", "not measured", how}
	if len(events) > 0 {
		slices.Sort(events)
		f.Measured = fmt.Sprintf("%d events or fewer in half of %d bugs, %d in nine of ten, %d at most; %s at most",
			events[len(events)/2], len(events), events[len(events)*9/10], events[len(events)-1], seconds(slowest))
	}
	return f
}

// FigureTable renders figures for people.
func FigureTable(list []Figure) string {
	var b strings.Builder
	row(&b, []string{"figure", "goal", "measured", "command"})
	rule(&b, 4)
	for _, f := range list {
		row(&b, []string{f.What, f.Goal, f.Measured, "`" + f.How + "`"})
	}
	return b.String()
}
