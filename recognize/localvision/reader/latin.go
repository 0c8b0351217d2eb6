package reader

import "image"

// The Hangul data knows the Latin alphabet poorly ("10kg" is read as 109, "www" as
// wwuw), and reading whole lines with both languages spoils the Korean and takes twice
// the time. So lines are read as Hangul, and what stands in them that is not Hangul
// is read once more, alone, as English. The surer reading stays.

// stretch is a part of a line without Hangul.
type stretch struct {
	from, to int // glyphs of the line
	hangul   []Glyph
	english  *part
	before   bool    // a syllable stands right behind it
	words    []int   // where its words begin but for the first: glyphs of the line
	cuts     []int   // px of the line, where each of these begins
	alone    []*part // what is as wide as a syllable, to be read as such; nil for other words
}

// best is what English reads where it is surer, as a whole and then word by word, and syllables that stand between its words. It is nil
// where all stays as it is.
func (s stretch) best() []Glyph {
	whole := s.surer()
	if len(s.words) == 0 {
		return whole
	}
	var out []Glyph
	from, at, changed := s.from, 0, whole != nil
	for k := range len(s.words) + 1 {
		to, end := s.to, len(s.english.glyphs)
		if k < len(s.words) {
			to = s.words[k]
			end = at
			for end < len(s.english.glyphs) && middle(s.english.glyphs[end].Box.Min.X, s.english.glyphs[end].Box.Max.X) < s.cuts[k] {
				end++
			}
		}
		first, second := s.hangul[from-s.from:to-s.from], s.english.glyphs[at:end]
		word, c, e := first, meanConfidence(first), meanConfidence(second)
		switch {
		case s.alone[k] != nil && textOf(first) != textOf(second) && syllable(s.alone[k].glyphs):
			word, changed = s.alone[k].glyphs, true
		case whole != nil && !(c >= clean && c > e+0.03 && latin(first) && plausible(first)):
			word = second
		case whole == nil && e >= sureOfEnglish && e > c+0.1 && latin(second) && plausible(second) && !(s.before && k == len(s.words)):
			word, changed = second, true
		}
		out = append(out, word...)
		from, at = to, end
	}
	if !changed {
		return nil
	}
	return out
}

const sureOfEnglish = 0.9 // what a word among others has that stay as Hangul read them

// syllable says whether glyphs are one, and surely.
func syllable(glyphs []Glyph) bool {
	return len(glyphs) == 1 && hangul(glyphs[0].Text) && glyphs[0].Confidence >= unsure
}

// surer is what English reads, where it is surer as a whole, and nil else.
func (s stretch) surer() []Glyph {
	read := s.english.glyphs
	if !plausible(s.hangul) && latin(read) && plausible(read) && meanConfidence(read) >= sureOfParts { // F9 as 『9
		return read
	}
	if !latin(s.hangul) && neat(read, 2) && meanConfidence(read) >= sureOfParts-0.1 && meanConfidence(s.hangul) < clean { // what was read as digits
		return read
	}
	if asDigits(read, s.hangul) && meanConfidence(read) >= sureOfParts && meanConfidence(s.hangul) < sureOfEnglish { // google as 90091e
		return read
	}
	if len(read) == 0 || meanConfidence(read) <= meanConfidence(s.hangul) || s.before && meanConfidence(s.hangul) >= doubtful && beginsWith(read, s.hangul) { // a stroke of the syllable behind, too
		return nil
	}
	return read
}

// beginsWith says whether more was read than what it begins with.
func beginsWith(read, with []Glyph) bool {
	if len(read) <= len(with) {
		return false
	}
	for i, g := range with {
		if read[i].Text != g.Text {
			return false
		}
	}
	return true
}

// findStretches returns the runs of glyphs that have none of Hangul among them and belong to no word that is taken
// already, and cuts them out with the gaps on either side. What was read for sure is left out.
func findStretches(line *image.Gray, glyphs []Glyph, taken []bool, pitch int) []stretch {
	const (
		sure    = 0.95 // of each glyph
		unusual = 0.8  // of a glyph that stands alone
	)
	var out []stretch
	words := wordsIn(line, glyphs)
	for from := 0; from < len(glyphs); from++ {
		to, legible, least := from, false, 1.0
		for to < len(glyphs) && !taken[to] && !hangul(glyphs[to].Text) {
			legible = legible || readable(glyphs[to].Text)
			least = min(least, glyphs[to].Confidence)
			to++
		}
		if legible && (least < sure || !latin(glyphs[from:to])) {
			box := around(line, glyphs, from, to)
			ink := inked(line, box)
			alone := to-from == 1 && (glyphs[from].Confidence >= unusual || 10*ink.Dx() < 9*pitch)
			if !alone && box.Dx() >= minGlyph {
				s := stretch{from: from, to: to, hangul: glyphs[from:to], english: cutOut(line, box), before: to < len(glyphs)}
				s.tellWords(line, glyphs, words, pitch)
				out = append(out, s)
			}
		}
		from = max(from, to)
	}
	return out
}

// tellWords notes where the words of a stretch begin, and cuts out those that may be a syllable.
func (s *stretch) tellWords(line *image.Gray, glyphs []Glyph, words []span, pitch int) {
	for _, w := range words {
		from, to := max(w.from, s.from), min(w.to, s.to)
		if from >= to {
			continue
		}
		if from > s.from {
			s.words = append(s.words, from)
			s.cuts = append(s.cuts, spaceBetween(line, glyphs[from-1], glyphs[from]))
		}
		var alone *part
		if w.from == from && w.to == to && to-from <= 2 && meanConfidence(glyphs[from:to]) < sureOfEnglish {
			if ink := inked(line, around(line, glyphs, from, to)); 10*ink.Dx() >= 7*pitch && 10*ink.Dx() <= 11*pitch {
				alone = cutOut(line, ink)
			}
		}
		s.alone = append(s.alone, alone)
	}
}

// leftOut is what stands before the first glyph of a line, and was not read; nil for nothing. The Hangul data leaves single letters there out.
func leftOut(line *image.Gray, glyphs []Glyph) *part {
	const (
		space = textHeight / 5
		high  = textHeight / 2
	)
	if len(glyphs) == 0 {
		return nil
	}
	ink := inked(line, image.Rect(0, 0, glyphs[0].Box.Min.X, line.Rect.Dy()))
	for x, white := ink.Min.X, 0; ; x++ {
		if x >= middle(glyphs[0].Box.Min.X, glyphs[0].Box.Max.X) {
			return nil
		}
		if white++; !whiteColumn(line, x) {
			white = 0
		}
		if white == space {
			ink.Max.X = x + 1 - space
			break
		}
	}
	if ink.Max.X > glyphs[0].Box.Min.X || ink.Dx() < minGlyph || ink.Dx() > 3*textHeight || trimmed(line, ink).Dy() < high {
		return nil
	}
	return cutOut(line, ink)
}

// foundBefore is what was read of what the Hangul data left out, where that is letters or digits, and surely.
func foundBefore(p *part) []Glyph {
	if p == nil || !latin(p.glyphs) && !numeral(p.glyphs) && textOf(p.glyphs) != "¥" || !plausible(p.glyphs) || meanConfidence(p.glyphs) < unsure {
		return nil
	}
	return p.glyphs
}
