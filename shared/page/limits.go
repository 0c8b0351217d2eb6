package page

import (
	"encoding/json"
	"math"
	"unicode/utf8"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
)

// Every bound on what a stranger's page hands over stands here: a page can make
// any string as long, any box as large and any list as long as it likes. Each
// is applied where the bytes enter (package capture), and checked again where a
// manifest is read, since anybody who may write to the pages bucket makes one.
const (
	// MaxTiles bounds one page: 200,000 px in the smallest sensible tiles.
	MaxTiles = 1000
	// MaxManifestBytes bounds the object itself, before it is decoded. The
	// bounds below keep what Capture writes well under it.
	MaxManifestBytes = 8 << 20
	// MaxTitleBytes is four times what a browser shows in a tab's tooltip.
	MaxTitleBytes = 1000
	// MaxURLBytes bounds an address. Servers refuse more than 8 to 32 KB;
	// Chromium takes 2 MB.
	MaxURLBytes = job.MaxURLBytes
	// MaxNoteBytes bounds one warning, one reason, or one address in a list.
	MaxNoteBytes = 500
	// MaxNotes bounds a list of them: enough to act on.
	MaxNotes = 100
	// MaxUnseen bounds the regions that are listed one by one.
	MaxUnseen = 200
	// MaxDOMBytes bounds a DOM text object; the text of 200,000 px is about 4 MB.
	MaxDOMBytes = 32 << 20
	// MaxTextBytes is how much of a page's own text is kept, as about so many bytes
	// of JSON: four times that of a 200,000 px page of nothing else, and half of
	// what is read at most.
	MaxTextBytes = MaxDOMBytes / 2
	// MaxCodeBytes bounds the text of a code in a picture. A QR code holds 7,089
	// digits at most (ISO/IEC 18004).
	MaxCodeBytes = 7089
	// MaxEventFindings is how many findings a result's event has, the worst first
	// to stay: a seller may repeat a forbidden phrase three thousand times.
	MaxEventFindings = 200
	// MaxEventBytes is what a result's event has as JSON: less than Kafka's own
	// default of a message, with room for its key and headers.
	MaxEventBytes = 900_000
	// MaxHeight is the tallest page ever captured, in CSS pixels.
	MaxHeight = 200_000
	// MaxRows is the tallest clip that was right at every depth, on every render
	// path, in picture pixels.
	MaxRows = 8192
	// MaxPixels bounds a tile's picture: Google's OCR scales larger ones down
	// to 20 Mpx, and small type with them.
	MaxPixels = 20_000_000
)

// bound cuts what a page made longer than it may be. A manifest whose page did
// that is read all the same: what was cut is for people, and decides nothing.
func (m *Manifest) bound() {
	m.Title = Cut(m.Title, MaxTitleBytes)
	m.Partial = Cut(m.Partial, MaxNoteBytes)
	if len(m.FinalURL) > MaxURLBytes { // no address is better than another one
		m.FinalURL = m.Request.URL
	}
	for _, list := range []*[]string{&m.Warnings, &m.Blocked, &m.Clicked, &m.Hidden} {
		if len(*list) > MaxNotes+1 { // the last one says that there are more
			*list = append((*list)[:MaxNotes:MaxNotes], "and more")
		}
		for i, note := range *list {
			(*list)[i] = Cut(note, MaxNoteBytes)
		}
	}
	if len(m.Unseen) > MaxUnseen {
		m.Unseen = m.Unseen[:MaxUnseen]
	}
	for i := range m.Unseen {
		u := &m.Unseen[i]
		u.Why, u.Source = Cut(u.Why, MaxNoteBytes), Cut(u.Source, MaxNoteBytes)
		u.Box = u.Box.Clip(float64(m.Width), float64(m.Height))
	}
}

// Encode bounds and checks a manifest, and encodes it.
func (m *Manifest) Encode() ([]byte, error) {
	m.bound()
	if err := m.Validate(); err != nil {
		return nil, err
	}
	b, err := json.MarshalIndent(m, "", " ")
	if err == nil && len(b) > MaxManifestBytes {
		err = fault.New(fault.Invalid, "%d bytes, more than %d", len(b), MaxManifestBytes)
	}
	return b, err
}

// Cut shortens s to at most limit bytes, between two characters, and says so
// with an ellipsis.
func Cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	s = s[:limit-len("…")]
	for len(s) > 0 {
		if r, n := utf8.DecodeLastRuneInString(s); r != utf8.RuneError || n > 1 {
			break
		}
		s = s[:len(s)-1]
	}
	return s + "…"
}

// Clip is the part of the box that lies within a page of the given size. What
// is no number, or lies outside, becomes empty.
func (b Box) Clip(width, height float64) Box {
	for _, v := range []float64{b.X, b.Y, b.W, b.H} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Box{}
		}
	}
	x, y := max(b.X, 0), max(b.Y, 0)
	c := Box{x, y, min(b.Right(), width) - x, min(b.Bottom(), height) - y}
	if c.Empty() {
		return Box{}
	}
	return c
}
