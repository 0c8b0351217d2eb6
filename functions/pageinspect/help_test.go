package main

import (
	"bytes"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestHelpHelps: each command has a sentence, what comes of it, an example that
// names it, and lines that fit 80 columns.
func TestHelpHelps(t *testing.T) {
	c := root()
	c.InitDefaultHelpCmd()
	each(c, func(c *cobra.Command) {
		name := c.CommandPath()
		if c.Name() == "completion" || c.Name() == "help" {
			return
		}
		if c.Short == "" || c.Long == "" || !strings.Contains(c.Example, name) {
			t.Errorf("%s: it lacks a sentence, a text or an example", name)
		}
		var out bytes.Buffer
		c.SetOut(&out)
		if err := c.Help(); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := len([]rune(strings.TrimSpace(line))); n > 80 && !strings.Contains(line, "pageinspect ") {
				t.Errorf("%s: %d columns: %s", name, n, line)
			}
		}
	})
}

func TestVersion(t *testing.T) {
	got := versionOf(&debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}, {Key: "vcs.time", Value: "2026-11-26T00:00:00Z"}}})
	if !strings.HasPrefix(got, "v1.2.3 (commit 0123456789ab with changes of 2026-11-26T00:00:00Z), go1.") {
		t.Error(got)
	}
	if got := versionOf(&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}); !strings.HasPrefix(got, "of no release (commit not known), go1.") {
		t.Error(got)
	}
	var out bytes.Buffer
	c := root()
	c.SetOut(&out)
	c.SetArgs([]string{"--version"})
	if err := c.ExecuteContext(t.Context()); err != nil || !strings.HasPrefix(out.String(), "pageinspect of no release (commit not known), go1.") {
		t.Errorf("%q, %v", out.String(), err)
	}
}
