package web

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/shared/result"
)

// press presses a key as a keyboard does: code is where it lies, and key is what the
// layout or input method makes of it. modifiers are the protocol's: Alt=1, Ctrl=2, Meta=4, Shift=8.
func (b tab) press(code, key string, modifiers int64, repeat bool) {
	b.Helper()
	act(b, func(ctx context.Context, at *chromedp.Target) (chromedp.Void, error) {
		for _, kind := range []input.DispatchKeyEventType{"rawKeyDown", "keyUp"} {
			again := repeat && kind == "rawKeyDown"
			p := input.DispatchKeyEventParams{Type: kind, Code: code, Key: key, Modifiers: modifiers, AutoRepeat: &again}
			p.WindowsVirtualKeyCode = map[string]int64{"Escape": 27, "Enter": 13}[code] // by which the browser itself knows them
			if _, err := cdp.Call(ctx, at, input.DispatchKeyEvent, p); err != nil {
				return chromedp.Void{}, err
			}
		}
		return chromedp.Void{}, nil
	})
}

// arrive waits until the tab has come to an address that ends so, all of its page is
// there, and an expression is true. A script that asks for it on the way would be left without an answer.
func (b tab) arrive(end, js string, args ...any) {
	b.Helper()
	for {
		// On the way, there is no page to ask.
		history, err := chromedp.Run(b.ctx, chromedp.NavigationEntries())
		if err == nil && strings.HasSuffix(history.Entries[history.CurrentIndex].URL, end) {
			break
		}
		select {
		case <-b.ctx.Done():
			b.Fatalf("the tab never came to …%s: %v", end, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	b.wait("document.readyState === 'complete' && ("+js+")", args...)
}

// letter presses the key of a letter.
func (b tab) letter(c string) { b.Helper(); b.press("Key"+strings.ToUpper(c), c, 0, false) }

const currentID = `document.querySelector('.row.current')?.dataset.id`

// manyDesk has 10,000 pages, for tests that decide nothing. It takes seconds to make.
var manyDesk = sync.OnceValue(func() *room { return furnish(forAll{}, many(10_000)) })

// each runs a test on a desk of one page and on one of 10,000.
func each(t *testing.T, do func(t *testing.T, r *room, n int)) {
	t.Run("1", func(t *testing.T) { do(t, furnish(t, withFinding(1)), 1) })
	t.Run("10000", func(t *testing.T) {
		do(t, manyDesk(), 10_000)
	})
}

func TestListShowsWhatNeedsAPerson(t *testing.T) {
	each(t, func(t *testing.T, r *room, n int) {
		b := open(t, r.URL+"/?states=open", 1400, 900)
		list, err := r.Index.Pages(t.Context(), index.Query{States: []string{"open"}})
		if err != nil {
			t.Fatal(err)
		}
		got := eval[[]string](b, `[...document.querySelectorAll('.row')].map((r) => r.dataset.id)`)
		if len(got) != len(list.Rows) || len(got) > 50 {
			t.Fatalf("%d rows, want %d", len(got), len(list.Rows))
		}
		for i, row := range list.Rows {
			if got[i] != row.ID {
				t.Fatalf("row %d is %s, want %s", i, got[i], row.ID)
			}
		}
		if says := eval[string](b, `document.getElementById('count').textContent`); says != text("en", "list.count", "n", list.Total) {
			t.Errorf("it says %q of %d pages", says, list.Total)
		}
		row := list.Rows[0]
		says := eval[string](b, `document.querySelector('.row').innerText`)
		for _, want := range []string{row.Worst.Quote, row.Worst.Rule, row.Host, row.Category, row.Labels["seller"], row.Title, "Reject"} {
			if !strings.Contains(says, want) {
				t.Errorf("the first row %q lacks %q", says, want)
			}
		}
		crop := eval[[]string](b, `(() => { const i = document.querySelector('.crop img'); return [i.getAttribute('src'), i.loading, i.getAttribute('width'), i.getAttribute('height')]; })()`)
		if want := fmt.Sprintf("/p/%s/crop/%d?w=480&v=%d", row.ID, row.Worst.N, row.Version); crop[0] != want || crop[1] != "lazy" || crop[2] == "" || crop[3] == "" {
			t.Errorf("the crop is %v, want %s", crop, want)
		}
		b.wait(`document.querySelector('.facets a')`)
		b.wait(`document.querySelector('[data-state="open"] b').textContent === '%s'`, thousands(list.Total))
	})
}

// TestMoveByKeys: through the rows, on to the next ones, and into a page and back.
func TestMoveByKeys(t *testing.T) {
	each(t, func(t *testing.T, r *room, n int) {
		b := open(t, r.URL+"/?states=open", 1400, 900)
		ids := eval[[]string](b, `[...document.querySelectorAll('.row')].map((r) => r.dataset.id)`)
		for range 3 {
			b.letter("j")
		}
		want := ids[min(3, len(ids)-1)]
		b.wait(`%s === %q && document.activeElement.closest('.row')?.dataset.id === %q`, currentID, want, want)
		b.letter("k")
		want = ids[max(0, min(3, len(ids)-1)-1)]
		b.wait(`%s === %q`, currentID, want)
		if n == 1 {
			return
		}
		more := eval[string](b, `(document.querySelector('.row:last-child .title').focus(), document.getElementById('more').getAttribute('href'))`)
		b.letter("j")
		b.arrive(more, `document.querySelector('.row.current') === document.querySelector('.row')`)
		if again := eval[[]string](b, `[...document.querySelectorAll('.row')].map((r) => r.dataset.id)`); len(again) != 50 || again[0] == ids[0] {
			t.Errorf("behind the first rows come %d that begin with %s", len(again), again[0])
		}
	})
}

// TestFilterAndSearch: by a facet, by what was read, in another order, each as a link.
func TestFilterAndSearch(t *testing.T) {
	each(t, func(t *testing.T, r *room, n int) {
		b := open(t, r.URL+"/", 1400, 900)
		b.wait(`document.querySelector('.facets a')`)
		says := eval[[]string](b, `(() => { const a = [...document.querySelectorAll('.facets section')].find((s) => s.querySelector('h3').textContent === 'Severity').querySelector('a'); return [a.href, a.querySelector('b').textContent]; })()`)
		b.visit(says[0])
		if got := eval[string](b, `document.getElementById('count').textContent.split(' ')[0]`); got != says[1] {
			t.Errorf("the facet says %s pages, and behind it are %s", says[1], got)
		}
		b.press("Slash", "/", 0, false)
		quote := []rune(r.results[0].Lines[0].Text)
		eval[bool](b, `(document.getElementById('text').value = %q) !== ''`, string(quote[:4]))
		eval[int](b, `setTimeout(() => document.querySelector('.search').requestSubmit())`)
		b.arrive("&text="+url.QueryEscape(string(quote[:4])), `document.readyState === 'complete'`)
		chosen := eval[[]string](b, `[...document.querySelectorAll('.chips bdi')].map((e) => e.textContent)`)
		if len(chosen) != 2 || chosen[1] != string(quote[:4]) {
			t.Errorf("what is chosen is %q", chosen)
		}
		f, err := filterOf(url.Values{"severities": {eval[string](b, `new URLSearchParams(location.search).get('severities')`)}, "text": {string(quote[:4])}})
		if err != nil {
			t.Fatal(err)
		}
		list, err := r.Index.Pages(t.Context(), f.Query)
		if err != nil {
			t.Fatal(err)
		}
		if got := eval[string](b, `document.getElementById('count').textContent`); got != text("en", "list.count", "n", list.Total) {
			t.Errorf("it says %q of %d pages", got, list.Total)
		}
		b.visit(r.URL + "/?sort=title")
		titles := eval[[]string](b, `[...document.querySelectorAll('.title')].map((e) => e.textContent)`)
		if !slices.IsSorted(titles) {
			t.Errorf("by title come %q", titles)
		}
	})
}

// TestSettings: language and appearance hold on the next page.
func TestSettings(t *testing.T) {
	r := furnish(t, withFinding(1))
	b := open(t, r.URL+"/", 1400, 900)
	eval[bool](b, `document.querySelector('#settings [data-theme="dark"]').click() || true`)
	b.wait(`document.documentElement.dataset.theme === 'dark' && getComputedStyle(document.body).backgroundColor === 'rgb(20, 22, 26)'`)
	eval[bool](b, `fetch('/session', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{"lang":"ko"}'}).then((r) => r.ok)`)
	b.visit(r.URL + "/")
	b.wait(`document.documentElement.lang === 'ko' && document.documentElement.dataset.theme === 'dark'`)
	b.press("Slash", "?", 8, false)
	b.wait(`document.getElementById('help').open && document.querySelector('#help dl').textContent.includes('다음 행')`)
	b.press("Slash", "?", 8, false)
	b.wait(`!document.getElementById('help').open`)
}

// TestOpenAndComeBack: Enter opens the current page, with the filter, and the reader comes back to its row.
func TestOpenAndComeBack(t *testing.T) {
	r := furnish(t, withFinding(3))
	b := open(t, r.URL+"/?states=open", 1400, 900)
	b.letter("j")
	id := eval[string](b, currentID)
	b.letter("o")
	b.arrive("/p/"+pathEscape(id)+"?states=open", `document.readyState === 'complete'`)
	b.visit(r.URL + "/?states=open")
	b.wait(`%s === %q`, currentID, id)
}

// TestNewPagesWait: they are offered, and the list does not move by itself; who has a page is told.
func TestNewPagesWait(t *testing.T) {
	all := withFinding(4)
	r := furnish(t, all[:2])
	b := open(t, r.URL+"/?states=open&of=old", 1400, 900)
	b.wait(`document.querySelector('[data-state="open"] b').textContent === '2'`)
	for _, one := range all[2:] {
		r.put(t, one, time.Unix(1_764_000_900, 0))
		_, ref, err := r.Pages.Read(t.Context(), one.ID)
		if err == nil {
			err = r.Index.Put(t.Context(), one, ref)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	r.as(lee)
	id := eval[string](b, currentID)
	r.post(t, "/p/"+pathEscape(id)+"/claim", struct{}{})
	r.as(kim)
	eval[bool](b, `dispatchEvent(new Event('focus'))`) // a look is due when the reader comes back
	b.wait(`!document.getElementById('fresh').hidden && document.getElementById('fresh').textContent === '2 new pages' && document.querySelector('.held').textContent === 'lee has it'`)
	if n := eval[int](b, `document.querySelectorAll('.row').length`); n != 2 {
		t.Errorf("the list has %d rows by itself, want 2", n)
	}
	eval[int](b, `setTimeout(() => document.querySelector('#fresh button').click())`)
	b.arrive("/?states=open", `document.querySelectorAll('.row').length === 4`)
}

// TestHostileTextInTheList stays text.
func TestHostileTextInTheList(t *testing.T) {
	const evil = `"'><img src=x onerror="document.documentElement.dataset.hacked=1"><script>document.documentElement.dataset.hacked=1</script>{{.}}</title>`
	all := withFinding(1)
	one := all[0]
	one.ID, one.Title, one.Category, one.URL, one.FinalURL = "evil", evil, evil, "javascript:document.documentElement.dataset.hacked=1", ""
	one.Labels = map[string]string{"seller": evil, evil: evil}
	one.Findings = append([]result.Finding{}, one.Findings...)
	for i := range one.Findings {
		one.Findings[i].Quote, one.Findings[i].Message, one.Findings[i].Rule, one.Findings[i].Source = evil, evil, evil, result.Source(evil)
	}
	r := furnish(t, []result.Result{one})
	r.as(evil + "@example.com")
	r.post(t, "/filters", map[string]any{"name": evil[:40], "query": "verdicts=reject"})
	b := open(t, r.URL+"/?lang=ko&labels="+pathEscape("seller="+evil), 1400, 900)
	b.wait(`document.querySelectorAll('.row').length === 1 && document.querySelector('.facets a')`)
	eval[bool](b, `(document.getElementById('saved').open = true)`)
	b.wait(`document.querySelector('.saved a')`)
	b.letter("m")
	b.wait(`document.getElementById('ask').open`)
	got := eval[string](b, `[document.documentElement.dataset.hacked, document.querySelectorAll('[onerror], [onclick], a[href^="javascript"], [style]').length, document.querySelectorAll('main script, img[src="x"]').length, document.querySelector('.quote bdi').textContent.startsWith('"\'><img'), document.querySelector('.saved a').textContent.length].join('|')`)
	if got != "|0|0|true|40" {
		t.Errorf("got %s; want nothing run, no handlers, no scripts, and the quote and name as text", got)
	}
	for _, link := range eval[[]string](b, `[...document.querySelectorAll('.row a[target]')].map((a) => a.rel)`) {
		if link != "noopener noreferrer nofollow" {
			t.Errorf("a link out has rel %q", link)
		}
	}
}

// TestEmptyLists say what to do.
func TestEmptyLists(t *testing.T) {
	none, one := furnish(t, nil), furnish(t, withFinding(1))
	for _, c := range []struct{ address, want string }{
		{none.URL + "/", texts["en"]["empty.none.do"]},
		{one.URL + "/?verdicts=pass", texts["en"]["empty.filter.do"]},
		{one.URL + "/?text=%ED%9E%A3%ED%9E%A3", texts["en"]["empty.text.do"]},
		{one.URL + "/?states=open&verdicts=pass", texts["en"]["empty.open.do"]},
	} {
		b := open(t, c.address, 1000, 700)
		if got := eval[string](b, `document.querySelector('.empty').innerText`); !strings.Contains(got, c.want) {
			t.Errorf("%s says %q", c.address, got)
		}
	}
}

// TestIndecentIsBlurred until it is asked for, of one picture or for good.
func TestIndecentIsBlurred(t *testing.T) {
	all := withFinding(2)
	for i := range all {
		all[i].SafeSearch = []result.SafeSearch{{Tile: 0, Adult: "very_likely", Racy: "likely"}}
	}
	r := furnish(t, all)
	b := open(t, r.URL+"/", 1400, 900)
	blurred := `[...document.querySelectorAll('.crop img')].map((i) => getComputedStyle(i).filter !== 'none').join()`
	if got := eval[string](b, "%s", blurred); got != "true,true" {
		t.Errorf("blurred is %s", got)
	}
	eval[bool](b, `document.querySelector('.unblur').click() || true`)
	b.wait(`%s === 'false,true'`, blurred)
	eval[bool](b, `document.getElementById('unblur').click() || true`)
	b.wait(`%s === 'false,false'`, blurred)
	b.wait(`document.documentElement.hasAttribute('data-unblur')`)
	b.visit(r.URL + "/")
	if got := eval[string](b, "%s", blurred); got != "false,false" {
		t.Errorf("on the next page, blurred is %s", got)
	}
}

// TestNarrow: nothing is wider than a telephone.
func TestNarrow(t *testing.T) {
	r := furnish(t, withFinding(3))
	for _, lang := range languages {
		b := open(t, r.URL+"/?lang="+lang, 360, 700)
		if w := eval[int](b, `document.documentElement.scrollWidth`); w > 360 {
			t.Errorf("%s: the list is %d px wide", lang, w)
		}
		if shown := eval[bool](b, `[...document.querySelectorAll('.acts button')].every((b) => getComputedStyle(b).visibility === 'visible')`); !shown {
			t.Errorf("%s: there are no buttons to decide with", lang)
		}
	}
}
