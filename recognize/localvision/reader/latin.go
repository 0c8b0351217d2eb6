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
	before   bool // a syllable stands right behind it
}

// best is what English reads, where it is surer, and nil else.
func (s stretch) best() []Glyph {
	read := s.english.glyphs
	if !plausible(s.hangul) && latin(read) && plausible(read) && meanConfidence(read) >= sureOfParts { // F9 as 『9
		return read
	}
	if !latin(s.hangul) && neat(read, 2) && meanConfidence(read) >= sureOfParts-0.1 && meanConfidence(s.hangul) < clean { // what was read as digits
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
				out = append(out, stretch{from: from, to: to, hangul: glyphs[from:to], english: cutOut(line, box), before: to < len(glyphs)})
			}
		}
		from = max(from, to)
	}
	return out
}
