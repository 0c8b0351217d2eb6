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
	sealed  = flag.Bool("sealed", false, "measure the sealed corpus, too, which no rule is written by")
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
		all[name].Add(violating, hit)
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
		count("all", text.Violating, hit)
		count(spelling, text.Violating, hit)
		if family != "" {
			count("family: "+family, text.Violating, hit)
		}
		count("substring search", text.Violating, search.Found(text))
		if text.Violating && hit {
			right := slices.ContainsFunc(ids, func(id string) bool { return named(id, family) })
			count("named for the right family", true, right)
		}
		if show && text.Violating != hit {
			fmt.Printf("%-9v %-12s %-9s %q %v\n", text.Violating, text.Category, family, text.Text, ids)
		}
	}
	return all
}

// named says whether a rule is of a family of texts. English has rules in each,
// and quasi-drugs are medical.
func named(id, family string) bool {
	switch family {
	case "english":
		return strings.Contains(id, ".en.")
	case "quasi":
		return strings.HasPrefix(id, "medical.")
	}
	return strings.HasPrefix(id, family+".")
}

// The corpora that the rules were written by, and the least that is found in
// them: what a change of rules may not lose. How rules do on texts that they
// were not written by is what TestAccuracy is for.
func TestRulesKeepWhatTheyFind(t *testing.T) {
	set := bundled(t)
	for name, floor := range map[string]struct{ recall, precision float64 }{
		"write.tsv": {0.97, 0.97}, "write-2.tsv": {0.94, 0.97}, "write-3.tsv": {0.94, 0.97}, "look.tsv": {0.93, 0.97}, "look-2.tsv": {0.93, 0.97},
		"cases.tsv": {0.98, 0.98},
	} {
		all := tallies(t, set, corpus(t, "corpus/"+name), false)
		if r := all["all"].Recall(); r.Rate() < floor.recall {
			t.Errorf("%s: recall %s, less than %.2f", name, r, floor.recall)
		}
		if p := all["all"].Precision(); p.Rate() < floor.precision {
			t.Errorf("%s: precision %s, less than %.2f", name, p, floor.precision)
		}
		if r := all["spelling: disguised"].Recall(); r.Rate() < floor.recall-0.1 {
			t.Errorf("%s: recall of disguised texts %s", name, r)
		}
	}
}

func TestInterval(t *testing.T) {
	for share, want := range map[Share]string{
		{0, 0}: "0.00 1.00", {9, 10}: "0.60 0.98", {0, 10}: "0.00 0.28", {50, 100}: "0.40 0.60",
	} {
		low, high := share.Interval()
		if got := fmt.Sprintf("%.2f %.2f", low, high); got != want {
			t.Errorf("%d of %d: %s, want %s", share.Part, share.Whole, got, want)
		}
	}
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
		if f.Name() == "sealed.tsv" && !*sealed {
			continue
		}
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
