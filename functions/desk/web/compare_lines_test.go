package web

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func words(s string) []string { return strings.Fields(s) }

func TestDiffLines(t *testing.T) {
	for _, c := range []struct{ name, before, after, want string }{
		{"nothing", "", "", "same=[] moved=[] went=[] came=[]"},
		{"the same", "a b", "a b", "same=[[0 0] [1 1]] moved=[] went=[] came=[]"},
		{"a banner on top", "a b c", "x y a b c", "same=[[0 2] [1 3] [2 4]] moved=[] went=[] came=[0 1]"},
		{"one changed", "a b c", "a x c", "same=[[0 0] [2 2]] moved=[] went=[1] came=[1]"},
		{"a block moved", "a b 1 2 3 4", "1 2 3 4 a b", "same=[[2 0] [3 1] [4 2] [5 3]] moved=[[0 4] [1 5]] went=[] came=[]"},
		{"doubled", "a b", "a b a", "same=[[0 0] [1 1]] moved=[] went=[] came=[2]"},
		{"case and width", "ＡＢＣ", "abc", "same=[[0 0]] moved=[] went=[] came=[]"},
	} {
		d := diffLines(words(c.before), words(c.after))
		if got := fmt.Sprintf("same=%v moved=%v went=%v came=%v", d.Same, d.Moved, d.Went, d.Came); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if d := diffLines([]string{"피부 재생  100%"}, []string{"피부재생 100 %"}); len(d.Same) != 1 {
		t.Errorf("spaces count: %+v", d)
	}
}

// Each line of both sides is said once: to be the same, to have moved, gone or come;
// and each change is in one hunk.
func TestEachLineOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		alphabet := rapid.SampledFrom(words("a b c d e f g h 가 나 다 치료 ㄱ \ufffd \U0010ffff"))
		before, after := rapid.SliceOf(alphabet).Draw(t, "before"), rapid.SliceOf(alphabet).Draw(t, "after")
		d := diffLines(before, after)
		olds, news := slices.Clone(d.Went), slices.Clone(d.Came)
		for _, p := range append(slices.Clone(d.Same), d.Moved...) {
			olds, news = append(olds, p[0]), append(news, p[1])
			if before[p[0]] != after[p[1]] {
				t.Fatalf("%q is said to be %q", before[p[0]], after[p[1]])
			}
		}
		once(t, olds, len(before))
		once(t, news, len(after))
		for i := 1; i < len(d.Same); i++ {
			if d.Same[i][0] <= d.Same[i-1][0] || d.Same[i][1] <= d.Same[i-1][1] {
				t.Fatalf("%v are not in order", d.Same)
			}
		}
		for _, i := range d.Went {
			if slices.ContainsFunc(d.Came, func(j int) bool { return before[i] == after[j] }) {
				t.Fatalf("%q went and came", before[i])
			}
		}
		olds, news = nil, nil
		for _, h := range d.hunks(len(before), len(after)) {
			olds, news = append(olds, h.Old...), append(news, h.New...)
		}
		for _, p := range d.Same {
			olds, news = append(olds, p[0]), append(news, p[1])
		}
		once(t, olds, len(before))
		once(t, news, len(after))
	})
}

func once(t *rapid.T, got []int, n int) {
	t.Helper()
	slices.Sort(got)
	for i := range n {
		if i >= len(got) || got[i] != i {
			t.Fatalf("of %d lines, these are said: %v", n, got)
		}
	}
	if len(got) != n {
		t.Fatalf("of %d lines, these are said: %v", n, got)
	}
}

// As many distinct lines as there are numbers around the surrogates are told apart.
func TestManyDistinctLines(t *testing.T) {
	var before, after []string
	for i := range 60_000 {
		before = append(before, fmt.Sprint("line", i))
	}
	after = append([]string{"new"}, before...)
	if d := diffLines(before, after); len(d.Same) != len(before) || len(d.Came) != 1 || d.Came[0] != 0 || len(d.Went)+len(d.Moved) != 0 {
		t.Errorf("%d same, %v came, %d went, %d moved", len(d.Same), d.Came, len(d.Went), len(d.Moved))
	}
}

func TestRising(t *testing.T) {
	got := rising([][2]float64{{0, 90_000}, {10, 510}, {20, 520}, {20, 525}, {30, 5}, {40, 540}})
	if want := [][2]float64{{10, 510}, {20, 520}, {40, 540}}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	rapid.Check(t, func(t *rapid.T) {
		var points [][2]float64
		for range rapid.IntRange(0, 40).Draw(t, "n") {
			points = append(points, [2]float64{float64(rapid.IntRange(0, 20).Draw(t, "a")), float64(rapid.IntRange(0, 20).Draw(t, "b"))})
		}
		chain := rising(points)
		for i, p := range chain {
			if i > 0 && (p[0] <= chain[i-1][0] || p[1] <= chain[i-1][1]) || !slices.Contains(points, p) {
				t.Fatalf("%v of %v", chain, points)
			}
		}
		best := make([]int, len(points)) // the plain way
		longest := 0
		sorted := slices.Clone(points)
		slices.SortFunc(sorted, func(a, b [2]float64) int { return int(a[0]*100 + a[1] - b[0]*100 - b[1]) })
		for i, p := range sorted {
			best[i] = 1
			for j, q := range sorted[:i] {
				if q[0] < p[0] && q[1] < p[1] {
					best[i] = max(best[i], best[j]+1)
				}
			}
			longest = max(longest, best[i])
		}
		if len(chain) != longest {
			t.Fatalf("%v has %d points, the longest %d", chain, len(chain), longest)
		}
	})
}

func TestPartsAreTheTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := rapid.StringOfN(rapid.RuneFrom([]rune("가나 다ab")), 0, 30, -1).Draw(t, "before"), rapid.StringOfN(rapid.RuneFrom([]rune("가나 다ab")), 0, 30, -1).Draw(t, "after")
		var a, b string
		for _, p := range parts(before, after) {
			if p.Is <= 0 {
				a += p.Text
			}
			if p.Is >= 0 {
				b += p.Text
			}
		}
		if a != before || b != after {
			t.Fatalf("parts are of %q and %q", a, b)
		}
	})
	if parts(strings.Repeat("가", 2000), "나") != nil {
		t.Error("too long, and compared letter by letter")
	}
}
