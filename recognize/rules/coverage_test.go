package rules

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The tables of what the packs cover name every rule, and no rule that is not there.
func TestCoverageTablesNameEveryRule(t *testing.T) {
	b, err := os.ReadFile("packs/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tables, _ := strings.Cut(string(b), "# What the bundled packs cover")
	named := map[string]bool{}
	for _, id := range regexp.MustCompile(`\b(ads|contact|cosmetics|decency|food|medical)(\.[a-z0-9-]+)+\b`).FindAllString(tables, -1) {
		named[id] = true
	}
	ids := map[string]bool{}
	for _, p := range bundledSet(t).Packs() {
		for _, r := range p.Rules {
			ids[r.ID] = true
			if !named[r.ID] {
				t.Errorf("%s is in no table", r.ID)
			}
		}
	}
	for id := range named {
		if !ids[id] {
			t.Errorf("the tables name %s, and there is no such rule", id)
		}
	}
}

// Every rule has a source of its law, or says that it is a marketplace's own.
func TestEveryRuleSaysWhereItsLawIsFrom(t *testing.T) {
	for _, p := range bundledSet(t).Packs() {
		if p.Checked == "" {
			t.Errorf("pack %s does not say when its law was checked", p.Name)
		}
		for _, r := range p.Rules {
			if r.Kind == "policy" && r.Basis == nil {
				continue
			}
			if r.Basis == nil || r.Basis.Source == "" {
				t.Errorf("%s: rule %s has no source", r.Where, r.ID)
			}
		}
	}
}

// The page of the language is true: its sample loads, and its tests pass.
func TestTheLanguagesSampleLoads(t *testing.T) {
	b, err := os.ReadFile("packs/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, sample, _ := strings.Cut(string(b), "```yaml\n")
	sample, _, _ = strings.Cut(sample, "```")
	load(t, sample)
}
