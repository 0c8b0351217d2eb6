package index_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/desktest"
	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/result"
)

func open(t testing.TB) *index.Index {
	t.Helper()
	x, err := index.Open(t.Context(), filepath.Join(t.TempDir(), "index.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

// TestFolder: a folder of run is indexed, listed, searched and decided on.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	all, err := desktest.Folder(dir, 10)
	if err != nil {
		t.Fatal(err)
	}
	x, from := open(t), &pages.Source{Folder: os.DirFS(dir)}
	var last index.Progress
	if err := x.CatchUp(t.Context(), from, nil, func(p index.Progress) { last = p }); err != nil || last.Done != 10 || !last.Current || len(last.Broken) > 0 {
		t.Fatalf("%+v, %v", last, err)
	}
	l, err := x.Pages(t.Context(), index.Query{})
	if err != nil || l.Total != 10 || len(l.Rows) != 10 || l.Next != "" {
		t.Fatalf("%d of %d, next %q, %v", len(l.Rows), l.Total, l.Next, err)
	}
	w := l.Rows[0]
	if w.State != decision.Open || w.Worst == nil || w.Worst.Severity != result.High {
		t.Errorf("the worst is %+v", w)
	}
	l, err = x.Pages(t.Context(), index.Query{Text: w.Worst.Quote})
	if err != nil || !slices.ContainsFunc(l.Rows, func(r index.Row) bool { return r.ID == w.ID }) {
		t.Errorf("%q finds %d pages, %v", w.Worst.Quote, l.Total, err)
	}
	i := slices.IndexFunc(all, func(r result.Result) bool { return r.ID == w.ID })
	d := decision.Decision{
		Schema: decision.Schema, Series: decision.Page, Subject: w.ID, N: 1, Action: decision.Confirm, By: "a@example", At: time.Now(), Whole: true,
		Unseen: decision.UnseenOf(all[i]), Shown: decision.Shown{Text: decision.TextSum(all[i])},
	}
	for _, f := range all[i].Findings {
		d.Marks = append(d.Marks, decision.MarkOf(all[i], f))
	}
	if err := x.Decided(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if got, ok, err := x.Row(t.Context(), w.ID); err != nil || !ok || got.State != decision.Confirmed || got.Open != 0 || got.DecidedBy != "a@example" || got.Last != 1 || got.Changed {
		t.Errorf("%+v, %v", got, err)
	}
	if f, err := x.Facets(t.Context(), index.Query{}); err != nil || !slices.Contains(f["by"], index.Facet{Word: "a@example", Pages: 1}) {
		t.Errorf("facets: %v, %v", f, err)
	}
}
