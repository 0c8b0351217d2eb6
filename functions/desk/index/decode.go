package index

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
	"github.com/klauspost/compress/s2"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// doc is a result as the index takes it.
type doc struct {
	ref    pages.Ref
	was    int64         // the version that the index had when this one was found newer
	result result.Result // slim
	text   string        // decision.TextSum
	plain  []byte        // what it says, as it is searched
}

// skip is a value that the index does not need. It must be JSON, and no more.
type skip struct{}

func (*skip) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	_, err := d.ReadValue()
	return err
}

// line is what of a result's line the index needs. Words are most of a result.
type line struct {
	text  string
	block int
}

// lines are read token by token, for there are many.
type lines []line

// errUnusual has result.Decode settle what a result means.
var errUnusual = errors.New("it is spelled as no result usually is")

func (ls *lines) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if *ls != nil || d.PeekKind() != '[' {
		return errUnusual
	}
	*ls = make(lines, 0, 64)
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != ']' {
		*ls = append(*ls, line{})
		if err := (*ls)[len(*ls)-1].read(d); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

func (l *line) read(d *jsontext.Decoder) error {
	if d.PeekKind() != '{' {
		return errUnusual
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadValue()
		if err != nil {
			return err
		}
		isText, isBlock := string(name) == `"text"`, string(name) == `"block"`
		if !isText && !isBlock && (bytes.EqualFold(name, []byte(`"text"`)) || bytes.EqualFold(name, []byte(`"block"`)) || bytes.IndexByte(name, '\\') >= 0) {
			return errUnusual
		}
		value, err := d.ReadValue()
		switch {
		case err != nil:
			return err
		case isText:
			err = l.readText(value)
		case isBlock:
			l.block, err = strconv.Atoi(string(value))
		}
		if err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

func (l *line) readText(value jsontext.Value) error {
	if value.Kind() != '"' {
		return errUnusual
	}
	if bytes.IndexByte(value, '\\') < 0 {
		l.text = string(value[1 : len(value)-1])
		return nil
	}
	b, err := jsontext.AppendUnquote(nil, value)
	l.text = string(b)
	return err
}

// finding is a finding without what neither rows nor decision.Stand need.
type finding struct {
	result.Finding
	Boxes   skip `json:"boxes"`
	Lines   skip `json:"lines"`
	Law     skip `json:"law"`
	Suggest skip `json:"suggest"`
	Basis   skip `json:"basis"`
}

// ending is what of a result's page the index needs: whether it ends early.
type ending struct {
	Truncated bool   `json:"truncated"`
	Partial   string `json:"partial"`
}

// lean is a result as the index reads it.
type lean struct {
	result.Result
	Findings  []finding `json:"findings"`
	Lines     lines     `json:"lines"`
	HTML      lines     `json:"html"`
	Text      skip      `json:"text"`
	Page      ending    `json:"page"`
	Codes     skip      `json:"codes"`
	Shown     skip      `json:"shown"`
	Rules     skip      `json:"rules"`
	Coverage  skip      `json:"coverage"`
	TimingsMS skip      `json:"timings_ms"`
}

// asV1 has fields found, and repeated ones put together, as encoding/json does.
var asV1 = jsonv2.JoinOptions(jsonv2.MatchCaseInsensitiveNames(true), jsonv1.MatchCaseSensitiveDelimiter(true),
	jsontext.AllowDuplicateNames(true), jsonv1.MergeWithLegacySemantics(true))

// docOf reads a result.json. What is stricter than encoding/json in the quick
// decoder, encoding/json settles. Of what is skipped, it is only seen that it is JSON.
func docOf(b []byte, ref pages.Ref) (*doc, error) {
	var l lean
	if err := jsonv2.Unmarshal(b, &l, asV1); err != nil {
		r, err := result.Decode(b)
		if err != nil {
			return nil, fmt.Errorf("it is no result: %w", err)
		}
		return docOfResult(r, ref)
	}
	l.Result.Page = result.Page{Truncated: l.Page.Truncated, Partial: l.Page.Partial}
	for _, f := range l.Findings {
		l.Result.Findings = append(l.Result.Findings, f.Finding)
	}
	return newDoc(l.Result, l.Lines, l.HTML, ref)
}

func docOfResult(r result.Result, ref pages.Ref) (*doc, error) {
	of := func(all []result.Line) lines {
		out := make(lines, len(all))
		for i, l := range all {
			out[i] = line{l.Text, l.Block}
		}
		return out
	}
	return newDoc(r, of(r.Lines), of(r.HTML), ref)
}

func newDoc(r result.Result, said, html lines, ref pages.Ref) (*doc, error) {
	if r.Schema != result.Schema || r.ID != ref.ID {
		return nil, fmt.Errorf("it is not a result of %s with the id %q, but of %q with %q", result.Schema, ref.ID, r.Schema, r.ID)
	}
	sum := decision.TextSumOf(func(yield func(string) bool) {
		for _, l := range said {
			if !yield(l.text) {
				return
			}
		}
	})
	return &doc{ref: ref, result: slim(r), text: sum, plain: plainText(r.Title, said, html)}, nil
}

// slim leaves of a result what rows and decision.Stand need.
func slim(r result.Result) result.Result {
	s := result.Result{
		Schema: r.Schema, ID: r.ID, URL: r.URL, FinalURL: r.FinalURL, Title: r.Title, Category: r.Category, Labels: r.Labels,
		Verdict: r.Verdict, FindingsTotal: r.FindingsTotal, Scope: result.Scope{Category: r.Scope.Category}, SafeSearch: r.SafeSearch,
		Page:    result.Page{Truncated: r.Page.Truncated, Partial: r.Page.Partial},
		Quality: r.Quality, Vision: r.Vision, CapturedAt: r.CapturedAt, RecognizedAt: r.RecognizedAt,
	}
	for _, t := range r.Tiles {
		s.Tiles = append(s.Tiles, page.Tile{X: t.X, Y: t.Y, Width: t.Width, Height: t.Height, SHA256: t.SHA256, Seam: t.Seam})
	}
	for _, f := range r.Findings {
		s.Findings = append(s.Findings, result.Finding{Rule: f.Rule, Severity: f.Severity, Mode: f.Mode, Quote: f.Quote, Box: f.Box, Source: f.Source, Message: f.Message, Kind: f.Kind})
	}
	for _, u := range r.Unseen {
		s.Unseen = append(s.Unseen, page.Unseen{Kind: u.Kind, Box: u.Box, Source: u.Source})
	}
	return s
}

// What is kept in the file is JSON; slim results are compressed, too.
func pack(v any) ([]byte, error)   { return jsonv2.Marshal(v) }
func unpack(b []byte, v any) error { return jsonv2.Unmarshal(b, v) }
func packSlim(r result.Result) ([]byte, error) {
	b, err := pack(r)
	return s2.Encode(nil, b), err
}

func unpackSlim(b []byte) (r result.Result, err error) {
	if b, err = s2.Decode(nil, b); err == nil {
		err = unpack(b, &r)
	}
	return r, err
}
