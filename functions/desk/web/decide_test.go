package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/desktest"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// twoPages are a page with two findings in two pictures and a part that was not seen, and
// one with the second of those pictures.
func twoPages() []result.Result {
	finding := func(y float64, quote string) result.Finding {
		return result.Finding{Rule: "cosmetics.drug-claim.acne", Severity: result.High, Mode: result.Enforce, Quote: quote, Message: "의약품 오인",
			Box: page.Box{X: 40, Y: y, W: 200, H: 36}, Lines: []int{}, Source: result.InPicture}
	}
	tile := func(y int, sum string) page.Tile {
		return page.Tile{Object: "gs://s/" + sum, Y: y, Width: 860, Height: 780, MediaType: "image/jpeg", SHA256: strings.Repeat(sum, 64), CRC32C: "AAAAAA=="}
	}
	r := desktest.Result(0, 1)
	r.ID, r.Findings, r.Verdict, r.SafeSearch = "first", []result.Finding{finding(100, "여드름 치료"), finding(900, "100% 완치")}, result.Reject, nil
	r.Tiles, r.Page.Height = []page.Tile{tile(0, "a"), tile(780, "b")}, 1560
	r.Unseen = []page.Unseen{{Kind: page.Failed, Why: "the picture did not come", Source: "https://cdn.example/a.jpg"}}
	s := r
	s.ID, s.Findings, s.Tiles, s.Unseen = "second", []result.Finding{finding(120, "100% 완치")}, []page.Tile{tile(0, "b")}, nil
	return []result.Result{r, s}
}

func TestDecideOnAFinding(t *testing.T) {
	r := furnish(t, twoPages())
	row := r.row(t, "first")
	status, body := r.post(t, "/p/first/decide?rules=cosmetics.*", say(row, map[string]any{"action": "dismiss", "reason": "lawful", "words": "책 제목", "findings": []int{row.Worst.N}}))
	if status != 200 {
		t.Fatal(status, body)
	}
	all := r.decisions(t, "first")
	if len(all) != 1 || all[0].By != kim || all[0].Words != "책 제목" || all[0].Whole || len(all[0].Marks) != 1 || all[0].Marks[0].Quote != row.Worst.Quote {
		t.Fatalf("the ledger has %+v", all)
	}
	shown := all[0].Shown
	kept, err := r.Ledger.Kept(t.Context(), "first", shown.Result)
	if err != nil || string(kept) != string(r.files["first/result.json"].Data) {
		t.Errorf("what was shown is not kept: %v", err)
	}
	if want := r.results[0]; shown.URL != want.URL || shown.Verdict != want.Verdict || !shown.CapturedAt.Equal(want.CapturedAt) || shown.Text != decision.TextSum(want) || len(shown.Rules) == 0 {
		t.Errorf("shown is %+v", shown)
	}
	var answer decidedJSON
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	if s := answer.Standing; s == nil || s.State != decision.Open || s.Open != 1 || s.Known != 1 || s.Findings[row.Worst.N] != decision.Dismissed {
		t.Errorf("the standing is %+v", answer.Standing)
	}
	if !strings.HasPrefix(answer.Next, "/next?") || !strings.Contains(answer.Next, "rules=cosmetics.%2A") {
		t.Errorf("next is %q", answer.Next)
	}
	if now := r.row(t, "first"); now.Open != 1 || now.Last != 1 || now.DecidedBy != kim || now.Worst.N == row.Worst.N {
		t.Errorf("the list still has %+v", now)
	}
}

// TestDecideOnThePage: as a whole, what was not seen too; and all that is open, which
// leaves alone what others decided.
func TestDecideOnThePage(t *testing.T) {
	r := furnish(t, twoPages())
	if status, body := r.post(t, "/p/first/decide", say(r.row(t, "first"), map[string]any{"action": "confirm", "findings": []int{1}})); status != 200 {
		t.Fatal(status, body)
	}
	if status, body := r.post(t, "/p/first/decide", say(r.row(t, "first"), map[string]any{"action": "dismiss", "reason": "proof", "open": true})); status != 200 {
		t.Fatal(status, body)
	}
	if d := r.decisions(t, "first")[1]; len(d.Marks) != 1 || d.Marks[0].Quote != "여드름 치료" || d.Whole {
		t.Errorf("of all that was open, %+v was decided", d)
	}
	if row := r.row(t, "first"); row.State != decision.Confirmed {
		t.Errorf("the page is %s, want confirmed", row.State)
	}
	if status, body := r.post(t, "/p/first/decide", say(r.row(t, "first"), map[string]any{"action": "dismiss", "reason": "clean", "whole": true})); status != 200 {
		t.Fatal(status, body)
	}
	if d := r.decisions(t, "first")[2]; !d.Whole || len(d.Marks) != 2 || len(d.Unseen) != 1 {
		t.Errorf("of the page as a whole, %+v was decided", d)
	}
	if row := r.row(t, "first"); row.State != decision.Dismissed {
		t.Errorf("the page is %s, want dismissed", row.State)
	}
}

// TestDecideOnPictures: one decision for each picture, and it counts where else it is shown.
func TestDecideOnPictures(t *testing.T) {
	r := furnish(t, twoPages())
	status, body := r.post(t, "/p/first/decide", say(r.row(t, "first"), map[string]any{"action": "confirm", "findings": []int{0, 1}, "picture": true}))
	if status != 200 {
		t.Fatal(status, body)
	}
	if n := len(r.decisions(t, "first")); n != 0 {
		t.Errorf("%d decisions are on the page, and should be on its pictures", n)
	}
	for sum, y := range map[string]float64{"a": 100, "b": 120} {
		all, err := r.Ledger.Read(t.Context(), decision.Picture, strings.Repeat(sum, 64))
		if err != nil || len(all) != 1 || len(all[0].Marks) != 1 || all[0].Marks[0].Box.Y != y {
			t.Errorf("on picture %s is %+v, %v; want its one finding at %v", sum, all, err, y)
		}
	}
	if row := r.row(t, "second"); row.State != decision.Confirmed || row.DecidedBy != kim {
		t.Errorf("the other page with the picture is %s", row.State)
	}
	var answer decidedJSON
	if err := json.Unmarshal([]byte(body), &answer); err != nil || len(answer.Decisions) != 2 {
		t.Fatalf("%d decisions in the answer, %v", len(answer.Decisions), err)
	}
	for _, d := range answer.Decisions {
		if status, body := r.post(t, "/p/first/undo", map[string]any{"known": 0, "undoes": d.N, "picture": d.Subject}); status != 200 {
			t.Fatal(status, body)
		}
	}
	if row := r.row(t, "second"); row.State != decision.Open {
		t.Errorf("taken back, the other page is %s", row.State)
	}
}

func TestUndo(t *testing.T) {
	r := furnish(t, twoPages())
	before := r.row(t, "second")
	if status, body := r.post(t, "/p/second/decide", say(before, map[string]any{"action": "confirm", "findings": []int{0}})); status != 200 {
		t.Fatal(status, body)
	}
	status, body := r.post(t, "/p/second/undo", map[string]any{"known": 1, "undoes": 1})
	if status != 200 || !strings.Contains(body, `"state":"open"`) {
		t.Fatal(status, body)
	}
	if row := r.row(t, "second"); row.State != decision.Open || row.Open != 1 {
		t.Errorf("taken back, it is %s", row.State)
	}
	if status, body := r.post(t, "/p/second/undo", map[string]any{"known": 2, "undoes": 9}); status != 422 {
		t.Errorf("to take back what is not there answers %d %s", status, body)
	}
}

// TestDecideRefuses: what nobody may decide, and why.
func TestDecideRefuses(t *testing.T) {
	r := furnish(t, twoPages())
	confirm := map[string]any{"action": "confirm", "findings": []int{0}}
	r.as(lee)
	if status, body := r.post(t, "/p/second/decide", say(r.row(t, "second"), confirm)); status != 200 {
		t.Fatal(status, body)
	}
	r.as(kim)
	stale := say(r.row(t, "first"), confirm)
	newer := r.results[0]
	newer.Title = "다른 제목"
	r.put(t, newer, time.Unix(1_764_000_500, 0))
	for name, c := range map[string]struct {
		page   string
		body   map[string]any
		status int
		says   string
	}{
		"others decided meanwhile":       {"second", map[string]any{"known": 0, "version": spellVersion(r.row(t, "second").Version), "action": "confirm", "findings": []int{0}}, 409, lee},
		"the page was inspected again":   {"first", stale, 409, "inspected again"},
		"a number that a script rounded": {"second", map[string]any{"known": 1, "version": 1764000000123456800, "action": "confirm", "findings": []int{0}}, 409, "inspected again"},
		"no version":                     {"second", map[string]any{"known": 1, "action": "confirm", "findings": []int{0}}, 422, "version"},
		"no reason":                      {"second", say(r.row(t, "second"), map[string]any{"action": "dismiss", "findings": []int{0}}), 422, "reason"},
		"no such finding":                {"second", say(r.row(t, "second"), map[string]any{"action": "confirm", "findings": []int{7}}), 422, "finding 7"},
		"nothing meant":                  {"second", say(r.row(t, "second"), map[string]any{"action": "escalate"}), 422, "marks"},
		"no such page":                   {"third", map[string]any{"known": 0, "version": "1", "action": "confirm", "findings": []int{0}}, 404, "no such page"},
		"what is no id":                  {"..%2fx", map[string]any{"known": 0, "version": "1", "action": "confirm", "findings": []int{0}}, 422, "id"},
	} {
		before := len(r.decisions(t, "first")) + len(r.decisions(t, "second"))
		status, body := r.post(t, "/p/"+c.page+"/decide", c.body)
		if status != c.status || !strings.Contains(body, c.says) {
			t.Errorf("%s: %d %s; want %d and %q", name, status, body, c.status, c.says)
		}
		if len(r.decisions(t, "first"))+len(r.decisions(t, "second")) != before {
			t.Errorf("%s: it was refused, and decided", name)
		}
	}
	if row := r.row(t, "first"); row.Title != newer.Title {
		t.Errorf("the list still has %q, and the reviewer would be refused again", row.Title)
	}
}

// TestWhoMayOnlyLook is shown no buttons, and refused.
func TestWhoMayOnlyLook(t *testing.T) {
	r := furnish(t, twoPages())
	r.look = true
	for _, path := range []string{"/p/first/decide", "/p/first/undo", "/p/first/claim", "/p/first/again", "/bulk", "/bulk/undo", "/filters"} {
		if status, body := r.post(t, path, map[string]any{}); status != http.StatusForbidden {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	answer, err := http.Get(r.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	for _, part := range []string{"data-act", `id="ask"`, `id="bulk"`, "data-may"} {
		if body := read(t, answer); strings.Contains(body, part) {
			t.Errorf("the list of somebody who may only look has %s", part)
		}
	}
}

func TestClaims(t *testing.T) {
	r := furnish(t, twoPages())
	now := time.Now()
	r.Ledger.Now = func() time.Time { return now }
	r.Now = r.Ledger.Now
	if status, body := r.post(t, "/p/first/claim", struct{}{}); status != 200 || !strings.Contains(body, kim) {
		t.Fatal(status, body)
	}
	r.as(lee)
	row := r.row(t, "first")
	for _, path := range []string{"/p/first/claim", "/p/first/decide", "/p/first/undo"} {
		if status, body := r.post(t, path, map[string]any{"known": row.Last}); status != 409 || !strings.Contains(body, `"claimed"`) || !strings.Contains(body, kim) {
			t.Errorf("%s of somebody else: %d %s", path, status, body)
		}
	}
	if status, _ := r.post(t, "/p/first/release", struct{}{}); status != 204 {
		t.Errorf("to give back what is not theirs answers %d", status)
	}
	if status, _ := r.post(t, "/p/first/claim", struct{}{}); status != 409 {
		t.Error("somebody else gave it back")
	}
	now = now.Add(11 * time.Minute)
	if status, body := r.post(t, "/p/first/claim", struct{}{}); status != 200 {
		t.Errorf("after ten minutes: %d %s", status, body)
	}
}

// TestNext leads from page to page, past those that others have, and claims each.
func TestNext(t *testing.T) {
	r := furnish(t, withFinding(4))
	follow := func(path string) string {
		t.Helper()
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		answer, err := client.Get(r.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close() //nolint:errcheck // it is empty
		if answer.StatusCode != http.StatusFound {
			t.Fatalf("%s: %d", path, answer.StatusCode)
		}
		return answer.Header.Get("Location")
	}
	list, err := r.Index.Pages(t.Context(), filter{}.queue())
	if err != nil || len(list.Rows) != 4 {
		t.Fatal(len(list.Rows), err)
	}
	at := func(i int) string { return "/p/" + pathEscape(list.Rows[i].ID) + "?sort=worst" }
	if got := follow("/next?sort=worst"); got != at(0) {
		t.Errorf("the first is %s, want %s", got, at(0))
	}
	r.as(lee)
	if got := follow("/next?sort=worst"); got != at(1) {
		t.Errorf("what nobody has is %s, want %s", got, at(1))
	}
	if got := follow("/next?sort=worst&after=" + pathEscape(list.Rows[1].ID)); got != at(2) {
		t.Errorf("behind the second comes %s, want %s", got, at(2))
	}
	row := list.Rows[2]
	_, body := r.post(t, "/p/"+pathEscape(row.ID)+"/decide?sort=worst", say(row, map[string]any{"action": "confirm", "open": true}))
	var answer decidedJSON
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(body)
	}
	if got := follow(answer.Next); got != at(3) {
		t.Errorf("behind the third, which is decided, comes %s, want %s", got, at(3))
	}
	if got := follow("/next?sort=worst&after=" + pathEscape(list.Rows[3].ID)); got != "/?sort=worst" {
		t.Errorf("behind the last comes %s, want the list", got)
	}
}

func TestAgain(t *testing.T) {
	r := furnish(t, twoPages())
	if status, body := r.post(t, "/p/first/again", struct{}{}); status != 204 {
		t.Fatal(status, body)
	}
	want := r.results[0]
	if len(r.asked) != 1 || r.asked[0].ID != "first" || r.asked[0].URL != want.URL || !r.asked[0].Force || r.asked[0].Category != want.Category || r.asked[0].Labels["seller"] != want.Labels["seller"] || r.asked[0].Validate() != nil {
		t.Errorf("asked was for %+v", r.asked)
	}
	if kept, err := r.Ledger.AllKept(t.Context(), "first"); err != nil || len(kept) != 1 {
		t.Errorf("%d results are kept to compare with, %v", len(kept), err)
	}
	r.Again = nil
	if status, body := r.post(t, "/p/first/again", struct{}{}); status != 501 || !strings.Contains(body, "nobody-to-ask") {
		t.Errorf("where nobody can be asked: %d %s", status, body)
	}
}
