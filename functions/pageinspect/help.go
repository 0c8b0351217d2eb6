package main

import (
	"os"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// readable has the help of c, and of what is below it, fit the terminal.
func readable(c *cobra.Command) {
	cobra.AddTemplateFunc("flags", func(f *pflag.FlagSet) string { return f.FlagUsagesWrapped(helpWidth()) })
	cobra.AddTemplateFunc("text", func(s string) string { return reflowed(s, helpWidth()) })
	c.SetUsageTemplate(strings.NewReplacer(".LocalFlags.FlagUsages", "flags .LocalFlags", ".InheritedFlags.FlagUsages", "flags .InheritedFlags").Replace(c.UsageTemplate()))
	c.SetHelpTemplate(strings.Replace(c.HelpTemplate(), "{{. |", "{{text . |", 1))
}

// helpWidth is how long the lines of a help may be: longer ones are hard to read.
func helpWidth() int {
	const most = 80
	if width := terminalWidth(os.Stdout); width > 0 {
		return min(width, most)
	}
	return most
}

// reflowed breaks paragraphs anew, and leaves what is indented as it is.
func reflowed(s string, width int) string {
	paragraphs := strings.Split(s, "\n\n")
	for i, p := range paragraphs {
		if strings.HasPrefix(p, " ") {
			continue
		}
		lines := strings.Split(text.WrapSoft(strings.ReplaceAll(p, "\n", " "), width), "\n")
		for n := range lines {
			lines[n] = strings.TrimRight(lines[n], " ")
		}
		paragraphs[i] = strings.Join(lines, "\n")
	}
	return strings.Join(paragraphs, "\n\n")
}
