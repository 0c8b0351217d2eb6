// Package report makes the reviewer's page of a result: the inspected page as
// one picture with every finding boxed on it, and beside it what was found,
// which rule says so and what all the text was.
//
// # What it promises
//
// A report is one HTML file. It loads nothing but the tile images, and its
// content security policy holds it to that: its own script and styles run by
// their hash, images come from where the tiles are, and nothing else runs or
// loads. Page titles, quotes and text come from strangers and are escaped.
//
// The essentials work without script: the picture, the boxes, the list and its
// links, the filter by severity and the text. Script adds the keyboard, the
// search and the mark of where one is.
//
// The same result always gives the same bytes.
package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
)

//go:embed report.html
var pageTemplate string

//go:embed report.css
var stylesheet string

//go:embed report.js
var script string

var parsed = template.Must(template.New("report").Funcs(template.FuncMap{
	"count": count,
	"upper": strings.ToUpper,
}).Parse(pageTemplate))

// Render writes the report of r. tileURL says where the browser gets a tile, of
// which it is given the gs:// URI: a path relative to the report, or an http or
// https address. A tile with any other kind of address is shown as an empty
// band that names the tile. The error is fault.Internal: w could not be written.
func Render(w io.Writer, r result.Result, tileURL func(gsURI string) string) error {
	v := newView(r, tileURL)
	v.dress(r)
	v.Policy = policy(v.Tiles, string(v.Style), string(v.Geometry), string(v.Script))
	b := bufio.NewWriter(w)
	if err := parsed.Execute(b, v); err != nil {
		return fault.Wrap(fault.Internal, err, "report of %s", r.ID)
	}
	return fault.Wrap(fault.Internal, b.Flush(), "report of %s", r.ID)
}

// dress gives the view its style and script.
func (v *view) dress(r result.Result) {
	v.Style, v.Geometry, v.Script = template.CSS(stylesheet), template.CSS(v.geometry(r)), template.JS(script)
}

// policy is the content security policy: the two styles and the script by their
// hash, images from the tiles' origins.
func policy(tiles []tileView, style, geometry, script string) string {
	hash := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	images, seen := "", map[string]bool{}
	for _, t := range tiles {
		for _, origin := range t.origins {
			if !seen[origin] {
				seen[origin] = true
				images += " " + origin
			}
		}
	}
	if images == "" {
		images = " 'none'"
	}
	return "default-src 'none'; script-src " + hash(script) + "; style-src " + hash(style) + " " + hash(geometry) +
		"; img-src" + images + "; base-uri 'none'; form-action 'none'"
}
