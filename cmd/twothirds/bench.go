package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/benchmarks/cluster"
	"github.com/twothirds-bft/twothirds/benchmarks/virtual"
)

// bench is one measurement and where its result goes.
type bench struct {
	load    benchmarks.Load
	cluster cluster.Config
	asJSON  bool
	asBench bool
	asLine  bool // one of many
	outDir  string
}

func benchCommand() *cobra.Command {
	var b bench
	var s sweep
	var faults strings.Builder
	for _, f := range benchmarks.Faults() {
		fmt.Fprintf(&faults, "  %-20s %s\n", f.Name, f.About)
	}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure a cluster on this machine",
		Long: `Measure a cluster on this machine: requests per second, latency, what a request costs, and what a fault does.

Without --rate the loop is closed: every client keeps --outstanding requests under way, which shows the
most that the cluster takes. With --rate requests arrive at random instants that were drawn before, and
each latency counts from the instant at which the request was meant to be sent: the way to measure
latency.

Class A runs each replica as a process of its own, class B all in this one, and class C in a model: the real
protocol, on machines whose time is virtual, so that a --seed has the same figures each time and n may be 100.
Figures of different classes do not compare.

Several values of --replicas, --payload, --clients, --outstanding, --rate or --seed, separated by commas, are
measured one after the other, each with each of the others, and print a line each. 'twothirds report' draws
them. Runs that differ in their seeds alone are repetitions: the median, least and most of them follow.

Faults begin at a third of --for, and most end at two thirds:
` + faults.String() + `
After the run all replicas must have executed the same, nothing acknowledged may be missing, nothing may
have been executed twice, and the order must be one that the clients cannot contradict: what was acknowledged
before something else was sent stands before it (linearizability). Interrupted, it ends early and tells what it has.

Exit status: 0 measured, 1 the check failed or the cluster did not start, 2 wrong usage.`,
		Example: `  twothirds bench --clients 8 --outstanding 256
  twothirds bench --rate 2000 --clients 64 --class A
  twothirds bench --replicas 4,7 --outstanding 1,8,64,256 --out results
  twothirds bench --class A --quota 0.25 --fault killed-primary --for 30s --out results
  twothirds bench --class C --clients 64 --rate 5000 --fault stopped-primary --for 9s --seed 1..20`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Context(), cmd.OutOrStdout(), b) },
	}
	b.flags(cmd)
	s.flags(cmd)
	cmd.AddCommand(&cobra.Command{
		Use: "replica", Short: "Run one replica of class A, told what to do on standard input", Hidden: true, Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return replicaOfBench() },
	})
	return cmd
}

func (b *bench) flags(cmd *cobra.Command) {
	f, l, c := cmd.Flags(), &b.load, &b.cluster
	f.DurationVar(&l.For, "for", 10*time.Second, "how long to measure")
	f.DurationVar(&l.Warm, "warm", 2*time.Second, "how long to run before that")
	f.IntVar(&l.Batch, "batch", benchmarks.BatchDefault, "operations of a client that a closed loop hands in together at most; 1 = a goroutine for each")
	f.StringVar(&l.Fault, "fault", "", "let replicas fail by this schedule")
	f.StringVar(&c.Class, "class", "B", "A: a process per replica; B: all in this process; C: modelled machines in virtual time, up to 100")
	f.StringVar(&c.Link, "link", "tls", "tls, tcp (nothing encrypted) or memory (classes B and C)")
	f.StringVar(&c.Log, "log", "wal", "wal (files, synced), memory, or recent (in memory, the newest blocks alone)")
	f.DurationVar(&c.Delay, "delay", 0, "how late each message between replicas is, one way")
	f.IntVar(&c.Interval, "interval", cluster.IntervalDefault, "blocks between checkpoints; a recent log keeps two to three times as many, and a replica further behind is lost")
	f.BoolVar(&c.Signed, "signed", false, "clients sign their requests")
	f.StringVar(&c.Dir, "dir", "", "where logs are made for the run (default the folder for temporary files)")
	f.Float64Var(&c.Quota, "quota", 0, "cores that each process of class A may use (Linux, needs the right to make a control group)")
	f.IntVar(&c.Procs, "procs", 0, "GOMAXPROCS of each process of class A")
	f.BoolVar(&b.asJSON, "json", false, "print the result as JSON")
	f.BoolVar(&b.asBench, "bench", false, "print the result as a Go benchmark, for benchstat")
	f.StringVar(&b.outDir, "out", "", "write result.json, result.txt and bench.txt into a new folder in this one")
	cmd.MarkFlagsMutuallyExclusive("json", "bench")
}

// run returns what was measured, and an error if that is not safe or not all went well.
func (b *bench) run(ctx context.Context, w io.Writer) (*benchmarks.Result, error) {
	b.cluster.Clients = max(b.load.Clients, 256)
	if isTerminal(os.Stderr) {
		b.load.Progress = progressLine(b.load.Warm, b.load.Warm+b.load.For)
		defer fmt.Fprint(os.Stderr, "\r\033[K")
	}
	r, err := b.measure(ctx)
	if r == nil {
		return nil, benchError(err)
	}
	if outErr := b.write(w, r); err == nil {
		err = outErr
	}
	switch {
	case r.Unsafe != "":
		return r, &exitError{exitFailed, "UNSAFE: " + r.Unsafe}
	case err != nil:
		return r, benchError(err)
	}
	return r, nil
}

// measure returns a result, an error, or both if something went wrong after the measurement.
func (b *bench) measure(ctx context.Context) (*benchmarks.Result, error) {
	if b.cluster.Class == "C" {
		return b.model(ctx)
	}
	c, err := cluster.Start(ctx, b.cluster)
	if err != nil {
		return nil, err
	}
	r, err := benchmarks.Run(ctx, c, b.load)
	return r, errors.Join(err, c.Close())
}

// benchError tells what the user got wrong from what went wrong.
func benchError(err error) error {
	if errors.Is(err, benchmarks.ErrLoad) || errors.Is(err, cluster.ErrConfig) || errors.Is(err, virtual.ErrConfig) {
		return &exitError{exitUsage, err.Error()}
	}
	return &exitError{exitFailed, err.Error()}
}

// progressLine returns a function that rewrites one line every half second.
func progressLine(warm, total time.Duration) func(benchmarks.Interval) {
	var done int64
	var since time.Duration
	return func(i benchmarks.Interval) {
		done += i.Done
		if i.To-since < time.Second/2 {
			return
		}
		phase := ""
		if i.To <= warm {
			phase = ", warming up"
		}
		fmt.Fprintf(os.Stderr, "\r\033[K%.0fs of %.0fs: %.0f/s, p99 %v%s", i.To.Seconds(), total.Seconds(),
			float64(done)/(i.To-since).Seconds(), i.P99.Round(10*time.Microsecond), phase)
		done, since = 0, i.To
	}
}

func (b *bench) write(w io.Writer, r *benchmarks.Result) error {
	chosen := func(w io.Writer) error { r.Text(w); return nil }
	switch {
	case b.asJSON:
		chosen = r.JSON
	case b.asBench:
		chosen = func(w io.Writer) error { r.GoBench(w); return nil }
	case b.asLine:
		chosen = func(w io.Writer) error { return line(w, r) }
	}
	if err := chosen(w); err != nil || b.outDir == "" {
		return err
	}
	return r.WriteFiles(b.outDir)
}

func replicaOfBench() error {
	if err := cluster.Serve(os.Stdin, os.Stdout); err != nil {
		return &exitError{exitFailed, err.Error()}
	}
	return nil
}
