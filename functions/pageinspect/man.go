package main

import (
	"os"
	"strings"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// manCommand writes the man pages. Releases have them; it is for those who
// install with Go, and hidden from the others.
func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Hidden: true,
		Short:  "Write man pages into a directory",
		Long: `Write a man page for each command into DIR, which is made if it is not there.
They are dated by SOURCE_DATE_EPOCH where it is set.`,
		Example: "  pageinspect man ~/.local/share/man/man1",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fault.New(fault.Invalid, "%v; give another directory", err)
			}
			c.Root().DisableAutoGenTag = true
			markdown(c.Root())
			return doc.GenManTree(c.Root(), &doc.GenManHeader{Source: "pageinspect", Manual: "Pageinspect"}, args[0])
		},
	}
}

// markdown makes texts what the pages are made of: what is indented is so by four
// spaces, and no sign is one of emphasis.
func markdown(c *cobra.Command) {
	c.Long = strings.NewReplacer("\n  ", "\n    ", "_", `\_`, "*", `\*`).Replace(c.Long)
	for _, below := range c.Commands() {
		markdown(below)
	}
}
