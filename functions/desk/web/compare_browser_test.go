package web

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// inspectedAgain is a page of 200 lines that was kept, and got a banner of 700 px on its
// top, a line changed and another gone; only the new pictures are there, if any.
func inspectedAgain(t *testing.T, d *desk, pictures bool) {
	t.Helper()
	line := func(n, y int) result.Line {
		return result.Line{Text: fmt.Sprintf("줄 %d 번", n), Box: page.Box{X: 100, Y: float64(y), W: 300, H: 40}, Confidence: 0.9}
	}
	old, now := painted("p-1", 800, 20_000, 2000), painted("p-1", 800, 20_700, 2070)
	now.Lines = []result.Line{{Text: "특가 배너", Box: page.Box{X: 50, Y: 300, W: 500, H: 90}}}
	for i := range 199 {
		old.Lines = append(old.Lines, line(i, i*100+20))
		if l := line(i, i*100+720); i == 50 {
			l.Text = "줄 50 번 최고"
			now.Lines = append(now.Lines, l)
		} else if i != 120 {
			now.Lines = append(now.Lines, l)
		}
	}
	if pictures {
		d.paint(t, &old)
	}
	b, err := json.Marshal(old)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Ledger.Keep(t.Context(), "p-1", b); err != nil {
		t.Fatal(err)
	}
	d.paint(t, &now)
}

// Two inspections scroll together so that the same words stand beside each other, although
// a banner was put on top.
func TestCompareIsLevel(t *testing.T) {
	d := newDesk(t)
	inspectedAgain(t, d, false)
	b := open(t, d.URL+"/p/p-1/compare", 1280, 800)
	b.wait(ready)
	const frame = `new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => r(true)))))`
	eval[bool](b, frame)
	eye := func(side string) float64 {
		return eval[float64](b, `(() => { const s = document.querySelector('#%s .paper').getBoundingClientRect(), v = document.getElementById('%s').getBoundingClientRect(); return (v.top + document.getElementById('%s').clientHeight / 3 - s.top) / s.width * 800; })()`, side, side, side)
	}
	for _, c := range []struct {
		side string
		y    int
	}{{"new", 3000}, {"new", 6000}, {"old", 4000}, {"old", 1500}, {"new", 2000}} {
		eval[bool](b, `(document.getElementById('%s').scrollTop = %d) >= 0`, c.side, c.y)
		eval[bool](b, frame)
		if was, is := eye("old"), eye("new"); math.Abs(is-was-700) > 4 {
			t.Errorf("with %s at %d, row %v is beside %v", c.side, c.y, was, is)
		}
	}
	// Changes are listed from top to bottom, and stepped through by keys.
	if got := eval[string](b, `[...document.querySelectorAll('.change:has(.text)')].map((e) => e.classList[1] + ' ' + e.querySelector('.text').textContent).join('|')`); got != "came 특가 배너|changed 줄 50 번 최고|went 줄 120 번" {
		t.Errorf("changes are %q", got)
	}
	sel := func(want string) {
		t.Helper()
		b.wait(`document.querySelector('.change.sel .text')?.textContent === %q`, want)
		eval[bool](b, frame)
	}
	eval[bool](b, `[...document.querySelectorAll('.chip')].find((c) => /^text|^글/.test(c.textContent)).click() || true`)
	b.key("n") // the first of them: a picture was chosen before
	sel("특가 배너")
	b.key("n")
	sel("줄 50 번 최고")
	for _, side := range []string{"old", "new"} {
		if got := eval[float64](b, `(() => { const e = document.querySelector('#%s .difference.changed').getBoundingClientRect(), v = document.getElementById('%s').getBoundingClientRect(); return (e.top - v.top) / v.height; })()`, side, side); got < 0.2 || got > 0.45 {
			t.Errorf("on the %s side the change is at %v of the view, want a third", side, got)
		}
	}
	b.key("n")
	sel("줄 120 번")
	if was, is := eye("old"), eye("new"); math.Abs(is-was-700) > 4 {
		t.Errorf("what went at row %v is beside %v", was, is)
	}
	b.key("n")
	sel("특가 배너")
}

// The pictures of a former inspection may be gone: its text stands in their place, and it is said.
func TestCompareWithoutFormerPictures(t *testing.T) {
	d := newDesk(t)
	inspectedAgain(t, d, false)
	b := open(t, d.URL+"/p/p-1/compare", 1280, 800)
	b.wait(ready + ` && !document.getElementById('gone').hidden && document.querySelector('#old .words')`)
	if got := eval[string](b, `document.querySelector('#old .words').textContent`); !strings.HasPrefix(got, "줄 ") {
		t.Errorf("in place of the picture stands %q", got)
	}
	b.wait(`document.querySelector('#new .tile img')?.naturalWidth === 800`)
}

func TestNothingToCompareWith(t *testing.T) {
	d := newDesk(t)
	r := painted("p-1", 600, 900, 300)
	d.paint(t, &r)
	b := open(t, d.URL+"/p/p-1/compare?lang=en", 1280, 800)
	if got := eval[string](b, `document.querySelector('main').textContent`); !strings.Contains(got, "nothing to compare with") {
		t.Errorf("said is %q", got)
	}
	b.key("v")
	b.wait(`location.pathname === '/p/p-1'`)
}
