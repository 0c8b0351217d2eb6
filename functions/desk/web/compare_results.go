package web

import (
	"cmp"
	"slices"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// compareResults says what changed from one inspection of a page to another.
func compareResults(old, now result.Result) (c compared) {
	oldLines, newLines := slices.Concat(old.Lines, old.HTML), slices.Concat(now.Lines, now.HTML)
	d := diffLines(textsOf(oldLines), textsOf(newLines))
	for _, h := range d.hunks(len(oldLines), len(newLines)) {
		ch := change{What: "text", Kind: h.Kind, Old: h.Old, New: h.New}
		if h.Kind == "changed" {
			ch.Parts = parts(joined(oldLines, h.Old), joined(newLines, h.New))
		}
		c.Changes = append(c.Changes, ch)
	}
	found, same := diffFindings(old, now, d)
	pictures, tiles := diffPictures(old.Tiles, now.Tiles)
	c.Changes = append(append(c.Changes, found...), pictures...)
	c.Same = sameCounts{len(d.Same), same, len(tiles)}
	c.Level = level(oldLines, newLines, d.Same, old, now, tiles)
	slices.SortStableFunc(c.Changes, func(a, b change) int {
		return cmp.Compare(placeOf(a, old, now, c.Level), placeOf(b, old, now, c.Level))
	})
	return c
}

func textsOf(lines []result.Line) []string {
	texts := make([]string, len(lines))
	for i, l := range lines {
		texts[i] = l.Text
	}
	return texts
}

func joined(lines []result.Line, at []int) (text string) {
	for i, n := range at {
		if i > 0 {
			text += "\n"
		}
		text += lines[n].Text
	}
	return text
}

// nearest is how many findings of the same words are looked through for the one that
// stayed: a seller may repeat a phrase three thousand times, and they are in order.
const nearest = 100

// diffFindings says which findings came, went and moved, and how many are the same: by
// the mark that decisions know them by, or by the line that they stand on.
func diffFindings(old, now result.Result, lines lineDiff) (changes []change, same int) {
	became := map[int]int{}
	for _, p := range lines.Same {
		became[p[0]] = p[1]
	}
	left := map[string][]int{} // by rule and words
	for i, f := range old.Findings {
		print := decision.Fingerprint(f.Rule, f.Quote)
		left[print] = append(left[print], i)
	}
	stays := func(i, j int) bool {
		was, f := old.Findings[i], now.Findings[j]
		if len(was.Lines) > 0 && len(f.Lines) > 0 {
			if line, ok := became[was.Lines[0]]; ok && line == f.Lines[0] {
				return true
			}
		}
		return decision.MarkOf(old, was).Meets(decision.MarkOf(now, f))
	}
	var open []int
	for j, f := range now.Findings {
		print := decision.Fingerprint(f.Rule, f.Quote)
		candidates := left[print]
		at := slices.IndexFunc(candidates[:min(len(candidates), nearest)], func(i int) bool { return stays(i, j) })
		if at < 0 {
			open = append(open, j)
			continue
		}
		left[print] = slices.Delete(candidates, at, at+1)
		same++
	}
	for _, j := range open {
		print := decision.Fingerprint(now.Findings[j].Rule, now.Findings[j].Quote)
		if candidates := left[print]; len(candidates) > 0 {
			changes = append(changes, change{What: "finding", Kind: "moved", Old: candidates[:1:1], New: []int{j}})
			left[print] = candidates[1:]
		} else {
			changes = append(changes, change{What: "finding", Kind: "came", New: []int{j}})
		}
	}
	for i, f := range old.Findings {
		if slices.Contains(left[decision.Fingerprint(f.Rule, f.Quote)], i) {
			changes = append(changes, change{What: "finding", Kind: "went", Old: []int{i}})
		}
	}
	return changes, same
}

// diffPictures says which pictures came and went, by their SHA-256, and pairs those that
// are the same. Seams are made of their neighbours, and say nothing of their own.
func diffPictures(old, now []page.Tile) (changes []change, same [][2]int) {
	left := map[string][]int{}
	for i, t := range old {
		if !t.Seam {
			left[t.SHA256] = append(left[t.SHA256], i)
		}
	}
	for j, t := range now {
		switch at := left[t.SHA256]; {
		case t.Seam:
		case len(at) > 0 && t.SHA256 != "":
			same, left[t.SHA256] = append(same, [2]int{at[0], j}), at[1:]
		default:
			changes = append(changes, change{What: "picture", Kind: "came", New: []int{j}})
		}
	}
	for i, t := range old {
		if slices.Contains(left[t.SHA256], i) {
			changes = append(changes, change{What: "picture", Kind: "went", Old: []int{i}})
		}
	}
	return changes, same
}

// level are the heights that lie beside each other: of lines and pictures that are the
// same on both sides.
func level(oldLines, newLines []result.Line, lines [][2]int, old, now result.Result, tiles [][2]int) [][2]float64 {
	var points [][2]float64
	for _, p := range lines {
		if a, b := oldLines[p[0]].Box, newLines[p[1]].Box; !a.Empty() && !b.Empty() {
			points = append(points, [2]float64{finite(a.MiddleY()), finite(b.MiddleY())})
		}
	}
	for _, p := range tiles {
		a, b := old.Tiles[p[0]], now.Tiles[p[1]]
		points = append(points, [2]float64{float64(a.Y), float64(b.Y)}, [2]float64{float64(a.Bottom()), float64(b.Bottom())})
	}
	return rising(points)
}

// placeOf is where a change stands on the new page, or would.
func placeOf(c change, old, now result.Result, level [][2]float64) float64 {
	at := func(r result.Result, n int) float64 {
		switch {
		case c.What == "picture":
			return float64(r.Tiles[n].Y)
		case c.What == "finding":
			return r.Findings[n].Box.Y
		case n < len(r.Lines):
			return r.Lines[n].Box.Y
		}
		return r.HTML[n-len(r.Lines)].Box.Y
	}
	if len(c.New) > 0 {
		return finite(at(now, c.New[0]))
	}
	y, before := finite(at(old, c.Old[0])), [2]float64{}
	for _, p := range level {
		if p[0] > y {
			break
		}
		before = p
	}
	return before[1] + y - before[0]
}
