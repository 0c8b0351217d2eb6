// Command pageinspect runs Pageinspect on one machine and talks to any other:
// it brings a local cloud up, submits requests, and shows what was found.
//
// Exit codes: 0 every page passed, 1 something is to be reviewed or rejected,
// 2 it did not work.
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

// The exit codes.
const (
	exitPass    = 0
	exitFinding = 1
	exitFailed  = 2
)

// exit is an error that asks for an exit code; what there is to say was said.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends it at once
	os.Exit(code(root().ExecuteContext(ctx)))
}

// code says the error and returns the exit code for it.
func code(err error) int {
	if e, ok := errors.AsType[exit](err); ok {
		return int(e)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pageinspect:", plain(err.Error()))
		return exitFailed
	}
	return exitPass
}

func root() *cobra.Command {
	c := &cobra.Command{
		Use:   "pageinspect",
		Short: "Inspect what web pages say in their pictures",
		Long: `Pageinspect photographs long web pages whole, reads the text in the pictures,
and reports what the reviewers' rules find, with the place marked.

Exit codes: 0 every page passed, 1 something is to be reviewed or rejected,
2 it did not work.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	c.AddCommand(runCommand(), serveCommand(), submitCommand(), statusCommand(), errorsCommand(), retryCommand(), reinspectCommand(), rulesCommand(), planCommand())
	return c
}
