package index

import (
	"cmp"
	"context"
	"slices"
)

// Facet is one word of a filter with the pages it would choose beside the other filters.
type Facet struct {
	Word  string
	Pages int
}

// maxFacets bounds the words of one filter.
const maxFacets = 200

// Facets are the words of each filter, by the Query's field in lower case (verdicts,
// states, rules, severities, kinds, sources, categories, hosts, labels, unseen, by), the most frequent first, at
// most 200 each.
func (x *Index) Facets(ctx context.Context, q Query) (map[string][]Facet, error) {
	q.After, q.Limit = "", 0
	c, err := x.choose(ctx, q)
	if err != nil {
		return nil, err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	count := map[string]map[string]int{}
	for _, name := range []string{"verdicts", "states", "rules", "severities", "kinds", "sources", "categories", "hosts", "labels", "unseen", "by"} {
		count[name] = map[string]int{}
	}
	for _, e := range x.pages {
		missed := e.misses(c)
		for filter := range filters {
			if missed&^(1<<filter) == 0 {
				e.count(filter, c, count)
			}
		}
	}
	facets := map[string][]Facet{}
	for name, words := range count {
		all := []Facet{}
		for word, n := range words {
			if word != "" {
				all = append(all, Facet{word, n})
			}
		}
		slices.SortFunc(all, func(a, b Facet) int { return cmp.Or(b.Pages-a.Pages, cmp.Compare(a.Word, b.Word)) })
		facets[name] = all[:min(len(all), maxFacets)]
	}
	return facets, nil
}

// count counts the entry's words of one filter.
func (e *entry) count(filter int, c *choice, count map[string]map[string]int) {
	add := func(name string, all ...word) {
		for _, w := range all {
			count[name][w.Value()]++
		}
	}
	switch filter {
	case byVerdict:
		count["verdicts"][string(e.verdict)]++
	case byState:
		count["states"][string(e.state)]++
	case byFinding:
		e.countFindings(c, count)
	case byCategory:
		add("categories", e.categories...)
	case byHost:
		add("hosts", e.host)
	case byLabel:
		add("labels", e.labels...)
	case byUnseen:
		add("unseen", e.unseen...)
		if len(e.unseen) > 0 {
			count["unseen"][anyKind]++
		}
	case byWhom:
		add("by", e.by)
	}
}

// countFindings counts, of the filters that are about one finding, the words that
// one of the entry's has beside what the other three ask.
func (e *entry) countFindings(c *choice, count map[string]map[string]int) {
	words := map[[2]string]bool{}
	for _, h := range e.traits {
		missed, t := c.meets(h), h.Value()
		for _, f := range []struct {
			bit        uint
			name, word string
		}{{ofRule, "rules", t.Rule}, {ofSeverity, "severities", string(t.Severity)}, {ofKind, "kinds", string(t.Kind)}, {ofSource, "sources", string(t.Source)}} {
			if missed&^f.bit == 0 && !words[[2]string{f.name, f.word}] {
				words[[2]string{f.name, f.word}] = true
				count[f.name][f.word]++
			}
		}
	}
}
