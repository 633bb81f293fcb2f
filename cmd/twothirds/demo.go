package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// demo runs a whole cluster as processes on this machine, with a liar in it, and
// checks what comes out.
type demo struct {
	duration time.Duration
	replicas int
	liar     string
	kill     string
	asJSON   bool
	keep     bool

	out    io.Writer
	net    *testCluster
	load   *load
	victim int // replica killed, -1 if none
}

func demoCommand() *cobra.Command {
	var d demo
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a cluster with a liar in it, under load, and check the outcome",
		Long: `Run a cluster as separate processes on this machine: replicas over TLS with durable logs, the
key-value store on top, and a gateway that serves the Redis protocol and trusts no single replica.
Replica 0, the first primary, lies. The exit code is 0 only if operations were decided, the liar was
convicted where its lie leaves proof, every counter counted exactly once, and all correct replicas
ended at one state.`,
		Example: "  twothirds demo --for 10s\n  twothirds demo --for 20s --kill primary",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d.out = cmd.OutOrStdout()
			return d.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.DurationVar(&d.duration, "for", 10*time.Second, "how long to load the cluster")
	f.IntVar(&d.replicas, "replicas", 4, "how many replicas")
	f.StringVar(&d.liar, "liar", "equivocate", "how replica 0 lies, or none; see 'twothirds list behaviours'")
	f.StringVar(&d.kill, "kill", "none", "kill a replica at a third of the time and start it again two seconds later: primary, a number, or none")
	f.BoolVar(&d.asJSON, "json", false, "print the summary as JSON")
	f.BoolVar(&d.keep, "keep", false, "keep the folder with keys, logs and output")
	return cmd
}

// outcome is the summary.
type outcome struct {
	Seconds    float64  `json:"seconds"`
	Operations uint64   `json:"operations"`
	Rate       float64  `json:"operations_per_second"`
	Blocks     uint64   `json:"blocks"`
	View       uint64   `json:"view"`
	Evidence   int      `json:"evidence_verified"`
	Culprits   []int    `json:"culprits"`
	Killed     int      `json:"killed"` // -1 if none
	LongestGap float64  `json:"longest_gap_seconds"`
	State      string   `json:"state"`
	Folder     string   `json:"folder,omitempty"`
	Failures   []string `json:"failures"`
}

func (d *demo) run(ctx context.Context) (err error) {
	if d.liar == "none" {
		d.liar = ""
	}
	d.victim = -1
	if d.kill != "none" && d.kill != "primary" {
		if v, err := strconv.Atoi(d.kill); err != nil || v < 0 || v >= d.replicas {
			return &exitError{exitUsage, fmt.Sprintf("--kill %q: want primary, none, or a replica from 0 to %d", d.kill, d.replicas-1)}
		}
	}
	dir, err := os.MkdirTemp("", "twothirds-demo-")
	if err != nil {
		return err
	}
	if !d.keep {
		defer os.RemoveAll(dir)
	}
	d.net = &testCluster{dir: dir, liar: d.liar, replicas: d.replicas, interval: 128}
	defer d.net.stop()
	if err := d.net.start(ctx); err != nil {
		return err
	}
	o := d.play(ctx)
	if d.keep {
		o.Folder = dir
	}
	return d.finish(&o)
}

// play loads the cluster, shows progress, and checks the outcome.
func (d *demo) play(ctx context.Context) outcome {
	start := time.Now()
	d.load = startLoad(d.net.redis, 8, 32)
	loadCtx, cancel := context.WithTimeout(ctx, d.duration)
	defer cancel()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	killAt := time.After(d.duration / 3)
	for loadCtx.Err() == nil {
		select {
		case <-loadCtx.Done():
		case <-killAt:
			d.strike(ctx)
		case <-tick.C:
			d.progress(start)
		}
	}
	d.load.stop()
	elapsed := time.Since(start)
	if isTerminal(os.Stderr) {
		fmt.Fprint(os.Stderr, "\r\033[K")
	}
	o := outcome{Seconds: elapsed.Seconds(), Operations: d.load.done.Load(), Killed: d.victim, LongestGap: d.load.longestGap().Seconds(), Culprits: []int{}, Failures: []string{}}
	o.Rate = float64(o.Operations) / elapsed.Seconds()
	d.check(ctx, &o)
	return o
}

// strike kills a replica as a power failure would, and starts it again later.
func (d *demo) strike(ctx context.Context) {
	switch d.kill {
	case "none":
		return
	case "primary":
		d.victim = d.net.primary(ctx)
	default:
		d.victim, _ = strconv.Atoi(d.kill)
	}
	d.net.kill(d.victim)
	time.AfterFunc(2*time.Second, func() { d.net.revive(d.victim) })
}

func (d *demo) progress(start time.Time) {
	if !isTerminal(os.Stderr) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	line := fmt.Sprintf("%4.1f s", time.Since(start).Seconds())
	var best report
	culprits := map[int]bool{}
	for i := range d.replicas {
		if r, err := d.net.status(ctx, i); err == nil {
			if r.Decided > best.Decided {
				best = r
			}
			for c := range d.net.convicted(&r) {
				culprits[c] = true
			}
		}
	}
	ops := d.load.done.Load()
	line += fmt.Sprintf("  %d blocks decided  %.0f operations/s  view %d", best.Decided, float64(ops)/time.Since(start).Seconds(), best.View)
	for c := range culprits {
		line += fmt.Sprintf("  replica %d lied", c)
	}
	if d.victim >= 0 {
		line += fmt.Sprintf("  replica %d was killed", d.victim)
	}
	fmt.Fprintf(os.Stderr, "\r\033[K%s", line)
}

// check compares the correct replicas once they have come to rest.
func (d *demo) check(ctx context.Context, o *outcome) {
	fail := func(format string, args ...any) { o.Failures = append(o.Failures, fmt.Sprintf(format, args...)) }
	if o.Operations == 0 {
		fail("no operation was decided")
	}
	for _, e := range d.load.errors() {
		fail("%s", e)
	}
	reports, err := d.net.settle(ctx, 30*time.Second)
	if err != nil {
		fail("%v", err)
	}
	culprits := map[int]bool{}
	for i := range reports {
		r := &reports[i]
		o.Blocks, o.View, o.State = max(o.Blocks, r.Decided), max(o.View, r.View), r.State
		for c, n := range d.net.convicted(r) {
			culprits[c] = true
			o.Evidence = max(o.Evidence, n)
		}
	}
	for c := range d.replicas {
		if culprits[c] {
			o.Culprits = append(o.Culprits, c)
			if c != 0 || d.liar == "" {
				fail("evidence convicts correct replica %d", c)
			}
		}
	}
	if d.liar == "equivocate" && !culprits[0] {
		fail("no evidence against the liar")
	}
	if d.kill == "primary" && o.View == 0 {
		fail("the view did not change")
	}
}

func (d *demo) finish(o *outcome) error {
	if d.asJSON {
		enc := json.NewEncoder(d.out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(o); err != nil {
			return err
		}
	} else {
		d.print(o)
	}
	if len(o.Failures) > 0 {
		return &exitError{exitFailed, fmt.Sprintf("%d checks failed", len(o.Failures))}
	}
	return nil
}

func (d *demo) print(o *outcome) {
	p := func(format string, args ...any) { fmt.Fprintf(d.out, format+"\n", args...) }
	p("%d operations decided in %.1f s: %.0f/s, in %d blocks; longest gap %.2f s", o.Operations, o.Seconds, o.Rate, o.Blocks, o.LongestGap)
	switch {
	case len(o.Culprits) > 0:
		p("replica %v lied (%s): %d proofs, verified here with the members' public keys alone", o.Culprits, d.liar, o.Evidence)
	case d.liar != "":
		p("replica 0 lied (%s); this lie leaves no proof", d.liar)
	}
	if o.Killed >= 0 {
		p("replica %d was killed and came back; the cluster went on in view %d", o.Killed, o.View)
	}
	if len(o.Failures) == 0 {
		p("all correct replicas stand at state %s", o.State)
	}
	if o.Folder != "" {
		p("kept in %s", o.Folder)
	}
	for _, f := range o.Failures {
		p("FAILED: %s", f)
	}
}

// liarID is the replica that lies, the first primary.
const liarID = message.ReplicaID(0)
