package accuracy

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/recognize/rules"
)

var (
	measure = flag.Bool("accuracy", false, "print what the rules find in each corpus")
	misses  = flag.String("misses", "", "print what is missed and found for nothing in this corpus")
)

var at = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func bundled(t *testing.T) *rules.Set {
	t.Helper()
	set, err := rules.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func corpus(t *testing.T, name string) []Text {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	texts, err := Read(f)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return texts
}

// tallies measures a set on a corpus: by family, by spelling, and all.
func tallies(t *testing.T, set *rules.Set, texts []Text, show bool) map[string]*Tally {
	t.Helper()
	all := map[string]*Tally{}
	search := SubstringOf(set)
	count := func(name string, violating, hit bool) {
		if all[name] == nil {
			all[name] = &Tally{}
		}
		all[name].add(violating, hit)
	}
	for _, text := range texts {
		ids, err := Found(set, text, at)
		if err != nil {
			t.Fatal(err)
		}
		hit := len(ids) > 0
		spelling := "spelling: plain"
		if text.Disguised {
			spelling = "spelling: disguised"
		}
		family, _, _ := strings.Cut(text.Family, ".")
		for _, name := range []string{"all", spelling, "family: " + family} {
			count(name, text.Violating, hit)
		}
		count("substring search", text.Violating, search.Found(text))
		if text.Violating && hit {
			right := slices.ContainsFunc(ids, func(id string) bool { return strings.HasPrefix(id, family) })
			count("named for the right family", true, right)
		}
		if show && text.Violating != hit {
			fmt.Printf("%-9v %-12s %-9s %q %v\n", text.Violating, text.Category, family, text.Text, ids)
		}
	}
	return all
}

// TestAccuracy prints recall and precision with Wilson's 95% intervals.
func TestAccuracy(t *testing.T) {
	if !*measure && *misses == "" {
		return
	}
	set := bundled(t)
	files, err := os.ReadDir("corpus")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".tsv") || *misses != "" && *misses != f.Name() {
			continue
		}
		all := tallies(t, set, corpus(t, "corpus/"+f.Name()), *misses != "")
		fmt.Printf("\n%-28s %-32s %s\n", f.Name(), "recall", "precision")
		for _, name := range slices.Sorted(maps.Keys(all)) {
			fmt.Printf("%-28s %-32s %s\n", name, all[name].Recall(), all[name].Precision())
		}
	}
}
