// Command pageinspect runs Pageinspect on one machine and talks to any other:
// it brings a local cloud up, submits requests, and shows what was found.
//
// Exit codes: 0 every page passed, 1 something is to be reviewed or rejected,
// 2 it did not work, 130 it was interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// The exit codes.
const (
	exitPass    = 0
	exitFinding = 1
	exitFailed  = 2
	// As a shell says it of a program that ended so.
	exitInterrupted = 128 + int(syscall.SIGINT)
	exitPipe        = 128 + int(syscall.SIGPIPE)
)

// exit is an error that asks for an exit code; what there is to say was said.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends it at once
	// A reader that has seen enough (run | head -1) ends nothing by force: the
	// writes fail, and what was begun is tidied up.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	c := root()
	c.SetIn(interruptible{ctx, os.Stdin})
	c.SetOut(screen{os.Stdout})
	c.SetErr(screen{os.Stderr})
	os.Exit(code(ctx, c.ExecuteContext(ctx), c.ErrOrStderr()))
}

// interruptible is a reader that gives up when ctx ends: nobody may ever type
// the end of standard input.
type interruptible struct {
	ctx context.Context
	io.Reader
}

func (r interruptible) Read(b []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, r.ctx.Err()
	}
	type answer struct {
		data []byte
		err  error
	}
	read := make(chan answer, 1)
	go func() {
		buffer := make([]byte, len(b)) // of its own: the read may end after us
		n, err := r.Reader.Read(buffer)
		read <- answer{buffer[:n], err}
	}()
	select {
	case a := <-read:
		return copy(b, a.data), a.err
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	}
}

// atOnce ends a command that has nothing to tidy up when it is interrupted.
func atOnce(c *cobra.Command) {
	context.AfterFunc(c.Context(), func() {
		os.Exit(code(c.Context(), interrupted(""), c.ErrOrStderr()))
	})
}

// interrupted is the error of a command that was, with what it has to say of it.
type interrupted string

func (i interrupted) Error() string { return strings.TrimSuffix("interrupted; "+string(i), "; ") }

// code says the error and returns the exit code for it. However far a command
// was when it was interrupted, it says that and nothing of what broke by it.
func code(ctx context.Context, err error, stderr io.Writer) int {
	if e, ok := errors.AsType[exit](err); ok {
		return int(e)
	}
	if errors.Is(err, syscall.EPIPE) {
		return exitPipe
	}
	stopped, ok := errors.AsType[interrupted](err)
	switch {
	case err == nil:
		return exitPass
	case ok:
		err = stopped
	case ctx.Err() != nil:
		err = interrupted("")
	default:
		fmt.Fprintln(stderr, "pageinspect:", plain(err.Error()))
		return exitFailed
	}
	fmt.Fprintln(stderr, "pageinspect:", plain(err.Error()))
	return exitInterrupted
}

func root() *cobra.Command {
	c := &cobra.Command{
		Use:   "pageinspect",
		Short: "Inspect what web pages say in their pictures",
		Long: `Pageinspect photographs long web pages whole, reads the text in the pictures,
and reports what the reviewers' rules find, with the place marked.

Exit codes: 0 every page passed, 1 something is to be reviewed or rejected,
2 it did not work, 130 it was interrupted.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	c.AddCommand(runCommand(), serveCommand(), submitCommand(), statusCommand(), resultsCommand(), errorsCommand(), retryCommand(),
		reinspectCommand(), rulesCommand(), planCommand(), evidenceCommand(), verifyCommand(), deskCommand(), recheckCommand())
	return c
}
