package main

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// worldFlags choose the world that a seed stands for; hunt prints them with every
// failing seed so that replay plays the same one.
func worldFlags(cmd *cobra.Command, o *sim.Options) {
	cmd.Flags().IntVar(&o.Replicas, "replicas", 0, "replicas in a world; 0 = 4 in most, else up to 7")
	cmd.Flags().IntVar(&o.Decisions, "decisions", 20, "blocks that a world decides at least")
	cmd.Flags().StringSliceVar(&o.Only, "only", nil, "let these faults alone happen, by name or group (list faults)")
	cmd.Flags().StringSliceVar(&o.Without, "without", nil, "let these faults not happen")
}

func replayLine(seed uint64, o sim.Options) string {
	line := fmt.Sprintf("twothirds replay %d --replicas %d --decisions %d", seed, o.Replicas, o.Decisions)
	if len(o.Only) > 0 {
		line += " --only " + strings.Join(o.Only, ",")
	}
	if len(o.Without) > 0 {
		line += " --without " + strings.Join(o.Without, ",")
	}
	return line
}

// hunt is one campaign and where its result goes.
type hunt struct {
	c      sim.Campaign
	seeds  string
	shard  string
	outDir string
	report verdicts
}

func huntCommand() *cobra.Command {
	var h hunt
	cmd := &cobra.Command{
		Use:   "hunt",
		Short: "Search seeded worlds for a broken invariant",
		Long: `Search seeded worlds for a broken invariant.

Each seed stands for one world: real cores, up to f faulty replicas that lie, crashes over torn disks,
lossy and cut links, pauses, all on virtual time. After every event the safety invariants are checked,
at the end that everything was decided. A failure prints the line that replays it.

Most worlds have four replicas, one of five has up to seven; with --replicas all have as many as that.

A sweep is spread over machines by --shard: shard i of n, from 0 on, plays every n-th seed. With --out
each leaves a file, and 'hunt merge' adds them up. In a Kubernetes Indexed Job of 16 completions that is
  twothirds hunt --seeds 1..1000000 --shard $JOB_COMPLETION_INDEX/16 --out /results

Interrupted, it tells what it has seen so far.

Exit status: 0 nothing found, 1 an invariant broke, 2 wrong usage, 3 a seed gave two traces, 130
interrupted before anything was found.`,
		Example: "  twothirds hunt --seeds 1..10000\n  twothirds hunt --for 60s --replicas 7\n  twothirds hunt merge results/*.json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return h.run(cmd.Context(), cmd.OutOrStdout()) },
	}
	worldFlags(cmd, &h.c.Options)
	f := cmd.Flags()
	f.StringVar(&h.seeds, "seeds", "", "seeds to play, A..B (default 1..1000, or all from 1 on with --for)")
	f.DurationVar(&h.c.For, "for", 0, "stop after this long")
	f.IntVar(&h.c.Workers, "workers", runtime.GOMAXPROCS(0), "worlds played at a time")
	f.Uint64Var(&h.c.Twice, "twice", 100, "play every so many-th seed twice and compare traces; 0 = never")
	f.StringVar(&h.shard, "shard", "", "play one part of the seeds, i/n with i from 0")
	f.StringVar(&h.outDir, "out", "", "write the result and each failing scenario into this folder")
	h.report.flags(cmd)
	cmd.AddCommand(mergeCommand())
	return cmd
}

func (h *hunt) run(ctx context.Context, w io.Writer) error {
	var err error
	if h.c.From, h.c.To, err = parseSeeds(h.seeds, h.c.For); err != nil {
		return err
	}
	if h.c.Shard, h.c.Shards, err = parseShard(h.shard); err != nil {
		return err
	}
	if err := h.c.Options.Validate(); err != nil {
		return &exitError{exitUsage, err.Error()}
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // worlds make garbage, and little of it lives: a quarter of the time goes
	}
	if !h.report.asJSON && isTerminal(os.Stderr) {
		h.c.Progress = func(t sim.Tally) { fmt.Fprintf(os.Stderr, "\r\033[K%s", summary(&t)) }
	}
	h.c.Stop = ctx.Done()
	t := h.c.Run()
	if h.c.Progress != nil {
		fmt.Fprint(os.Stderr, "\r\033[K")
	}
	if h.outDir != "" {
		if err := h.save(&t); err != nil {
			return err
		}
	}
	err = h.report.finish(w, &t, func(f *sim.SeedFailure) string { return replayLine(f.Seed, h.c.Options) })
	if err == nil && ctx.Err() != nil {
		return &exitError{exitInterrupted, "interrupted"}
	}
	return err
}

// save leaves the result for merge, and a file to replay for each failure.
func (h *hunt) save(t *sim.Tally) error {
	if err := os.MkdirAll(h.outDir, 0o755); err != nil {
		return err
	}
	b, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	name := "hunt.json"
	if h.c.Shards > 1 {
		name = fmt.Sprintf("hunt-%d-of-%d.json", h.c.Shard, h.c.Shards)
	}
	if err := os.WriteFile(filepath.Join(h.outDir, name), append(b, '\n'), 0o644); err != nil {
		return err
	}
	for i := range t.Failures {
		x := &t.Failures[i]
		file := filepath.Join(h.outDir, fmt.Sprintf("seed-%d.toml", x.Seed))
		if err := os.WriteFile(file, []byte(x.Scenario), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func mergeCommand() *cobra.Command {
	var r verdicts
	cmd := &cobra.Command{
		Use:   "merge FILE...",
		Short: "Add up the results of a hunt's shards",
		Long: `Add up the results that the shards of one hunt have left with --out.

The trace hash is that of one hunt over all the seeds. A shard's part may be there once only.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			var total sim.Tally
			seen := map[string]bool{}
			for _, file := range files {
				if base := filepath.Base(file); seen[base] {
					return &exitError{exitUsage, fmt.Sprintf("%s was given twice", base)}
				} else {
					seen[base] = true
				}
				b, err := os.ReadFile(file)
				if err != nil {
					return err
				}
				var t sim.Tally
				if err := json.Unmarshal(b, &t); err != nil {
					return &exitError{exitUsage, fmt.Sprintf("%s is no result of a hunt: %v", file, err)}
				}
				total.Merge(&t)
			}
			return r.finish(cmd.OutOrStdout(), &total, func(f *sim.SeedFailure) string {
				return fmt.Sprintf("twothirds replay seed-%d.toml", f.Seed)
			})
		},
	}
	r.flags(cmd)
	return cmd
}

func parseSeeds(s string, limit time.Duration) (from, to uint64, err error) {
	if s == "" {
		if limit > 0 {
			return 1, math.MaxUint64 - 1, nil
		}
		return 1, 1000, nil
	}
	if from, to, err = parseRange(s); err != nil {
		return 0, 0, &exitError{exitUsage, fmt.Sprintf("--seeds %q: want A..B with A <= B, as in 1..10000", s)}
	}
	return from, to, nil
}

// parseRange reads A..B with A <= B, or A alone, which is A..A.
func parseRange(s string) (from, to uint64, err error) {
	a, b, ok := strings.Cut(s, "..")
	if !ok {
		b = a
	}
	if from, err = strconv.ParseUint(a, 10, 63); err == nil {
		to, err = strconv.ParseUint(b, 10, 63)
	}
	if err == nil && to < from {
		err = strconv.ErrRange
	}
	return from, to, err
}

func parseShard(s string) (i, n uint64, err error) {
	if s == "" {
		return 0, 1, nil
	}
	a, b, _ := strings.Cut(s, "/")
	if i, err = strconv.ParseUint(a, 10, 32); err == nil {
		n, err = strconv.ParseUint(b, 10, 32)
	}
	if err != nil || i >= n {
		return 0, 0, &exitError{exitUsage, fmt.Sprintf("--shard %q: want i/n with i from 0 to n-1, as in 0/16", s)}
	}
	return i, n, nil
}

// verdicts says how a campaign's result is told.
type verdicts struct {
	asJSON bool
	junit  string
}

func (r *verdicts) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&r.asJSON, "json", false, "print the result as JSON")
	cmd.Flags().StringVar(&r.junit, "junit", "", "write the result as JUnit XML to this file too")
}

func summary(t *sim.Tally) string {
	sec := max(t.Elapsed.Seconds(), 1e-9)
	return fmt.Sprintf("%d worlds (%d with a liar), %d decisions, %d views, %d crashes, %d proofs; %s simulated in %.1f s: %.0f worlds/s, %.0f decisions/s",
		t.Worlds, t.Lying, t.Decisions, t.Views, t.Crashes, t.Evidence, t.Virtual.Round(time.Second), sec,
		float64(t.Worlds)/sec, float64(t.Decisions)/sec)
}

// finish tells a result and returns the exit status that it stands for.
func (r *verdicts) finish(w io.Writer, t *sim.Tally, replay func(*sim.SeedFailure) string) error {
	if r.junit != "" {
		if err := os.WriteFile(r.junit, junit(t, replay), 0o644); err != nil {
			return err
		}
	}
	if r.asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		if err := enc.Encode(t); err != nil {
			return err
		}
		return status(t)
	}
	for i := range t.Failures {
		f := &t.Failures[i]
		fmt.Fprintf(w, "seed %d: %s %s\n  %s\n", f.Seed, f.Oracle, f.What, replay(f))
	}
	fmt.Fprintln(w, summary(t))
	if rare := t.Unreached(); len(rare) > 0 && t.Worlds >= 1000 {
		fmt.Fprintln(w, "never reached:", strings.Join(rare, ", "))
	}
	fmt.Fprintf(w, "trace hash %016x\n", t.Hash)
	return status(t)
}

func status(t *sim.Tally) error {
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

// junit renders a result as the XML that CI systems show: one case for each failing
// seed, one for all the others.
func junit(t *sim.Tally, replay func(*sim.SeedFailure) string) []byte {
	type failure struct {
		Type string `xml:"type,attr"`
		Text string `xml:",chardata"`
	}
	type testcase struct {
		Class   string   `xml:"classname,attr"`
		Name    string   `xml:"name,attr"`
		Time    string   `xml:"time,attr,omitempty"`
		Failure *failure `xml:"failure"`
	}
	type suite struct {
		XMLName  xml.Name   `xml:"testsuite"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Cases    []testcase `xml:"testcase"`
	}
	s := suite{Name: "twothirds hunt", Tests: 1 + len(t.Failures), Failures: len(t.Failures)}
	s.Cases = append(s.Cases, testcase{
		Class: "hunt", Name: fmt.Sprintf("%d worlds", t.Worlds-uint64(len(t.Failures))), Time: fmt.Sprintf("%.3f", t.Elapsed.Seconds()),
	})
	for i := range t.Failures {
		f := &t.Failures[i]
		s.Cases = append(s.Cases, testcase{
			Class: "hunt." + f.Oracle, Name: fmt.Sprintf("seed %d", f.Seed),
			Failure: &failure{Type: f.Oracle, Text: f.What + "\n" + replay(f) + "\n\n" + f.Scenario},
		})
	}
	b, err := xml.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // plain data
	}
	return append([]byte(xml.Header), append(b, '\n')...)
}

func isTerminal(f *os.File) bool {
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}
