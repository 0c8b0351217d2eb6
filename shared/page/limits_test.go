package page

import (
	"math"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in, want string
		limit    int
	}{
		{"short", "short", 10},
		{"exactly 10", "exactly 10", 10},
		{"longer than 10", "longer …", 10},
		{"가나다라마", "가나…", 10},
		{"가나다라마", "가…", 8},
	} {
		if got := Cut(c.in, c.limit); got != c.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}

func TestCutKeepsItsLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, limit := rapid.String().Draw(t, "s"), rapid.IntRange(3, 50).Draw(t, "limit")
		got := Cut(s, limit)
		if len(got) > limit || utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Fatalf("Cut(%q, %d) = %q", s, limit, got)
		}
	})
}

func TestClipStaysWithinThePage(t *testing.T) {
	odd := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1e300, 1.9e13}))
	rapid.Check(t, func(t *rapid.T) {
		b := Box{odd.Draw(t, "x"), odd.Draw(t, "y"), odd.Draw(t, "w"), odd.Draw(t, "h")}
		c := b.Clip(1280, 5000)
		if c.X < 0 || c.Y < 0 || c.Right() > 1280+1e-6 || c.Bottom() > 5000+1e-6 || c.W < 0 || c.H < 0 {
			t.Fatalf("%v.Clip = %v", b, c)
		}
	})
	if got := (Box{-10, -10, 30, 1e12}).Clip(1280, 5000); got != (Box{0, 0, 20, 5000}) {
		t.Errorf("got %v", got)
	}
}
