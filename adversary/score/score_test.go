package score_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/score"
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/internal/bug"
)

// TestMain plays the process of a job where the runner starts this program as one.
func TestMain(m *testing.M) {
	switch os.Getenv("SCORE_TEST_CELL") {
	case "":
		os.Exit(m.Run())
	case "crash":
		panic("a core gave up")
	case "hang":
		select {}
	case "killed":
		_ = json.NewEncoder(os.Stdout).Encode(score.Cell{Bug: "M01", Strategy: "swarm", Killed: true, Worlds: 3})
	}
}

// The engine stands the first worlds of each strategy, and a search that starts again
// plays the same.
func TestStrategies(t *testing.T) {
	for _, s := range score.Strategies() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			if s.Name == "exhaustive" {
				t.Skip("adversary/explore closes these worlds itself")
			}
			one, two := s.Start(), s.Start()
			worlds := uint64(4)
			if s.Name == "exhaustive" {
				worlds = 1 // hundreds of thousands of states each
			}
			for i := range worlds {
				a, b := one(i), two(i)
				require.Nil(t, a.Failure, "world %d", i)
				require.Equal(t, a.Hash, b.Hash, "world %d", i)
			}
			require.False(t, score.Play(score.Clean, s, score.Budget{Worlds: 1}).Killed)
		})
	}
	_, err := score.Find("guess")
	require.ErrorContains(t, err, "swarm")
}

// A world that panics is a kill, and the search ends with its worlds.
func TestPlay(t *testing.T) {
	s := score.Strategy{Name: "x", Start: func() score.Search {
		return func(i uint64) *sim.Result {
			if i == 2 {
				panic("the core gave up")
			}
			return &sim.Result{}
		}
	}}
	c := score.Play(score.Clean, s, score.Budget{Worlds: 10})
	require.True(t, c.Killed)
	require.Equal(t, "panic", c.Oracle)
	require.EqualValues(t, 3, c.Worlds)
	require.EqualValues(t, 2, score.Play(score.Clean, s, score.Budget{Worlds: 2}).Worlds)
	s.Start = func() score.Search { return func(uint64) *sim.Result { return nil } }
	require.Zero(t, score.Play(score.Clean, s, score.Budget{}).Worlds)
}

// A job's process may end, die or hang.
func TestRunner(t *testing.T) {
	run := func(ctx context.Context, firstKill bool, names ...string) (out []score.Cell) {
		r := score.Runner{FirstKill: firstKill, Command: func(ctx context.Context, j score.Job) *exec.Cmd {
			c := exec.CommandContext(ctx, os.Args[0])
			c.Env = append(os.Environ(), "SCORE_TEST_CELL="+j.Strategy)
			return c
		}}
		var row []score.Job
		for _, n := range names {
			row = append(row, score.Job{Bug: "M01", Strategy: n})
		}
		r.Run(ctx, [][]score.Job{row}, func(c score.Cell) { out = append(out, c) })
		return out
	}
	got := run(t.Context(), false, "killed", "crash")
	require.Len(t, got, 2)
	require.Equal(t, "swarm", got[0].Strategy, "what the process printed")
	require.Equal(t, "crash", got[1].Oracle)
	require.Contains(t, got[1].What, "a core gave up")
	require.Len(t, run(t.Context(), true, "killed", "crash"), 1, "one kill is enough")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	require.Empty(t, run(ctx, false, "hang", "killed"), "nothing is measured once the context has ended")
}

func TestTable(t *testing.T) {
	easy := score.Goals[0]
	require.Equal(t, bug.Easy, easy.Class)
	all := score.Bugs(bug.Easy)
	table := &score.Table{}
	for i, x := range all {
		table.Put(score.Cell{Bug: x.ID, Strategy: "swarm", Killed: true, Worlds: uint64(20 + i), Scenario: "long"})
	}
	require.Len(t, table.Survivors(easy), len(all)-1, "the goal is 20 worlds")
	table.Put(score.Cell{Bug: all[1].ID, Strategy: "random", Killed: true, Worlds: 2, Oracle: "I4", Events: 9, Shrink: time.Second})
	require.Len(t, table.Survivors(easy), len(all)-2, "any strategy will do")
	table.Put(score.Cell{Bug: score.Clean, Strategy: "swarm", Worlds: 7})
	require.Empty(t, table.FalseAlarms())
	require.Contains(t, table.Markdown(), "| "+all[1].ID+" | E | "+all[1].What+" | 9 events, 1 s | 2 (0 s, I4) | 21 (0 s, ) |\n")
	table.Put(score.Cell{Bug: score.Clean, Strategy: "swarm", Worlds: 7, Killed: true})
	require.Len(t, table.FalseAlarms(), 1, "a newer cell takes the place of the older")

	require.True(t, table.Killed(all[1]))
	require.False(t, table.Killed(all[2]))
	for worlds, has := range map[uint64]bool{7: true, 8: false} {
		table.Put(score.Cell{Bug: "M10", Strategy: "swarm", Worlds: 7})
		require.Equal(t, has, table.Has(score.Job{Bug: "M10", Strategy: "swarm", Budget: score.Budget{Worlds: worlds}}))
	}
	table.Put(score.Cell{Bug: "M10", Strategy: "swarm", Worlds: 7, Ended: true})
	require.True(t, table.Has(score.Job{Bug: "M10", Strategy: "swarm", Budget: score.Budget{Worlds: 8}}), "there are no more")

	back, err := score.ParseTable(table.JSON())
	require.NoError(t, err)
	require.Len(t, back.Cells, len(table.Cells))
	require.Empty(t, back.Get(all[0].ID, "swarm").Scenario)
	require.Equal(t, table.JSON(), back.JSON())
	_, err = score.ParseTable([]byte("{"))
	require.Error(t, err)
}

func TestInsert(t *testing.T) {
	doc := "a\n<!-- score: begin -->\nold\n<!-- score: end -->\nb\n"
	for _, text := range []string{"new\n", "newer\n"} {
		var err error
		doc, err = score.Insert(doc, "score", text)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("a\n<!-- score: begin -->\n%s<!-- score: end -->\nb\n", text), doc)
	}
	_, err := score.Insert("no marks", "score", "x")
	require.Error(t, err)
}

// Figures are of what was measured, and say how to measure it again.
func TestFigures(t *testing.T) {
	t.Parallel()
	table := &score.Table{}
	table.Put(score.Cell{Bug: "M01", Strategy: "swarm", Killed: true, Worlds: 1, Events: 9, Shrink: time.Second})
	table.Put(score.Cell{Bug: score.Clean, Strategy: "swarm", Worlds: 12345})
	text := score.FigureTable(append(score.Speeds(time.Nanosecond), table.Figures()...))
	require.Contains(t, text, "| bugs of class E found | 100 % in 20 worlds | 1 of 19, 5 % | `make score-full` |\n")
	require.Contains(t, text, "| 0 in 12,345 worlds |")
	require.Contains(t, text, "9 events or fewer in half of 1 bugs")
	require.Contains(t, text, "| Twins scenarios")
}

// A row goes on until there is a case that fits on a page, where one is asked for.
func TestRunGoesOn(t *testing.T) {
	t.Parallel()
	events := map[string]int{"random": 26, "swarm": 25}
	r := score.Runner{FirstKill: true, Command: func(ctx context.Context, j score.Job) *exec.Cmd {
		b, err := json.Marshal(score.Cell{Bug: j.Bug, Strategy: j.Strategy, Killed: true, Events: events[j.Strategy], Shrink: 1})
		require.NoError(t, err)
		return exec.CommandContext(ctx, "echo", string(b))
	}}
	var row []score.Job
	for _, s := range []string{"random", "swarm", "medley"} {
		row = append(row, score.Job{Bug: "M01", Strategy: s, Budget: score.Budget{Shrink: time.Second}})
	}
	for shrink, want := range map[time.Duration]int{time.Second: 2, 0: 1} {
		for i := range row {
			row[i].Budget.Shrink = shrink
		}
		got := 0
		r.Run(t.Context(), [][]score.Job{row}, func(score.Cell) { got++ })
		require.Equal(t, want, got)
	}
}

// A generated world that fails by its trace is played until that differs from the first.
func TestPlayer(t *testing.T) {
	s, err := score.Find("swarm")
	require.NoError(t, err)
	play, sc := s.Player(nil), sim.Scenario{Decisions: 2}
	require.Nil(t, play(sc).Failure)
	f := play(sc, sim.WithWorkload(func(sim.Source) []byte { return []byte("another") })).Failure
	require.NotNil(t, f)
	require.Equal(t, "I21", f.Oracle)
	require.Positive(t, f.At)
}
