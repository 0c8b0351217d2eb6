// Package samples has product pages as a marketplace shows them, with known
// text and planted findings: what `pageinspect run` inspects when it is given no
// address, and what the end-to-end test is measured against.
//
// # What it promises
//
// The pages need nothing but this binary: their text is baked into embedded
// images, every address in them is relative, and no font is needed to serve
// them. Images have fixed sizes and places, so that at a viewport 1280 px wide,
// device scale 1, everything stands where truth.json says, on any machine. What
// the marketplace writes around the images is HTML; its lines keep their place
// too, and are as wide as the machine's Korean font makes them.
//
// The files in site are made by the program in generate; edit its sources, not them.
package samples

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"sync"

	"github.com/pageinspect/pageinspect/shared/page"
)

//go:generate go run ./generate

//go:embed site made
var embedded embed.FS

// Page is one sample.
type Page struct {
	Name     string `json:"name"`
	Category string `json:"category"` // for the request, as rules scope it
	Path     string `json:"path"`     // on Handler, with a leading and a trailing slash
	Title    string `json:"title"`
	Height   int    `json:"height"` // CSS px, as laid out at ViewportWidth
	Truth    Truth  `json:"truth"`
}

// ViewportWidth is the width in CSS px that Height and Truth hold for.
const ViewportWidth = 1280

// Truth is what a perfect reader would say of a page. Boxes are page
// coordinates; those of lines are the font's full height, so somewhat taller than the ink.
type Truth struct {
	Images []Image `json:"images"` // from top to bottom
	Lines  []Line  `json:"lines"`  // from top to bottom
	// Planted are the phrases that a rule must find.
	Planted []Planted `json:"planted"`
	// Innocent are phrases that look like one and that no rule may find.
	Innocent []Innocent `json:"innocent"`
}

// Image is a seller's picture in its place.
type Image struct {
	Src string   `json:"src"` // relative to Page.Path
	Box page.Box `json:"box"`
	// Lazy says how it is loaded: "" at once, "native" by loading=lazy,
	// "observer" by a script, when it comes near the viewport.
	Lazy string `json:"lazy,omitempty"`
}

// Line is what stands on one line.
type Line struct {
	Text  string   `json:"text"`
	Box   page.Box `json:"box"`
	Size  float64  `json:"size"`            // of its largest type, CSS px
	Image string   `json:"image,omitempty"` // Src of the image it is baked into; "" for HTML
	// Edge is the tile edge that runs through the line when tiles are TileHeight
	// tall and TileStep apart; 0 for none.
	Edge int `json:"edge,omitempty"`
	// Code says that it is what a QR code says, which stands in Box; Size means nothing then.
	Code bool `json:"code,omitempty"`
}

// The tiles that Line.Edge is about, in CSS px.
const (
	TileHeight = 4096
	TileStep   = 3840
)

// Planted is a phrase that must be found, all of it on one line.
type Planted struct {
	Phrase string `json:"phrase"`
	// Rules are the ids of the bundled rules that must each find it, or the telling part of it.
	Rules []string `json:"rules"`
	Box   page.Box `json:"box"`
	Line  int      `json:"line"` // index into Lines
}

// Innocent is a phrase that must not be found, and why one might.
type Innocent struct {
	Phrase string   `json:"phrase"`
	Why    string   `json:"why"`
	Box    page.Box `json:"box"`
	Line   int      `json:"line"` // index into Lines
}

var load = sync.OnceValue(func() []Page {
	b, err := embedded.ReadFile("site/truth.json")
	if err != nil {
		panic(fmt.Sprintf("samples: %v: run go generate in this package", err))
	}
	var pages []Page
	if err := json.Unmarshal(b, &pages); err != nil {
		panic(fmt.Sprintf("samples: site/truth.json: %v: run go generate in this package", err))
	}
	return pages
})

// Pages returns the samples, always in the same order. The slices within are
// shared: do not change them.
func Pages() []Page { return append([]Page(nil), load()...) }

// Handler serves the samples, on any host; "/" lists them.
func Handler() http.Handler {
	site, err := fs.Sub(embedded, "site")
	if err != nil {
		panic(err) // the name is a constant and valid
	}
	return http.FileServerFS(site)
}
