package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/functions/pageinspect/samples"
)

var reviewer = flag.Bool("reviewer", false, "go through a new reviewer's first hour at make desk")

// TestReviewersFirstHour is what a new reviewer does at make desk, in a browser, by
// keyboard: fifty findings are decided, one of them for all pages that show its
// picture; they are exported; one page is inspected again after its seller edited it,
// and compared; its evidence is verified by a program that has nothing else.
func TestReviewersFirstHour(t *testing.T) {
	if !*reviewer {
		t.Skip("takes minutes: make reviewer")
	}
	wholeProgram(t)
	d, _, _ := sampleDesk(t)
	b := desksBrowser(t, d.address)
	pages := len(samples.Pages()) + len(samples.MadePages())
	b.until(10*time.Minute, "all pages are at the desk", func() bool { return d.status(t).Total == pages })
	t.Logf("%d pages are there: %v", pages, d.status(t).States)

	// A picture that two pages show, decided on one of them.
	b.open("/p/made-glow-cream?lang=en")
	b.wait(`[...document.querySelectorAll('.item')].length >= 4 && [...document.querySelectorAll('.item .quote, .item')].some((e) => e.textContent.includes('카톡'))`)
	for !b.holds(`document.querySelector('.item.sel').textContent.includes('카톡')`) {
		b.letter("n")
	}
	b.letter("w")
	b.wait(`document.activeElement.name === 'words'`)
	b.press("Escape", "Escape")
	b.wait(`!document.querySelector('.each').hidden`)
	b.eval(`document.querySelector('[name=picture]').focus()`)
	b.press("Space", " ")
	b.wait(`document.querySelector('[name=picture]').checked`)
	b.eval(`document.getElementById('scroll').focus()`)
	b.letter("c")
	b.until(time.Minute, "the other page's notice is decided, too", func() bool {
		var data struct {
			Findings []struct {
				Rule  string
				State string
			}
		}
		_, body := d.ask(t, "GET", "/p/made-hair-tonic/data.json", nil, "")
		if err := json.Unmarshal(body, &data); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		for _, f := range data.Findings {
			if f.Rule == "contact.kakao" && f.State == "confirmed" {
				return true
			}
		}
		return false
	})

	// Fifty, from the list.
	b.open("/?lang=en&states=open")
	b.wait(`!!document.querySelector('.row.current')`)
	began, keys := time.Now(), 0
	for n := range 50 {
		before := b.text(`document.querySelector('.row.current').dataset.known + ' ' + document.querySelector('.row.current').dataset.id`)
		switch n % 5 {
		case 3:
			b.letter("d")
			b.wait(`document.getElementById('ask').open`)
			b.press("Digit2", "2")
			keys += 2
		case 4:
			b.letter("e")
			keys++
		default:
			b.letter("c")
			keys++
		}
		b.wait(fmt.Sprintf(`!document.getElementById('ask').open && !document.querySelector('.busy') && document.getElementById('said').textContent !== ''
		  && [...document.querySelectorAll('.row')].every((r) => r.dataset.known + ' ' + r.dataset.id !== %q)`, before))
		b.eval(`document.getElementById('said').textContent = ''`)
	}
	t.Logf("50 findings by %d keys in %.0f s", keys, time.Since(began).Seconds())

	// Exported: a row a finding, and as many of them decided.
	_, body := d.ask(t, "GET", "/export?format=csv&rows=findings", nil, "")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(body), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column, decided := map[string]int{}, map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	for _, row := range rows[1:] {
		decided[row[column["state"]]]++
	}
	t.Logf("exported: %d rows, %v", len(rows)-1, decided)
	if got := decided["confirmed"] + decided["dismissed"] + decided["escalated"]; got < 50 {
		t.Errorf("%d findings of the export are decided, want 50 or more", got)
	}

	// Its seller has edited the page; it is inspected again, and compared.
	const id, came, went = "made-glow-cream", "건조한 피부의 보습", "아토피 치료 로션"
	b.open("/p/" + id + "?lang=en")
	b.wait(`document.querySelectorAll('.item').length > 0`)
	b.until(samples.EditedAfter+5*time.Minute, "the seller has edited the page, and it was inspected again", func() bool {
		_, body := d.ask(t, "GET", "/p/"+id+"/data.json", nil, "")
		if strings.Contains(string(body), came) {
			return true
		}
		b.open("/p/" + id + "?lang=en")
		b.wait(`document.querySelectorAll('.item').length > 0`)
		b.letter("r")
		b.wait(`document.getElementById('said').textContent !== ''`)
		return false
	})
	b.letter("v")
	b.wait(`location.pathname.endsWith('/compare') && document.querySelectorAll('#changes li').length > 0`)
	changes := b.text(`document.getElementById('changes').innerText`)
	t.Logf("compared:\n%s", changes)
	for _, want := range []string{came, went} {
		if !strings.Contains(changes, want) {
			t.Errorf("the comparison does not say %q", want)
		}
	}

	// Its evidence, elsewhere: a program and a file, and no environment.
	res, err := http.Get(d.address + "/p/" + id + "/evidence")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // it is read
	elsewhere := t.TempDir()
	archive, err := os.Create(filepath.Join(elsewhere, "evidence.zip"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := archive.ReadFrom(res.Body); err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res.Status, err)
	}
	archive.Close() //nolint:errcheck // verify reads it
	verify := exec.CommandContext(t.Context(), filepath.Join(programs, "pageinspect"), "verify", "evidence.zip")
	verify.Dir, verify.Env = elsewhere, []string{}
	said, err := verify.CombinedOutput()
	t.Logf("verified:\n%s", said)
	if code := verify.ProcessState.ExitCode(); code != 0 {
		t.Errorf("verify exits with %d, %v", code, err)
	}
}

// deskBrowser is a tab at a desk, moved by keys.
type deskBrowser struct {
	*testing.T
	ctx     context.Context
	address string
}

func desksBrowser(t *testing.T, address string) deskBrowser {
	t.Helper()
	ctx := usersBrowser(t, 30*time.Minute)
	if _, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 1400, Height: 900, DeviceScaleFactor: 1}); err != nil {
		t.Fatal(err)
	}
	return deskBrowser{t, ctx, address}
}

func (b deskBrowser) open(path string) {
	b.Helper()
	if _, err := chromedp.Call(b.ctx, page.Navigate, page.NavigateParams{URL: b.address + path}); err != nil {
		b.Fatal(err)
	}
	at, _, _ := strings.Cut(path, "?")
	b.wait(fmt.Sprintf(`document.readyState === 'complete' && location.pathname === %q`, at))
}

func (b deskBrowser) eval(js string) {
	b.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[any](js+`; 0`)); err != nil {
		b.Fatalf("%s: %v", js, err)
	}
}

func (b deskBrowser) text(js string) string {
	b.Helper()
	s, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](js))
	if err != nil {
		b.Fatalf("%s: %v", js, err)
	}
	return s
}

// holds says whether an expression is true; between two pages it is not.
func (b deskBrowser) holds(js string) bool {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	yes, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`!!(`+js+`)`))
	return err == nil && yes
}

func (b deskBrowser) wait(js string) {
	b.Helper()
	b.until(time.Minute, js, func() bool { return b.holds(js) })
}

// until asks cond again and again, for at most limit.
func (b deskBrowser) until(limit time.Duration, what string, cond func() bool) {
	b.Helper()
	tick, late := time.NewTicker(100*time.Millisecond), time.After(limit)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-late:
			b.Fatalf("not within %v: %s", limit, what)
		}
	}
}

func (b deskBrowser) letter(c string) { b.Helper(); b.press("Key"+strings.ToUpper(c), c) }

func (b deskBrowser) press(code, key string) {
	b.Helper()
	at := chromedp.FromContext(b.ctx).Target
	for _, kind := range []input.DispatchKeyEventType{"keyDown", "keyUp"} {
		p := input.DispatchKeyEventParams{Type: kind, Code: code, Key: key}
		p.WindowsVirtualKeyCode = map[string]int64{"Escape": 27, "Space": 32}[code]
		if kind == "keyDown" && code == "Space" {
			p.Text = " "
		}
		if _, err := cdp.Call(b.ctx, at, input.DispatchKeyEvent, p); err != nil {
			b.Fatal(err)
		}
	}
}
