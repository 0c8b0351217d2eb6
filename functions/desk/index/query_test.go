package index_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/desktest"
	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// TestValidate: a wrong word is named, with what to write instead.
func TestValidate(t *testing.T) {
	for want, q := range map[string]index.Query{
		`verdicts: there is no "bad"; want pass, review, reject`:                        {Verdicts: []string{"bad"}},
		`states: there is no "closed"; want open, escalated`:                            {States: []string{"closed"}},
		`severities: there is no "low"; want high, review, info`:                        {Severities: []string{"low"}},
		`kinds: there is no "x"; want forbidden, proof, required, policy`:               {Kinds: []string{"x"}},
		`sources: there is no "x"; want picture, both, html, code`:                      {Sources: []string{"x"}},
		`unseen: there is no "x"; want clipped`:                                         {Unseen: []string{"x"}},
		`rules: "[" cannot be read; write a rule's id`:                                  {Rules: []string{"["}},
		`labels: "=x" has no name; write NAME=VALUE`:                                    {Labels: []string{"=x"}},
		`hosts: 501 words, more than 500`:                                               {Hosts: make([]string, 501)},
		`until: 2026-11-20 09:00:00 is not after 2026-11-20 09:00:00`:                   {Since: desktest.Start, Until: desktest.Start},
		`picture: "ab" is no SHA-256`:                                                   {Picture: "ab"},
		`sort: there is no "best"; want worst, newest, oldest, title, host or findings`: {Sort: "best"},
		`limit: is 501; want 1 to 500`:                                                  {Limit: 501},
		`limit: is -1`:                                                                  {Limit: -1},
		`after: it is not the end of an answer`:                                         {After: "%%"},
		`text: 201 letters, more than 200; search for a part of it`:                     {Text: strings.Repeat("가", 201)},
		`text: it is not UTF-8`:                                                         {Text: "\xff"},
	} {
		if err := q.Validate(); err == nil || fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
		if _, err := open(t).Pages(t.Context(), q); err == nil {
			t.Errorf("%q is answered", want)
		}
	}
	if err := (index.Query{Rules: []string{"cosmetics.*"}, Text: strings.Repeat("가", 200), Until: time.Now(), Limit: 500}).Validate(); err != nil {
		t.Error(err)
	}
}

// TestAfterOfAnotherOrder: the end of one answer is none of an answer in another order.
func TestAfterOfAnotherOrder(t *testing.T) {
	x := open(t)
	for i := range 3 {
		r := desktest.Result(i, 4)
		if err := x.Put(t.Context(), r, pages.Ref{ID: r.ID, Version: 1}); err != nil {
			t.Fatal(err)
		}
	}
	l, err := x.Pages(t.Context(), index.Query{Sort: "newest", Limit: 1})
	if err != nil || l.Next == "" {
		t.Fatal(l, err)
	}
	if _, err := x.Pages(t.Context(), index.Query{Sort: "oldest", After: l.Next}); err == nil || !strings.Contains(err.Error(), "begin again") {
		t.Error(err)
	}
}

// TestText: spaces, case and width do not count, nothing is syntax, and a phrase
// goes on in the next line and not in the next block.
func TestText(t *testing.T) {
	x := open(t)
	r := desktest.Result(0, 8)
	for i, s := range []string{"ＫＡＫＡＯ Ｉｄ: ab_12", "여드름 완", "치 크림", `a "b" OR c* NEAR(d) {e}:f`, "다음 칸은", "ｶﾀｶﾅ 50％", "끝", "가"} {
		r.Lines[i].Text, r.Lines[i].Block = s, i/4
	}
	if err := x.Put(t.Context(), r, pages.Ref{ID: r.ID, Version: 1}); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{
		"kakao id": 1, "KAKAOID:AB_12": 1, "카카오": 0, "여드름완치": 1, "여 드 름 완 치 크 림": 1, "름": 1, "완치": 1, "치크": 1, "롬": 0,
		`"b"`: 1, `"c"`: 0, "or": 1, "OR c*": 1, "c*n": 1, "NEAR(d)": 1, "{e}:f": 1, "e:f": 0, "*": 1, `"`: 1, "-": 0, "50%": 1, "%": 1, "カタカナ": 1,
		"f다음": 0, "f": 1, "은カ": 1, "끝가": 1, "": 1, " \t\n": 1, "a\x00\"": 1, "pairs:": 0, "호|판매": 1,
	} {
		if l, err := x.Pages(t.Context(), index.Query{Text: text}); err != nil || l.Total != want {
			t.Errorf("%q finds %d pages, want %d: %v", text, l.Total, want, err)
		}
	}
}

// FuzzText: no text is an error or syntax; what a page says is found, by FTS5 as by
// the scan of what FTS5 does not have yet.
func FuzzText(f *testing.F) {
	for _, s := range []string{"수분 크림", `"`, "a OR b", "ＡＢＣ", "\x00", "e\u0301", "ﬁ", "İ", "ẞ\u200b", "\ue061a", "각", "가" + strings.Repeat("나", 150), "a\nb", "letters : x"} {
		f.Add(s, 0, 9)
	}
	x, n := open(f), int64(0)
	f.Fuzz(func(t *testing.T, said string, from, to int) {
		n++
		r := desktest.Result(0, 4)
		r.ID = fmt.Sprint("fuzz-", n%5)
		r.Lines[0].Text = said
		if err := x.Put(t.Context(), r, pages.Ref{ID: r.ID, Version: n}); err != nil {
			t.Fatal(err)
		}
		letters := []rune(strings.ToValidUTF8(said, ""))
		if len(letters) == 0 {
			return
		}
		begin := min(max(from, 0), len(letters)-1)
		part := string(letters[begin:max(begin, min(to, len(letters), begin+200))])
		l, err := x.Pages(t.Context(), index.Query{Text: part})
		if err != nil {
			t.Fatalf("%q: %v", part, err)
		}
		if strings.ToValidUTF8(said, "") == said && !found(l, r.ID) && !joined(said, part) {
			t.Fatalf("%q says %q and is not found", said, part)
		}
		if l, err := x.Pages(t.Context(), index.Query{Text: strings.ToValidUTF8(said, "")}); err != nil && len(letters) <= 200 {
			t.Fatalf("%q: %d, %v", said, l.Total, err)
		}
	})
}

func found(l index.List, id string) bool {
	for _, r := range l.Rows {
		if r.ID == id {
			return true
		}
	}
	return false
}

// joined says whether a part is another text for itself than in the whole, as of a
// letter and the accent that follows it.
func joined(whole, part string) bool {
	return !strings.Contains(index.Plain(whole), index.Plain(part))
}
