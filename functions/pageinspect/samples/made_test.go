package samples

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/recognize/rules"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// Each picture of a made page, before and after its seller edited it, yields what
// it says and nothing else that counts.
func TestBundledRulesFindWhatMadePagesSay(t *testing.T) {
	set, err := rules.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	all := 0
	for _, m := range MadePages() {
		for _, edited := range []bool{false, true} {
			for i, p := range m.Shows(edited) {
				var of Page
				for at, text := range []string{p.Head, p.Below} {
					of.Truth.Lines = append(of.Truth.Lines, Line{Text: text, Box: page.Box{X: 100, Y: float64(150 + 80*at), W: 600, H: 50}})
				}
				findings, err := set.Inspect(read(of), rules.Query{Category: m.Category, At: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, f := range findings {
					if f.Mode == result.Enforce {
						got = append(got, f.Rule)
					}
				}
				slices.Sort(got)
				if !slices.Equal(got, p.Rules) {
					t.Errorf("%s, picture %d, edited %v: %q finds %q, not %q", m.Name, i, edited, p.Head, got, p.Rules)
				}
				if !edited {
					all += len(got)
				}
			}
		}
	}
	for _, p := range Pages() {
		all += len(p.Truth.Planted)
	}
	if all < 50 {
		t.Errorf("%d findings in the samples and the made pages; fifty are to be decided", all)
	}
}

// A made page is another one when its seller has edited it, and each picture that it
// names is there.
func TestMadePagesAreEdited(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	h := MadeHandler(func() time.Time { return now })
	get := func(path string) string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d", path, w.Code)
		}
		return w.Body.String()
	}
	for _, m := range MadePages() {
		now = now.Add(time.Hour)
		for _, edited := range []bool{false, false, true} {
			if edited {
				now = now.Add(EditedAfter)
			}
			doc := get(m.Path())
			for i, p := range m.Shows(edited) {
				_, rest, _ := strings.Cut(doc, `src="`)
				src, after, ok := strings.Cut(rest, `"`)
				if doc = after; !ok {
					t.Fatalf("%s: picture %d is not on the page", m.Name, i)
				}
				if svg := get(m.Path() + src); !strings.Contains(svg, ">"+p.Head+"<") || !strings.Contains(svg, ">"+p.Below+"<") {
					t.Errorf("%s, edited %v: %s does not say %q", m.Name, edited, src, p.Head)
				}
			}
		}
	}
	for _, path := range []string{"/made/none/", "/made/made-earbuds/9.svg", "/made/made-earbuds/x.svg"} {
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, httptest.NewRequest("GET", path, nil)); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, w.Code)
		}
	}
}
