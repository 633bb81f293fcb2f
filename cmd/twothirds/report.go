package main

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	benchreport "github.com/twothirds-bft/twothirds/benchmarks/report"
)

func reportCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "report DIR...",
		Short: "Turn results of bench into a page with figures",
		Long: `Read every result.json in the folders or below, as 'twothirds bench --out' and benchmarks/compare --out
write them, and make one page of them: latency over throughput, throughput across each fault, growth of
costs with the number of replicas, shares of the ceiling, and a table of all results. The page loads
nothing. Its figures are beside it as SVG and PNG.

Results that are unsafe are named on top and drawn nowhere.

Exit status: 0 written, 1 a file is not a result or could not be written, 2 wrong usage.`,
		Example: `  twothirds bench --outstanding 1,8,64,256 --out results
  twothirds bench --replicas 4,7,10 --link memory --log memory --out results
  twothirds report results --out report`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := writeReport(cmd.OutOrStdout(), args, out); err != nil {
				return &exitError{exitFailed, err.Error()}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "report", "the folder for the page and the figures")
	return cmd
}

func writeReport(w io.Writer, dirs []string, out string) error {
	results, err := benchreport.Read(dirs...)
	if err != nil {
		return err
	}
	if err := benchreport.Write(out, results); err != nil {
		return err
	}
	unsafe := 0
	for _, r := range results {
		if r.Unsafe != "" {
			unsafe++
		}
	}
	_, err = fmt.Fprintf(w, "%s: %d results, %d unsafe\n", filepath.Join(out, benchreport.PageFile), len(results), unsafe)
	return err
}
