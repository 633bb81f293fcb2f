package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/adversary/story"
)

func explainCommand() *cobra.Command {
	var (
		o     sim.Options
		files = map[string]*string{}
	)
	cmd := &cobra.Command{
		Use:   "explain SEED|FILE",
		Short: "Tell the story of a world",
		Long: `Tell the story of a world: who lies, what happened that mattered, and where all stood at the end.

--html writes one page that needs no network: a lane for each replica, messages, faults, and the
states side by side. --jsonl writes every event as a line of JSON, --shiviz a log for ShiViz.`,
		Example: "  twothirds explain story.toml\n  twothirds explain story.toml --html story.html",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			sc, err := scenario(args[0], o)
			if err != nil {
				return err
			}
			s := story.New(sc)
			for name, write := range map[string]func(io.Writer) error{"html": s.HTML, "jsonl": s.JSONLines, "shiviz": s.ShiViz} {
				if file := *files[name]; file != "" {
					if err := writeTo(file, write); err != nil {
						return err
					}
				}
			}
			if err := s.Text(cmd.OutOrStdout()); err != nil {
				return err
			}
			if s.Broken() != nil {
				return &exitError{exitFailed, ""}
			}
			return nil
		},
	}
	worldFlags(cmd, &o)
	for _, x := range [][2]string{{"html", "write a page to this file"}, {"jsonl", "write all events to this file"}, {"shiviz", "write a ShiViz log to this file"}} {
		files[x[0]] = cmd.Flags().String(x[0], "", x[1])
	}
	return cmd
}

func writeTo(file string, write func(io.Writer) error) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
