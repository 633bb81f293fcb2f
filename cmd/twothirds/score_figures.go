package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/twothirds-bft/twothirds/adversary/score"
	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// figures is what the command was asked for.
type figures struct {
	budget  time.Duration
	results string
	hunts   []string
	ci, doc string
}

func scoreFiguresCommand() *cobra.Command {
	var f figures
	cmd := &cobra.Command{
		Use:   "figures",
		Short: "Measure what the harness reaches, as a table",
		Long: `Measure what the harness reaches, as a table.

Speeds are measured on one core, one after the other in several rounds, so that a machine that is busy
for a while slows all of them. What a score came to is read from its results, and how many worlds of
the engine as it is were played from those of hunts.`,
		Example: "  twothirds score figures\n  twothirds hunt --seeds 1..1000000 --out results && twothirds score figures --hunts results/hunt.json --doc docs/score.md",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	cmd.Flags().DurationVar(&f.budget, "for", 2*time.Minute, "time of one core for all speeds together")
	cmd.Flags().StringVar(&f.results, "results", "docs/score.json", "results of a score")
	cmd.Flags().StringSliceVar(&f.hunts, "hunts", nil, "results of hunts, as --out leaves them")
	cmd.Flags().StringVar(&f.ci, "ci", "not measured", "how long make adversary took")
	cmd.Flags().StringVar(&f.doc, "doc", "", "document between whose marks the table is put")
	return cmd
}

func (f *figures) run(cmd *cobra.Command) error {
	b, err := os.ReadFile(f.results)
	if err != nil {
		return &exitError{exitUsage, err.Error()}
	}
	table, err := score.ParseTable(b)
	if err != nil {
		return err
	}
	clean, err := f.clean()
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(400) // as hunt does
	list := append(score.Speeds(f.budget), score.Closed())
	list = append(append(list, table.Figures()...), clean, score.Figure{What: "in CI: 10,000 worlds, known attacks, a crash everywhere, easy bugs", Goal: "90 s", Measured: f.ci, How: "make adversary"})
	text := score.FigureTable(list)
	if err := insert(f.doc, "figures", text); err != nil {
		return err
	}
	_, err = fmt.Fprint(cmd.OutOrStdout(), text)
	return err
}

// clean tells what hunts of the engine as it is have found.
func (f *figures) clean() (score.Figure, error) {
	var total sim.Tally
	for _, file := range f.hunts {
		b, err := os.ReadFile(file)
		if err != nil {
			return score.Figure{}, &exitError{exitUsage, err.Error()}
		}
		var t sim.Tally
		if err := json.Unmarshal(b, &t); err != nil {
			return score.Figure{}, &exitError{exitUsage, fmt.Sprintf("%s is no result of a hunt: %v", file, err)}
		}
		total.Merge(&t)
	}
	fig := score.Figure{What: "false alarms of hunts", Goal: "0 in 1,000,000 worlds", Measured: "not measured", How: "twothirds hunt --seeds 1..1000000 --out results"}
	if total.Worlds > 0 {
		fig.Measured = fmt.Sprintf("%d in %d worlds, %d decisions, %s of virtual time", len(total.Failures), total.Worlds, total.Decisions, total.Virtual.Round(time.Minute))
	}
	return fig, nil
}

// insert puts text between the marks of a document, if there is one.
func insert(doc, mark, text string) error {
	if doc == "" {
		return nil
	}
	b, err := os.ReadFile(doc)
	if err != nil {
		return err
	}
	all, err := score.Insert(string(b), mark, text)
	if err != nil {
		return err
	}
	return os.WriteFile(doc, []byte(all), 0o644)
}
