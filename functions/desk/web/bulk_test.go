package web

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/shared/decision"
)

func read(t *testing.T, answer *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var pathEscape = url.PathEscape

// linesOf reads the answer to a bulk action.
func linesOf(t *testing.T, body string) (run string, decided []bulkPage, left []bulkLine) {
	t.Helper()
	done := false
	for s := bufio.NewScanner(strings.NewReader(body)); s.Scan(); {
		var l bulkLine
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatalf("%s: %v", s.Text(), err)
		}
		switch {
		case l.Error != "":
			left = append(left, l)
		case l.N > 0:
			decided = append(decided, bulkPage{ID: l.ID, Known: l.N})
		}
		run, done = run+map[bool]string{true: l.Run}[run == ""], done || l.Done
	}
	if !done {
		t.Error("the answer has no end")
	}
	return run, decided, left
}

// TestBulk: one decision each under one run; what others have, what is stale and what was
// decided meanwhile is left alone and told; and all of it can be taken back.
func TestBulk(t *testing.T) {
	r := furnish(t, withFinding(6))
	list, err := r.Index.Pages(t.Context(), filter{}.queue())
	if err != nil {
		t.Fatal(err)
	}
	rows := list.Rows
	r.as(lee)
	r.post(t, "/p/"+pathEscape(rows[0].ID)+"/claim", struct{}{})
	r.post(t, "/p/"+pathEscape(rows[1].ID)+"/decide", say(rows[1], map[string]any{"action": "escalate", "open": true}))
	r.as(kim)
	var chosen []map[string]any
	for i, row := range rows {
		version := spellVersion(row.Version)
		if i == 2 {
			version = "7"
		}
		chosen = append(chosen, map[string]any{"id": row.ID, "version": version, "known": row.Last})
	}
	status, body := r.post(t, "/bulk", map[string]any{"pages": chosen, "action": "dismiss", "reason": "lawful"})
	if status != 200 {
		t.Fatal(status, body)
	}
	run, decided, left := linesOf(t, body)
	if len(decided) != 3 || len(left) != 3 || run == "" {
		t.Fatalf("%d decided, %d left alone: %s", len(decided), len(left), body)
	}
	for _, l := range left {
		want := map[string]string{rows[0].ID: lee, rows[1].ID: lee, rows[2].ID: "inspected again"}[l.ID]
		if want == "" || !strings.Contains(l.Error, want) {
			t.Errorf("%s was left alone as %q", l.ID, l.Error)
		}
	}
	for _, p := range decided {
		all := r.decisions(t, p.ID)
		if len(all) != 1 || all[0].Run != run || !all[0].Whole || all[0].Shown.Result == "" {
			t.Errorf("%s has %+v", p.ID, all)
		}
		if row := r.row(t, p.ID); row.State != decision.Dismissed {
			t.Errorf("%s is %s", p.ID, row.State)
		}
	}
	_, body = r.post(t, "/bulk/undo", map[string]any{"run": run, "pages": decided})
	if _, undone, left := linesOf(t, body); len(undone) != 3 || len(left) != 0 {
		t.Errorf("taken back: %s", body)
	}
	for _, p := range decided {
		if row := r.row(t, p.ID); row.State != decision.Open {
			t.Errorf("taken back, %s is %s", p.ID, row.State)
		}
	}
}

// TestBulkByFilter decides on all pages of a filter, if they are as many as was said.
func TestBulkByFilter(t *testing.T) {
	r := furnish(t, withFinding(5))
	if status, body := r.post(t, "/bulk", map[string]any{"filter": "states=open", "expect": 4, "action": "escalate"}); status != 409 {
		t.Errorf("where there are more than was said: %d %s", status, body)
	}
	_, body := r.post(t, "/bulk", map[string]any{"filter": "states=open", "expect": 5, "action": "escalate"})
	if _, decided, left := linesOf(t, body); len(decided) != 5 || len(left) != 0 {
		t.Error(body)
	}
	if status, body := r.post(t, "/bulk", map[string]any{"action": "escalate"}); status != 422 {
		t.Errorf("nothing chosen: %d %s", status, body)
	}
}

func TestSavedFilters(t *testing.T) {
	r := furnish(t, twoPages())
	hostile := `"><img src=x onerror=alert(1)>`
	for _, name := range []string{"여드름", hostile, "../../x", "여드름"} {
		if status, body := r.post(t, "/filters", map[string]any{"name": name, "query": "verdicts=reject&after=x&evil=1"}); status != 200 && !strings.Contains(body, "after") {
			t.Fatal(status, body)
		}
	}
	for name, c := range map[string]map[string]any{
		"no name":      {"name": " ", "query": "verdicts=reject"},
		"a long name":  {"name": strings.Repeat("가", 61), "query": "verdicts=reject"},
		"no filter":    {"name": "모두", "query": "sort=newest"},
		"a word of no": {"name": "x", "query": "verdicts=maybe"},
	} {
		if status, body := r.post(t, "/filters", c); status != 422 {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}
