// Package notice writes what a seller is told: which words of their page must
// change, why, what to say instead, and until when. A notice is plain text, or a
// page to be printed on A4 that has the crops in it and loads nothing.
//
// What a page says is quoted as one line without controls, and never becomes
// markup or a part of a template.
package notice

import (
	"context"
	"encoding/base64"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/pageinspect/pageinspect/functions/desk/crop"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Bounds of a notice.
const (
	MaxDays   = 365
	maxItems  = 100
	cropWidth = 900
	quality   = 85
	maxQuote  = 300 // letters
)

// Notice is what a seller is told about one page.
type Notice struct {
	ID, URL, Title string
	Seller         string // the page's label "seller", if it has one
	Captured       time.Time
	Items          []Item
	More           int // findings beyond the first hundred
}

// Item is one thing that must change.
type Item struct {
	N       int
	Quote   string // "" where something is missing from the page
	Message string
	Law     string
	Kind    result.Kind
	Rule    string
	Suggest []string
	Places  []int        // rows of the page, in CSS pixels, at which it stands
	Crop    template.URL // data: URI of a JPEG, "" without a picture
	box     page.Box
}

// Of is the notice about the findings of a result that are confirmed, or about those
// that are named by their indexes. Words that stand in several places are told once.
// Its error is fault.Invalid: there is nothing to tell.
func Of(r result.Result, s decision.Standing, findings []int) (Notice, error) {
	n := Notice{ID: r.ID, URL: clean(job.Bare(r.URL)), Title: line(r.Title), Seller: line(r.Labels["seller"]), Captured: r.CapturedAt}
	if len(findings) == 0 {
		for i, state := range s.Findings {
			if state == decision.Confirmed {
				findings = append(findings, i)
			}
		}
		if s.Whole != nil && s.Whole.Action == decision.Confirm && len(s.Whole.Marks) == 0 {
			n.Items = append(n.Items, Item{N: 1, Message: line(s.Whole.Policy), Kind: result.Policy})
		}
	}
	at := map[string]int{}
	for _, i := range findings {
		if i < 0 || i >= len(r.Findings) {
			return n, fault.New(fault.Invalid, "findings: the page has no finding %d; it has %d, from 0", i, len(r.Findings))
		}
		f := r.Findings[i]
		key := decision.Fingerprint(f.Rule, f.Quote)
		if had, ok := at[key]; ok {
			n.Items[had].Places = append(n.Items[had].Places, int(f.Box.Y))
			continue
		}
		if len(n.Items) == maxItems {
			n.More++
			continue
		}
		at[key] = len(n.Items)
		n.Items = append(n.Items, itemOf(f, len(n.Items)+1))
	}
	if len(n.Items) == 0 {
		return n, fault.New(fault.Invalid, "nothing on this page is confirmed; confirm what the seller is to change, or name findings")
	}
	return n, nil
}

func itemOf(f result.Finding, n int) Item {
	item := Item{N: n, Quote: line(f.Quote), Message: line(f.Message), Law: line(f.Law), Kind: f.Kind, Rule: f.Rule, box: f.Box}
	if f.Basis != nil && item.Law == "" {
		item.Law = line(f.Basis.String())
	}
	for _, s := range f.Suggest {
		item.Suggest = append(item.Suggest, line(s))
	}
	if !f.Box.Empty() {
		item.Places = []int{int(f.Box.Y)}
	}
	return item
}

// AddCrops cuts the pictures of the items. Tile reads a tile of the result.
func (n *Notice) AddCrops(ctx context.Context, r result.Result, tile func(ctx context.Context, tile int) (data []byte, mediaType string, err error)) error {
	on := map[int][]int{} // items by tile
	for i, item := range n.Items {
		if t := crop.Tile(r, item.box); t >= 0 {
			on[t] = append(on[t], i)
		}
	}
	for t, items := range on {
		data, _, err := tile(ctx, t)
		if err != nil {
			return fmt.Errorf("picture %d of %d: %w", t+1, len(r.Tiles), err)
		}
		img, err := crop.Decode(data)
		if err != nil {
			return err
		}
		for _, i := range items {
			b, err := crop.JPEG(crop.Around(img, r.Tiles[t], n.Items[i].box, cropWidth), quality)
			if err != nil {
				return err
			}
			n.Items[i].Crop = template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b)) //nolint:gosec // our own picture
		}
	}
	return nil
}

// line is clean text, and not without end.
func line(s string) string {
	letters := []rune(clean(s))
	if len(letters) > maxQuote {
		letters = append(slices.Clone(letters[:maxQuote]), '…')
	}
	return string(letters)
}

// clean is text as one line: no controls, and no marks that turn the direction of
// what follows.
func clean(s string) string {
	s = strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case unicode.IsControl(c), c >= 0x202a && c <= 0x202e, c >= 0x2066 && c <= 0x2069, c == 0x200e, c == 0x200f, c == 0x061c, c == unicode.ReplacementChar:
			return -1
		}
		return c
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
