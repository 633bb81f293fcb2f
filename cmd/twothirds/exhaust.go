package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/twothirds-bft/twothirds/adversary/explore"
)

func exhaustCommand() *cobra.Command {
	var (
		w      explore.World
		o      explore.Options
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "exhaust",
		Short: "Try everything in a small world",
		Long: `Try everything in a small world of the real core: four replicas, one of which may say anything that a
stated menu has, and every order in which messages can arrive, until there is no new state.

A violation comes with a shortest way to it. Interrupted, it tells how far it came.

Exit status: 0 closed and clean, 1 an invariant broke or the bounds were reached first, 2 wrong usage,
130 interrupted.`,
		Example: "  twothirds exhaust\n  twothirds exhaust --slots 2,1 --byzantine 1 --for 10m",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Stop = cmd.Context().Done()
			r, err := explore.Run(w, o)
			if err != nil {
				return &exitError{exitUsage, err.Error()}
			}
			if asJSON {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				if err := enc.Encode(r); err != nil {
					return err
				}
			} else {
				fmt.Fprintln(cmd.OutOrStdout(), r)
			}
			switch {
			case r.Violation != nil:
				return &exitError{exitFailed, "an invariant is broken"}
			case !r.Closed && cmd.Context().Err() != nil:
				return &exitError{exitInterrupted, "interrupted: not closed"}
			case !r.Closed:
				return &exitError{exitFailed, "not all was tried within the bounds"}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.IntVar(&w.Byzantine, "byzantine", 0, "the replica that lies; 0 leads view 0, 1 view 1, and so on")
	f.IntSliceVar(&w.Slots, "slots", []int{1, 1}, "for each view, up to which seq its primary proposes")
	f.IntVar(&w.Choices, "choices", 2, "blocks that a lying primary has for each place")
	f.IntVar(&w.Crashes, "crashes", 0, "restarts of correct replicas, all together")
	f.IntVar(&o.States, "states", 0, "stop after so many states (default 1 billion)")
	f.DurationVar(&o.Time, "for", 10*time.Minute, "stop after this long")
	f.BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}
