package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// worldFlags choose the world that a seed stands for; hunt prints them with every
// failing seed so that replay plays the same one.
func worldFlags(cmd *cobra.Command, o *sim.Options) {
	cmd.Flags().IntVar(&o.Replicas, "replicas", 4, "replicas in a world")
	cmd.Flags().IntVar(&o.Decisions, "decisions", 20, "blocks that a world decides at least")
}

func replayLine(seed uint64, o sim.Options) string {
	return fmt.Sprintf("twothirds replay %d --replicas %d --decisions %d", seed, o.Replicas, o.Decisions)
}

func huntCommand() *cobra.Command {
	var (
		c      sim.Campaign
		seeds  string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "hunt",
		Short: "Search seeded worlds for a broken invariant",
		Long: `Search seeded worlds for a broken invariant.

Each seed stands for one world: real cores, up to f Byzantine replicas, crashes over torn disks,
lossy and cut links, pauses, all on virtual time. After every event the safety invariants are
checked, at the end that everything was decided. A failure prints the line that replays it.`,
		Example: "  twothirds hunt --seeds 1..10000\n  twothirds hunt --for 60s --replicas 7",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if c.From, c.To, err = parseSeeds(seeds, c.For); err != nil {
				return err
			}
			if !asJSON && isTerminal(os.Stderr) {
				c.Progress = func(t sim.Tally) { fmt.Fprintf(os.Stderr, "\r\033[K%s", summary(&t)) }
			}
			t := c.Run()
			if c.Progress != nil {
				fmt.Fprint(os.Stderr, "\r\033[K")
			}
			if asJSON {
				return finishJSON(cmd.OutOrStdout(), &t, c.Options)
			}
			return finish(cmd.OutOrStdout(), &t, c.Options)
		},
	}
	worldFlags(cmd, &c.Options)
	f := cmd.Flags()
	f.StringVar(&seeds, "seeds", "", "seeds to play, A..B (default 1..1000, or all from 1 on with --for)")
	f.DurationVar(&c.For, "for", 0, "stop after this long")
	f.IntVar(&c.Workers, "workers", runtime.GOMAXPROCS(0), "worlds played at a time")
	f.Uint64Var(&c.Twice, "twice", 100, "play every so many-th seed twice and compare traces; 0 = never")
	f.BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

func parseSeeds(s string, limit time.Duration) (from, to uint64, err error) {
	if s == "" {
		if limit > 0 {
			return 1, math.MaxUint64 - 1, nil
		}
		return 1, 1000, nil
	}
	a, b, ok := strings.Cut(s, "..")
	if !ok {
		b = a
	}
	if from, err = strconv.ParseUint(a, 10, 63); err == nil {
		to, err = strconv.ParseUint(b, 10, 63)
	}
	if err != nil || to < from {
		return 0, 0, &exitError{exitUsage, fmt.Sprintf("--seeds %q: want A..B with A <= B, as in 1..10000", s)}
	}
	return from, to, nil
}

func summary(t *sim.Tally) string {
	sec := t.Elapsed.Seconds()
	return fmt.Sprintf("%d worlds (%d with a liar), %d decisions, %d views, %d crashes, %d proofs; %s simulated in %.1f s: %.0f worlds/s, %.0f decisions/s",
		t.Worlds, t.Lying, t.Decisions, t.Views, t.Crashes, t.Evidence, t.Virtual.Round(time.Second), sec,
		float64(t.Worlds)/sec, float64(t.Decisions)/sec)
}

func finish(w io.Writer, t *sim.Tally, o sim.Options) error {
	for _, f := range t.Failures {
		fmt.Fprintf(w, "seed %d: %v\n  %s\n", f.Seed, f.Failure, replayLine(f.Seed, o))
	}
	fmt.Fprintln(w, summary(t))
	fmt.Fprintf(w, "trace hash %016x\n", t.Hash)
	return verdict(t)
}

func verdict(t *sim.Tally) error {
	code := 0
	for _, f := range t.Failures {
		code = max(code, exitFailed)
		if f.Oracle == "I21" {
			code = exitNondetr
		}
	}
	if code != 0 {
		return &exitError{code, fmt.Sprintf("%d worlds failed", len(t.Failures))}
	}
	return nil
}

func finishJSON(w io.Writer, t *sim.Tally, o sim.Options) error {
	type failure struct {
		Seed   uint64 `json:"seed"`
		Oracle string `json:"oracle"`
		What   string `json:"what"`
		Replay string `json:"replay"`
	}
	out := struct {
		Worlds    uint64    `json:"worlds"`
		Lying     uint64    `json:"worlds_with_liar"`
		Decisions uint64    `json:"decisions"`
		Requests  uint64    `json:"requests"`
		Events    uint64    `json:"events"`
		Views     uint64    `json:"views"`
		Crashes   uint64    `json:"crashes"`
		Evidence  uint64    `json:"proofs"`
		Virtual   float64   `json:"simulated_seconds"`
		Elapsed   float64   `json:"seconds"`
		Hash      string    `json:"trace_hash"`
		Failures  []failure `json:"failures"`
	}{
		t.Worlds, t.Lying, t.Decisions, t.Requests, t.Events, t.Views, t.Crashes, t.Evidence,
		t.Virtual.Seconds(), t.Elapsed.Seconds(), fmt.Sprintf("%016x", t.Hash), []failure{},
	}
	for _, f := range t.Failures {
		out.Failures = append(out.Failures, failure{f.Seed, f.Oracle, f.What, replayLine(f.Seed, o)})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(out); err != nil {
		return err
	}
	return verdict(t)
}

func replayCommand() *cobra.Command {
	var (
		o     sim.Options
		quiet bool
	)
	cmd := &cobra.Command{
		Use:     "replay SEED",
		Short:   "Play one seeded world and print what happens",
		Example: "  twothirds replay 42 --replicas 7",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			seed, err := strconv.ParseUint(args[0], 10, 63)
			if err != nil {
				return &exitError{exitUsage, fmt.Sprintf("seed %q is not a number", args[0])}
			}
			out := cmd.OutOrStdout()
			var opts []sim.Option
			if !quiet {
				opts = append(opts, sim.WithTrace(func(e sim.Event) { fmt.Fprintln(out, e) }))
			}
			r := sim.RunSeed(seed, o, opts...)
			fmt.Fprintf(out, "%s\n", r.Scenario.TOML())
			fmt.Fprintf(out, "%d decisions, view %d, %d events, %d requests, %d proofs, %v simulated, trace hash %016x\n",
				r.Decisions, r.Views, r.Events, r.Requests, r.Evidence, r.Elapsed.Round(time.Millisecond), r.Hash)
			if r.Failure != nil {
				return &exitError{exitFailed, r.Failure.Error()}
			}
			return nil
		},
	}
	worldFlags(cmd, &o)
	cmd.Flags().BoolVar(&quiet, "quiet", false, "print the summary only")
	return cmd
}

func isTerminal(f *os.File) bool {
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}
