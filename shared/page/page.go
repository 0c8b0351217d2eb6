// Package page is the contract between Capture and Recognize: what was
// photographed, where each tile lies, and what could not be shown.
//
// A manifest is written last and only if absent, so its existence means that
// every tile it names is in the screenshots bucket, whole.
package page

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
)

// Schema names the contract in every manifest.
const Schema = "pageinspect.page/v1"

// Manifest is pageinspect.page/v1: one captured page.
// Lengths are CSS pixels from the page's top left; Scale is picture pixels per CSS pixel.
type Manifest struct {
	Schema     string      `json:"schema"`
	ID         string      `json:"id"`
	Request    job.Request `json:"request"`
	Source     job.Source  `json:"source"`
	FinalURL   string      `json:"final_url"`
	Status     int         `json:"status,omitempty"` // HTTP status of the final document
	Title      string      `json:"title"`
	CapturedAt time.Time   `json:"captured_at"`
	Width      int         `json:"width"`
	Height     int         `json:"height"`
	Scale      float64     `json:"scale"`
	Truncated  bool        `json:"truncated"`          // the page went on below Height
	Partial    string      `json:"partial,omitempty"`  // why not all of it could be captured
	Warnings   []string    `json:"warnings,omitempty"` // what a reviewer should know
	Blocked    []string    `json:"blocked,omitempty"`  // addresses the page asked for and was refused
	Profile    string      `json:"profile,omitempty"`  // the profile it was captured with
	Clicked    []string    `json:"clicked,omitempty"`  // selectors the profile clicked
	Hidden     []string    `json:"hidden,omitempty"`   // selectors the profile hid
	DOM        string      `json:"dom,omitempty"`      // gs:// URI of the page's DOM text (type DOM), if kept
	// SafeSearch asks Vision to judge the pictures for indecency too; the
	// request or the profile asked for it.
	SafeSearch bool   `json:"safe_search,omitempty"`
	Tiles      []Tile `json:"tiles"`
	// Unseen lists the parts of the page that were not seen, up to MaxUnseen.
	Unseen []Unseen `json:"unseen,omitempty"`
	// TimingsMS says where Capture's time went, by step, in milliseconds.
	TimingsMS map[string]int64 `json:"timings_ms,omitempty"`
}

// Tile is one screenshot of a horizontal band of the page.
// The picture is Width*Scale by Height*Scale pixels.
type Tile struct {
	Object    string `json:"object"` // gs:// URI
	X         int    `json:"x,omitempty"`
	Y         int    `json:"y"`
	Width     int    `json:"width"`
	Height    int    `json:"height"`
	MediaType string `json:"media_type"`
	Bytes     int    `json:"bytes"`
	SHA256    string `json:"sha256"` // hex
	CRC32C    string `json:"crc32c"` // base64 of the big-endian sum, as Cloud Storage spells it
	// Extra says what the tile shows if it is no part of the page as it lies:
	// it stands below the page's end, and shows something a second time.
	Extra string `json:"extra,omitempty"`
	// Seam says that Recognize made the tile, of the edges of the two that it
	// lies between: something may cross the cut.
	Seam bool `json:"seam,omitempty"`
}

// Bottom is the first pixel row below the tile.
func (t Tile) Bottom() int { return t.Y + t.Height }

// Box is a rectangle in page coordinates: CSS pixels from the page's top left.
type Box struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
	W float64 `json:"w"`
	H float64 `json:"h"`
}

// Right is the box's right edge.
func (b Box) Right() float64 { return b.X + b.W }

// Bottom is the box's lower edge.
func (b Box) Bottom() float64 { return b.Y + b.H }

// MiddleY is the vertical centre, which decides the band a word belongs to.
func (b Box) MiddleY() float64 { return b.Y + b.H/2 }

// Empty says that the box covers nothing.
func (b Box) Empty() bool { return b.W <= 0 || b.H <= 0 }

// Union is the smallest box around both; an empty box adds nothing.
func (b Box) Union(o Box) Box {
	switch {
	case b.Empty():
		return o
	case o.Empty():
		return b
	}
	x, y := math.Min(b.X, o.X), math.Min(b.Y, o.Y)
	return Box{x, y, math.Max(b.Right(), o.Right()) - x, math.Max(b.Bottom(), o.Bottom()) - y}
}

// Overlaps says whether the two boxes share any area.
func (b Box) Overlaps(o Box) bool {
	return b.X < o.Right() && o.X < b.Right() && b.Y < o.Bottom() && o.Y < b.Bottom()
}

// Round keeps a tenth of a pixel, which is finer than any engine's box.
func (b Box) Round() Box {
	r := func(f float64) float64 { return math.Round(f*10) / 10 }
	return Box{r(b.X), r(b.Y), r(b.W), r(b.H)}
}

// Decode reads a manifest and checks that it is whole and plausible.
// Its errors are fault.Invalid and name the field.
func Decode(b []byte) (Manifest, error) {
	if len(b) > MaxManifestBytes {
		return Manifest{}, fault.New(fault.Invalid, "manifest: %d bytes, more than %d", len(b), MaxManifestBytes)
	}
	var m Manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return Manifest{}, fault.Wrap(fault.Invalid, err, "manifest is not JSON of %s", Schema)
	}
	m.bound()
	if err := m.Validate(); err != nil {
		return Manifest{}, fault.Wrap(fault.Invalid, err, "manifest")
	}
	return m, nil
}

// Validate reports the first field that is missing or cannot be true.
func (m Manifest) Validate() error {
	bad := func(field, format string, args ...any) error {
		return fault.New(fault.Invalid, "%s: %s", field, fmt.Sprintf(format, args...))
	}
	switch {
	case m.Schema != Schema:
		return bad("schema", "is %q, want %q", m.Schema, Schema)
	case m.ID == "":
		return bad("id", "missing")
	case m.FinalURL == "":
		return bad("final_url", "missing")
	case m.CapturedAt.IsZero():
		return bad("captured_at", "missing")
	case m.Width <= 0:
		return bad("width", "is %d, want more than 0", m.Width)
	case m.Height <= 0:
		return bad("height", "is %d, want more than 0", m.Height)
	case !(m.Scale > 0 && m.Scale <= 10):
		return bad("scale", "is %v, want more than 0 and at most 10", m.Scale)
	case len(m.Tiles) == 0:
		return bad("tiles", "missing")
	case len(m.Tiles) > MaxTiles:
		return bad("tiles", "%d, more than %d", len(m.Tiles), MaxTiles)
	}
	if err := job.CheckID(m.ID); err != nil {
		return bad("id", "%v", err)
	}
	for i, t := range m.Tiles {
		at := fmt.Sprintf("tiles[%d].", i)
		switch {
		case !strings.HasPrefix(t.Object, "gs://"):
			return bad(at+"object", "is %q, want a gs:// URI", t.Object)
		case t.Width <= 0 || t.X < 0 || t.Width > m.Width-t.X:
			return bad(at+"width", "x %d width %d leaves a page of width %d", t.X, t.Width, m.Width)
		case t.Height <= 0 || t.Y < 0 || t.Height > m.Height-t.Y:
			return bad(at+"height", "y %d height %d leaves a page of height %d", t.Y, t.Height, m.Height)
		case i > 0 && t.Y <= m.Tiles[i-1].Y:
			return bad(at+"y", "is %d, not below the tile before it at %d", t.Y, m.Tiles[i-1].Y)
		case i > 0 && t.Y > m.Tiles[i-1].Bottom():
			return bad(at+"y", "is %d, which leaves a gap below %d", t.Y, m.Tiles[i-1].Bottom())
		}
	}
	return nil
}
