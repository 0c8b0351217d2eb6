// Package reader finds and reads the text of a picture of a web page with Tesseract.
//
// It finds the lines itself, by their edges, brings each to dark text on white of
// one height, and has Tesseract read many lines in one process, each as a single
// line. Words that were read unsurely are read once more, each alone: as English, as
// letters with a Korean ending, or as Korean. What was read surely twice on the page settles a syllable or two. The package accuracy measures how well that goes.
//
// It reads level text from left to right, and upright text in a column from top to bottom; none on a slope. Rules
// and frames are taken off, letters that are set apart are put together.
// A Reader may be used by many at a time; together they run no more processes than it
// was made for. When a context ends its processes are killed, and Read returns after they are gone.
package reader

import (
	"context"
	"image"
	"slices"

	"golang.org/x/sync/errgroup"
)

const (
	// batchLines is how many lines one process reads at least: starting one costs as
	// much as reading some five lines.
	batchLines = 24
	// inkBelow is the brightness in a strip below which a pixel is part of a glyph.
	inkBelow = 170
)

// Word is what stands between two spaces. Its box and those of its glyphs are in picture pixels.
type Word struct {
	Glyphs     []Glyph
	Box        image.Rectangle
	Confidence float64 // 0..1
}

// Line is one line of text, its words from left to right.
type Line struct {
	Words []Word
	Box   image.Rectangle
}

// Read finds and reads the text of a picture: the lines from top to bottom.
func (r *Reader) Read(ctx context.Context, pic *image.RGBA) ([]Line, error) {
	strength := edges(pic)
	spaced, found := takeSpaced(findLines(strength, edgeStep))
	columns, found := takeColumns(found)
	tried := slices.Concat(found, spaced, columns)

	// Everything goes through Tesseract together: it takes longer to start than to read a line.
	large := findLarge(pic)
	all := slices.Concat(large, candidates(pic, found), layOut(pic, strength, spaced, columns))
	read, err := r.readAll(ctx, all)
	if err != nil {
		return nil, err
	}
	lines := kept(notOverruled(read[:len(large)], read[len(large):len(large)+len(found)]))
	over := slices.Clone(lines) // what was found within large type is a piece of it
	var stacks []stack
	for i, l := range read[len(large):] {
		if i < len(found) {
			if len(uncovered(found[i:i+1], over)) == 0 {
				continue
			}
			if t, ok := stackOf(strength, found[i], l); ok {
				stacks = append(stacks, t)
				continue
			}
		}
		if l != nil {
			lines = append(lines, *l)
		}
	}
	// Over a photograph text hangs together with the edges of what is behind it. Seen by
	// strong edges alone it stands free.
	covered := slices.Clone(lines)
	for _, s := range stacks {
		if s.one != nil {
			covered = append(covered, *s.one)
		}
	}
	free := slices.DeleteFunc(uncovered(findLines(strength, boldStep), covered), func(b image.Rectangle) bool {
		return slices.ContainsFunc(tried, func(t image.Rectangle) bool { return 5*area(t.Intersect(b)) >= 4*max(area(t), area(b)) })
	})
	var again []candidate
	for _, s := range stacks {
		again = append(again, s.candidates(pic)...)
	}
	read, err = r.readAll(ctx, append(again, candidates(pic, free)...))
	if err != nil {
		return nil, err
	}
	strong := kept(read[len(again):])
	for _, s := range stacks {
		n := len(s.at) + 1
		lines = append(lines, s.best(read[:n], strong)...)
		read = read[n:]
	}
	for _, l := range strong {
		if len(uncovered([]image.Rectangle{l.Box}, lines)) > 0 {
			lines = append(lines, l)
		}
	}
	settle(lines)
	return lines, nil
}

// candidate is what may be a line of text.
type candidate struct {
	cut   func() strip
	pic   *image.RGBA // what it is cut out of, to be cut by colour, too; nil for what is put together
	place func(*Line) // puts what was read where it stands in the picture; nil where it does already
}

// candidates are the lines of a picture at the places given.
func candidates(pic *image.RGBA, at []image.Rectangle) []candidate {
	out := make([]candidate, len(at))
	for i, box := range at {
		out[i] = candidate{cut: func() strip { return cutStrip(pic, box) }, pic: pic}
	}
	return out
}

// uncovered leaves out those places of which a quarter and more has been read.
func uncovered(at []image.Rectangle, lines []Line) (left []image.Rectangle) {
	for _, candidate := range at {
		covered := 0
		for _, l := range lines {
			covered += area(l.Box.Intersect(candidate))
		}
		if 4*covered < area(candidate) {
			left = append(left, candidate)
		}
	}
	return left
}

// readAll reads candidates, spread over several processes. What is no text is nil.
func (r *Reader) readAll(ctx context.Context, all []candidate) ([]*Line, error) {
	found := make([]*Line, len(all))
	if len(all) == 0 {
		return found, nil
	}
	batches := max(1, min(cap(r.slots), len(all)/batchLines))
	group, ctx := errgroup.WithContext(ctx)
	for b := range batches {
		group.Go(func() error {
			// Every n-th line: long and short ones lie in heaps, and each process gets its share.
			var own []candidate
			var strips []strip
			for i := b; i < len(all); i += batches {
				own = append(own, all[i])
				strips = append(strips, all[i].cut())
			}
			pages, err := r.readStrips(ctx, strips)
			if err != nil {
				return err
			}
			if err := r.rereadDoubtful(ctx, own, strips, pages); err != nil {
				return err
			}
			for k, glyphs := range pages {
				l, ok := makeLine(strips[k], glyphs)
				if !ok {
					continue
				}
				if own[k].place != nil {
					own[k].place(&l)
				}
				found[b+k*batches] = &l
			}
			return nil
		})
	}
	return found, group.Wait()
}

func kept(read []*Line) (lines []Line) {
	for _, l := range read {
		if l != nil {
			lines = append(lines, *l)
		}
	}
	return lines
}

// makeLine puts glyphs together to words by the gaps between them, and says whether
// it is text at all.
func makeLine(s strip, glyphs []Glyph) (Line, bool) {
	var l Line
	glyphs = spell(shaped(s.gray, glyphs))
	gaps := gapsOf(s.gray, glyphs, inkOfGaps(s.per))
	spaced := letterSpacing(glyphs, gaps)
	for i, g := range glyphs {
		if i == 0 || gaps[i-1] >= leastSpace(glyphs[i-1], g)+spaced {
			l.Words = append(l.Words, Word{})
		}
		w := &l.Words[len(l.Words)-1]
		g.Box = s.toPicture(g.Box)
		w.Glyphs = append(w.Glyphs, g)
		w.Box = w.Box.Union(g.Box)
		w.Confidence += g.Confidence
		l.Box = l.Box.Union(g.Box)
	}
	for i := range l.Words {
		countUp(l.Words[i].Glyphs)
		begun(l.Words[i].Glyphs)
		l.Words[i].Confidence /= float64(len(l.Words[i].Glyphs))
	}
	l.Box.Min.Y, l.Box.Max.Y = s.line.Min.Y, s.line.Max.Y
	return l, meanConfidence(glyphs) >= leastConfidence(glyphs) || address(glyphs)
}

// leastSpace is how wide a space between two neighbouring glyphs is at least, in parts of the line's height.
// Measured on 9,550 pairs it is wrong for 0.6 %; the gap between Tesseract's own boxes is wrong for 5 %, and its words for more.
func leastSpace(a, b Glyph) float64 {
	switch ha, hb := hangul(a.Text), hangul(b.Text); {
	case digit(a.Text) && digit(b.Text):
		return 0.4 // a 1 has much white beside it
	case !ha && !hb:
		return 0.25
	case ha != hb:
		return 0.2
	}
	return 0.22 // two syllables
}

// letterSpacing is how much wider than usual the gaps between all glyphs of a line are, in parts of the line's height.
func letterSpacing(glyphs []Glyph, gaps []float64) float64 {
	const (
		usual  = 0.12
		fewest = 3 // gaps: of fewer none is known to lie within a word
	)
	letters := 0
	for _, g := range glyphs {
		if readable(g.Text) && !digit(g.Text) {
			letters++
		}
	}
	if len(gaps) < fewest || 2*letters < len(glyphs) {
		return 0
	}
	sorted := slices.Sorted(slices.Values(gaps))
	return max(0, sorted[len(sorted)/4]-usual)
}

// inkOfGaps is the brightness below which a pixel of a strip counts as ink between two words. Small type is smeared as it is enlarged, and
// its gaps are grey.
func inkOfGaps(per float64) uint8 {
	const (
		small = 2.8 // strip px for a picture px: a line of 14 px
		smear = 113
	)
	if per >= small {
		return smear
	}
	return inkBelow
}

// gapsOf are the gaps between neighbouring glyphs, in parts of the line's height: the widest run of white columns
// of those that lie nearest to where one glyph ends and the next begins, white being what is lighter than ink. Tesseract's boxes are off by up to half a glyph,
// so that a run may lie within one.
func gapsOf(line *image.Gray, glyphs []Glyph, ink uint8) []float64 {
	gaps := make([]float64, max(0, len(glyphs)-1))
	if len(gaps) == 0 {
		return gaps
	}
	end := func(i int) int { return middle(glyphs[i].Box.Max.X, glyphs[i+1].Box.Min.X) }
	at, white := 0, 0
	begun := false
	for x := range line.Rect.Dx() {
		if lighter(line, x, ink) {
			white++
			continue
		}
		if begun && white > 0 {
			centre := x - white/2
			for i := at + 1; i < len(gaps); i++ {
				if max(end(i)-centre, centre-end(i)) <= max(end(at)-centre, centre-end(at)) {
					at = i
				}
			}
			gaps[at] = max(gaps[at], float64(white)/textHeight)
		}
		begun, white = true, 0
	}
	return gaps
}

// leastConfidence is the mean confidence from which on a line is kept. Scraps of
// pictures are read as one to three glyphs, now and then with a confidence of 0.75, or as
// a row of dots; longer lines of that confidence are text, with mistakes.
func leastConfidence(glyphs []Glyph) float64 {
	legible := 0
	for _, g := range glyphs {
		if readable(g.Text) {
			legible++
		}
	}
	switch {
	case len(glyphs) <= 1:
		return 0.85
	case len(glyphs) == 2 || 2*legible < len(glyphs):
		return 0.8
	case len(glyphs) == 3:
		return 0.7
	}
	return 0.4
}
