//go:build axe

package web

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// axe is axe-core as npm brings it, or "" and why there is none.
var axe = sync.OnceValues(func() (source, why string) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", "npm is not here; see https://nodejs.org"
	}
	dir, err := os.MkdirTemp("", "axe")
	if err != nil {
		return "", err.Error()
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it is a temporary one
	b, err := os.ReadFile("axe/package.json")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "package.json"), b, 0o600)
	}
	if err != nil {
		return "", err.Error()
	}
	install := exec.Command(npm, "install", "--no-audit", "--no-fund", "--ignore-scripts")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		return "", "npm could not bring axe-core: " + string(out)
	}
	if b, err = os.ReadFile(filepath.Join(dir, "node_modules/axe-core/axe.min.js")); err != nil {
		return "", err.Error()
	}
	return string(b), ""
})

// accessible has axe-core find nothing on what a tab shows.
func (b tab) accessible(what string) {
	b.Helper()
	source, why := axe()
	if source == "" {
		b.Logf("SKIP: %s: NOTHING WAS CHECKED: %s", what, why)
		return
	}
	act(b, chromedp.Evaluate[any](source+"; 0"))
	found := eval[[]string](b, `axe.run(document, {resultTypes: ['violations'], rules: {'color-contrast-enhanced': {enabled: false}}}).then((r) => r.violations.map((v) => v.id + ': ' + v.help + ': ' + v.nodes.slice(0, 3).map((n) => n.html + ' ' + n.failureSummary).join(' | ')))`)
	for _, f := range found {
		b.Errorf("%s: %s", what, f)
	}
}

func TestAxeFindsNothing(t *testing.T) {
	r, none := furnish(t, withFinding(8)), furnish(t, nil)
	first, err := r.Index.Pages(t.Context(), filter{}.queue())
	if err != nil {
		t.Fatal(err)
	}
	for i, action := range []string{"confirm", "escalate"} {
		r.post(t, "/p/"+pathEscape(first.Rows[i].ID)+"/decide", say(first.Rows[i], map[string]any{"action": action, "open": true}))
	}
	for _, lang := range languages {
		for _, theme := range []string{"light", "dark"} {
			b := open(t, "about:blank", 1400, 900)
			act(b, func(ctx context.Context, at *chromedp.Target) (chromedp.Void, error) { // axe-core makes markup
				_, err := cdp.Call(ctx, at, cdppage.SetBypassCSP, cdppage.SetBypassCSPParams{Enabled: true})
				return chromedp.Void{}, err
			})
			visit := func(what, address string) {
				b.visit(address)
				eval[bool](b, `(document.documentElement.dataset.theme = '%s') !== ''`, theme)
				b.accessible(strings.Join([]string{lang, theme, what}, ", "))
			}
			q := "?lang=" + lang
			visit("the list", r.URL+"/"+q+"&sort=newest&text=%EC%9D%84")
			b.visit(r.URL + "/" + q)
			eval[bool](b, `(document.documentElement.dataset.theme = '%s') !== ''`, theme)
			b.wait(`document.querySelector('.facets a')`)
			eval[bool](b, `document.querySelector('.pick input').click() || true`)
			eval[bool](b, `[...document.querySelectorAll('details')].map((d) => { d.open = true; }).length >= 0`)
			b.accessible(strings.Join([]string{lang, theme, "the list with all of it open"}, ", "))
			eval[bool](b, `[...document.querySelectorAll('details.menu')].map((d) => { d.open = false; }).length >= 0`)
			b.letter("d")
			b.wait(`document.getElementById('ask').open`)
			b.accessible(strings.Join([]string{lang, theme, "the sheet"}, ", "))
			visit("an empty list", none.URL+"/"+q)
			visit("a page that is not there", r.URL+"/nothing"+q)
			b.size(360, 700)
			visit("a narrow list", r.URL+"/"+q)
		}
	}
}
