package web

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/functions/desk/quality"
	"github.com/pageinspect/pageinspect/shared/decision"
)

// led is where /next leads whoever asks.
func (r *room) led(t *testing.T, path string) string {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Get(r.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // nothing is read of it
	return answer.Header.Get("Location")
}

// get is what is answered to who asks.
func (r *room) get(t *testing.T, path string) (int, string) {
	t.Helper()
	answer, err := http.Get(r.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was read
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(b)
}

// stands is where a page stands as its reader sees it.
func (r *room) stands(t *testing.T, id string) (s standingData) {
	t.Helper()
	status, body := r.get(t, "/p/"+id+"/data.json")
	var data struct {
		Standing standingData `json:"standing"`
	}
	if err := json.Unmarshal([]byte(body), &data); status != http.StatusOK || err != nil {
		t.Fatal(status, err)
	}
	return data.Standing
}

// TestSecondReader: they are given what somebody else decided, see nothing of it, and
// what they say moves the page nowhere.
func TestSecondReader(t *testing.T) {
	r := furnish(t, twoPages())
	r.Shares = quality.Shares{Second: 1}
	if at := r.led(t, "/next?queue=second"); at != "/quality" {
		t.Errorf("with nothing decided it leads to %s", at)
	}
	if status, body := r.post(t, "/p/first/decide", say(r.row(t, "first"), map[string]any{"action": "confirm", "whole": true})); status != 200 {
		t.Fatal(status, body)
	}
	if at := r.led(t, "/next?queue=second"); at != "/quality" {
		t.Errorf("kim is to read kim's decision again: %s", at)
	}
	r.as(lee)
	if at := r.led(t, "/next?queue=second"); at != "/p/first?queue=second" {
		t.Fatalf("lee is led to %s", at)
	}
	if s := r.stands(t, "first"); s.State != decision.Open || s.Known != 0 || len(s.Decisions) != 0 || s.Whole != nil || len(s.Kept) > 0 && s.Kept[0].By != "" {
		t.Errorf("lee sees %+v", s)
	}
	before := r.row(t, "first")
	status, body := r.post(t, "/p/first/decide?queue=second", say(before, map[string]any{"known": 0, "action": "dismiss", "reason": "lawful", "findings": []int{0}, "picture": true}))
	if status != 200 || strings.Contains(body, kim) {
		t.Fatal(status, body)
	}
	var answer decidedJSON
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	if answer.Next != "/next?queue=second" || answer.Standing.Findings[0] != decision.Dismissed || answer.Standing.Findings[1] != decision.Open {
		t.Errorf("lee is answered %+v, %+v", answer, answer.Standing)
	}
	if now := r.row(t, "first"); now.State != decision.Confirmed || now.Last != before.Last || now.DecidedBy != kim {
		t.Errorf("the page stands otherwise: %+v", now)
	}
	second, err := r.Ledger.Read(t.Context(), decision.Second, "first")
	if err != nil || len(second) != 1 || second[0].By != lee || !second[0].Shown.Blind || len(second[0].Marks) != 1 {
		t.Errorf("the second series has %+v: %v", second, err)
	}
	if s := r.stands(t, "first"); len(s.Decisions) != 1 || s.Decisions[0].By != lee {
		t.Errorf("lee does not see what lee decided: %+v", s)
	}
	_, page := r.get(t, "/quality")
	for _, want := range []string{"first", "kim", "lee"} {
		if !strings.Contains(page, want) {
			t.Errorf("the difference is not told: %q is missing", want)
		}
	}
	if status, body := r.post(t, "/p/first/undo", map[string]any{"known": 1, "undoes": 1, "series": "second"}); status != 200 {
		t.Fatal(status, body)
	}
	if second, _ = r.Ledger.Read(t.Context(), decision.Second, "first"); len(decision.Valid(second)) != 0 {
		t.Errorf("it still counts: %+v", second)
	}
}

// TestNobodyUndoesWhatTheyDoNotSee: whoever reads blind takes back their own alone.
func TestNobodyUndoesWhatTheyDoNotSee(t *testing.T) {
	r := furnish(t, twoPages())
	d := decision.Decision{Series: decision.Check, Subject: "first", Action: decision.Dismiss, Reason: decision.Clean, Whole: true, By: kim}
	if _, err := r.Ledger.Decide(t.Context(), d, 0); err != nil {
		t.Fatal(err)
	}
	r.as(lee)
	if status, body := r.post(t, "/p/first/undo", map[string]any{"undoes": 1, "series": "check"}); status != http.StatusForbidden {
		t.Errorf("%d %s", status, body)
	}
	if all, _ := r.Ledger.Read(t.Context(), decision.Check, "first"); len(all) != 1 {
		t.Errorf("the series has %+v", all)
	}
}

// TestGoldenPages: a page that was decided on becomes one, is given to others without a
// word in its address, and their answer is compared.
func TestGoldenPages(t *testing.T) {
	r := furnish(t, twoPages())
	if status, _ := r.post(t, "/p/first/golden", map[string]any{}); status != http.StatusUnprocessableEntity {
		t.Errorf("a page that nobody decided on becomes a golden page: %d", status)
	}
	if status, body := r.post(t, "/p/first/decide", say(r.row(t, "first"), map[string]any{"action": "confirm", "whole": true})); status != 200 {
		t.Fatal(status, body)
	}
	if status, body := r.post(t, "/p/first/golden", map[string]any{}); status != 200 {
		t.Fatal(status, body)
	}
	if status, _ := r.post(t, "/p/first/golden", map[string]any{}); status != http.StatusUnprocessableEntity {
		t.Errorf("it becomes one twice: %d", status)
	}
	r.as(lee)
	if at := r.led(t, "/next"); at != "/p/second?" {
		t.Errorf("with no share of golden pages lee is led to %s", at)
	}
	r.Shares.Golden = 1
	if at := r.led(t, "/next"); at != "/p/first?" {
		t.Fatalf("lee is led to %s", at)
	}
	if s := r.stands(t, "first"); s.State != decision.Open || len(s.Decisions) != 0 {
		t.Errorf("the answer is told: %+v", s)
	}
	if status, body := r.post(t, "/p/first/decide", say(r.row(t, "first"), map[string]any{"known": 0, "action": "confirm", "findings": []int{0}})); status != 200 {
		t.Fatal(status, body)
	}
	if status, body := r.post(t, "/p/first/decide", say(r.row(t, "first"), map[string]any{"known": 1, "action": "dismiss", "reason": "lawful", "findings": []int{1}})); status != 200 {
		t.Fatal(status, body)
	}
	all, err := r.Index.Decisions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := quality.GoldenAnswers(all); len(got) != 1 || got[0].Person != lee || got[0].Right != quality.ShareOf(1, 2) {
		t.Errorf("lee's answers are %+v", got)
	}
	if at := r.led(t, "/next"); at != "/p/second?" {
		t.Errorf("lee is given it again: %s", at)
	}
	r.as(kim)
	if at := r.led(t, "/next"); at == "/p/first?" {
		t.Error("kim is tested with kim's own answer")
	}
}

// TestFigures: the summary and what decisions are worth are shown in both languages.
func TestFigures(t *testing.T) {
	r := furnish(t, twoPages())
	if status, body := r.post(t, "/p/first/decide", say(r.row(t, "first"), map[string]any{"action": "dismiss", "reason": "rule-wrong", "findings": []int{0}})); status != 200 {
		t.Fatal(status, body)
	}
	for path, want := range map[string][]string{
		"/summary?lang=en": {"cosmetics.drug-claim.acne", "0.0%", "1 of 2 pages were not wholly seen", "The rule is wrong"},
		"/summary?lang=ko": {"규칙"},
		"/quality?lang=ko": {"품질"},
	} {
		status, body := r.get(t, path)
		if status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s: %q is missing", path, w)
			}
		}
	}
}
