package export

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/pageinspect/pageinspect/functions/desk/crop"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// SARIF 2.1.0, as far as it is used here. A region of SARIF is of text, so where a
// finding stands on its page is a property of its location, and a rectangle of the
// attached picture.
type (
	sarifResult struct {
		RuleID              string             `json:"ruleId"`
		RuleIndex           int                `json:"ruleIndex"`
		Kind                string             `json:"kind"`
		Level               string             `json:"level"`
		Message             sarifText          `json:"message"`
		Locations           []sarifLocation    `json:"locations"`
		Attachments         []sarifAttachment  `json:"attachments,omitempty"`
		PartialFingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions        []sarifSuppression `json:"suppressions"` // of all results or of none, says the standard
		HostedViewerURI     string             `json:"hostedViewerUri,omitempty"`
		Properties          map[string]any     `json:"properties,omitempty"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifPhysical struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
	}
	sarifLogical struct {
		Name               string `json:"name"`
		FullyQualifiedName string `json:"fullyQualifiedName"`
		Kind               string `json:"kind"`
	}
	sarifLocation struct {
		PhysicalLocation sarifPhysical  `json:"physicalLocation"`
		LogicalLocations []sarifLogical `json:"logicalLocations"`
		Properties       map[string]any `json:"properties,omitempty"`
	}
	sarifAttachment struct {
		ArtifactLocation sarifArtifact    `json:"artifactLocation"`
		Rectangles       []sarifRectangle `json:"rectangles"`
	}
	sarifRectangle struct { // in pixels of the picture
		Top    float64 `json:"top"`
		Left   float64 `json:"left"`
		Bottom float64 `json:"bottom"`
		Right  float64 `json:"right"`
	}
	sarifSuppression struct {
		Kind          string         `json:"kind"`
		Status        string         `json:"status"`
		Justification string         `json:"justification"`
		Properties    map[string]any `json:"properties,omitempty"`
	}
	sarifRule struct {
		ID               string            `json:"id"`
		ShortDescription sarifText         `json:"shortDescription"`
		Help             sarifText         `json:"help"`
		DefaultConfig    map[string]string `json:"defaultConfiguration"`
		Properties       map[string]any    `json:"properties,omitempty"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
)

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	homepage    = "https://github.com/pageinspect/pageinspect"
)

// sarif writes one run. Its rules are told behind its results, once all are known;
// JSON's members have no order.
type sarif struct {
	w     *bufio.Writer
	o     Options
	rules []sarifRule
	at    map[string]int // rules by id
	n     int
}

func newSARIF(w io.Writer, o Options) (*sarif, error) {
	s := &sarif{w: bufio.NewWriter(w), o: o, at: map[string]int{}}
	_, err := fmt.Fprintf(s.w, `{"$schema":%q,"version":"2.1.0","runs":[{"columnKind":"unicodeCodePoints","results":[`, sarifSchema)
	return s, err
}

func (s *sarif) drop() {}

func (s *sarif) close() error {
	rules := s.rules
	if rules == nil {
		rules = []sarifRule{}
	}
	b, err := encode(map[string]sarifDriver{"driver": {Name: "Pageinspect", Version: s.o.Tool, InformationURI: homepage, Rules: rules}})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(s.w, "\n],\"tool\":%s}]}\n", b); err != nil {
		return err
	}
	return s.w.Flush()
}

func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	return b, fault.Wrap(fault.Internal, err, "encode SARIF")
}

func (s *sarif) page(_ context.Context, p Page) error {
	for i := range p.Result.Findings {
		if err := s.put(s.finding(p, i)); err != nil {
			return err
		}
	}
	for _, u := range p.Result.Unseen {
		if err := s.put(s.unseen(p, u)); err != nil {
			return err
		}
	}
	return nil
}

func (s *sarif) put(r sarifResult) error {
	b, err := encode(r)
	if err != nil {
		return err
	}
	separator := "\n"
	if s.n++; s.n > 1 {
		separator = ",\n"
	}
	_, err = s.w.WriteString(separator + string(b))
	return err
}

var levels = map[result.Severity]string{result.High: "error", result.ReviewSeverity: "warning", result.Info: "note"}

// finding is one finding of a page.
func (s *sarif) finding(p Page, i int) sarifResult {
	r, f := p.Result, p.Result.Findings[i]
	level := cmp.Or(levels[f.Severity], "warning")
	if f.Mode != result.Enforce {
		level = "note"
	}
	text := f.Message
	if f.Quote != "" {
		text = "“" + f.Quote + "”: " + f.Message
	}
	out := sarifResult{
		RuleID: f.Rule, RuleIndex: s.rule(f.Rule, func() sarifRule { return ruleOf(f) }), Kind: "fail", Level: level, Message: sarifText{text}, HostedViewerURI: s.o.Link(r.ID),
		Locations: []sarifLocation{locationOf(r, f.Box)}, PartialFingerprints: fingerprint(r, decision.Fingerprint(f.Rule, f.Quote)), Suppressions: []sarifSuppression{},
		Properties: map[string]any{"state": p.state(i), "mode": f.Mode, "severity": f.Severity, "quote": f.Quote, "verdict": r.Verdict, "capturedAt": r.CapturedAt},
	}
	if len(f.Suggest) > 0 {
		out.Properties["suggest"] = f.Suggest
	}
	if f.Source != "" {
		out.Properties["source"] = f.Source
	}
	if t := crop.Tile(r, f.Box); t >= 0 && uri(r.Tiles[t].Object) != "" {
		out.Attachments = []sarifAttachment{{sarifArtifact{uri(r.Tiles[t].Object)}, []sarifRectangle{rectangle(r, r.Tiles[t], f.Box)}}}
	}
	if d := p.decided(i); d != nil {
		out.Properties["decided"] = map[string]any{"action": d.Action, "by": d.By, "at": d.At, "reason": d.Reason, "policy": d.Policy, "words": d.Words}
		if d.Action == decision.Dismiss {
			out.Suppressions = append(out.Suppressions, sarifSuppression{
				Kind: "external", Status: "accepted", Justification: strings.TrimSuffix(string(d.Reason)+": "+d.Words, ": "), Properties: map[string]any{"by": d.By, "at": d.At},
			})
		}
	}
	return out
}

// unseen is a part of a page that was not seen. It is no failure, and needs a person.
func (s *sarif) unseen(p Page, u page.Unseen) sarifResult {
	id := "pageinspect.unseen." + string(u.Kind)
	out := sarifResult{
		RuleID: id, Kind: "review", Level: "none", Message: sarifText{cmp.Or(u.Why, "a part of the page was not seen")}, HostedViewerURI: s.o.Link(p.Result.ID),
		RuleIndex: s.rule(id, func() sarifRule {
			return sarifRule{
				ID: id, ShortDescription: sarifText{"A part of the page was not seen or not read (" + string(u.Kind) + ")"},
				Help: sarifText{"What was not seen may say anything. Look at the page itself, or have it inspected again."}, DefaultConfig: map[string]string{"level": "none"},
			}
		}),
		Locations: []sarifLocation{locationOf(p.Result, u.Box)}, PartialFingerprints: fingerprint(p.Result, id+" "+u.Source), Suppressions: []sarifSuppression{},
	}
	if d := p.Standing.Whole; d != nil && d.Action == decision.Dismiss {
		out.Suppressions = append(out.Suppressions, sarifSuppression{Kind: "external", Status: "accepted", Justification: strings.TrimSuffix(string(d.Reason)+": "+d.Words, ": ")})
	}
	return out
}

// rule is the index of a rule, which is made where it is new.
func (s *sarif) rule(id string, make func() sarifRule) int {
	at, ok := s.at[id]
	if !ok {
		at = len(s.rules)
		s.rules, s.at[id] = append(s.rules, make()), at
	}
	return at
}

func ruleOf(f result.Finding) sarifRule {
	help := f.Message
	if l := law(f); l != "" {
		help += "\n\n" + l
	}
	if len(f.Suggest) > 0 {
		help += "\n\nSay instead: " + strings.Join(f.Suggest, ", ")
	}
	r := sarifRule{ID: f.Rule, ShortDescription: sarifText{f.Message}, Help: sarifText{help}, DefaultConfig: map[string]string{"level": cmp.Or(levels[f.Severity], "warning")}, Properties: map[string]any{}}
	if l := law(f); l != "" {
		r.Properties["law"] = l
	}
	if f.Basis != nil {
		r.Properties["basis"] = f.Basis
	}
	if f.Kind != "" {
		r.Properties["kind"] = f.Kind
	}
	return r
}

func locationOf(r result.Result, box page.Box) sarifLocation {
	l := sarifLocation{
		PhysicalLocation: sarifPhysical{sarifArtifact{uri(cmp.Or(r.FinalURL, r.URL))}},
		LogicalLocations: []sarifLogical{{Name: r.ID, FullyQualifiedName: cmp.Or(place(r.URL), r.ID), Kind: "page"}},
	}
	if !box.Empty() {
		l.Properties = map[string]any{"rectangle": box, "unit": "CSS pixels from the page's top left"}
	}
	return l
}

// rectangle is a box in a tile's picture.
func rectangle(r result.Result, t page.Tile, b page.Box) sarifRectangle {
	scale := r.Page.Scale
	if scale <= 0 {
		scale = 1
	}
	return sarifRectangle{
		Top: max(0, b.Y-float64(t.Y)) * scale, Left: max(0, b.X-float64(t.X)) * scale,
		Bottom: min(float64(t.Height), b.Bottom()-float64(t.Y)) * scale, Right: min(float64(t.Width), b.Right()-float64(t.X)) * scale,
	}
}

// fingerprint is the same for what is found at the same address, wherever it stands on the page.
func fingerprint(r result.Result, what string) map[string]string {
	sum := sha256.Sum256([]byte(what + "\x00" + place(r.URL)))
	return map[string]string{"ruleQuotePlace/v1": hex.EncodeToString(sum[:16])}
}

// uri is an address as SARIF takes it, without userinfo; "" if it is none.
func uri(address string) string {
	u, err := url.Parse(job.Bare(address))
	if err != nil || u.Scheme == "" {
		return ""
	}
	return u.String()
}
