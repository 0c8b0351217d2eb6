package web

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// pageData is a result as the scripts of the desk draw it. Boxes are x, y, width and
// height in CSS pixels from the page's top left.
type pageData struct {
	ID       string        `json:"id"`
	Version  string        `json:"version,omitempty"` // of the result; a string, for it may pass what a script counts to
	Width    int           `json:"width"`
	Height   int           `json:"height"`
	Scale    float64       `json:"scale"` // pixels of a tile's picture per CSS pixel
	Tiles    []tileData    `json:"tiles"`
	Lines    []lineData    `json:"lines"`
	Findings []findingData `json:"findings"`
	Unseen   []unseenData  `json:"unseen"`
	Codes    []codeData    `json:"codes"`
}

type box [4]float64

type tileData struct {
	Src   string `json:"src"`
	Box   box    `json:"box"`
	Extra string `json:"extra,omitempty"` // what it shows, of what stands below the page's end
	Seam  bool   `json:"seam,omitempty"`  // it lies over the others
	Blur  bool   `json:"blur,omitempty"`  // it may be indecent
}

type lineData struct {
	Text       string        `json:"text"`
	Box        box           `json:"box"`
	Confidence float64       `json:"confidence"`
	Block      int           `json:"block"`
	Source     result.Source `json:"source,omitempty"`
}

type findingData struct {
	N        int             `json:"n"` // index into the result's findings
	Rule     string          `json:"rule"`
	Severity result.Severity `json:"severity"`
	Counts   bool            `json:"counts"` // for the verdict
	Quote    string          `json:"quote"`
	Message  string          `json:"message"`
	Law      string          `json:"law,omitempty"`
	Suggest  []string        `json:"suggest,omitempty"`
	Match    result.Match    `json:"match,omitempty"`
	Kind     result.Kind     `json:"kind,omitempty"`
	Evasion  string          `json:"evasion,omitempty"`
	Source   result.Source   `json:"source,omitempty"`
	Boxes    []box           `json:"boxes"` // none: it has no place
	Lines    []int           `json:"lines"`
	Crop     string          `json:"crop,omitempty"`
	Part     bool            `json:"part,omitempty"` // the crop shows the beginning
	Blur     bool            `json:"blur,omitempty"`
	// Where it stands, unless the result is a former one.
	State   decision.State `json:"state,omitempty"`
	By      *decisionData  `json:"by,omitempty"`
	Showing int            `json:"showing,omitempty"` // pages that show its picture, this one too; 0: it lies in no one picture
}

type unseenData struct {
	Kind   page.UnseenKind `json:"kind"`
	Why    string          `json:"why"`
	Source string          `json:"source,omitempty"`
	Box    *box            `json:"box,omitempty"`
}

type codeData struct {
	Text   string            `json:"text"`
	Format result.CodeFormat `json:"format"`
	Box    box               `json:"box"`
}

type decisionData struct {
	N      int             `json:"n"`
	Series decision.Series `json:"series"`
	Action decision.Action `json:"action"`
	Reason decision.Reason `json:"reason,omitempty"`
	Policy string          `json:"policy,omitempty"`
	Words  string          `json:"words,omitempty"`
	By     string          `json:"by"`
	At     string          `json:"at"`
	Whole  bool            `json:"whole,omitempty"`
	Quotes []string        `json:"quotes,omitempty"` // of its marks, the first few
	Marks  int             `json:"marks,omitempty"`
	Undoes int             `json:"undoes,omitempty"`
	Undone bool            `json:"undone,omitempty"`
	Shown  string          `json:"shown,omitempty"` // hash of the result that was kept
}

// standingData is what decisions add to a page as it is now.
type standingData struct {
	State     decision.State `json:"state"`
	Open      int            `json:"open"`
	Known     int            `json:"known"` // number of the latest decision on the page
	Whole     *decisionData  `json:"whole,omitempty"`
	Decisions []decisionData `json:"decisions"` // on the page and its pictures, the latest first
	Kept      []keptVersion  `json:"kept"`
}

// data gives a page as its scripts draw it, with where it stands.
func (g *reading) data(w http.ResponseWriter, r *http.Request) {
	in, err := g.now(r.Context(), r.PathValue("id"))
	if err != nil {
		g.fail(w, r, err)
		return
	}
	e, err := g.eyes(r.Context(), in.ID, sessionOf(r).Who)
	if err != nil {
		g.fail(w, r, err)
		return
	}
	d, err := g.decided(r.Context(), e, in.Result)
	if err != nil {
		g.fail(w, r, err)
		return
	}
	versions, err := g.versions(r.Context(), in.ID, d.onPage)
	if err != nil {
		g.fail(w, r, err)
		return
	}
	g.answer(w, r, http.StatusOK, struct {
		pageData
		Standing standingData `json:"standing"`
	}{d.on(in), d.data(versions)})
}

// keptData gives a page as a reviewer saw it once.
func (g *reading) keptData(w http.ResponseWriter, r *http.Request) {
	in, err := g.kept(r)
	if err != nil {
		g.fail(w, r, err)
		return
	}
	g.answer(w, r, http.StatusOK, dataOf(in, keptAddress(r.PathValue("id"), r.PathValue("hash"))))
}

func nowAddress(in inspected) func(string) string {
	return func(what string) string {
		return "/p/" + url.PathEscape(in.ID) + "/" + what + "?v=" + strconv.FormatInt(in.ref.Version, 10)
	}
}

func keptAddress(id, hash string) func(string) string {
	return func(what string) string { return "/p/" + url.PathEscape(id) + "/kept/" + hash + "/" + what }
}

// dataOf draws a result; address says where its tiles and crops are.
func dataOf(in inspected, address func(string) string) pageData {
	r := in.Result
	p := pageData{ID: r.ID, Width: max(r.Page.Width, 1), Height: max(r.Page.Height, 1), Scale: finite(r.Page.Scale)}
	p.Tiles, p.Lines, p.Findings = make([]tileData, len(r.Tiles)), make([]lineData, 0, len(r.Lines)+len(r.HTML)), make([]findingData, len(r.Findings))
	p.Unseen, p.Codes = make([]unseenData, len(r.Unseen)), make([]codeData, len(r.Codes))
	if in.ref.Version != 0 {
		p.Version = strconv.FormatInt(in.ref.Version, 10)
	}
	blurred := indecentTiles(r)
	for i, t := range r.Tiles {
		p.Tiles[i] = tileData{Src: address("tile/" + strconv.Itoa(i)), Box: box{float64(t.X), float64(t.Y), float64(t.Width), float64(t.Height)}, Extra: t.Extra, Seam: t.Seam, Blur: blurred[i]}
	}
	for _, l := range slices.Concat(r.Lines, r.HTML) {
		p.Lines = append(p.Lines, lineData{l.Text, boxData(l.Box), finite(l.Confidence), l.Block, l.Source})
	}
	for i, f := range r.Findings {
		p.Findings[i] = findingOf(r, i, f)
		if c, ok := cropOf(r, f, defaultCropWidth); ok {
			p.Findings[i].Crop, p.Findings[i].Part = address("crop/"+strconv.Itoa(i)), c.Part
			p.Findings[i].Blur = slices.ContainsFunc(c.tiles(r), func(n int) bool { return blurred[n] })
		}
	}
	for i, u := range r.Unseen {
		p.Unseen[i] = unseenData{Kind: u.Kind, Why: u.Why, Source: u.Source}
		if b := u.Box.Clip(float64(r.Page.Width), float64(r.Page.Height)); !b.Empty() {
			at := boxData(b)
			p.Unseen[i].Box = &at
		}
	}
	for i, c := range r.Codes {
		p.Codes[i] = codeData{c.Text, c.Format, boxData(c.Box)}
	}
	return p
}

func findingOf(r result.Result, n int, f result.Finding) findingData {
	d := findingData{
		N: n, Rule: f.Rule, Severity: f.Severity, Counts: decision.Counts(f), Quote: f.Quote, Message: f.Message, Law: f.Law,
		Suggest: f.Suggest, Match: f.Match, Kind: f.Kind, Evasion: f.Evasion, Source: sourceOf(r, f), Boxes: []box{}, Lines: f.Lines,
	}
	if d.Law == "" && f.Basis != nil {
		d.Law = f.Basis.String()
	}
	for _, b := range boxesOf(r, f) {
		d.Boxes = append(d.Boxes, boxData(b))
	}
	return d
}

// sourceOf is where a finding stands. Older results say it of their lines alone.
func sourceOf(r result.Result, f result.Finding) result.Source {
	if f.Source != "" || len(f.Lines) == 0 {
		return f.Source
	}
	var source result.Source
	for i, n := range f.Lines {
		if n < 0 || n >= len(r.Lines) {
			return ""
		}
		if s := r.Lines[n].Source; i > 0 && s != source {
			return result.InBoth
		} else {
			source = s
		}
	}
	return source
}

// indecentTiles says which tiles are blurred: those that SafeSearch thinks adult or
// racy, those in which a rule on decency met, and whatever lies over them. Where such a
// finding has no place, all are.
func indecentTiles(r result.Result) []bool {
	blurred := make([]bool, len(r.Tiles))
	var where []page.Box
	for _, s := range r.SafeSearch {
		if s.Tile >= 0 && s.Tile < len(r.Tiles) && (likely(s.Adult) || likely(s.Racy)) {
			t := r.Tiles[s.Tile]
			where = append(where, page.Box{X: float64(t.X), Y: float64(t.Y), W: float64(t.Width), H: float64(t.Height)})
		}
	}
	for _, f := range r.Findings {
		if !strings.HasPrefix(f.Rule, "decency.") {
			continue
		}
		boxes := boxesOf(r, f)
		if len(boxes) == 0 {
			boxes = []page.Box{{W: float64(r.Page.Width), H: float64(r.Page.Height)}}
		}
		where = append(where, boxes...)
	}
	for i, t := range r.Tiles {
		at := page.Box{X: float64(t.X), Y: float64(t.Y), W: float64(t.Width), H: float64(t.Height)}
		blurred[i] = slices.ContainsFunc(where, at.Overlaps)
	}
	return blurred
}

func likely(l string) bool { return l == "likely" || l == "very_likely" }

// on draws a page as it is now, with the standing of its findings.
func (d decided) on(in inspected) pageData {
	p := dataOf(in, nowAddress(in))
	for i := range p.Findings {
		f := &p.Findings[i]
		f.State = d.standing.Findings[i]
		f.By = d.decision(d.standing.By[i])
		if m := decision.MarkOf(in.Result, in.Findings[i]); m.In != nil && !d.eyes.blind() {
			f.Showing = max(d.showing[m.Picture], 1)
		}
	}
	return p
}

func (d decided) data(kept []keptVersion) standingData {
	s := standingData{State: d.standing.State, Open: d.standing.Open, Whole: d.decision(d.standing.Whole), Decisions: []decisionData{}, Kept: kept}
	for _, one := range d.onPage {
		s.Known = max(s.Known, one.N)
	}
	all := slices.Concat(d.series()...)
	slices.SortStableFunc(all, func(a, b decision.Decision) int { return cmp.Or(b.At.Compare(a.At), b.N-a.N) })
	for i := range all {
		s.Decisions = append(s.Decisions, *d.decision(&all[i]))
	}
	return s
}

// decision draws a decision; nil is none.
func (d decided) decision(one *decision.Decision) *decisionData {
	if one == nil {
		return nil
	}
	data := &decisionData{
		N: one.N, Series: one.Series, Action: one.Action, Reason: one.Reason, Policy: one.Policy, Words: one.Words, By: one.By, At: spellTime(one.At),
		Whole: one.Whole, Marks: len(one.Marks), Undoes: one.Undoes, Shown: one.Shown.Result,
	}
	for _, m := range one.Marks[:min(len(one.Marks), 3)] {
		data.Quotes = append(data.Quotes, m.Quote)
	}
	if one.Series == decision.Picture {
		data.Shown = "" // a version of the page on which it was decided
	}
	for _, series := range d.series() {
		if len(series) > 0 && series[0].Series == one.Series && series[0].Subject == one.Subject {
			data.Undone = !slices.ContainsFunc(decision.Valid(series), func(v decision.Decision) bool { return v.N == one.N }) && one.Action != decision.Undo
		}
	}
	return data
}

func boxData(b page.Box) box { return box{finite(b.X), finite(b.Y), finite(b.W), finite(b.H)} }

// finite makes 0 of what JSON cannot say.
func finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}

func spellTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// percent is a share as a reader takes it: 97.2%.
func percent(f float64) string { return fmt.Sprintf("%.1f%%", finite(f)*100) }
