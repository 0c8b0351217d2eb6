package index

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Row is a page in the list.
type Row struct {
	ID, URL, FinalURL, Host, Title, Category string
	Labels                                   map[string]string
	Verdict                                  result.Verdict
	State                                    decision.State
	Captured, Recognized                     time.Time
	Version                                  int64
	Findings, Open                           int      // that count for the verdict, and of them undecided
	FindingsAll                              int      // reports and infos too
	Worst                                    *Finding // the worst that is open, or else the worst; nil: none
	Unseen                                   []string // kinds
	Indecent                                 bool     // SafeSearch thinks adult or racy likely, or a rule of the decency pack met
	Changed                                  bool     // it was decided, and says something else now
	DecidedBy                                string
	DecidedAt                                time.Time
	Last                                     int // number of the latest decision, for Ledger.Decide
	Units                                    int // Vision's
	Recall                                   float64
	RecallRunes                              int
}

// Finding is one finding of a row, with where its crop is.
type Finding struct {
	N                    int // index into the result's findings
	Rule, Quote, Message string
	Severity             result.Severity
	Source               result.Source
	Box                  page.Box
	Tile                 int // index of a tile that has all of the box, or most; -1: it has no place
}

// rowOf is the row of a result, of which no line is needed, as it stands with its
// decisions. text is what decision.TextSum says of it.
func rowOf(r result.Result, version int64, text string, onPage []decision.Decision, onPictures map[string][]decision.Decision) Row {
	s := decision.Stand(r, onPage, onPictures)
	w := Row{
		ID: r.ID, URL: r.URL, FinalURL: r.FinalURL, Host: hostOf(r), Title: r.Title, Category: cmp.Or(r.Category, r.Scope.Category),
		Labels: r.Labels, Verdict: r.Verdict, State: s.State, Captured: r.CapturedAt.UTC(), Recognized: r.RecognizedAt.UTC(), Version: version,
		Open: s.Open, FindingsAll: max(len(r.Findings), r.FindingsTotal), Worst: worstOf(r, s), Unseen: kindsOf(r), Indecent: indecent(r),
		Units: r.Vision.Units, Recall: r.Quality.DOMRecall, RecallRunes: r.Quality.DOMRunes,
	}
	for _, f := range r.Findings {
		if decision.Counts(f) {
			w.Findings++
		}
	}
	if n := len(onPage); n > 0 {
		w.Last = onPage[n-1].N
	}
	if d := lastOf(s); d != nil {
		w.DecidedBy, w.DecidedAt = d.By, d.At
	}
	w.Changed = changed(s, text)
	return w
}

// changed says whether the page says something else than when it was last decided,
// or was dismissed as a whole and has findings since that nobody decided.
func changed(s decision.Standing, text string) bool {
	d := s.Last
	return d != nil && (d.Shown.Text != "" && d.Shown.Text != text || d.Whole && d.Action == decision.Dismiss && s.Open > 0)
}

// lastOf is the latest decision on the page, or on a picture of it that decides a finding.
func lastOf(s decision.Standing) *decision.Decision {
	last := s.Last
	for _, d := range s.By {
		if d != nil && (last == nil || d.At.After(last.At)) {
			last = d
		}
	}
	return last
}

func hostOf(r result.Result) string {
	for _, address := range []string{r.FinalURL, r.URL} {
		if u, err := url.Parse(address); err == nil && u.Host != "" {
			return strings.ToLower(u.Hostname())
		}
	}
	return ""
}

// worstOf is the worst finding that is open, or else the worst; the first of equals.
func worstOf(r result.Result, s decision.Standing) *Finding {
	rank := func(i int) int {
		n := severityRank(r.Findings[i])
		if s.Findings[i] != decision.Open {
			n += 10
		}
		return n
	}
	worst := -1
	for i := range r.Findings {
		if worst < 0 || rank(i) < rank(worst) {
			worst = i
		}
	}
	if worst < 0 {
		return nil
	}
	f := r.Findings[worst]
	return &Finding{N: worst, Rule: f.Rule, Quote: f.Quote, Message: f.Message, Severity: f.Severity, Source: f.Source, Box: f.Box, Tile: tileOf(r.Tiles, f.Box)}
}

// severityRank is 0 for the worst; those that count for no verdict come last.
func severityRank(f result.Finding) int {
	n := slices.Index(severities, f.Severity)
	if n < 0 {
		n = len(severities)
	}
	if f.Mode != result.Enforce {
		n += len(severities)
	}
	return n
}

// tileOf is the first of the tiles that has all of the box, or else the one that has most of it.
func tileOf(tiles []page.Tile, b page.Box) int {
	best, most := -1, 0.0
	for i, t := range tiles {
		shared := (min(b.Right(), float64(t.X+t.Width)) - max(b.X, float64(t.X))) * max(0, min(b.Bottom(), float64(t.Bottom()))-max(b.Y, float64(t.Y)))
		if shared > most {
			best, most = i, shared
		}
	}
	return best
}

func kindsOf(r result.Result) []string {
	kinds := map[string]bool{}
	for _, u := range r.Unseen {
		kinds[string(u.Kind)] = true
	}
	return slices.Sorted(maps.Keys(kinds))
}

// decency begins the rules of the pack of what no shop shows.
const decency = "decency."

func indecent(r result.Result) bool {
	for _, s := range r.SafeSearch {
		for _, likelihood := range []string{s.Adult, s.Racy} {
			if likelihood == "likely" || likelihood == "very_likely" {
				return true
			}
		}
	}
	return slices.ContainsFunc(r.Findings, func(f result.Finding) bool {
		return decision.Counts(f) && strings.HasPrefix(f.Rule, decency)
	})
}
