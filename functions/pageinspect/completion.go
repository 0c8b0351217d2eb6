package main

import (
	"slices"
	"strings"
	"sync"

	"github.com/pageinspect/pageinspect/functions/pageinspect/results"
	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What a shell offers for a flag, by the flag's name, or by the command's and
// its own where a name has two meanings. For others it offers files.
var (
	flagValues = map[string]func() []string{
		"verdict": func() []string {
			return []string{string(result.Pass), string(result.Review), string(result.Reject), results.Failed}
		},
		"severity": func() []string {
			return []string{string(result.High), string(result.ReviewSeverity), string(result.Info)}
		},
		"stage": func() []string {
			return []string{string(job.StageDeliver), string(job.StageCapture), string(job.StageRecognize)}
		},
		"kind":     kinds,
		"category": categories,
		"packs":    packs,
		"rule":     ruleIDs,
		"tier":     func() []string { return []string{"1", "2"} },
	}
	flagFiles = map[string][]string{ // endings
		"to": {"csv", "xlsx", "jsonl"}, "rules": {"yaml", "yml", "txt", "csv"}, "profiles": {"yaml", "yml"}, "result": {"json"}, "plan profile": {"json"},
	}
	flagFolders = []string{"out", "dir", "state", "results"}
	// Words of one's own, of which a shell knows none.
	flagWords = []string{"prefix", "since", "day", "label", "id", "column", "sheet", "text", "bucket", "topic", "run profile", "submit profile", "allow"}
	// Commands whose arguments are no files.
	argWords = []string{"serve", "status", "results", "errors", "retry", "reinspect", "plan"}
)

// offer tells shells what to complete flags and arguments with, below c.
func offer(c *cobra.Command) {
	if slices.Contains(argWords, c.Name()) {
		c.ValidArgsFunction = cobra.NoFileCompletions
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		name := f.Name
		if long := c.Name() + " " + name; slices.Contains(flagWords, long) || flagFiles[long] != nil {
			name = long
		}
		switch {
		case flagValues[name] != nil:
			values := flagValues[name]
			c.RegisterFlagCompletionFunc(f.Name, func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) { //nolint:errcheck // the flag is there
				return listed(typed, values()), cobra.ShellCompDirectiveNoFileComp
			})
		case flagFiles[name] != nil:
			c.MarkFlagFilename(f.Name, flagFiles[name]...) //nolint:errcheck // the flag is there
		case slices.Contains(flagFolders, name):
			c.MarkFlagDirname(f.Name) //nolint:errcheck // the flag is there
		case slices.Contains(flagWords, name):
			c.RegisterFlagCompletionFunc(f.Name, cobra.NoFileCompletions) //nolint:errcheck // the flag is there
		}
	})
	for _, below := range c.Commands() {
		offer(below)
	}
}

// listed completes the last of several words with commas between them, and offers
// none twice.
func listed(typed string, values []string) (all []string) {
	end := strings.LastIndex(typed, ",") + 1
	given := strings.Split(typed[:end], ",")
	for _, v := range values {
		if !slices.Contains(given, v) {
			all = append(all, typed[:end]+v)
		}
	}
	return all
}

func kinds() (all []string) {
	for _, k := range fault.Kinds() {
		all = append(all, string(k))
	}
	return all
}

// bundled are the packs that come along. To load them takes a second.
var bundled = sync.OnceValue(func() []rules.Pack {
	set, err := rules.Bundled()
	if err != nil {
		return nil // a test has loaded them
	}
	return set.Packs()
})

func packs() (all []string) {
	for _, p := range bundled() {
		all = append(all, p.Name)
	}
	return all
}

func categories() (all []string) {
	for _, p := range bundled() {
		for _, r := range p.Rules {
			all = append(all, r.Categories...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func ruleIDs() (all []string) {
	for _, p := range bundled() {
		for _, r := range p.Rules {
			all = append(all, r.ID)
		}
	}
	return all
}
