package web

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// A reviewer decides by keys alone, and is led on.
func TestWalkByKeys(t *testing.T) {
	d := newDesk(t)
	for _, id := range []string{"p-1", "p-2"} {
		r := painted(id, 600, 3000, 1000, at(100, 200, 200, 40), at(100, 1200, 200, 40), at(100, 2200, 200, 40))
		r.Findings[2].Severity = result.ReviewSeverity
		r.Labels = map[string]string{"batch": "7"}
		if id == "p-2" {
			r.Unseen = []page.Unseen{{Kind: page.Failed, Why: "a picture did not come", Box: page.Box{X: 10, Y: 500, W: 300, H: 200}}}
		}
		d.paint(t, &r)
	}
	b := open(t, d.URL+"/p/p-1?labels=batch%3D7", 1280, 800)
	b.settled()
	current := func(want string) {
		t.Helper()
		b.wait(`[...document.querySelectorAll('.item.sel')].map((e) => e.dataset.n).join() === %q`, want)
	}
	state := func(n int, want decision.State) {
		t.Helper()
		b.wait(`document.querySelector('.item[data-n="%d"]')?.classList.contains('is-%s')`, n, want)
	}
	current("0")
	b.key("p")
	current("2") // round the end
	b.key("n")
	current("0")
	b.key("c")
	state(0, decision.Confirmed)
	current("1") // the next that is open
	b.key("d")
	b.key("4")
	state(1, decision.Dismissed)
	current("2")
	b.key("u")
	state(1, decision.Open)
	b.key("p")
	current("1")
	b.key("e")
	state(1, decision.Escalated)
	current("2")
	// With a note, and led on to the next page of the filter.
	b.key("w")
	b.wait(`document.activeElement.name === 'words'`)
	eval[string](b, `document.activeElement.value = ''`)
	b.key("see c and d\x1b")
	b.key("c")
	b.wait(`location.pathname === '/p/p-2' && new URLSearchParams(location.search).get('labels') === 'batch=7'`)
	b.settled()
	all, err := d.Ledger.Read(t.Context(), decision.Page, "p-1")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range all {
		got = append(got, fmt.Sprintf("%s %s %s %s %d", one.Action, one.Policy, one.Reason, one.Words, len(one.Marks)))
	}
	if want := []string{"confirm mine.1   1", "dismiss  rule-wrong  1", "undo    0", "escalate    1", "confirm mine.3  see c and d 1"}; !slices.Equal(got, want) {
		t.Errorf("decided is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if all[0].Shown.Result == "" {
		t.Error("what was shown is not kept")
	}
	// The page as a whole, what was not seen included.
	b.key("k")
	b.wait(`location.pathname === '/p/p-1'`)
	b.settled()
	b.visit(d.URL + "/p/p-2")
	b.settled()
	b.key("D")
	b.wait(`document.querySelector('#deciding .aim').textContent !== ''  && !document.getElementById('reasons').hidden`)
	b.key("5")
	b.wait(`location.pathname !== '/p/p-2' || document.getElementById('state').classList.contains('dismissed')`)
	if all, err := d.Ledger.Read(t.Context(), decision.Page, "p-2"); err != nil || len(all) != 1 || !all[0].Whole || all[0].Reason != decision.Clean || len(all[0].Unseen) != 1 || len(all[0].Marks) != 3 {
		t.Errorf("%+v, %v", all, err)
	}
}

// Who may only look is shown no way to decide, and keys do nothing.
func TestOnlyLooking(t *testing.T) {
	d := newDesk(t)
	d.MayDecide = func(string) bool { return false }
	r := painted("p-1", 600, 1000, 1000, at(100, 200, 200, 40))
	d.paint(t, &r)
	b := open(t, d.URL+"/p/p-1", 1280, 800)
	b.settled()
	b.key("cde1u")
	b.key("b")
	b.wait(`document.getElementById('scroll').classList.contains('bare') && getComputedStyle(document.querySelector('.box')).visibility === 'hidden'`)
	if len(d.posted) > 0 || eval[bool](b, `!!document.getElementById('deciding')`) {
		t.Errorf("who may only look posts %v", d.posted)
	}
}

// Somebody else who has the page is named; and a page that is left is given back.
func TestPageIsClaimed(t *testing.T) {
	d := newDesk(t)
	r := painted("p-1", 600, 1000, 1000, at(100, 200, 200, 40))
	d.paint(t, &r)
	if _, err := d.Ledger.Claim(t.Context(), "p-1", "lee@shop.example"); err != nil {
		t.Fatal(err)
	}
	b := open(t, d.URL+"/p/p-1", 1280, 800)
	b.wait(`!document.getElementById('held').hidden && document.getElementById('held').textContent.includes('lee@shop.example')`)
	if err := d.Ledger.Release(t.Context(), "p-1", "lee@shop.example"); err != nil {
		t.Fatal(err)
	}
	b.visit(d.URL + "/p/p-1?again")
	b.wait(ready)
	b.wait(`fetch('/status').then(() => true)`) // what was sent before it has been answered or is about to be
	held := func(want bool) {
		t.Helper()
		for range 500 {
			claims, err := d.Ledger.Claims(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := claims["p-1"]; ok == want {
				return
			}
			eval[bool](b, `new Promise((r) => setTimeout(() => r(true), 5))`)
		}
		t.Errorf("it is not so that the page is held: %v", want)
	}
	held(true)
	b.visit(d.URL + "/status")
	held(false)
}

const hacked = "document.documentElement.dataset.hacked=1"

var hostile = strings.Join([]string{
	`<script>` + hacked + `</script>`, `"><img src=x onerror=` + hacked + `>`, `'-` + hacked + `-'`, `</script><script>` + hacked + `</script>`, `{{.}}`, `${` + hacked + `}`,
	`<svg onload=` + hacked + `>`, `javascript:` + hacked, "\u202eabc", `]]>`, `<!--`,
}, " ")
