package index

import (
	"fmt"

	jsonv2 "github.com/go-json-experiment/json"
	jsonv1 "github.com/go-json-experiment/json/v1"
	"github.com/klauspost/compress/zstd"
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
	plain  string        // what it says, as it is searched
}

// line is what of a result's line the index needs: not its words, which are most of a result.
type line struct {
	Text  string `json:"text"`
	Block int    `json:"block"`
}

// lean is a result with its lines as the index reads them.
type lean struct {
	result.Result
	Lines []line   `json:"lines"`
	HTML  []line   `json:"html"`
	Text  struct{} `json:"-"`
}

// names has fields found as encoding/json finds them.
var names = jsonv2.JoinOptions(jsonv2.MatchCaseInsensitiveNames(true), jsonv1.MatchCaseSensitiveDelimiter(true))

// docOf reads a result.json. What is stricter than encoding/json in the quick
// decoder, encoding/json settles.
func docOf(b []byte, ref pages.Ref) (doc, error) {
	var l lean
	if err := jsonv2.Unmarshal(b, &l, names); err != nil {
		r, err := result.Decode(b)
		if err != nil {
			return doc{}, fmt.Errorf("it is no result: %w", err)
		}
		return docOfResult(r, ref)
	}
	return newDoc(l.Result, l.Lines, l.HTML, ref)
}

func docOfResult(r result.Result, ref pages.Ref) (doc, error) {
	lines := func(all []result.Line) []line {
		out := make([]line, len(all))
		for i, l := range all {
			out[i] = line{l.Text, l.Block}
		}
		return out
	}
	return newDoc(r, lines(r.Lines), lines(r.HTML), ref)
}

func newDoc(r result.Result, lines, html []line, ref pages.Ref) (doc, error) {
	if r.Schema != result.Schema || r.ID != ref.ID {
		return doc{}, fmt.Errorf("it is not a result of %s with the id %q, but of %q with %q", result.Schema, ref.ID, r.Schema, r.ID)
	}
	said := result.Result{Lines: make([]result.Line, len(lines))}
	for i, l := range lines {
		said.Lines[i].Text = l.Text
	}
	return doc{
		ref: ref, result: slim(r), text: decision.TextSum(said), plain: string(plainText(r.Title, lines, html)),
	}, nil
}

// slim leaves of a result what rows and decision.Stand need.
func slim(r result.Result) result.Result {
	s := result.Result{
		Schema: r.Schema, ID: r.ID, URL: r.URL, FinalURL: r.FinalURL, Title: r.Title, Category: r.Category, Labels: r.Labels,
		Verdict: r.Verdict, FindingsTotal: r.FindingsTotal, Scope: result.Scope{Category: r.Scope.Category}, SafeSearch: r.SafeSearch,
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
var (
	packer, _   = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2))
	unpacker, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0))
)

func pack(v any) ([]byte, error)   { return jsonv2.Marshal(v) }
func unpack(b []byte, v any) error { return jsonv2.Unmarshal(b, v) }
func packSlim(r result.Result) ([]byte, error) {
	b, err := pack(r)
	return packer.EncodeAll(b, nil), err
}

func unpackSlim(b []byte) (r result.Result, err error) {
	if b, err = unpacker.DecodeAll(b, nil); err == nil {
		err = unpack(b, &r)
	}
	return r, err
}
