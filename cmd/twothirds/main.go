// Command twothirds runs, attacks and measures a cluster of twothirds replicas.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes: 0 clean, 1 a check failed, 2 wrong usage, 3 a run was not
// deterministic.
const (
	exitFailed  = 1
	exitUsage   = 2
	exitNondetr = 3
	// exitInterrupted is what shells report of a process that SIGINT ended.
	exitInterrupted = 130
)

// exitError carries an exit code. An empty text means that everything was said.
type exitError struct {
	code int
	text string
}

func (e *exitError) Error() string { return e.text }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	root := &cobra.Command{
		Use:           "twothirds",
		Short:         "Byzantine fault-tolerant consensus: run it, attack it, measure it",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(demoCommand(), testnetCommand(), nodeCommand(), gatewayCommand(), huntCommand(), replayCommand(), shrinkCommand(),
		explainCommand(), exhaustCommand(), listCommand(), scoreCommand(),
		benchCommand(), reportCommand(), versionCommand())
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var e *exitError
	if errors.As(err, &e) {
		if e.text != "" {
			fmt.Fprintln(os.Stderr, "twothirds:", e.text)
		}
		return e.code
	}
	fmt.Fprintf(os.Stderr, "twothirds: %v\nRun 'twothirds --help' for usage.\n", err)
	return exitUsage
}
