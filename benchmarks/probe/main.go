// Probe prints how our cluster stands beside a bare program, both measured in turns in this process.
//
// The bare program (bare.go) is the least that the protocol has to do: four replicas in memory hash blocks, link them,
// and certify them by cumulative votes with signatures. It has no clients and no requests, no log, no view change, no
// encoding and no limits, and the standard library signs for it. It is a yardstick: IT MUST NOT BE OPTIMISED, nor changed in any
// other way, or the ratios of yesterday say nothing about those of today. It is not the ceiling either; that is benchmarks.Ceiling.
//
// What is compared is operations per second of CPU, since a machine with other work gives each round another share of
// itself. The ratio is printed and never asserted.
//
//	go run ./benchmarks/probe -rounds 5 -for 2s
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/benchmarks/cluster"
)

func main() {
	rounds := flag.Int("rounds", 5, "of which the median counts")
	d := flag.Duration("for", 2*time.Second, "how long each of the two runs in a round")
	flag.Parse()
	if err := compare(context.Background(), os.Stdout, *rounds, *d); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// compare measures both in turns, and each second time in the other order.
func compare(ctx context.Context, w io.Writer, rounds int, d time.Duration) error {
	if rounds < 1 || d <= 0 {
		return fmt.Errorf("probe: %d rounds of %v", rounds, d)
	}
	fmt.Fprintf(w, "n=4, 256 B, links and logs in memory, unsigned clients; operations per second of CPU\n")
	fmt.Fprintf(w, "%-6s %10s %10s %8s\n", "round", "ours", "probe", "ratio")
	var ratios []float64
	for i := range rounds {
		var ours, bare float64
		var err error
		measures := []func(){
			func() { ours, err = perCPU(ctx, d) },
			func() { n, cpu := runBare(d); bare = n / cpu.Seconds() },
		}
		measures[i%2]()
		measures[1-i%2]()
		if err != nil {
			return err
		}
		ratios = append(ratios, ours/bare)
		fmt.Fprintf(w, "%-6d %10.0f %10.0f %8.3f\n", i+1, ours, bare, ours/bare)
	}
	slices.Sort(ratios)
	fmt.Fprintf(w, "median %30.3f   (%.3f to %.3f)\n", ratios[rounds/2], ratios[0], ratios[rounds-1])
	return nil
}

// perCPU is what our cluster does, clients and generator included.
func perCPU(ctx context.Context, d time.Duration) (float64, error) {
	c, err := cluster.Start(ctx, cluster.Config{Link: "memory", Log: "memory"})
	if err != nil {
		return 0, err
	}
	r, err := benchmarks.Run(ctx, c, benchmarks.Load{Clients: 8, Outstanding: 256, Payload: opSize, Warm: d / 4, For: d})
	if closed := c.Close(); err == nil {
		err = closed
	}
	switch {
	case err != nil:
		return 0, err
	case r.Unsafe != "":
		return 0, fmt.Errorf("probe: UNSAFE: %s", r.Unsafe)
	}
	return float64(r.Done) / r.Cost.CPU().Seconds(), nil
}
