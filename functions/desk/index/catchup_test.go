package index_test

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pageinspect/pageinspect/functions/desk/desktest"
	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store/memstore"
)

// killed names, for a process of this test, the file of an index and the folder that
// it is to catch up with until it is killed.
const killed = "PAGEINSPECT_TEST_INDEX_KILLED"

func TestMain(m *testing.M) {
	if place, ok := os.LookupEnv(killed); ok {
		file, dir, _ := strings.Cut(place, "\n")
		x, err := index.Open(context.Background(), file)
		if err == nil {
			err = x.CatchUp(context.Background(), &pages.Source{Folder: os.DirFS(dir)}, nil, func(p index.Progress) { fmt.Println(p.Done, p.Current) })
		}
		fmt.Println("end", err)
		return
	}
	os.Exit(m.Run())
}

func encoded(t testing.TB, r result.Result) []byte {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t testing.TB, dir, id string, b []byte, at time.Time) {
	t.Helper()
	name := filepath.Join(dir, id, "result.json")
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, b, 0o644), os.Chtimes(name, at, at)); err != nil {
		t.Fatal(err)
	}
}

func writeResult(t testing.TB, dir string, r result.Result, at time.Time) {
	t.Helper()
	write(t, dir, r.ID, encoded(t, r), at)
}

// decisionOn dismisses all of a page as it is.
func decisionOn(r result.Result, n int) decision.Decision {
	d := decision.Decision{
		Schema: decision.Schema, Series: decision.Page, Subject: r.ID, N: n, Action: decision.Dismiss, Reason: decision.Lawful, By: "kim@example",
		At: desktest.Start.Add(time.Hour), Whole: true, Unseen: decision.UnseenOf(r), Shown: decision.Shown{Text: decision.TextSum(r), CapturedAt: r.CapturedAt},
	}
	for _, f := range r.Findings {
		d.Marks = append(d.Marks, decision.MarkOf(r, f))
	}
	return d
}

// TestKilled: an index that was killed at any point while it caught up opens, has
// whole rows, and catches up to what one has that was not.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	for i := range 450 {
		writeResult(t, dir, desktest.Result(i, 4), desktest.Start)
	}
	from := &pages.Source{Folder: os.DirFS(dir)}
	whole := open(t)
	if err := whole.CatchUp(t.Context(), from, nil, nil); err != nil {
		t.Fatal(err)
	}
	for _, until := range []string{"0 false", "200 false", "400 false", "450 true"} {
		file := filepath.Join(t.TempDir(), "index.db")
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), killed+"="+file+"\n"+dir)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		told := false
		for s := bufio.NewScanner(out); s.Scan(); {
			if told = s.Text() == until; told {
				break
			}
		}
		c.Process.Kill() //nolint:errcheck // Wait tells
		if err := c.Wait(); !told {
			t.Fatalf("%q was not reached: %v", until, err)
		}
		x, err := index.Open(t.Context(), file)
		if err != nil {
			t.Fatalf("killed at %q: %v", until, err)
		}
		if l, err := x.Pages(t.Context(), index.Query{}); err != nil || until == "450 true" && l.Total != 450 {
			t.Errorf("killed at %q: %d pages, %v", until, l.Total, err)
		}
		if err := x.CatchUp(t.Context(), from, nil, nil); err != nil {
			t.Errorf("killed at %q: %v", until, err)
		}
		for _, q := range []index.Query{{}, {Text: "배송"}, {Text: "촉촉하게 감싸"}, {Severities: []string{"high"}}} {
			want, err := whole.Pages(t.Context(), q)
			got, err2 := x.Pages(t.Context(), q)
			if d := cmp.Diff(want, got); d != "" || want.Total == 0 || err != nil || err2 != nil {
				t.Errorf("killed at %q, %s: %v, %v\n%s", until, describe(q), err, err2, d)
			}
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestCatchUp: only what is new or changed is read, what is gone is dropped, what
// cannot be read is told, and decisions are taken.
func TestCatchUp(t *testing.T) {
	dir, x := t.TempDir(), open(t)
	all := desktest.Results(12)
	for _, r := range all {
		writeResult(t, dir, r, desktest.Start)
	}
	from := &pages.Source{Folder: os.DirFS(dir)}
	decisions := &ledger.Ledger{Store: memstore.New("results"), Bucket: "results", Now: func() time.Time { return desktest.Start }}
	catchUp := func() (last index.Progress) {
		t.Helper()
		if err := x.CatchUp(t.Context(), from, decisions, func(p index.Progress) { last = p }); err != nil {
			t.Fatal(err)
		}
		return last
	}
	if p := catchUp(); p.Done != 12 || p.Total != 12 || !p.Current || len(p.Broken) > 0 {
		t.Fatalf("at first: %+v", p)
	}
	version := x.Version()
	if p := catchUp(); p.Total != 0 || x.Version() != version {
		t.Fatalf("unchanged: %+v, version %d after %d", p, x.Version(), version)
	}
	// One is decided by another desk, one changes, one goes, one is no result.
	i := slices.IndexFunc(all, func(r result.Result) bool { return len(r.Findings) > 0 })
	if _, err := decisions.Decide(t.Context(), decisionOn(all[i], 1), 0); err != nil {
		t.Fatal(err)
	}
	all[5].Title = "새 제목"
	writeResult(t, dir, all[5], desktest.Start.Add(time.Hour))
	if err := os.RemoveAll(filepath.Join(dir, all[6].ID)); err != nil {
		t.Fatal(err)
	}
	writeResult(t, dir, result.Result{Schema: "other/v1", ID: "strange"}, desktest.Start)
	if p := catchUp(); p.Done != 2 || len(p.Broken) != 1 || !strings.Contains(p.Broken[0], `strange: it is not a result of pageinspect.result/v1`) {
		t.Errorf("changed: %+v", p)
	}
	if r, _, err := x.Row(t.Context(), all[i].ID); err != nil || r.State != decision.Dismissed || r.Last != 1 {
		t.Errorf("decided: %+v, %v", r, err)
	}
	if l, err := x.Pages(t.Context(), index.Query{Text: "새제목"}); err != nil || l.Total != 1 || l.Rows[0].ID != all[5].ID {
		t.Errorf("changed: %+v, %v", l, err)
	}
	if _, ok, err := x.Row(t.Context(), all[6].ID); ok || err != nil {
		t.Errorf("gone: %v, %v", ok, err)
	}
	// Its text changes: what was decided is to be looked at again.
	all[i].Lines[0].Text += " 더"
	writeResult(t, dir, all[i], desktest.Start.Add(time.Hour))
	catchUp()
	if l, err := x.Pages(t.Context(), index.Query{Changed: true}); err != nil || l.Total != 1 || l.Rows[0].ID != all[i].ID {
		t.Errorf("changed after it was decided: %+v, %v", l, err)
	}
}

// TestPutWhileCatchingUp: a page never goes back to what it was before.
func TestPutWhileCatchingUp(t *testing.T) {
	dir, x := t.TempDir(), open(t)
	for i := range 40 {
		writeResult(t, dir, desktest.Result(i, 4), time.Unix(0, 1))
	}
	from := &pages.Source{Folder: os.DirFS(dir)}
	var g sync.WaitGroup
	g.Go(func() {
		for range 3 {
			if err := x.CatchUp(t.Context(), from, nil, nil); err != nil {
				t.Error(err)
			}
		}
	})
	g.Go(func() {
		for v := range int64(5) {
			for i := range 40 {
				r := desktest.Result(i, 4)
				r.Title = fmt.Sprint("version ", v+2)
				writeResult(t, dir, r, time.Unix(0, v+2))
				if err := x.Put(t.Context(), r, pages.Ref{ID: r.ID, Version: v + 2}); err != nil {
					t.Error(err)
				}
				if w, ok, err := x.Row(t.Context(), r.ID); err != nil || !ok || w.Version < v+2 || w.Title != fmt.Sprint("version ", w.Version) {
					t.Errorf("version %d was put, and is %d %q: %v", v+2, w.Version, w.Title, err)
				}
				if err := x.Put(t.Context(), desktest.Result(i, 4), pages.Ref{ID: r.ID, Version: v + 1}); err != nil {
					t.Error(err)
				}
			}
		}
	})
	g.Wait()
	l, err := x.Pages(t.Context(), index.Query{Text: "version 6"})
	if err != nil || l.Total != 40 {
		t.Errorf("%d pages are of the last version: %v", l.Total, err)
	}
}

// TestFileIsMadeAnew: what is no index, is of another version or cut off, is made
// anew; what another has open is left alone, and said.
func TestFileIsMadeAnew(t *testing.T) {
	file := filepath.Join(t.TempDir(), "index with ? and 한글.db")
	filled := func() []byte {
		t.Helper()
		x, err := index.Open(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 30 {
			r := desktest.Result(i, 13)
			if err := x.Put(t.Context(), r, pages.Ref{ID: r.ID, Version: 1}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := index.Open(t.Context(), file); err == nil || !strings.Contains(err.Error(), "another desk has it open") {
			t.Errorf("opened twice: %v", err)
		}
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if left, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*-wal")); len(left) > 0 || err != nil {
			t.Errorf("left after Close: %q, %v", left, err)
		}
		return b
	}
	b := filled()
	for name, damage := range map[string]func() error{
		"untouched": func() error { return nil },
		"no index":  func() error { return os.WriteFile(file, []byte("something else altogether, of some length"), 0o644) },
		"cut off":   func() error { return os.WriteFile(file, b[:len(b)/2], 0o644) },
		"version": func() error {
			db, err := sql.Open("sqlite", "file:"+strings.ReplaceAll(file, "?", "%3f"))
			if err != nil {
				return err
			}
			_, err = db.Exec("PRAGMA user_version = 999")
			return errors.Join(err, db.Close())
		},
	} {
		if err := errors.Join(os.WriteFile(file, b, 0o644), damage()); err != nil {
			t.Fatal(err)
		}
		x, err := index.Open(t.Context(), file)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := 0
		if name == "untouched" {
			want = 30
		}
		r := desktest.Result(3, 13)
		l, err := x.Pages(t.Context(), index.Query{})
		if err2 := x.Put(t.Context(), r, pages.Ref{ID: r.ID, Version: 2}); err != nil || err2 != nil || l.Total != want {
			t.Errorf("%s: %d pages, %v, %v", name, l.Total, err, err2)
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestPicture: a decision on a picture counts at once on each page that shows it.
func TestPicture(t *testing.T) {
	x, all := open(t), desktest.Results(60)
	shows := map[string][]string{}
	for _, r := range all {
		if err := x.Put(t.Context(), r, pages.Ref{ID: r.ID, Version: 1}); err != nil {
			t.Fatal(err)
		}
		shows[r.Tiles[2].SHA256] = append(shows[r.Tiles[2].SHA256], r.ID)
	}
	i := slices.IndexFunc(all, func(r result.Result) bool {
		return len(r.Findings) == 1 && len(shows[r.Tiles[2].SHA256]) > 1 && decision.MarkOf(r, r.Findings[0]).Picture == r.Tiles[2].SHA256
	})
	picture := all[i].Tiles[2].SHA256
	mark, _ := decision.MarkOf(all[i], all[i].Findings[0]).InPicture()
	d := decisionOn(all[i], 1)
	d.Series, d.Subject, d.Whole, d.Unseen, d.Marks = decision.Picture, picture, false, nil, []decision.Mark{mark}
	if err := x.Decided(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	ids, err := x.Showing(t.Context(), picture)
	slices.Sort(ids)
	slices.Sort(shows[picture])
	if err != nil || !slices.Equal(ids, shows[picture]) {
		t.Fatalf("%q show it, want %q: %v", ids, shows[picture], err)
	}
	for _, id := range ids {
		r := all[slices.IndexFunc(all, func(r result.Result) bool { return r.ID == id })]
		if w, _, err := x.Row(t.Context(), id); err != nil || w.Open != len(r.Findings)-1 || w.DecidedBy != "kim@example" || w.Last != 0 {
			t.Errorf("%s: %+v, %v", id, w, err)
		}
	}
}
