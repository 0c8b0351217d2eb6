package index

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Summary is what many pages come to.
type Summary struct {
	Pages    int                    `json:"pages"`
	Verdicts map[result.Verdict]int `json:"verdicts"`
	States   map[decision.State]int `json:"states"`
	// NotWhole counts the pages of which something was not seen or not read, and
	// Unseen counts them by the kind of what it was: a page may have several.
	NotWhole int            `json:"not_whole"`
	Unseen   map[string]int `json:"unseen,omitempty"`
	Changed  int            `json:"changed"` // pages that say something else since they were decided
	Units    int            `json:"vision_units"`
	// Read is the share of the pages' own letters that were read in the pictures,
	// over the pages where that is known.
	Read       float64 `json:"read"`
	ReadPages  int     `json:"read_pages"`
	Rules      []Count `json:"rules"`
	Categories []Count `json:"categories"`
	Hosts      []Count `json:"hosts"`
	Sellers    []Count `json:"sellers,omitempty"` // by their label, as NAME=VALUE
	Days       []Count `json:"days"`              // on which pages were recognized, in the local time zone, the newest first
}

// Count is how many pages have a word, and how they stand.
type Count struct {
	Word  string `json:"word"`
	Pages int    `json:"pages"`
	// Bad are those of them that are to be rejected, and the others by their state.
	Reject    int `json:"reject"`
	Review    int `json:"review"`
	Open      int `json:"open"`
	Confirmed int `json:"confirmed"`
	Dismissed int `json:"dismissed"`
}

// SellerLabels are the names of labels that are taken for a seller's, the first that a
// page has.
var SellerLabels = []string{"seller", "vendor", "shop", "store", "판매자", "셀러"}

// Summary adds up the pages that a query chooses. Each list has the words with the
// most pages first, at most 200, but for the days.
func (x *Index) Summary(ctx context.Context, q Query) (Summary, error) {
	q.After, q.Limit = "", 0
	if err := q.Validate(); err != nil {
		return Summary{}, err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	c, err := x.choose(ctx, q)
	if err != nil {
		return Summary{}, err
	}
	s := Summary{Verdicts: map[result.Verdict]int{}, States: map[decision.State]int{}, Unseen: map[string]int{}}
	rules, categories, hosts, sellers, days := counts{}, counts{}, counts{}, counts{}, counts{}
	read, runes := 0.0, 0
	for _, e := range x.all {
		if e.misses(c) != 0 {
			continue
		}
		s.Pages++
		s.Verdicts[result.Verdict(e.verdict.Value())]++
		s.States[decision.State(e.state.Value())]++
		s.Units += int(e.units)
		if e.changed {
			s.Changed++
		}
		if len(e.unseen) > 0 {
			s.NotWhole++
		}
		for _, k := range e.unseen {
			s.Unseen[k.Value()]++
		}
		if e.runes > 0 {
			s.ReadPages++
			read, runes = read+float64(e.recall)*float64(e.runes), runes+int(e.runes)
		}
		met := map[string]bool{}
		for _, t := range e.traits {
			met[t.Value().Rule] = true
		}
		for rule := range met {
			rules.add(rule, e)
		}
		if len(e.categories) > 0 {
			categories.add(e.categories[0].Value(), e)
		}
		hosts.add(e.host.Value(), e)
		if seller := e.seller(); seller != "" {
			sellers.add(seller, e)
		}
		days.add(time.Unix(0, e.recognized).Format(time.DateOnly), e)
	}
	if runes > 0 {
		s.Read = read / float64(runes)
	}
	s.Rules, s.Categories, s.Hosts, s.Sellers = rules.most(), categories.most(), hosts.most(), sellers.most()
	s.Days = days.all(func(a, b Count) int { return cmp.Compare(b.Word, a.Word) })
	return s, nil
}

func (e *entry) seller() string {
	for _, name := range SellerLabels {
		for _, l := range e.labels {
			if k, v, _ := strings.Cut(l.Value(), "="); strings.EqualFold(k, name) && v != "" {
				return l.Value()
			}
		}
	}
	return ""
}

type counts map[string]*Count

func (c counts) add(word string, e *entry) {
	n := c[word]
	if n == nil {
		n = &Count{Word: word}
		c[word] = n
	}
	n.Pages++
	switch result.Verdict(e.verdict.Value()) {
	case result.Reject:
		n.Reject++
	case result.Review:
		n.Review++
	}
	switch decision.State(e.state.Value()) {
	case decision.Open, decision.Escalated:
		n.Open++
	case decision.Confirmed:
		n.Confirmed++
	case decision.Dismissed:
		n.Dismissed++
	}
}

func (c counts) all(order func(a, b Count) int) []Count {
	all := make([]Count, 0, len(c))
	for n := range maps.Values(c) {
		all = append(all, *n)
	}
	slices.SortFunc(all, order)
	return all
}

func (c counts) most() []Count {
	all := c.all(func(a, b Count) int { return cmp.Or(b.Pages-a.Pages, cmp.Compare(a.Word, b.Word)) })
	return all[:min(len(all), maxFacets)]
}

// Decisions are all that were made, of every series, those on one subject in order.
func (x *Index) Decisions(ctx context.Context) (all []decision.Decision, err error) {
	rows, err := x.reader.QueryContext(ctx, "SELECT json FROM decision ORDER BY series, subject, number")
	if err != nil {
		return nil, x.broken(err, "read")
	}
	defer rows.Close() //nolint:errcheck // Err tells
	for rows.Next() {
		var b []byte
		var d decision.Decision
		if err := rows.Scan(&b); err != nil {
			return nil, x.broken(err, "read")
		}
		if err := unpack(b, &d); err != nil {
			return nil, x.broken(err, "read")
		}
		all = append(all, d)
	}
	return all, x.broken(rows.Err(), "read")
}
