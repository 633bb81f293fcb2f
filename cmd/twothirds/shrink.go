package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/twothirds-bft/twothirds/adversary/shrink"
	"github.com/twothirds-bft/twothirds/adversary/sim"
)

func shrinkCommand() *cobra.Command {
	var (
		o    sim.Options
		s    shrink.Options
		file string
	)
	cmd := &cobra.Command{
		Use:   "shrink SEED|FILE",
		Short: "Make a failing world as small as it gets",
		Long: `Make a failing world as small as it gets, and print it as a scenario file.

Faults, liars, replicas, clients and single messages are taken away as long as the same invariant
still breaks. 'explain' tells the story of what is left. Interrupted, it prints how far it came.`,
		Example: "  twothirds shrink 4711 --out story.toml\n  twothirds explain story.toml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			sc, err := scenario(args[0], o)
			if err != nil {
				return err
			}
			s.Found = "twothirds replay " + args[0]
			progress := isTerminal(os.Stderr)
			if progress {
				s.Progress = func(phase string, r *shrink.Report) {
					fmt.Fprintf(os.Stderr, "\r\033[K%s: %d events, %d worlds played", phase, r.Events, r.Plays)
				}
			}
			s.Stop = cmd.Context().Done()
			r := shrink.Run(sc, s)
			if progress {
				fmt.Fprint(os.Stderr, "\r\033[K")
			}
			if r.Failure == nil {
				return &exitError{exitUsage, fmt.Sprintf("%s breaks no invariant: there is nothing to shrink", args[0])}
			}
			if file == "" {
				_, err := cmd.OutOrStdout().Write(r.File("story.toml"))
				return err
			}
			if err := os.WriteFile(file, r.File(filepath.Base(file)), 0o644); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%v\nfrom %d events to %d in %.1f s, %d worlds played: %s\n", r.Failure, r.Before, r.Events, r.Elapsed.Seconds(), r.Plays, file)
			return nil
		},
	}
	worldFlags(cmd, &o)
	cmd.Flags().DurationVar(&s.Time, "for", 30*time.Second, "stop after this long")
	cmd.Flags().StringVar(&file, "out", "", "write the scenario to this file")
	return cmd
}
