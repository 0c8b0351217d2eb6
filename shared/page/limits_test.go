package page

import (
	"bytes"
	"math"
	"slices"
	"strings"
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

// TestBounds: whatever a page made long, its manifest is written, read again,
// and the same then.
func TestBounds(t *testing.T) {
	long := func(n int) string { return strings.Repeat("가", n) }
	m := good()
	m.Title, m.FinalURL, m.Partial = long(4_000_000), "https://shop.example/?"+long(1_000_000), long(1_000_000)
	m.Warnings, m.Blocked = slices.Repeat([]string{long(10_000)}, 300), slices.Repeat([]string{"https://a.example/" + long(30_000)}, 300)
	m.Unseen = slices.Repeat([]Unseen{{Kind: Failed, Why: long(1000), Source: long(1_000_000), Box: Box{X: -5, Y: 1e12, W: 1e300, H: math.MaxFloat64}}}, 1000)
	b, err := m.Encode()
	if err != nil || len(b) > 1<<20 {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	back, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	again, err := back.Encode()
	if err != nil || !bytes.Equal(again, b) {
		t.Errorf("encoded again it is another: %v", err)
	}
	if len(back.Title) > MaxTitleBytes || back.FinalURL != m.Request.URL || len(back.Unseen) != MaxUnseen || len(back.Blocked) != MaxNotes+1 || !back.Unseen[0].Box.Empty() {
		t.Errorf("title of %d bytes, %s, %d unseen, %d blocked", len(back.Title), back.FinalURL[:30], len(back.Unseen), len(back.Blocked))
	}
	// At the bound nothing is cut.
	m = good()
	m.Title, m.Warnings = strings.Repeat("x", MaxTitleBytes), slices.Repeat([]string{strings.Repeat("y", MaxNoteBytes)}, MaxNotes)
	if b, err = m.Encode(); err != nil {
		t.Fatal(err)
	}
	if back, err = Decode(b); err != nil || len(back.Title) != MaxTitleBytes || len(back.Warnings) != MaxNotes || len(back.Warnings[0]) != MaxNoteBytes {
		t.Errorf("at the bound: %v", err)
	}
}
