package index_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/desktest"
	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/result"
	"golang.org/x/text/unicode/norm"
)

// model is an index without one: it looks at every result for every query.
type model struct {
	results   map[string]result.Result
	decisions map[string][]decision.Decision // by series/subject
}

func (m *model) on(s decision.Series, subject string) []decision.Decision {
	return m.decisions[string(s)+"/"+subject]
}

// seen is a page as the model sees it.
type seen struct {
	r       result.Result
	s       decision.Standing
	changed bool
	by      string
}

func (m *model) look(id string) seen {
	r := m.results[id]
	onPictures := map[string][]decision.Decision{}
	for _, t := range r.Tiles {
		onPictures[t.SHA256] = m.on(decision.Picture, t.SHA256)
	}
	p := seen{r: r, s: decision.Stand(r, m.on(decision.Page, id), onPictures)}
	if d := p.s.Last; d != nil {
		p.by = d.By
		p.changed = d.Shown.Text != "" && d.Shown.Text != decision.TextSum(r) || d.Whole && d.Action == decision.Dismiss && p.s.Open > 0
	}
	at := time.Time{}
	if p.s.Last != nil {
		at = p.s.Last.At
	}
	for _, d := range p.s.By {
		if d != nil && d.At.After(at) {
			p.by, at = d.By, d.At
		}
	}
	return p
}

// said is the text of each block, without spaces, case and width.
func said(r result.Result) (blocks []string) {
	fold := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(s)), "")) }
	blocks = []string{fold(r.Title)}
	for _, lines := range [][]result.Line{r.Lines, r.HTML} {
		for i, l := range lines {
			if i == 0 || l.Block != lines[i-1].Block {
				blocks = append(blocks, "")
			}
			blocks[len(blocks)-1] += fold(l.Text)
		}
	}
	return blocks
}

func among(all []string, words ...string) bool {
	return len(all) == 0 || slices.ContainsFunc(words, func(w string) bool { return slices.Contains(all, w) })
}

// has is what Query promises, field by field.
func (m *model) has(q index.Query, p seen) bool {
	r := p.r
	var kinds []string
	for _, u := range r.Unseen {
		kinds = append(kinds, string(u.Kind), "any")
	}
	finds := len(q.Rules)+len(q.Severities)+len(q.Kinds)+len(q.Sources) == 0 || slices.ContainsFunc(r.Findings, func(f result.Finding) bool {
		rule := len(q.Rules) == 0 || slices.ContainsFunc(q.Rules, func(s string) bool { ok, _ := path.Match(s, f.Rule); return ok })
		return rule && among(q.Severities, string(f.Severity)) && among(q.Kinds, string(f.Kind)) && among(q.Sources, string(f.Source))
	})
	for _, l := range q.Labels {
		name, value, exact := strings.Cut(l, "=")
		if got, ok := r.Labels[name]; !ok || exact && got != value {
			return false
		}
	}
	phrase := strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(q.Text)), ""))
	return finds && among(q.Verdicts, string(r.Verdict)) && among(q.States, string(p.s.State)) &&
		among(q.Categories, r.Category, r.Scope.Category) && among(q.Hosts, strings.Split(r.FinalURL, "/")[2]) && among(q.Unseen, kinds...) && among(q.By, p.by) &&
		(q.Since.IsZero() || !r.RecognizedAt.Before(q.Since)) && (q.Until.IsZero() || r.RecognizedAt.Before(q.Until)) && (!q.Changed || p.changed) &&
		slices.ContainsFunc(said(r), func(b string) bool { return strings.Contains(b, phrase) }) &&
		(q.Picture == "" || slices.ContainsFunc(r.Tiles, func(t pageTile) bool { return t.SHA256 == q.Picture }))
}

// ids are the pages that a query chooses, in its order.
func (m *model) ids(q index.Query) []string {
	var all []seen
	for id := range m.results {
		if p := m.look(id); m.has(q, p) {
			all = append(all, p)
		}
	}
	worst := func(p seen) int {
		n := 100
		for i, f := range p.r.Findings {
			if p.s.State == decision.Open && p.s.Findings[i] != decision.Open || p.s.Open > 0 && p.s.Findings[i] != decision.Open {
				continue
			}
			rank := slices.Index([]result.Severity{result.High, result.ReviewSeverity, result.Info}, f.Severity)
			if f.Mode != result.Enforce {
				rank += 3
			}
			n = min(n, rank)
		}
		return n
	}
	last := func(b bool) int {
		if b {
			return 0
		}
		return 1
	}
	counted := func(p seen) (n int) {
		for _, f := range p.r.Findings {
			if decision.Counts(f) {
				n++
			}
		}
		return n
	}
	slices.SortFunc(all, func(a, b seen) int {
		id := cmp.Compare(a.r.ID, b.r.ID)
		switch q.Sort {
		case "newest":
			return cmp.Or(b.r.RecognizedAt.Compare(a.r.RecognizedAt), id)
		case "oldest":
			return cmp.Or(a.r.RecognizedAt.Compare(b.r.RecognizedAt), id)
		case "title":
			return cmp.Or(cmp.Compare(strings.ToLower(a.r.Title), strings.ToLower(b.r.Title)), id)
		case "host":
			return cmp.Or(cmp.Compare(strings.Split(a.r.FinalURL, "/")[2], strings.Split(b.r.FinalURL, "/")[2]), id)
		case "findings":
			return cmp.Or(counted(b)-counted(a), id)
		}
		return cmp.Or(slices.Index(decision.States, a.s.State)-slices.Index(decision.States, b.s.State), last(a.changed)-last(b.changed),
			worst(a)-worst(b), a.r.RecognizedAt.Compare(b.r.RecognizedAt), id)
	})
	var ids []string
	for _, p := range all {
		ids = append(ids, p.r.ID)
	}
	return ids
}

// chooser makes results, decisions and queries of one seed.
type chooser struct {
	*rand.Rand
	m *model
	x *index.Index
	n int64
}

func one[T any](c *chooser, all ...T) T { return all[c.IntN(len(all))] }

// some is nothing most of the time, or one or two of the words.
func some(c *chooser, words ...string) []string {
	switch c.IntN(8) {
	case 0:
		return []string{one(c, words...)}
	case 1:
		return []string{one(c, words...), one(c, words...)}
	}
	return nil
}

// result is a page, of which many are alike in what lists sort by.
func (c *chooser) result() result.Result {
	r := desktest.Result(c.IntN(150), 26)
	r.RecognizedAt = desktest.Start.Add(time.Duration(c.IntN(5)) * time.Hour)
	r.Title = one(c, "수분 크림", "Cream", "cream", r.Title)
	for i := range r.Findings {
		r.Findings[i].Mode = one(c, result.Enforce, result.Enforce, result.Report)
		r.Findings[i].Severity = one(c, result.High, result.ReviewSeverity, result.Info)
	}
	if c.IntN(3) == 0 {
		r.Lines[c.IntN(len(r.Lines))].Text = one(c, "ＫＡＫＡＯ Id: ab_12", "1OO% 보장\"", "여드름 완", "치 크림 \x01")
	}
	if c.IntN(4) == 0 {
		r.HTML = []result.Line{{Text: "문의는 카 톡", Block: 0}, {Text: "아이디로", Block: 0}}
		r.Scope.Category = "etc"
	}
	r.Page.Partial, r.Page.Truncated = one(c, "", "", "", "the time ran out"), c.IntN(8) == 0
	return r
}

// do puts a result or decides something, in the index and in the model.
func (c *chooser) do(t *testing.T) {
	t.Helper()
	ids := slices.Sorted(mapsKeys(c.m.results))
	if len(ids) == 0 || c.IntN(3) > 0 {
		r := c.result()
		c.n++
		if err := c.x.Put(t.Context(), r, pages.Ref{ID: r.ID, Version: c.n}); err != nil {
			t.Fatal(err)
		}
		c.m.results[r.ID] = r
		return
	}
	r := c.m.results[one(c, ids...)]
	d := decision.Decision{
		Schema: decision.Schema, Series: decision.Page, Subject: r.ID, Action: one(c, decision.Confirm, decision.Dismiss, decision.Escalate, decision.Undo),
		By: one(c, "kim@example", "lee@example"), At: desktest.Start.Add(time.Duration(c.n+int64(c.IntN(1000))) * time.Second), Policy: "p",
	}
	for _, f := range r.Findings {
		if c.IntN(3) > 0 {
			d.Marks = append(d.Marks, decision.MarkOf(r, f))
		}
	}
	if c.IntN(3) == 0 {
		d.Series, d.Subject = decision.Picture, one(c, r.Tiles...).SHA256
		for i := range d.Marks {
			d.Marks[i], _ = d.Marks[i].InPicture()
		}
	} else if d.Whole = c.IntN(2) == 0; d.Whole {
		d.Unseen, d.Shown = decision.UnseenOf(r), decision.Shown{Text: decision.TextSum(r), CapturedAt: r.CapturedAt}
	}
	key := string(d.Series) + "/" + d.Subject
	d.N = len(c.m.decisions[key]) + 1
	if d.Action == decision.Undo {
		d.Undoes = max(1, d.N-1)
	}
	c.n++
	if err := c.x.Decided(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	c.m.decisions[key] = append(c.m.decisions[key], d)
}

func (c *chooser) query() index.Query {
	ids := slices.Sorted(mapsKeys(c.m.results))
	r := c.m.results[one(c, ids...)]
	q := index.Query{
		Verdicts: some(c, "pass", "review", "reject"), States: some(c, "open", "escalated", "confirmed", "dismissed", "none"),
		Rules: some(c, "ads.*", "contact.*", "decency.explicit", "*", "no.such"), Severities: some(c, "high", "review", "info"),
		Kinds: some(c, "forbidden", "proof", "policy"), Sources: some(c, "picture", "both"), Categories: some(c, "food", "cosmetics", "etc"),
		Hosts: some(c, "gift.shop.example", "m.brand.example"), Labels: some(c, "seller", "seller=s-03", "batch=2026-11-21", "no"),
		Unseen: some(c, "any", "clipped", "loading"), By: some(c, "kim@example", "lee@example"),
		Sort: one(c, "", "worst", "newest", "oldest", "title", "host", "findings"), Changed: c.IntN(8) == 0,
	}
	if c.IntN(8) == 0 {
		q.Since = desktest.Start.Add(time.Duration(c.IntN(3)) * time.Hour)
		q.Until = q.Since.Add(2 * time.Hour)
	}
	if c.IntN(8) == 0 {
		q.Picture = one(c, r.Tiles...).SHA256
	}
	if c.IntN(2) == 0 {
		q.Text = c.text(r)
	}
	return q
}

// text is a part of what a page says, spaced and spelled otherwise.
func (c *chooser) text(r result.Result) string {
	all := []rune(strings.Join(said(r), ""))
	at := c.IntN(len(all))
	part := all[at:min(len(all), at+1+c.IntN(6))]
	var b strings.Builder
	for _, letter := range part {
		b.WriteString(one(c, string(letter), string(letter), strings.ToUpper(string(letter)), string(letter)+" "))
	}
	return one(c, b.String(), b.String(), b.String(), "카톡아이디", "kakao ID", `"* OR 1`, "100%")
}

func describe(q index.Query) string {
	b, err := json.Marshal(q)
	return fmt.Sprint(string(b), err)
}
