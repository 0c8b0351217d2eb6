package capture

import (
	"net/http"
	"testing"
	"time"
)

// A page is drawn as wide as there is something to be seen on it.
func TestWidePages(t *testing.T) {
	const at = `<div style="position:absolute;left:1300px;top:400px">{1}</div>`
	for name, body := range map[string]string{
		"a picture beyond the edge":      `<div style="width:1900px;position:relative;height:900px">{0}` + at + `</div>`,
		"a page for a wider screen":      `<center><div style="position:relative;width:1920px;height:900px"><div style="position:absolute;left:0">{0}</div><div style="position:absolute;right:0;top:300px">{1}</div></div></center>`,
		"a row of pictures":              `<div style="display:flex;width:2000px">{0}<div style="width:1000px;flex:none"></div>{1}</div>`,
		"a wide table in a scroller":     `<div style="overflow-x:auto"><table><tr><td>{0}<td style="min-width:1100px">x<td>{1}</table></div>`,
		"no way to scroll there":         `<style>body{overflow-x:hidden}</style><div style="width:1900px;position:relative;height:900px">{0}` + at + `</div>`,
		"from right to left":             `<html dir=rtl><div style="width:400px">{0}</div><div style="width:1900px;position:relative;height:300px"><div style="position:absolute;left:0">{1}</div></div>`,
		"from right to left, body alone": `<body dir=rtl><div style="width:400px">{0}</div><div style="width:1900px;position:relative;height:300px"><div style="position:absolute;left:0">{1}</div></div>`,
		"from right to left, many tiles": `<html dir=rtl><div style="width:400px">{0}</div><div style="width:1900px;position:relative;height:9000px"><div style="position:absolute;left:0;bottom:0">{1}</div></div>`,
		"in columns from right to left":  `<style>html{writing-mode:vertical-rl}</style><div style="width:900px;height:300px">{0}</div><div style="width:900px;height:300px">{1}</div>`,
	} {
		t.Run(name, func(t *testing.T) { wholly(t, 2, body) })
	}
}

// A picture that is the address itself is drawn at its own size.
func TestPictureAsTheAddress(t *testing.T) {
	for name, c := range map[string]struct{ w, h int }{"tall": {860, 20_000}, "wide": {2400, 500}, "small": {40, 30}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cap, mem := capturer(t, " - {name: default, format: png}\n")
			picture := dot(blue, c.w, c.h)
			m, err := cap.try(t, serve(t, func(w http.ResponseWriter, r *http.Request) { media("image/png", picture)(w, r) }), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			last := m.Tiles[len(m.Tiles)-1]
			img := pictureOf(t, mem.Objects(), last)
			if m.Height < c.h || m.Width < c.w || !is(pictureOf(t, mem.Objects(), m.Tiles[0]), c.w-2, min(c.h, m.Tiles[0].Height)-2, blue) || !is(img, 2, min(c.h-last.Y, last.Height)-2, blue) {
				t.Errorf("%dx%d px, unseen %+v", m.Width, m.Height, m.Unseen)
			}
		})
	}
}
