package index

import (
	"math"
	"path"
	"slices"
	"strings"
	"time"
	"unique"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/result"
)

// word is a word of a filter, of which a hundred thousand pages have a few.
type word = unique.Handle[string]

// trait is what filters ask of one finding.
type trait struct {
	Rule     string
	Severity result.Severity
	Kind     result.Kind
	Source   result.Source
}

// entry is what a list needs to know of a page to choose and to sort it.
type entry struct {
	n          int64 // the page's number in the file
	id, title  string
	version    int64
	verdict    word
	state      word
	rank       int8 // where state stands among decision.States
	severity   int8 // severityRank of the worst finding; the last, where what is open is no finding
	changed    bool
	findings   int
	recognized int64 // Unix nanoseconds
	units      int32
	runes      int32   // letters of the page's own text
	recall     float32 // share of them that was read
	host, by   word
	categories []word
	labels     []word
	unseen     []word
	traits     []unique.Handle[trait]
	put        int64 // the change of the index that brought it
	at         int   // where in Index.all
}

// stored is an entry's and a row's common form in the file.
type stored struct {
	Row
	Text     string  `json:"text"` // decision.TextSum
	Taken    string  `json:"taken,omitempty"`
	Traits   []trait `json:"traits,omitempty"`
	Severity int8    `json:"severity"`
}

func storedOf(r result.Result, w Row, text string) stored {
	s := stored{Row: w, Text: text, Taken: r.Scope.Category, Severity: 2 * int8(len(severities))}
	if w.Worst != nil && (w.State != decision.Open || w.Open > 0) {
		s.Severity = int8(severityRank(r.Findings[w.Worst.N]))
	}
	for _, f := range r.Findings {
		if t := (trait{f.Rule, f.Severity, f.Kind, f.Source}); !slices.Contains(s.Traits, t) {
			s.Traits = append(s.Traits, t)
		}
	}
	return s
}

func entryOf(n int64, s stored) *entry {
	e := &entry{
		n: n, id: s.ID, title: strings.ToLower(s.Title), version: s.Version, verdict: unique.Make(string(s.Verdict)), state: unique.Make(string(s.State)),
		rank: int8(slices.Index(decision.States, s.State)), severity: s.Severity, changed: s.Changed, findings: s.Findings,
		recognized: nanos(s.Recognized), host: unique.Make(s.Host), by: unique.Make(s.DecidedBy),
		units: int32(s.Units), runes: int32(s.RecallRunes), recall: float32(s.Recall),
	}
	for _, c := range slices.Compact([]string{s.Category, s.Taken}) {
		if c != "" {
			e.categories = append(e.categories, unique.Make(c))
		}
	}
	for name, value := range s.Labels {
		e.labels = append(e.labels, unique.Make(name+"="+value))
	}
	for _, k := range s.Unseen {
		e.unseen = append(e.unseen, unique.Make(k))
	}
	for _, t := range s.Traits {
		e.traits = append(e.traits, unique.Make(t))
	}
	return e
}

// nanos is a time in nanoseconds; one that is missing comes before all others.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return math.MinInt64
	}
	return t.UnixNano()
}

// The filters, by the name of their field in a Query.
const (
	byVerdict = iota
	byState
	byFinding
	byCategory
	byHost
	byLabel
	byUnseen
	byWhom
	byRest
	filters
)

// misses says which filters of a query leave the entry out, as bits.
func (e *entry) misses(c *choice) (missed uint) {
	if len(c.q.Verdicts) > 0 && !slices.Contains(c.q.Verdicts, e.verdict.Value()) {
		missed |= 1 << byVerdict
	}
	if len(c.q.States) > 0 && !slices.Contains(c.q.States, e.state.Value()) {
		missed |= 1 << byState
	}
	if c.finding && !slices.ContainsFunc(e.traits, func(t unique.Handle[trait]) bool { return c.meets(t).missed == 0 }) {
		missed |= 1 << byFinding
	}
	if len(c.q.Categories) > 0 && !slices.ContainsFunc(e.categories, func(w word) bool { return foldedIn(c.q.Categories, w.Value()) }) {
		missed |= 1 << byCategory
	}
	if len(c.q.Hosts) > 0 && !foldedIn(c.q.Hosts, e.host.Value()) {
		missed |= 1 << byHost
	}
	for _, l := range c.q.Labels {
		if !slices.ContainsFunc(e.labels, func(w word) bool { return labelled(w.Value(), l) }) {
			missed |= 1 << byLabel
		}
	}
	if len(c.q.Unseen) > 0 && !slices.ContainsFunc(e.unseen, func(w word) bool {
		return slices.Contains(c.q.Unseen, anyKind) || slices.Contains(c.q.Unseen, w.Value())
	}) {
		missed |= 1 << byUnseen
	}
	if len(c.q.By) > 0 && !slices.Contains(c.q.By, e.by.Value()) {
		missed |= 1 << byWhom
	}
	if c.q.Changed && !e.changed || !c.q.Since.IsZero() && e.recognized < c.since || !c.q.Until.IsZero() && e.recognized >= c.until || c.said != nil && !c.said.has(e.n) || c.shown != nil && !c.shown.has(e.n) {
		missed |= 1 << byRest
	}
	return missed
}

func foldedIn(all []string, s string) bool {
	return slices.ContainsFunc(all, func(a string) bool { return strings.EqualFold(a, s) })
}

// labelled says whether a label, NAME=VALUE, is the one asked for, or has its name.
func labelled(label, asked string) bool {
	name, _, _ := strings.Cut(label, "=")
	return label == asked || name == asked
}

// choice is a query made ready.
type choice struct {
	q            Query
	finding      bool // it asks for a finding
	since, until int64
	said, shown  *set // the pages that say the text, and that show the picture; nil: any
	met          map[unique.Handle[trait]]*met
}

func choiceOf(q Query) *choice {
	return &choice{
		q: q, finding: len(q.Rules)+len(q.Severities)+len(q.Kinds)+len(q.Sources) > 0,
		since: nanos(q.Since), until: nanos(q.Until), met: map[unique.Handle[trait]]*met{},
	}
}

// What of a finding a query asks for, as bits, in the order of met.words.
const (
	ofRule = 1 << iota
	ofSeverity
	ofKind
	ofSource
)

// met is what a query makes of a finding.
type met struct {
	missed uint // what is asked of it that it does not have
	words  [4]word
}

func (c *choice) meets(h unique.Handle[trait]) *met {
	if m, ok := c.met[h]; ok {
		return m
	}
	t := h.Value()
	m := &met{words: [4]word{unique.Make(t.Rule), unique.Make(string(t.Severity)), unique.Make(string(t.Kind)), unique.Make(string(t.Source))}}
	if len(c.q.Rules) > 0 && !slices.ContainsFunc(c.q.Rules, func(p string) bool { ok, _ := path.Match(p, t.Rule); return ok }) {
		m.missed |= ofRule
	}
	if len(c.q.Severities) > 0 && !slices.Contains(c.q.Severities, string(t.Severity)) {
		m.missed |= ofSeverity
	}
	if len(c.q.Kinds) > 0 && !slices.Contains(c.q.Kinds, string(t.Kind)) {
		m.missed |= ofKind
	}
	if len(c.q.Sources) > 0 && !slices.Contains(c.q.Sources, string(t.Source)) {
		m.missed |= ofSource
	}
	c.met[h] = m
	return m
}
