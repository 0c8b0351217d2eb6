package decision_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

var (
	day    = time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	banner = "aa11111111111111111111111111111111111111111111111111111111111111"
	body   = "bb22222222222222222222222222222222222222222222222222222222222222"
)

// shop is a page of a banner and a body, with a finding in each.
func shop() result.Result {
	return result.Result{
		Schema: result.Schema, ID: "p1", Verdict: result.Reject, CapturedAt: day,
		Page: result.Page{Width: 1000, Height: 3000, Scale: 1},
		Tiles: []page.Tile{
			{Y: 0, Width: 1000, Height: 1000, SHA256: banner},
			{Y: 1000, Width: 1000, Height: 2000, SHA256: body},
		},
		Findings: []result.Finding{
			finding("cosmetics.acne", "여드름 100% 완치", page.Box{X: 100, Y: 200, W: 300, H: 40}),
			finding("contact.chat", "카톡 abc123", page.Box{X: 100, Y: 1500, W: 200, H: 30}),
		},
	}
}

func finding(rule, quote string, box page.Box) result.Finding {
	return result.Finding{Rule: rule, Severity: result.High, Mode: result.Enforce, Quote: quote, Box: box}
}

// on is a decision about some of a result's findings.
func on(r result.Result, n int, action decision.Action, findings ...int) decision.Decision {
	d := decision.Decision{Schema: decision.Schema, Series: decision.Page, Subject: r.ID, N: n, Action: action, By: "kim@example.com",
		At: day.Add(time.Duration(n) * time.Minute), Shown: decision.Shown{CapturedAt: r.CapturedAt}}
	if action == decision.Dismiss {
		d.Reason = decision.Lawful
	}
	for _, i := range findings {
		d.Marks = append(d.Marks, decision.MarkOf(r, r.Findings[i]))
	}
	return d
}

// whole is a decision about all of the page.
func whole(r result.Result, n int, action decision.Action) decision.Decision {
	var all []int
	for i := range r.Findings {
		all = append(all, i)
	}
	d := on(r, n, action, all...)
	d.Whole, d.Unseen = true, decision.UnseenOf(r)
	if len(all) == 0 && action == decision.Confirm {
		d.Policy = "decency"
	}
	return d
}

func undo(n, of int) decision.Decision {
	return decision.Decision{Schema: decision.Schema, Series: decision.Page, Subject: "p1", N: n, Action: decision.Undo, Undoes: of, By: "kim@example.com", At: day}
}

func state(r result.Result, ds ...decision.Decision) decision.State {
	return decision.Stand(r, ds, nil).State
}

func TestStand(t *testing.T) {
	r := shop()
	unseen := page.Unseen{Kind: page.Failed, Source: "https://example.com/a.jpg", Box: page.Box{Y: 2000, W: 500, H: 500}}
	pass := shop()
	pass.Verdict, pass.Findings = result.Pass, nil
	dark := pass
	dark.Verdict, dark.Unseen = result.Review, []page.Unseen{unseen}
	both := shop()
	both.Unseen = []page.Unseen{unseen}
	cut, partial := shop(), shop()
	cut.Page.Truncated, partial.Page.Partial = true, "the page was still loading after 60s"
	later := cut
	later.CapturedAt = day.Add(24 * time.Hour)
	soft := shop()
	soft.Verdict, soft.Findings[0].Severity, soft.Findings[1].Mode = result.Pass, result.Info, result.Report
	for _, c := range []struct {
		name string
		r    result.Result
		ds   []decision.Decision
		want decision.State
	}{
		{"nobody decided", r, nil, decision.Open},
		{"a page that passed", pass, nil, decision.None},
		{"findings that only tell", soft, nil, decision.None},
		{"one of two", r, list(on(r, 1, decision.Confirm, 0)), decision.Open},
		{"each, one confirmed", r, list(on(r, 1, decision.Confirm, 0), on(r, 2, decision.Dismiss, 1)), decision.Confirmed},
		{"each dismissed", r, list(on(r, 1, decision.Dismiss, 0), on(r, 2, decision.Dismiss, 1)), decision.Dismissed},
		{"one escalated", r, list(on(r, 1, decision.Confirm, 0), on(r, 2, decision.Escalate, 1)), decision.Escalated},
		{"the whole", r, list(whole(r, 1, decision.Dismiss)), decision.Dismissed},
		{"the later counts", r, list(whole(r, 1, decision.Dismiss), on(r, 2, decision.Confirm, 1)), decision.Confirmed},
		{"undone", r, list(whole(r, 1, decision.Dismiss), undo(2, 1)), decision.Open},
		{"the undoing undone", r, list(whole(r, 1, decision.Dismiss), undo(2, 1), undo(3, 2)), decision.Dismissed},
		{"what lies below comes back", r, list(whole(r, 1, decision.Dismiss), whole(r, 2, decision.Confirm), undo(3, 2)), decision.Dismissed},
		{"not seen", dark, nil, decision.Open},
		{"not seen, and looked at", dark, list(whole(dark, 1, decision.Dismiss)), decision.Dismissed},
		{"findings dismissed, a part not seen", both, list(on(both, 1, decision.Dismiss, 0, 1)), decision.Open},
		{"findings dismissed, the page goes on", cut, list(on(cut, 1, decision.Dismiss, 0, 1)), decision.Open},
		{"findings dismissed, the page is partial", partial, list(on(partial, 1, decision.Dismiss, 0, 1)), decision.Open},
		{"the page goes on, and was looked at", cut, list(whole(cut, 1, decision.Dismiss)), decision.Dismissed},
		{"the page goes on, and an earlier capture was looked at", later, list(whole(cut, 1, decision.Dismiss)), decision.Open},
		{"a violation stands whatever was not seen", both, list(on(both, 1, decision.Confirm, 0), on(both, 2, decision.Dismiss, 1)), decision.Confirmed},
		{"a violation in a page that passed", pass, list(whole(pass, 1, decision.Confirm)), decision.Confirmed},
		{"a pass that a person looked at", pass, list(whole(pass, 1, decision.Dismiss)), decision.Dismissed},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := state(c.r, c.ds...); got != c.want {
				t.Errorf("it stands at %s, want %s", got, c.want)
			}
		})
	}
}

func list(ds ...decision.Decision) []decision.Decision { return ds }

// TestInspectedAgain: what was decided holds while rule, quote and place do.
func TestInspectedAgain(t *testing.T) {
	r := shop()
	decided := list(on(r, 1, decision.Dismiss, 0), on(r, 2, decision.Dismiss, 1))
	unseen := page.Unseen{Kind: page.Loading, Source: "https://example.com/late.jpg"}
	for _, c := range []struct {
		name   string
		change func(*result.Result)
		want   decision.State
	}{
		{"nothing changed", func(*result.Result) {}, decision.Dismissed},
		{"read a pixel off", func(r *result.Result) { r.Findings[0].Box.X += 2; r.Findings[1].Box.H -= 3 }, decision.Dismissed},
		{"read with other spaces", func(r *result.Result) { r.Findings[0].Quote = "여드름100 % 완치" }, decision.Dismissed},
		{"a banner more at the top", func(r *result.Result) {
			r.Page.Height += 700
			for i := range r.Tiles {
				r.Tiles[i].Y += 700
				r.Findings[i].Box.Y += 700
			}
		}, decision.Dismissed},
		{"another rule", func(r *result.Result) { r.Findings[0].Rule = "cosmetics.drug" }, decision.Open},
		{"another quote", func(r *result.Result) { r.Findings[0].Quote = "여드름 99% 완치" }, decision.Open},
		{"another place in the same picture", func(r *result.Result) { r.Findings[1].Box.Y += 300 }, decision.Open},
		{"the same words in another picture, elsewhere", func(r *result.Result) {
			r.Tiles[1].SHA256 = banner[:60] + "9999"
			r.Findings[1].Box.Y += 40
		}, decision.Open},
		{"the same words at the same place in another picture", func(r *result.Result) { r.Tiles[1].SHA256 = banner[:60] + "9999" }, decision.Dismissed},
		{"one more finding", func(r *result.Result) {
			r.Findings = append(r.Findings, finding("contact.chat", "카톡 abc123", page.Box{X: 600, Y: 2500, W: 200, H: 30}))
		}, decision.Open},
		{"one finding less", func(r *result.Result) { r.Findings = r.Findings[:1] }, decision.Dismissed},
		{"a part not seen", func(r *result.Result) { r.Unseen = []page.Unseen{unseen} }, decision.Open},
	} {
		t.Run(c.name, func(t *testing.T) {
			again := shop()
			again.CapturedAt = day.Add(time.Hour)
			c.change(&again)
			if got := state(again, decided...); got != c.want {
				t.Errorf("it stands at %s, want %s", got, c.want)
			}
		})
	}
}

// TestWholePagesInspectedAgain: what a person said of a page as a whole.
func TestWholePagesInspectedAgain(t *testing.T) {
	pass := shop()
	pass.Verdict, pass.Findings = result.Pass, nil
	bad := whole(pass, 1, decision.Confirm)
	if got := state(pass, bad); got != decision.Confirmed {
		t.Errorf("the page stands at %s", got)
	}
	again := pass
	again.CapturedAt = day.Add(time.Hour)
	if got := state(again, bad); got != decision.Open {
		t.Errorf("a page whose violation nobody can point to stands at %s once it was captured again", got)
	}
	dark := pass
	dark.Verdict = result.Review
	dark.Unseen = []page.Unseen{{Kind: page.Failed, Source: "https://example.com/a.jpg"}}
	ok := whole(dark, 1, decision.Dismiss)
	dark.CapturedAt = day.Add(time.Hour)
	if got := state(dark, ok); got != decision.Dismissed {
		t.Errorf("the same part was not seen again, and the page stands at %s", got)
	}
	dark.Unseen[0].Source = "https://example.com/other.jpg"
	if got := state(dark, ok); got != decision.Open {
		t.Errorf("another part was not seen, and the page stands at %s", got)
	}
}

// TestWhatIsMissing: a finding without a place is met by one without a place.
func TestWhatIsMissing(t *testing.T) {
	r := shop()
	r.Findings = []result.Finding{finding("food.origin", "", page.Box{})}
	d := on(r, 1, decision.Confirm, 0)
	if got := state(r, d); got != decision.Confirmed {
		t.Errorf("it stands at %s", got)
	}
	r.Findings[0].Rule = "food.allergy"
	if got := state(r, d); got != decision.Open {
		t.Errorf("something else is missing, and it stands at %s", got)
	}
}

// TestPictures: a decision on a picture counts on every page that shows it, and
// one on the page itself before it.
func TestPictures(t *testing.T) {
	r := shop()
	m, ok := decision.MarkOf(r, r.Findings[0]).InPicture()
	if !ok {
		t.Fatal("the finding lies in no picture")
	}
	d := on(r, 1, decision.Dismiss)
	d.Series, d.Subject, d.Marks = decision.Picture, banner, []decision.Mark{m}
	if err := d.Validate(); err != nil {
		t.Fatal(err)
	}
	other := shop()
	other.ID = "p2"
	other.Tiles[0].Y, other.Tiles[1].Y = 2000, 0
	other.Findings[0].Box.Y, other.Findings[1].Box.Y = 2200, 500
	pictures := map[string][]decision.Decision{banner: {d}}
	s := decision.Stand(other, nil, pictures)
	if !slices.Equal(s.Findings, []decision.State{decision.Dismissed, decision.Open}) || s.Open != 1 {
		t.Errorf("the findings stand at %v", s.Findings)
	}
	s = decision.Stand(other, list(on(other, 1, decision.Confirm, 0)), pictures)
	if s.Findings[0] != decision.Confirmed {
		t.Errorf("the page's own decision gives way to its picture's: %v", s.Findings)
	}
	back := d
	back.N, back.Action, back.Undoes, back.Reason, back.Marks = 2, decision.Undo, 1, "", nil
	s = decision.Stand(other, nil, map[string][]decision.Decision{banner: {d, back}})
	if s.Findings[0] != decision.Open {
		t.Errorf("the picture's decision was undone, and the finding stands at %v", s.Findings)
	}
}

// TestUndoIsExact: of random decisions and undoings, what is left is what a
// slow reading leaves: an undoing that is itself undone undoes nothing.
func TestUndoIsExact(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	r := shop()
	for range 2000 {
		var all []decision.Decision
		for n := 1; n <= 1+random.IntN(8); n++ {
			if n > 1 && random.IntN(2) == 0 {
				all = append(all, undo(n, 1+random.IntN(n-1)))
			} else {
				all = append(all, on(r, n, decision.Confirm, 0))
			}
		}
		var counts func(n int) bool
		counts = func(n int) bool {
			for _, d := range all {
				if d.Undoes == n && counts(d.N) {
					return false
				}
			}
			return true
		}
		var want, got []int
		for _, d := range all {
			if d.Action != decision.Undo && counts(d.N) {
				want = append(want, d.N)
			}
		}
		for _, d := range decision.Valid(all) {
			got = append(got, d.N)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("of %+v count %v, want %v", all, got, want)
		}
	}
}
