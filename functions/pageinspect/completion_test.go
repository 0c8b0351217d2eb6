package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// completed are the words that a shell is given after these, and the directive
// that says what else it may offer.
func completed(t *testing.T, words ...string) (offered []string, directive string) {
	t.Helper()
	var out bytes.Buffer
	c := root()
	c.SetOut(&out)
	c.SetErr(new(bytes.Buffer))
	c.SetArgs(append([]string{cobra.ShellCompNoDescRequestCmd}, words...))
	if err := c.ExecuteContext(t.Context()); err != nil {
		t.Fatalf("%v: %v", words, err)
	}
	lines := strings.Fields(out.String())
	return lines[:len(lines)-1], lines[len(lines)-1]
}

func TestCompletion(t *testing.T) {
	const files, none, endings, folders = ":0", ":4", ":8", ":16"
	for _, c := range []struct {
		typed     string
		offers    string // some of what is offered
		directive string
	}{
		{"results --verdict ", "pass review reject failed", none},
		{"results --verdict re", "review reject", none},
		{"results --verdict reject,", "reject,pass reject,review", none},
		{"results --severity ", "high review info", none},
		{"results --category ", "cosmetics food", none},
		{"results --rule cosmetics.", "", none},
		{"run --category co", "cosmetics", none},
		{"errors --kind t", "timeout transient", none},
		{"retry --stage ", "deliver capture recognize", none},
		{"submit --packs ", "cosmetics-kr", none},
		{"run ", "", files},
		{"submit ", "", files},
		{"submit --file ", "", files},
		{"run --out ", "", folders},
		{"results --dir ", "", folders},
		{"results --to ", "csv xlsx jsonl", endings},
		{"run --rules ", "yaml", endings},
		{"plan --profile ", "json", endings},
		{"run --profile ", "", none},
		{"results --since ", "", none},
		{"errors ", "", none},
		{"status ", "", none},
		{"", "run serve submit status results errors retry reinspect rules plan completion", none},
	} {
		offered, directive := completed(t, strings.Split(c.typed, " ")...)
		for _, word := range strings.Fields(c.offers) {
			if !slices.Contains(offered, word) {
				t.Errorf("%q: %q is not offered: %q", c.typed, word, offered)
			}
		}
		if directive != c.directive {
			t.Errorf("%q: directive %s, want %s", c.typed, directive, c.directive)
		}
		if c.typed == "results --verdict reject," && slices.Contains(offered, "reject,reject") {
			t.Errorf("%q: offered twice: %q", c.typed, offered)
		}
	}
}

// TestCompletionNamesFlags: what completion.go tells of a flag that there is not,
// is out of date.
func TestCompletionNamesFlags(t *testing.T) {
	there := map[string]bool{}
	each(root(), func(c *cobra.Command) {
		there["command "+c.Name()] = true
		c.Flags().VisitAll(func(f *pflag.Flag) { there[f.Name], there[c.Name()+" "+f.Name] = true, true })
	})
	names := slices.Concat(flagFolders, flagWords)
	for name := range flagValues {
		names = append(names, name)
	}
	for name := range flagFiles {
		names = append(names, name)
	}
	for _, name := range argWords {
		names = append(names, "command "+name)
	}
	for _, name := range names {
		if !there[name] {
			t.Errorf("there is no %s", name)
		}
	}
}

// each visits a command and all below it that are not hidden.
func each(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, below := range c.Commands() {
		if !below.Hidden && below.Name() != "help" {
			each(below, visit)
		}
	}
}

// TestPagesAndCompletionAreWhole: every command and every flag stands in a man
// page, and a shell is offered it.
func TestPagesAndCompletionAreWhole(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("SOURCE_DATE_EPOCH", "1800000000")
	c := root()
	c.SetArgs([]string{"man", dir})
	if err := c.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := 0
	each(c, func(c *cobra.Command) {
		seen++
		b, err := os.ReadFile(filepath.Join(dir, strings.ReplaceAll(c.CommandPath(), " ", "-")+".1"))
		if err != nil {
			t.Error(err)
			return
		}
		page := strings.NewReplacer(`\-`, "-", `\fB`, "", `\fP`, "", `\&`, "", `\`, "").Replace(string(b))
		for _, word := range strings.Fields(c.Long + c.Example) {
			if !strings.Contains(page, strings.ReplaceAll(strings.Trim(word, "#"), `\`, "")) {
				t.Errorf("%s: its page lacks %q", c.CommandPath(), word)
			}
		}
		if !strings.Contains(page, "Jan 2027") {
			t.Errorf("%s: its date is another than SOURCE_DATE_EPOCH", c.CommandPath())
		}
		typed := strings.Fields(c.CommandPath())[1:]
		if c.Name() == "plan" {
			typed = append(typed, "--pages=1") // without which it is offered nothing else
		}
		offered, _ := completed(t, append(typed, "--")...)
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(page, "--"+f.Name) {
				t.Errorf("%s: its page lacks --%s", c.CommandPath(), f.Name)
			}
			if f.Name != "help" && f.Name != "version" && f.Name != "pages" && !slices.Contains(offered, "--"+f.Name) && !slices.Contains(offered, "--"+f.Name+"=") {
				t.Errorf("%s: --%s is not offered: %q", c.CommandPath(), f.Name, offered)
			}
		})
		if name := c.Name(); c.HasParent() && !c.Parent().HasParent() {
			if offered, _ := completed(t, name); !slices.Contains(offered, name) {
				t.Errorf("%s is not offered: %q", name, offered)
			}
		}
	})
	if seen < 15 {
		t.Errorf("only %d commands were seen", seen)
	}
}

// TestShellsAreGivenTabs: they part a word from what it means by one.
func TestShellsAreGivenTabs(t *testing.T) {
	code, out, errs := pageinspect(t, cobra.ShellCompRequestCmd, "retr")
	if code != 0 || !strings.HasPrefix(out, "retry\tPublish again") {
		t.Errorf("exit %d: %q %s", code, out, errs)
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if code, out, _ := pageinspect(t, "completion", shell); code != 0 || !strings.Contains(out, "__complete") || strings.Contains(out, "\ufffd") {
			t.Errorf("%s: exit %d: %.100q", shell, code, out)
		}
	}
}
