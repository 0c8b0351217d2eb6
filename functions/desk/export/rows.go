package export

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/pageinspect/pageinspect/functions/desk/crop"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/result"
)

// PageRow is a page in a row. Its fields are the columns of every table, in order.
type PageRow struct {
	Page        string            `json:"page" parquet:"page"`
	Verdict     string            `json:"verdict" parquet:"verdict"`
	State       string            `json:"state" parquet:"state"` // where it stands with its reviewers
	Changed     bool              `json:"changed" parquet:"changed"`
	DecidedBy   string            `json:"decided_by" parquet:"decided_by"`
	DecidedAt   time.Time         `json:"decided_at,omitzero" parquet:"decided_at,optional,timestamp(millisecond)"`
	URL         string            `json:"url" parquet:"url"`
	FinalURL    string            `json:"final_url" parquet:"final_url"`
	Title       string            `json:"title" parquet:"title"`
	Category    string            `json:"category" parquet:"category"`
	Labels      map[string]string `json:"labels" parquet:"labels"`
	Findings    int64             `json:"findings" parquet:"findings"`         // that count for the verdict
	Open        int64             `json:"open" parquet:"open"`                 // of them, undecided
	AllFindings int64             `json:"all_findings" parquet:"all_findings"` // reports and infos too
	Severity    string            `json:"severity" parquet:"severity"`         // of the worst finding, as the next three
	Rule        string            `json:"rule" parquet:"rule"`
	Quote       string            `json:"quote" parquet:"quote"`
	Message     string            `json:"message" parquet:"message"`
	NotSeen     []string          `json:"not_seen" parquet:"not_seen,list"` // kinds of parts
	CapturedAt  time.Time         `json:"captured_at,omitzero" parquet:"captured_at,optional,timestamp(millisecond)"`
	Recognized  time.Time         `json:"recognized_at,omitzero" parquet:"recognized_at,optional,timestamp(millisecond)"`
	Units       int64             `json:"vision_units" parquet:"vision_units"`
	Link        string            `json:"link" parquet:"link"`
}

// FindingRow is a finding in a row.
type FindingRow struct {
	Page        string            `json:"page" parquet:"page"`
	Finding     int64             `json:"finding" parquet:"finding"` // index into the result's findings
	Verdict     string            `json:"verdict" parquet:"verdict"` // of the page
	State       string            `json:"state" parquet:"state"`     // of the finding
	Reason      string            `json:"reason" parquet:"reason"`   // of a dismissal, as the decision's next three
	Policy      string            `json:"policy" parquet:"policy"`
	Words       string            `json:"words" parquet:"words"`
	DecidedBy   string            `json:"decided_by" parquet:"decided_by"`
	DecidedAt   time.Time         `json:"decided_at,omitzero" parquet:"decided_at,optional,timestamp(millisecond)"`
	URL         string            `json:"url" parquet:"url"`
	Title       string            `json:"title" parquet:"title"`
	Category    string            `json:"category" parquet:"category"`
	Labels      map[string]string `json:"labels" parquet:"labels"`
	Severity    string            `json:"severity" parquet:"severity"`
	Mode        string            `json:"mode" parquet:"mode"`
	Kind        string            `json:"kind" parquet:"kind"`
	Rule        string            `json:"rule" parquet:"rule"`
	Quote       string            `json:"quote" parquet:"quote"`
	Message     string            `json:"message" parquet:"message"`
	Law         string            `json:"law" parquet:"law"`
	Suggest     []string          `json:"suggest" parquet:"suggest,list"`
	Source      string            `json:"source" parquet:"source"`
	Evasion     string            `json:"evasion" parquet:"evasion"`
	X           float64           `json:"x" parquet:"x"` // its box, in CSS pixels of the page
	Y           float64           `json:"y" parquet:"y"`
	W           float64           `json:"w" parquet:"w"`
	H           float64           `json:"h" parquet:"h"`
	Picture     string            `json:"picture" parquet:"picture"`         // SHA-256 of the tile that it lies on
	Fingerprint string            `json:"fingerprint" parquet:"fingerprint"` // of rule and quote, the same wherever it stands
	CapturedAt  time.Time         `json:"captured_at,omitzero" parquet:"captured_at,optional,timestamp(millisecond)"`
	Link        string            `json:"link" parquet:"link"`
}

// pageRow is a page in a row.
func pageRow(p Page, link string) PageRow {
	r := p.Row
	row := PageRow{
		Page: r.ID, Verdict: string(r.Verdict), State: string(r.State), Changed: r.Changed, DecidedBy: r.DecidedBy, DecidedAt: r.DecidedAt.UTC(), URL: job.Bare(r.URL),
		FinalURL: job.Bare(r.FinalURL), Title: r.Title, Category: r.Category, Labels: r.Labels, Findings: int64(r.Findings), Open: int64(r.Open), AllFindings: int64(r.FindingsAll),
		NotSeen: r.Unseen, CapturedAt: r.Captured.UTC(), Recognized: r.Recognized.UTC(), Units: int64(r.Units), Link: link,
	}
	if f := r.Worst; f != nil {
		row.Severity, row.Rule, row.Quote, row.Message = string(f.Severity), f.Rule, f.Quote, f.Message
	}
	return row
}

// findingRows has a row for each finding of a page, in the result's order.
func findingRows(p Page, link string) []FindingRow {
	r := p.Result
	rows := make([]FindingRow, 0, len(r.Findings))
	for i, f := range r.Findings {
		row := FindingRow{
			Page: r.ID, Finding: int64(i), Verdict: string(r.Verdict), State: string(p.state(i)), URL: job.Bare(r.URL), Title: r.Title, Category: cmp.Or(r.Category, r.Scope.Category),
			Labels: r.Labels, Severity: string(f.Severity), Mode: string(f.Mode), Kind: string(f.Kind), Rule: f.Rule, Quote: f.Quote, Message: f.Message, Law: law(f), Suggest: f.Suggest,
			Source: string(f.Source), Evasion: f.Evasion, X: f.Box.X, Y: f.Box.Y, W: f.Box.W, H: f.Box.H, Fingerprint: decision.Fingerprint(f.Rule, f.Quote), CapturedAt: r.CapturedAt.UTC(), Link: link,
		}
		if t := crop.Tile(r, f.Box); t >= 0 {
			row.Picture = r.Tiles[t].SHA256
		}
		if d := p.decided(i); d != nil {
			row.Reason, row.Policy, row.Words, row.DecidedBy, row.DecidedAt = string(d.Reason), d.Policy, d.Words, d.By, d.At.UTC()
		}
		rows = append(rows, row)
	}
	return rows
}

// law is the law that a finding rests on, in words.
func law(f result.Finding) string {
	if f.Law == "" && f.Basis != nil {
		return f.Basis.String()
	}
	return f.Law
}

// header names the columns of a row's type.
func header[T any]() []any {
	var names []any
	for f := range fields(reflect.TypeFor[T]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, strings.ReplaceAll(name, "_", " "))
	}
	return names
}

// cells are a row's values as a spreadsheet has them: text of one line, and numbers.
func cells(row any) []any {
	v := reflect.ValueOf(row)
	var all []any
	for f := range fields(v.Type()) {
		all = append(all, cell(v.FieldByIndex(f.Index).Interface()))
	}
	return all
}

func fields(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

func cell(v any) any {
	switch v := v.(type) {
	case string:
		return line(v)
	case []string:
		return strings.Join(v, " | ")
	case map[string]string:
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, k+"="+v[k])
		}
		return strings.Join(parts, "; ")
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.Format(time.RFC3339)
	case bool:
		if v {
			return "yes"
		}
		return ""
	case int64, float64:
		return v
	}
	panic(fmt.Sprintf("a row has a field of type %T", v))
}

// line is text as one line: no controls, and no marks that turn the direction of
// what follows.
func line(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) && !unicode.IsSpace(c) || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 {
			return -1
		}
		return c
	}, s)), " ")
}

// place is where a page is, without what does not say which page it is: host and path.
func place(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host) + u.EscapedPath()
}
