// Command compare measures this project beside its peers: the same generator, payload, clients and machine, one system at a
// time, round by round, so that what else the machine does meets all of them alike. It is a module of its own:
//
//	go run -C benchmarks/compare . --systems twothirds,cometbft,cometbft-nogossip,etcd --rounds 3
//	go run -C benchmarks/compare . --fault silent
//	go run -C benchmarks/compare . --clients 1 --outstanding 1 --out results
//
// Each measurement is a process of its own that holds the replicas and the clients (class B): systems neither share a heap
// nor leave anything behind. What speaks for the peers: CometBFT's clients pay for no link, and a client believes the one
// node that it asks, where ours wait for f+1 replies.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/twothirds-bft/twothirds/benchmarks"
)

// options are the command's flags.
type options struct {
	systems  []string
	replicas int
	rounds   int
	fault    string
	dir      string
	out      string
	alone    string
	load     benchmarks.Load
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := parse(os.Args[1:])
	if err == nil {
		if o.alone != "" {
			err = alone(ctx, o, os.Stdout)
		} else {
			err = interleave(ctx, o)
		}
	}
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func parse(args []string) (*options, error) {
	o := new(options)
	f := flag.NewFlagSet("compare", flag.ContinueOnError)
	_, names := systems()
	asked := f.String("systems", "twothirds,cometbft,cometbft-nogossip,etcd", "what to measure, of "+strings.Join(names, ", "))
	f.IntVar(&o.replicas, "replicas", 4, "of each system")
	f.IntVar(&o.rounds, "rounds", 3, "in which each system is measured once")
	f.StringVar(&o.fault, "fault", "", `"silent" stops one replica that does not lead, before the load; "" none`)
	f.StringVar(&o.dir, "dir", "", "where replicas keep their files, on the disk that is to be measured (default: that of temporary files)")
	f.StringVar(&o.out, "out", "", "write each result into a new folder in this one, for 'twothirds report'")
	f.StringVar(&o.alone, "alone", "", "measure this system once, in this process, and print the result as JSON")
	f.IntVar(&o.load.Clients, "clients", 64, "identities with links of their own")
	f.IntVar(&o.load.Outstanding, "outstanding", 32, "operations of each client under way")
	f.IntVar(&o.load.Batch, "batch", 1, "operations handed in together at most, by clients that can (ours); 1: a goroutine for each, whatever the system")
	f.IntVar(&o.load.Payload, "payload", 256, "bytes of an operation")
	f.Float64Var(&o.load.Rate, "rate", 0, "operations per second of an open loop; 0 is a closed one")
	f.DurationVar(&o.load.Warm, "warm", 3*time.Second, "not measured")
	f.DurationVar(&o.load.For, "for", 10*time.Second, "measured")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	o.systems = strings.Split(*asked, ",")
	if o.alone != "" {
		o.systems = []string{o.alone}
	}
	return o, o.validate()
}

func (o *options) validate() error {
	all, names := systems()
	for _, name := range o.systems {
		if all[name] == nil {
			return fmt.Errorf("no system %q; there are %s", name, strings.Join(names, ", "))
		}
	}
	switch {
	case o.fault != "" && o.fault != "silent":
		return fmt.Errorf("no fault %q", o.fault)
	case o.replicas < 1 || o.rounds < 1:
		return fmt.Errorf("%d replicas, %d rounds", o.replicas, o.rounds)
	}
	return o.load.Validate()
}

// interleave measures each system once a round and prints what came of it.
func interleave(ctx context.Context, o *options) error {
	var results []*measured
	for round := range o.rounds {
		for i := range o.systems {
			name := o.systems[(i+round)%len(o.systems)] // who comes first takes turns
			r, err := process(ctx, o, name)
			if err != nil {
				return fmt.Errorf("round %d, %s: %w", round+1, name, err)
			}
			fmt.Fprintf(os.Stderr, "round %d of %d  %-24s %9.0f/s  p50 %v\n", round+1, o.rounds, name, r.PerSec, r.Latency.P50.Round(10*time.Microsecond))
			r.complete(o)
			if o.out != "" {
				if err := r.WriteFiles(o.out); err != nil {
					return err
				}
			}
			results = append(results, r)
		}
	}
	text(os.Stdout, o, results)
	for _, r := range results {
		if r.Unsafe != "" {
			return fmt.Errorf("%s: %s", r.Name, r.Unsafe)
		}
	}
	return nil
}

// complete adds to the result what only this command knows: the size of a peer, the settings under which it was asked for,
// and a replica that was silent from the start.
func (m *measured) complete(o *options) {
	if !strings.Contains(m.System, "/n=") {
		m.System = fmt.Sprintf("%s/n=%d", m.Name, o.replicas)
	}
	m.Load.Fault = o.fault
}
