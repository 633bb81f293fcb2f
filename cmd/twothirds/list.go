package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/twothirds-bft/twothirds/adversary/attack"
	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/internal/bug"
)

// item is one line of a list.
type item struct {
	Name   string `json:"name"`
	About  string `json:"about"`
	Source string `json:"source,omitempty"`
}

// lists are what there is to list, by name.
var lists = []struct {
	name, about string
	items       func() []item
}{
	{"behaviours", "ways of lying, for scenarios and node --liar", listBehaviours},
	{"faults", "what a generated world may suffer, for hunt --only and --without", listFaults},
	{"invariants", "what every world checks", listInvariants},
	{"attacks", "named attacks, each with scenario files", listAttacks},
	{"bugs", "seeded bugs, by which score measures", listBugs},
}

func listCommand() *cobra.Command {
	var asJSON bool
	names := make([]string, len(lists))
	long := "List what the adversary has:\n"
	for i, l := range lists {
		names[i] = l.name
		long += fmt.Sprintf("\n  %-11s %s", l.name, l.about)
	}
	cmd := &cobra.Command{
		Use:       "list behaviours|faults|invariants|attacks|bugs",
		Short:     "List behaviours, faults, invariants, attacks, seeded bugs",
		Long:      long,
		ValidArgs: names,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, l := range lists {
				if l.name == args[0] {
					return printItems(cmd.OutOrStdout(), l.items(), asJSON)
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the list as JSON")
	return cmd
}

func printItems(w io.Writer, items []item, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(items)
	}
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, i := range items {
		line := i.Name + "\t" + i.About
		if i.Source != "" {
			line += " [" + i.Source + "]"
		}
		fmt.Fprintln(tab, line)
	}
	return tab.Flush()
}

func listBehaviours() (out []item) {
	for _, b := range liar.Behaviours {
		out = append(out, item{b.Name, b.About, b.Source})
	}
	return out
}

func listFaults() (out []item) {
	for _, f := range sim.Faults() {
		out = append(out, item{f.Name, f.About, f.Group})
	}
	return out
}

func listInvariants() (out []item) {
	for _, o := range sim.Oracles() {
		out = append(out, item{Name: o.ID, About: o.What + " (" + o.How + ")"})
	}
	return out
}

func listAttacks() (out []item) {
	for _, a := range attack.All() {
		i := item{a.ID, a.Name, a.Source}
		if a.Waiting != "" {
			i.About += " (waits for " + a.Waiting + ")"
		}
		out = append(out, i)
	}
	return out
}

func listBugs() (out []item) {
	for _, b := range bug.All() {
		i := item{b.ID, fmt.Sprintf("%v  %s", b.Class, b.What), b.Rule}
		if b.Waits != "" {
			i.About += " (waits for " + b.Waits + ")"
		}
		out = append(out, i)
	}
	return out
}
