package index

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/functions/desk/desktest"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/result"
)

// texts is an index of pages with a text each, and the same without an index.
type texts struct {
	x    *Index
	said map[string]string // by id, as it is searched
	v    int64
}

func openTexts(t *testing.T, file string) *texts {
	t.Helper()
	x, err := Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() }) //nolint:errcheck // closed twice by some
	return &texts{x: x, said: map[string]string{}}
}

// docOfText is a page whose lines are in blocks as the text's lines are.
func (s *texts) docOfText(t *testing.T, id, text string) *doc {
	t.Helper()
	s.v++
	r := result.Result{Schema: result.Schema, ID: id}
	for i, block := range strings.Split(text, "\n") {
		r.Lines = append(r.Lines, result.Line{Text: block, Block: i})
	}
	d, err := docOfResult(r, pages.Ref{ID: id, Version: s.v})
	if err != nil {
		t.Fatal(err)
	}
	s.said[id] = string(d.plain)
	return d
}

// put puts pages in one change.
func (s *texts) put(t *testing.T, all ...*doc) {
	t.Helper()
	if err := (&catchUp{x: s.x}).take(t.Context(), all); err != nil {
		t.Fatal(err)
	}
}

// agree has the index find the pages that say a phrase, and no others.
func (s *texts) agree(t *testing.T, phrase string) {
	t.Helper()
	got, err := s.x.IDs(t.Context(), Query{Text: phrase})
	if err != nil {
		t.Fatalf("%q: %v", phrase, err)
	}
	var want []string
	for id, text := range s.said {
		if strings.Contains(text, plain(phrase)) {
			want = append(want, id)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("%q, in %d parts: %q, want %q", phrase, len(s.x.parts), got, want)
	}
}

// TestPhrasesAreThoseOfAScan: whatever was put, put anew and dropped, in changes of
// whatever size, merged or not, and opened again, a phrase finds the pages whose text has it.
func TestPhrasesAreThoseOfAScan(t *testing.T) {
	for seed := range uint64(3) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		// Few letters, so that phrases are found and letters repeat; of one, two, three and four bytes.
		letters := []rune("가나다라ab1é🙂\n 가나")
		text := func(n int) string {
			b := make([]rune, n)
			for i := range b {
				b[i] = letters[rnd.IntN(len(letters))]
			}
			return string(b)
		}
		file := filepath.Join(t.TempDir(), "index.db")
		s := openTexts(t, file)
		merged := false
		for range 60 {
			var some []*doc
			for range 1 + rnd.IntN(12) {
				some = append(some, s.docOfText(t, fmt.Sprint("page-", rnd.IntN(150)), text(rnd.IntN(300))))
			}
			before := len(s.x.parts)
			s.put(t, some...)
			merged = merged || len(s.x.parts) < before
			if rnd.IntN(6) == 0 {
				s.drop(t, fmt.Sprint("page-", rnd.IntN(150)))
			}
			if rnd.IntN(10) == 0 {
				if err := s.x.Close(); err != nil {
					t.Fatal(err)
				}
				s.x = openTexts(t, file).x
			}
			for range 4 {
				s.agree(t, strings.ReplaceAll(text(1+rnd.IntN(7)), "\n", ""))
			}
			for id := range s.said {
				said := []rune(strings.Split(s.said[id], "\n")[rnd.IntN(strings.Count(s.said[id], "\n")+1)])
				if len(said) > 0 {
					from := rnd.IntN(len(said))
					s.agree(t, string(said[from:min(len(said), from+1+rnd.IntN(40))]))
				}
				break
			}
		}
		if !merged {
			t.Error("nothing was merged")
		}
	}
}

func (s *texts) drop(t *testing.T, id string) {
	t.Helper()
	delete(s.said, id)
	err := s.x.alter(t.Context(), func(c *change) error {
		if e, ok := c.current(id); ok {
			return c.drop(t.Context(), e)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPartsStayFew: pages that come one by one, and are put anew again and again, leave
// few parts, and lists of what is gone take no more than what is there.
func TestPartsStayFew(t *testing.T) {
	s := openTexts(t, filepath.Join(t.TempDir(), "index.db"))
	for i := range 600 {
		s.put(t, s.docOfText(t, fmt.Sprint("page-", i%50), fmt.Sprintf("수분 크림 %d호\n무료 배송", i)))
	}
	most := 3 * fan
	texts := 0
	for _, p := range s.x.parts {
		texts += p.texts
	}
	if len(s.x.parts) > most || texts > 150 {
		t.Errorf("%d parts with %d texts, of 50 pages", len(s.x.parts), texts)
	}
	var blocks, of int
	for _, p := range s.x.parts {
		of += len(p.blocks)
	}
	if err := s.x.reader.QueryRowContext(t.Context(), "SELECT count(*) FROM block").Scan(&blocks); err != nil || blocks != of {
		t.Errorf("the file has %d blocks, and the parts have %d: %v", blocks, of, err)
	}
	s.agree(t, "크림")
	s.agree(t, "599호")
	s.agree(t, "1호")
}

// TestMergeBrokenOff: a merge that was cancelled, and one that was killed, lose nothing
// and leave nothing.
func TestMergeBrokenOff(t *testing.T) {
	file := filepath.Join(t.TempDir(), "index.db")
	s := openTexts(t, file)
	for i := range fan {
		err := s.x.alter(t.Context(), func(c *change) error {
			return c.put(t.Context(), s.docOfText(t, fmt.Sprint("page-", i), fmt.Sprint("수분 크림 ", i)))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.x.settle(ctx); err == nil {
		t.Error("a cancelled merge went on")
	}
	s.agree(t, "분크")
	// What a killed one leaves are blocks of no part.
	err := s.x.alter(t.Context(), func(c *change) error {
		return c.putBlock(t.Context(), &part{id: s.x.newID()}, gramOf('가', '나'), []byte{1, 2, 3})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.x.Close(); err != nil {
		t.Fatal(err)
	}
	s.x = openTexts(t, file).x
	if err := s.x.settle(t.Context()); err != nil || len(s.x.parts) != 1 {
		t.Errorf("%d parts: %v", len(s.x.parts), err)
	}
	s.agree(t, "분크")
	var left int
	if err := s.x.reader.QueryRowContext(t.Context(), "SELECT count(*) FROM block WHERE part NOT IN (SELECT id FROM part)").Scan(&left); err != nil || left > 0 {
		t.Errorf("%d blocks are left: %v", left, err)
	}
}

// FuzzLists: lists that were damaged are an error, or a wrong answer, and nothing worse.
func FuzzLists(f *testing.F) {
	var g gatherer
	for n := range int64(3) {
		g.add(n+1, []byte("수분크림무료배송\n수분크림"))
	}
	var b []byte
	w := blocks{put: func(_ gram, lists []byte) error { b = slices.Clone(lists); return nil }}
	for _, l := range g.all() {
		if err := w.add(l.gram, l.bytes); err != nil {
			f.Fatal(err)
		}
	}
	if err := w.flush(); err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte{0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		l := lister{rest: b}
		var all []walk
		for {
			more, err := l.next()
			if err != nil || !more {
				break
			}
			all = append(all, newWalk(l.gram, l.list, 1, 1000))
		}
		var found set
		if len(all) > 0 {
			meet(all, &found) //nolint:errcheck // either will do
		}
		if len(found) > 1000/64+1 {
			t.Errorf("texts up to %d were found", 64*len(found))
		}
	})
}

// TestLeanIsWhole: what the index reads of a result is what it would read of the whole,
// however it is spelled; and what is no result is told, wherever it is damaged.
func TestLeanIsWhole(t *testing.T) {
	check := func(b []byte, id string) {
		t.Helper()
		d, err := docOf(b, pages.Ref{ID: id})
		r, err2 := result.Decode(b)
		if err2 != nil {
			if err == nil {
				t.Fatalf("%.200s\nis taken, and is none: %v", b, err2)
			}
			return
		}
		want, err2 := docOfResult(r, pages.Ref{ID: id})
		if fmt.Sprint(err) != fmt.Sprint(err2) || fmt.Sprintf("%+v", d) != fmt.Sprintf("%+v", want) {
			t.Fatalf("%.200s\n%+v, %v\nwant %+v, %v", b, d, err, want, err2)
		}
	}
	for i := range 6 {
		r := desktest.Result(i, 26)
		r.HTML = r.Lines[:2]
		r.Page.Truncated, r.Page.Partial = i%2 == 0, strings.Repeat("time ran out", i%3)
		r.Lines[1].Text = "\"ＡＢＣ\"\\ <b>\u2028 ™é\u200b"
		r.Lines[2].Polygon = []result.Point{{X: 1.5, Y: 2}}
		b := encode(t, r)
		check(b, r.ID)
		for _, c := range [][2]string{
			{`"text"`, `"TEXT"`}, {`"block"`, `"Block"`}, {`"block"`, `"\u0062lock"`}, {`"block":0`, `"block":0,"block":7`}, {`"block":0`, `"block":1.5`}, {`"block":0`, `"block":null`},
			{`"text"`, `"x":{"text":"no"},"text"`}, {`"lines":[`, `"lines":null,"x":[`}, {`"lines":[`, `"Lines":[`}, {`"html":[`, `"html":[null,`},
			{`"html":[`, `"lines":[],"html":[`}, {`"schema"`, `"schema":"other","schema"`}, {`"severity":"high"`, `"severity":"high","severity":"info"`}, {`"words":[`, `"words":[{"text":1},`},
			{`,`, " ,\n"}, {`"title"`, `"title":"x` + "\xff" + `","title"`}, {`{`, `[`}, {`"block":0`, `"block":00`}, {`"confidence":0.97`, `"confidence":+1`},
		} {
			changed := strings.Replace(string(b), c[0], c[1], 1)
			if strings.HasPrefix(c[1], `"words"`) { // of what is skipped, only that it is JSON
				if _, err := docOf([]byte(changed), pages.Ref{ID: r.ID}); err != nil {
					t.Errorf("what is skipped is judged: %v", err)
				}
				continue
			}
			check([]byte(changed), r.ID)
		}
		for at := 7 * i; at < len(b); at += 997 {
			check(b[:at], r.ID)
			damaged := slices.Clone(b)
			damaged[at] = 0
			check(damaged, r.ID)
		}
	}
}

func encode(t *testing.T, r result.Result) []byte {
	t.Helper()
	b, err := pack(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestFileOfAnotherVersionIsMadeAnew: what an older desk left, with full text of SQLite, is thrown away.
func TestFileOfAnotherVersionIsMadeAnew(t *testing.T) {
	file := filepath.Join(t.TempDir(), "index.db")
	s := openTexts(t, file)
	s.put(t, s.docOfText(t, "page-1", "수분 크림"))
	if _, err := s.x.conn.ExecContext(t.Context(), "CREATE VIRTUAL TABLE text USING fts5(pairs); PRAGMA user_version = 1"); err != nil {
		t.Fatal(err)
	}
	if err := s.x.Close(); err != nil {
		t.Fatal(err)
	}
	s = openTexts(t, file)
	s.agree(t, "수분")
	if len(s.x.pages) > 0 {
		t.Error("pages of another version are kept")
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}
