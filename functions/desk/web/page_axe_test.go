//go:build axe

package web

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

func TestAxeFindsNothingOnAPage(t *testing.T) {
	d := newDesk(t)
	r := painted("p-1", 1000, 6000, 1000, at(100, 200, 300, 40), at(100, 700, 300, 40), at(100, 1200, 300, 40), at(0, 0, 0, 0), at(100, 2500, 300, 40))
	r.Findings[4].Mode, r.Findings[1].Source, r.Findings[0].Law, r.Findings[0].Suggest, r.Findings[0].Kind = result.Report, result.InHTML, "화장품법 제13조", []string{"피지 케어"}, result.Forbidden
	r.Unseen = []page.Unseen{{Kind: page.Failed, Why: "the picture did not come", Box: page.Box{X: 300, Y: 600, W: 400, H: 300}, Source: "https://cdn.example/a.jpg"}}
	r.Codes = []result.Code{{Text: "https://pf.example/talk", Format: result.QR, Box: page.Box{X: 700, Y: 200, W: 90, H: 90}}}
	r.SafeSearch, r.Labels, r.Category = []result.SafeSearch{{Tile: 1, Racy: "likely"}}, map[string]string{"seller": "s-1"}, "cosmetics"
	r.Quality = result.Quality{DOMRecall: 0.98, DOMRunes: 300}
	d.paint(t, &r)
	old := r
	old.Lines = append([]result.Line{{Text: "특가 배너", Box: page.Box{X: 10, Y: 10, W: 200, H: 40}}}, r.Lines[1:]...)
	b, err := json.Marshal(old)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := d.Ledger.Keep(t.Context(), "p-1", b)
	if err != nil {
		t.Fatal(err)
	}
	for i, one := range []decision.Decision{{Action: decision.Confirm, Policy: "mine.2"}, {Action: decision.Dismiss, Reason: decision.Proof, Words: "성적서 확인"}, {Action: decision.Undo, Undoes: 1}} {
		one.Series, one.Subject, one.By, one.Shown.Result = decision.Page, "p-1", "lee@shop.example", hash
		if one.Action != decision.Undo {
			one.Marks = []decision.Mark{decision.MarkOf(r, r.Findings[i+1])}
		}
		if _, err := d.Ledger.Decide(t.Context(), one, i); err != nil {
			t.Fatal(err)
		}
	}
	for _, lang := range languages {
		for _, theme := range []string{"light", "dark"} {
			b := open(t, "about:blank", 1280, 900)
			act(b, func(ctx context.Context, at *chromedp.Target) (chromedp.Void, error) { // axe-core makes markup
				_, err := cdp.Call(ctx, at, cdppage.SetBypassCSP, cdppage.SetBypassCSPParams{Enabled: true})
				return chromedp.Void{}, err
			})
			check := func(what, prepare string) {
				eval[bool](b, `(() => { document.documentElement.dataset.theme = %q; %s; return true; })()`, theme, prepare)
				b.accessible(strings.Join([]string{lang, theme, what}, ", "))
			}
			b.visit(d.URL + "/p/p-1?lang=" + lang)
			b.settled()
			check("the findings, and deciding", `document.querySelectorAll('.panel details').forEach((d) => { d.open = true; }); document.querySelector('[data-do="dismiss"]').click()`)
			for _, tab := range []string{"text", "history", "details"} {
				check("the "+tab, `document.getElementById('tab-`+tab+`').click()`)
			}
			b.size(900, 700)
			check("a narrow page", `document.getElementById('tab-findings').click()`)
			b.size(1280, 900)
			b.visit(d.URL + "/p/p-1/compare?lang=" + lang)
			b.wait(ready)
			check("two inspections", `document.querySelector('.change').click()`)
		}
	}
}
