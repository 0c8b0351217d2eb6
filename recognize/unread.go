package recognize

import (
	"context"
	"fmt"
	"math"
	"unicode"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// What counts as not surely read. A page with such a part goes to a person; an
// ordinary one, read by an ordinary engine, has none.
const (
	// lowRecall is the share of the page's own text that was read at least. What a
	// page's HTML has and hides (menus, other tabs' panels) is not in its DOM text,
	// so most of what is there can be read.
	lowRecall = 0.6
	// lowBandRecall is that of the text on one tile alone, which varies more.
	lowBandRecall = 0.5
	// enough letters and digits say something of a page or a tile; of fewer, a
	// logo and a button say nothing.
	enough = 100
	// doubtful is a word's confidence below which it may be anything.
	doubtful = 0.6
	// fewDoubtful letters on a tile are scraps of pictures, which every photo has.
	fewDoubtful = 12
)

// findUnread lists the parts of the page that were not, or not surely, read, and
// says how the rest was.
func (j *Job) findUnread(context.Context) error {
	c := &j.result.Coverage
	c.Engine, c.Tiles = j.Engine, len(j.manifest.Tiles)
	letters, sure := 0, 0.0
	for i := range j.manifest.Tiles {
		if j.texts[i].err != nil {
			c.TilesUnread++ // which noteUnread told
		}
	}
	for _, area := range readAreas(j.manifest.Tiles, func(i int) bool { return j.texts[i].err == nil }) {
		own, read := j.htmlOn(area)
		if own >= enough && float64(read) < lowBandRecall*float64(own) {
			j.unread(area, "only %.0f%% of the page's own text here was read in the picture", 100*float64(read)/float64(own))
			continue
		}
		n, doubt, confidence := confidenceOn(area, j.result.Lines)
		letters, sure = letters+n, sure+confidence*float64(n)
		if doubt >= fewDoubtful && doubt*2 > n && own < enough {
			j.unread(area, "the text here was read with a confidence of %.2f, and there is none of the page's own to hold it against", confidence)
		}
	}
	if letters > 0 {
		c.Confidence = math.Round(sure/float64(letters)*1000) / 1000
	}
	c.SmallestType = smallestType(j.result.Lines)
	c.HTMLLines = len(j.result.HTML)
	if q := j.result.Quality; q.DOMRunes >= enough && q.DOMRecall < lowRecall {
		j.unread(page.Box{W: float64(j.manifest.Width), H: float64(j.manifest.Height)},
			"only %.0f%% of the page's own text was also read in its pictures", q.DOMRecall*100)
	}
	return nil
}

// areaRows is how high an area is at most whose reading is judged as a whole, in
// CSS pixels: that of a full tile, for which the figures above were found.
const areaRows = 4096

// readAreas puts tiles that were read together to areas, so that what counts as
// unsure does not depend on where the page was cut. What a seam shows, its
// neighbours show, but for what is lower than it.
func readAreas(tiles []page.Tile, read func(i int) bool) []page.Box {
	var out []page.Box
	goesOn := false // the last area does
	for i, t := range tiles {
		if !read(i) {
			goesOn = false
			continue
		}
		box := page.Box{X: float64(t.X), Y: float64(t.Y), W: float64(t.Width), H: float64(t.Height)}
		if n := len(out) - 1; goesOn && t.Extra == tiles[i-1].Extra && box.Bottom()-out[n].Y <= areaRows {
			out[n] = out[n].Union(box)
			continue
		}
		out, goesOn = append(out, box), true
	}
	return out
}

// unread lists a part that was photographed and not surely read.
func (j *Job) unread(at page.Box, format string, args ...any) {
	if len(j.manifest.Unseen) < page.MaxUnseen {
		j.manifest.Unseen = append(j.manifest.Unseen, page.Unseen{Kind: page.Unread, Box: at, Why: page.Cut(fmt.Sprintf(format, args...), page.MaxNoteBytes)})
	}
}

// htmlOn is how many letters and digits the page's own text has in an area, and
// how many of them were read.
func (j *Job) htmlOn(area page.Box) (own, read int) {
	if j.checked == nil {
		return 0, 0
	}
	for i, t := range j.dom {
		if y := t.Box.MiddleY(); y >= area.Y && y < area.Bottom() {
			own, read = own+j.checked.Letters[i], read+j.checked.Read[i]
		}
	}
	return own, read
}

// confidenceOn is how many letters and digits were read in an area, how many of
// them doubtfully, and the mean confidence.
func confidenceOn(area page.Box, lines []result.Line) (letters, doubt int, confidence float64) {
	sum := 0.0
	for _, l := range lines {
		if y := l.Box.MiddleY(); y < area.Y || y >= area.Bottom() {
			continue
		}
		for _, w := range l.Words {
			n := lettersIn(w.Text)
			letters += n
			sum += float64(n) * w.Confidence
			if w.Confidence < doubtful {
				doubt += n
			}
		}
	}
	if letters > 0 {
		confidence = sum / float64(letters)
	}
	return letters, doubt, confidence
}

func lettersIn(s string) (n int) {
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// smallestType is the height, in CSS pixels, of the smallest line that was read
// surely.
func smallestType(lines []result.Line) float64 {
	smallest := 0.0
	for _, l := range lines {
		h := min(l.Box.H, l.Box.W) // of an upright column the width
		if l.Confidence >= 0.8 && lettersIn(l.Text) >= 4 && h > 0 && (smallest == 0 || h < smallest) {
			smallest = h
		}
	}
	return math.Round(smallest*10) / 10
}
