package recognize

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/recognize/layout"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// htmlLines makes lines of the page's own text, in reading order, and returns
// the blocks of which something was not read in the pictures: whole, since what
// excuses a phrase may stand in the line beside it.
func htmlLines(texts []page.DOMText, missed []bool, width, height int) []result.Line {
	var runs [][]result.Word
	for i, t := range texts {
		if box := t.Box.Clip(float64(width), float64(height)); !box.Empty() {
			runs = append(runs, htmlWords(t.Text, box, missed[i]))
		}
	}
	lines := layout.Arrange(runs)
	unread := map[int]bool{}
	for _, l := range lines {
		unread[l.Block] = unread[l.Block] || l.Confidence < 1
	}
	var out []result.Line
	for _, l := range lines {
		if !unread[l.Block] {
			continue
		}
		l.Source, l.Confidence = result.InHTML, 1
		for w := range l.Words {
			l.Words[w].Confidence = 1
		}
		out = append(out, l)
	}
	return out
}

// htmlWords cuts a text into its words, whose widths are estimated. Those of a
// text that was not read have no confidence, which tells their lines until
// these are made.
func htmlWords(text string, box page.Box, missed bool) []result.Word {
	confidence := 1.0
	if missed {
		confidence = 0
	}
	var words []result.Word
	text = strings.Join(strings.Fields(text), " ")
	total := ems(text)
	x := box.X
	for i, w := range strings.Fields(text) {
		if i > 0 {
			words[i-1].Space = true
			x += box.W * ems(" ") / total
		}
		wide := box.W * ems(w) / total
		words = append(words, result.Word{Text: w, Box: page.Box{X: x, Y: box.Y, W: wide, H: box.H}.Round(), Confidence: confidence})
		x += wide
	}
	return words
}

// ems is about how wide a text is, in the height of its type.
func ems(s string) float64 {
	wide := 0.0
	for _, r := range s {
		switch {
		case r == ' ':
			wide += 0.3
		case utf8.RuneLen(r) > 2:
			wide++
		default:
			wide += 0.55
		}
	}
	return wide
}

// addHTML adds what the rules find in the page's own text and did not find in
// what was read. A finding of the same rule in the same place is the same one. A
// statement that must be there is, if either has it.
func addHTML(read, html []result.Finding) []result.Finding {
	lacking := map[string]bool{} // rules whose statement the page's own text does not have either
	for _, f := range html {
		lacking[f.Rule] = lacking[f.Rule] || missing(f)
	}
	var out, last []result.Finding
	for _, f := range read {
		switch {
		case !missing(f):
			out = append(out, f)
		case lacking[f.Rule]:
			last = append(last, f)
		}
	}
	for _, f := range html {
		again := slices.ContainsFunc(read, func(g result.Finding) bool { return g.Rule == f.Rule && together(g, f) })
		if !missing(f) && !again {
			f.Source, f.Lines = result.InHTML, []int{}
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b result.Finding) int { return cmp.Compare(a.Box.Y, b.Box.Y) })
	return append(out, last...)
}

// missing says whether the finding is that something was not said.
func missing(f result.Finding) bool { return f.Quote == "" && f.Match == "" && f.Box.Empty() }

// together says whether two findings stand in one place: their boxes, which two
// readings draw a little differently, share half of the smaller one.
func together(a, b result.Finding) bool {
	for _, x := range boxesOf(a) {
		for _, y := range boxesOf(b) {
			w := min(x.Right(), y.Right()) - max(x.X, y.X)
			h := min(x.Bottom(), y.Bottom()) - max(x.Y, y.Y)
			if w > 0 && h > 0 && w >= min(x.W, y.W)/2 && h >= min(x.H, y.H)/2 {
				return true
			}
		}
	}
	return false
}

func boxesOf(f result.Finding) []page.Box {
	if len(f.Boxes) > 0 {
		return f.Boxes
	}
	return []page.Box{f.Box}
}
