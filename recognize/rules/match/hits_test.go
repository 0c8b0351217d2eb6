package match

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestHitsAreWhereTheWordsStand, each group's own in order of position.
func TestHitsAreWhereTheWordsStand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringOfN(rapid.SampledFrom([]rune("가나다라a1")), 1, 4, -1)
		sets := rapid.SliceOfN(rapid.SliceOfNDistinct(word, 1, 30, rapid.ID), 1, 6).Draw(t, "sets")
		text := Read(Plain(rapid.StringOfN(rapid.SampledFrom([]rune("가나다라a1 \n")), 0, 60, -1).Draw(t, "text")))
		d := NewDictionary()
		var groups []Group
		for _, words := range sets {
			g, err := d.Group(words, Options{raw: true})
			if err != nil {
				t.Fatal(err)
			}
			groups = append(groups, g)
		}
		h := text.find(d)
		for i, words := range sets {
			var want, got [][2]int
			for from := range text.Len() {
				for to := from + 1; to <= text.Len(); to++ {
					var s []rune
					for _, g := range text.glyphs[from:to] {
						s = append(s, g.r)
					}
					if text.widest(from, to) < block && slices.Contains(words, string(s)) {
						want = append(want, [2]int{from, to})
					}
				}
			}
			for k := range h.count(groups[i]) {
				s := h.at(groups[i], k)
				got = append(got, [2]int{s.From, s.To})
				if first := h.at(groups[i], h.after(groups[i], s.From)); first.From != s.From {
					t.Fatalf("the first from %d on is at %d", s.From, first.From)
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("%q (-want +got):\n%s", words, d)
			}
		}
	})
}

func TestMerged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hits := rapid.SliceOf(rapid.Map(rapid.Int32Range(0, 9), func(at int32) hit { return hit{from: at} }))
		all, more := hits.Draw(t, "all"), hits.Draw(t, "more")
		byPlace := func(x, y hit) int { return int(x.from - y.from) }
		slices.SortStableFunc(all, byPlace)
		for i := range all {
			all[i].word = int32(i)
		}
		for i := range more {
			more[i].word = int32(100 + i)
		}
		want := slices.Concat(all, more)
		slices.SortStableFunc(want, byPlace)
		if got := merged(all, slices.Clone(more)); !slices.Equal(got, want) {
			t.Fatalf("%v and %v: %v, want %v", all, more, got, want)
		}
	})
}
