package match

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

func TestPlace(t *testing.T) {
	lines := []result.Line{
		{Words: []result.Word{
			{Text: "성인여드름", Box: page.Box{X: 100, Y: 10, W: 50, H: 20}, Space: true},
			{Text: "치", Box: page.Box{X: 160, Y: 11, W: 10, H: 20}},
		}},
		{Words: []result.Word{{Text: "료효과", Box: page.Box{X: 100, Y: 40, W: 30, H: 20}}}},
	}
	p, err := Phrase("여드름 치료", false)
	if err != nil {
		t.Fatal(err)
	}
	text := Read(lines)
	quote, at, boxes := text.Place(p.Find(text, Line)[0])
	if quote != "여드름 치 료" {
		t.Errorf("quote %q", quote)
	}
	if d := cmp.Diff([]int{0, 1}, at); d != "" {
		t.Error(d)
	}
	want := []page.Box{{X: 120, Y: 10, W: 50, H: 21}, {X: 100, Y: 40, W: 10, H: 20}}
	if d := cmp.Diff(want, boxes); d != "" {
		t.Error(d)
	}
}

func TestCutAlongABaselineThatIsNotLevel(t *testing.T) {
	// Four runes running straight down: the text's own top left is the picture's top right.
	w := result.Word{Text: "가나다라", Box: page.Box{X: 10, Y: 100, W: 20, H: 80},
		Polygon: []result.Point{{X: 30, Y: 100}, {X: 30, Y: 180}, {X: 10, Y: 180}, {X: 10, Y: 100}}}
	if d := cmp.Diff(page.Box{X: 10, Y: 120, W: 20, H: 40}, cut(w, 4, 1, 3)); d != "" {
		t.Error(d)
	}
}

// laidOut draws lines of words of these syllables, with boxes side by side.
func laidOut(t *rapid.T, syllables []string) []result.Line {
	var lines []result.Line
	for i := range rapid.IntRange(0, 4).Draw(t, "lines") {
		l := result.Line{Block: rapid.IntRange(0, 1).Draw(t, "block")}
		x := 0.0
		for range rapid.IntRange(0, 6).Draw(t, "words") {
			w := result.Word{Space: rapid.Bool().Draw(t, "space")}
			for range rapid.IntRange(0, 3).Draw(t, "syllables") {
				w.Text += rapid.SampledFrom(syllables).Draw(t, "syllable")
			}
			w.Box = page.Box{X: x, Y: float64(i * 30), W: rapid.Float64Range(1, 90).Draw(t, "w"), H: rapid.Float64Range(1, 25).Draw(t, "h")}
			x = w.Box.Right() + 5
			l.Words = append(l.Words, w)
			l.Box = l.Box.Union(w.Box)
		}
		lines = append(lines, l)
	}
	return lines
}

func within(in, out page.Box) bool {
	const slip = 0.001
	return in.X >= out.X-slip && in.Y >= out.Y-slip && in.Right() <= out.Right()+slip && in.Bottom() <= out.Bottom()+slip
}

func TestBoxesLieWithinTheirLines(t *testing.T) {
	p, _ := Phrase("최고", false)
	re, err := Regexp("최.{0,3}1위")
	if err != nil {
		t.Fatal(err)
	}
	met := 0
	rapid.Check(t, func(t *rapid.T) {
		lines := laidOut(t, []string{"최", "고", "최고", "1", "위", "1위", "㈜", "\u200b"})
		text := Read(lines)
		for _, s := range append(p.Find(text, Line), re.Find(text, Line)...) {
			met++
			quote, at, boxes := text.Place(s)
			if quote == "" || len(at) == 0 || len(at) != len(boxes) {
				t.Fatalf("quote %q on lines %v with boxes %v", quote, at, boxes)
			}
			for i, b := range boxes {
				if b.Empty() || !within(b, lines[at[i]].Box) {
					t.Fatalf("%q: box %v is not within its line's, %v", quote, b, lines[at[i]].Box)
				}
			}
		}
	})
	if met == 0 {
		t.Error("nothing was ever found, so nothing was checked")
	}
}
