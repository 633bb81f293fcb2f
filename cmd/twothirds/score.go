package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/twothirds-bft/twothirds/adversary/score"
	"github.com/twothirds-bft/twothirds/internal/bug"
)

// scoring is what the command was asked for.
type scoring struct {
	bugs, strategies []string
	class            string
	budget           score.Budget
	runner           score.Runner
	quick, asJSON    bool
	firstKill        bool
	missing          bool
	add, doc, cases  string
	table            *score.Table
}

func scoreCommand() *cobra.Command {
	var s scoring
	cmd := &cobra.Command{
		Use:   "score",
		Short: "Measure which seeded bugs each way of testing finds",
		Long: `Measure which seeded bugs each way of testing finds.

Each known fault of the engine is switched on by itself, in a process of its own, and each strategy
plays worlds until one fails or the budget is spent. The same strategies play the engine as it is
(--bugs none): a failure there is a false alarm. It needs a program that was built with the faults:

  go run -tags twothirds_bug ./cmd/twothirds score --quick

Exit status: 0 the goals are met, 1 a bug survived or there was a false alarm, 2 wrong usage.`,
		Example: "  twothirds score --quick\n  twothirds score --class D --strategies twins --cpu 10m\n  twothirds score --bugs M63 --cases found/",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !bug.Built {
				return &exitError{exitUsage, "this program was built without the faults: build it with\n  go build -tags twothirds_bug ./cmd/twothirds"}
			}
			return s.run(cmd)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&s.quick, "quick", false, "all easy bugs and a sample of the others, each until one strategy kills it: under a minute of two cores")
	f.StringSliceVar(&s.bugs, "bugs", nil, "bugs to measure, as in M01,M63, or none (default all, and none)")
	f.StringVar(&s.class, "class", "", "measure bugs of this class only: E, M or D")
	f.StringSliceVar(&s.strategies, "strategies", nil, "strategies to measure (default all):\n"+strategyList())
	f.Uint64Var(&s.budget.Worlds, "worlds", 2000, "worlds that a strategy has for a bug")
	f.DurationVar(&s.budget.CPU, "cpu", time.Minute, "time of one core that a strategy has for a bug")
	f.DurationVar(&s.budget.Shrink, "shrink", 0, "make each failing scenario small for so long (default not at all)")
	f.IntVar(&s.runner.Workers, "workers", runtime.GOMAXPROCS(0), "bugs measured at a time")
	f.BoolVar(&s.firstKill, "first-kill", false, "bugs only, each until one strategy kills it; easy ones within 20 worlds")
	f.BoolVar(&s.missing, "missing", false, "leave out what --add has: cells that killed or played as long; with --first-kill, bugs that were killed")
	f.StringVar(&s.add, "add", "", "JSON file of earlier results to which these are added")
	f.StringVar(&s.doc, "doc", "", "document between whose marks the table is put")
	f.StringVar(&s.cases, "cases", "", "folder for the scenarios that failed, to replay with TWOTHIRDS_BUG set")
	f.BoolVar(&s.asJSON, "json", false, "print the result as JSON")
	cmd.AddCommand(scoreCellCommand(), scoreFiguresCommand())
	return cmd
}

func strategyList() string {
	var b strings.Builder
	for _, s := range score.Strategies() {
		fmt.Fprintf(&b, "  %-13s %s\n", s.Name, s.About)
	}
	return b.String()
}

// scoreCellCommand is what score runs in processes of their own.
func scoreCellCommand() *cobra.Command {
	var b score.Budget
	cmd := &cobra.Command{
		Use: "cell BUG STRATEGY", Short: "Measure one strategy against one bug in this process", Hidden: true, Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			st, err := score.Find(args[1])
			if err != nil {
				return &exitError{exitUsage, err.Error()}
			}
			return json.NewEncoder(cmd.OutOrStdout()).Encode(score.Play(args[0], st, b))
		},
	}
	cmd.Flags().Uint64Var(&b.Worlds, "worlds", 0, "")
	cmd.Flags().DurationVar(&b.CPU, "cpu", 0, "")
	cmd.Flags().DurationVar(&b.Shrink, "shrink", 0, "")
	return cmd
}

func (s *scoring) run(cmd *cobra.Command) error {
	if err := s.load(); err != nil {
		return err
	}
	s.runner.FirstKill = s.quick || s.firstKill
	rows, err := s.rows()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	s.runner.Command = func(ctx context.Context, j score.Job) *exec.Cmd {
		c := exec.CommandContext(ctx, self, "score", "cell", j.Bug, j.Strategy,
			"--worlds", fmt.Sprint(j.Budget.Worlds), "--cpu", j.Budget.CPU.String(), "--shrink", j.Budget.Shrink.String())
		c.Env = append(os.Environ(), "GOMAXPROCS=1", "TWOTHIRDS_BUG=")
		return c
	}
	var failed error
	s.runner.Run(cmd.Context(), rows, func(c score.Cell) {
		s.table.Put(c)
		fmt.Fprintf(os.Stderr, "%s %s: %v\n", c.Bug, c.Strategy, &c)
		failed = errors.Join(failed, s.save(&c))
	})
	if err := errors.Join(failed, insert(s.doc, "score", s.table.Markdown())); err != nil {
		return err
	}
	if s.asJSON {
		_, err = cmd.OutOrStdout().Write(s.table.JSON())
	} else {
		_, err = fmt.Fprint(cmd.OutOrStdout(), s.table.Markdown())
	}
	return errors.Join(err, s.verdict())
}

// Budgets of --quick, of one strategy for one bug.
var (
	quickClean = score.Budget{Worlds: 200, CPU: time.Second} // hunts play more of it
	quickEasy  = score.Budget{Worlds: 20, CPU: 2 * time.Second}
	quickMore  = score.Budget{Worlds: 40, CPU: time.Second / 2}
)

const quickSample = 5 // every so many-th bug that is not easy

// quickStrategies find most in few worlds, those that take least first.
var quickStrategies = []string{"random", "floods", "medley", "logs", "attacks", "exhaustive"}

// rows returns what is to be measured: where one kill is enough, a row for each bug.
func (s *scoring) rows() (rows [][]score.Job, err error) {
	strategies, err := s.used()
	if err != nil {
		return nil, err
	}
	chosen := s.chosen()
	if len(chosen) == 0 {
		return nil, &exitError{exitUsage, "no such bugs"}
	}
	for _, x := range chosen {
		if s.firstKill && (x.ID == score.Clean || s.missing && s.table.Killed(x)) {
			continue
		}
		var row []score.Job
		for _, st := range strategies {
			j := score.Job{Bug: x.ID, Strategy: st.Name, Budget: s.allowed(x)}
			switch {
			case s.missing && s.table.Has(j):
			case s.runner.FirstKill:
				row = append(row, j)
			default:
				rows = append(rows, []score.Job{j}) // at any time, by any worker
			}
		}
		if len(row) > 0 {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// allowed returns what a strategy has for a bug.
func (s *scoring) allowed(x bug.Bug) score.Budget {
	b := s.budget
	switch {
	case s.quick && x.ID == score.Clean:
		return quickClean
	case s.quick && x.Class == bug.Easy:
		return quickEasy
	case s.quick:
		return quickMore
	case s.firstKill && x.Class == bug.Easy:
		b.Worlds = min(b.Worlds, quickEasy.Worlds)
	}
	return b
}

// used returns the strategies to measure.
func (s *scoring) used() (list []score.Strategy, err error) {
	names := s.strategies
	switch {
	case len(names) > 0:
	case s.quick:
		names = quickStrategies
	default:
		return score.Strategies(), nil
	}
	for _, name := range names {
		st, err := score.Find(name)
		if err != nil {
			return nil, &exitError{exitUsage, err.Error()}
		}
		list = append(list, st)
	}
	return list, nil
}

// chosen returns the bugs to measure; one of id Clean stands for none.
func (s *scoring) chosen() (list []bug.Bug) {
	all, others := append([]bug.Bug{{ID: score.Clean}}, score.Bugs(0)...), 0
	for _, x := range all {
		switch {
		case len(s.bugs) > 0 && !slices.Contains(s.bugs, x.ID):
		case s.class != "" && x.Class.String() != s.class:
		case s.quick && x.ID != score.Clean && x.Class != bug.Easy:
			if others++; others%quickSample == 0 {
				list = append(list, x)
			}
		default:
			list = append(list, x)
		}
	}
	return list
}

// load reads earlier results.
func (s *scoring) load() (err error) {
	s.table = &score.Table{}
	if s.add == "" {
		return nil
	}
	b, err := os.ReadFile(s.add)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		s.table, err = score.ParseTable(b)
	}
	return err
}

// save leaves what is known after one more cell.
func (s *scoring) save(c *score.Cell) error {
	if s.add != "" {
		if err := os.WriteFile(s.add, s.table.JSON(), 0o644); err != nil {
			return err
		}
	}
	if s.cases == "" || c.Scenario == "" {
		return nil
	}
	if err := os.MkdirAll(s.cases, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.cases, c.Bug+"-"+c.Strategy+".toml"), []byte(c.Scenario), 0o644)
}

// verdict says whether the goals of the measured bugs are met. A quick run is held to the
// easy ones only.
func (s *scoring) verdict() error {
	var bad []string
	for _, c := range s.table.FalseAlarms() {
		bad = append(bad, fmt.Sprintf("false alarm of %s: %s %s", c.Strategy, c.Oracle, c.What))
	}
	for _, g := range score.Goals {
		if s.quick && g.Class != bug.Easy {
			continue
		}
		survivors := slices.DeleteFunc(s.table.Survivors(g), func(id string) bool {
			return !slices.ContainsFunc(s.table.Cells, func(c score.Cell) bool { return c.Bug == id })
		})
		if 100*len(survivors) > (100-g.Percent)*len(score.Bugs(g.Class)) {
			bad = append(bad, fmt.Sprintf("class %s (%v): %s survived", g.Class, g, strings.Join(survivors, " ")))
		}
	}
	if len(bad) > 0 {
		return &exitError{exitFailed, strings.Join(bad, "\n")}
	}
	return nil
}
