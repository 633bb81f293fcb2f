package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// scenario returns what an argument names: a seed's world, or that of a file.
func scenario(arg string, o sim.Options) (sim.Scenario, error) {
	if err := o.Validate(); err != nil {
		return sim.Scenario{}, &exitError{exitUsage, err.Error()}
	}
	if seed, err := strconv.ParseUint(arg, 10, 63); err == nil {
		return sim.Generate(sim.Seed(seed), o), nil
	}
	b, err := os.ReadFile(arg)
	if err != nil {
		return sim.Scenario{}, &exitError{exitUsage, fmt.Sprintf("%q is no seed, and no file that can be read: %v", arg, err)}
	}
	sc, err := sim.ParseScenario(b)
	if err != nil {
		return sim.Scenario{}, &exitError{exitUsage, fmt.Sprintf("%s: %v", arg, err)}
	}
	return sc, nil
}

func replayCommand() *cobra.Command {
	var (
		o     sim.Options
		quiet bool
		dump  bool
	)
	cmd := &cobra.Command{
		Use:   "replay SEED|FILE",
		Short: "Play one world and print what happens",
		Long: `Play one world, that of a seed or that of a scenario file, and print what happens.

With --scenario the world is printed as a file instead: TOML, to be read, edited and played again.`,
		Example: "  twothirds replay 42 --replicas 7\n  twothirds replay 42 --scenario > story.toml\n  twothirds replay story.toml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			sc, err := scenario(args[0], o)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if dump {
				_, err := out.Write(sc.TOML())
				return err
			}
			var opts []sim.Option
			if !quiet {
				opts = append(opts, sim.WithTrace(func(e sim.Event) {
					if e.Kind != sim.EventDeliver {
						fmt.Fprintln(out, e)
					}
				}))
			}
			r := sim.Play(sc, opts...)
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
	cmd.Flags().BoolVar(&dump, "scenario", false, "print the world as a scenario file and do not play it")
	return cmd
}
