package index

import (
	"cmp"
	"context"
	"slices"
	"unique"
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
	t := tally{}
	for i, e := range x.all {
		missed := e.misses(c)
		if missed&(missed-1) != 0 {
			continue // two filters leave it out: it counts for neither's words
		}
		for filter := range filters {
			if missed&^(1<<filter) == 0 {
				t.page = i + 1
				t.count(e, filter, c)
			}
		}
	}
	return t.facets(), nil
}

// facets names the lists of a tally.
var facets = [...]string{"verdicts", "states", "rules", "severities", "kinds", "sources", "categories", "hosts", "labels", "unseen", "by"}

const (
	verdictWords = iota
	stateWords
	ruleWords // and the others of a finding, in the order of met.words
	severityWords
	kindWords
	sourceWords
	categoryWords
	hostWords
	labelWords
	unseenWords
	byWords
)

// tally counts pages by word.
type tally struct {
	page  int // that is counted, from 1
	words [len(facets)]map[word]*tallied
}

type tallied struct{ pages, last int } // last: the page that was counted last, for each counts once

func (t *tally) add(list int, all ...word) {
	if t.words[list] == nil {
		t.words[list] = map[word]*tallied{}
	}
	for _, w := range all {
		n := t.words[list][w]
		if n == nil {
			n = &tallied{}
			t.words[list][w] = n
		}
		if n.last != t.page {
			n.last = t.page
			n.pages++
		}
	}
}

// count counts the entry's words of one filter.
func (t *tally) count(e *entry, filter int, c *choice) {
	switch filter {
	case byVerdict:
		t.add(verdictWords, e.verdict)
	case byState:
		t.add(stateWords, e.state)
	case byFinding:
		t.countFindings(e, c)
	case byCategory:
		t.add(categoryWords, e.categories...)
	case byHost:
		t.add(hostWords, e.host)
	case byLabel:
		t.add(labelWords, e.labels...)
	case byUnseen:
		t.add(unseenWords, e.unseen...)
		if len(e.unseen) > 0 {
			t.add(unseenWords, anyWord)
		}
	case byWhom:
		t.add(byWords, e.by)
	}
}

var anyWord = unique.Make(anyKind)

// countFindings counts, of the filters that are about one finding, the words that
// one of the entry's has beside what the other three ask.
func (t *tally) countFindings(e *entry, c *choice) {
	for _, h := range e.traits {
		m := c.meets(h)
		for i, w := range m.words {
			if m.missed&^(1<<i) == 0 {
				t.add(ruleWords+i, w)
			}
		}
	}
}

// facets are the words with the most pages first.
func (t *tally) facets() map[string][]Facet {
	out := map[string][]Facet{}
	for i, name := range facets {
		all := []Facet{}
		for w, n := range t.words[i] {
			if w.Value() != "" {
				all = append(all, Facet{w.Value(), n.pages})
			}
		}
		slices.SortFunc(all, func(a, b Facet) int { return cmp.Or(b.Pages-a.Pages, cmp.Compare(a.Word, b.Word)) })
		out[name] = all[:min(len(all), maxFacets)]
	}
	return out
}
