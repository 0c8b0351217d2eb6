package capture

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/page"
)

// What lies over the first screen is drawn, and so is what it covers.
func TestFirstScreenUnderALayer(t *testing.T) {
	below := `<p>%% %%</p>{0}<div style="height:1600px"></div>{1}`
	for name, c := range map[string]struct {
		body   string
		extras int
	}{
		"a white sheet":                     {below + `<div style="position:fixed;inset:0;background:#fff">%%{2}</div>`, 1},
		"a dialog":                          {below + `<dialog id=d style="padding:0;border:0">{2}</dialog><script>d.showModal()</script>`, 1},
		"a curtain and a box on it":         {below + `<div style="position:fixed;inset:0;background:rgba(0,0,0,.6);z-index:9"></div><div style="position:fixed;top:300px;left:700px;z-index:10">{2}</div>`, 1},
		"a popup of its own layer":          {below + `<div style="position:absolute;top:60px;left:0;z-index:1000;background:#fff">{2}</div>`, 1},
		"a wall of a low layer":             {below + `<div style="position:absolute;left:0;top:0;width:100%;height:100%;z-index:1;background:#fff">성인 인증{2}</div>`, 1},
		"a low popup in what is around all": {`<div style="position:relative">` + below + `<div style="position:absolute;left:0;top:40px;width:500px;height:320px;z-index:10;background:#fff">{2}오늘 하루 보지 않기</div></div>`, 1},
		"a caption on a banner":             {`<div style="position:relative;width:1280px">{2}<p style="position:absolute;left:150px;top:0;z-index:3;margin:0;background:#fff">%%</p></div>` + below, 0},
		"a bar at the bottom":               {strings.Repeat(`<p>%%</p>`, 30) + `{0}{1}<div style="position:fixed;bottom:0;width:100%;height:200px;background:#fff">{2}</div>`, 1},
		"a box of no account":               {below + `<div style="position:fixed;bottom:0;right:0">{2}</div>`, 0},
		"a frame that lets through":         {below + `<div style="position:fixed;inset:0"></div><div style="position:fixed;bottom:0;right:0">{2}</div>`, 0},
		"on a page that is drawn scrolled":  {below + `<iframe src="@/f/0" style="display:block;width:600px;height:300px;border:0"></iframe><div style="position:fixed;inset:0;background:#fff">%%{2}</div>`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cap, mem := capturer(t, "")
			m, err := cap.try(t, site(t, c.body, `<p>a frame</p>`), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			got := shown(t, m, mem.Objects())
			for n := range 3 {
				if got[n] < .9 || got[n] > 1.9 {
					t.Errorf("picture %d: %.2f of it is in the tiles, of %dx%d px", n, got[n], m.Width, m.Height)
				}
			}
			extra := 0
			for _, tile := range m.Tiles {
				if tile.Extra != "" {
					extra++
				}
			}
			if extra != c.extras || len(m.Unseen) > 0 || m.Partial != "" {
				t.Errorf("%d extra tiles, want %d; unseen %+v, partial %q", extra, c.extras, m.Unseen, m.Partial)
			}
			if last := m.Tiles[len(m.Tiles)-1]; c.extras > 0 {
				d := domOf(t, m, mem.Objects())
				i := slices.IndexFunc(d.Texts, func(d page.DOMText) bool { return d.Box.Y >= float64(last.Y) && strings.Contains(d.Text, sentence) })
				if !strings.HasPrefix(name, "a popup") && !strings.HasPrefix(name, "a low popup") && i < 0 {
					t.Errorf("no covered text is where it was drawn, from %d: %+v", last.Y, d.Texts)
				}
			}
		})
	}
}

// A covered part of which no row would be drawn is said.
func TestCoveredWithoutRowsIsSaid(t *testing.T) {
	s := shot{covered: []page.Unseen{{Kind: page.Covered, Box: page.Box{X: 10, Y: 900, W: 300, H: 40}, Why: "covered"}, {Kind: page.Covered, Box: page.Box{X: 10, Y: 100, W: 300, H: 40}, Why: "covered"}}}
	s.profile.Viewport.Height = 800
	plan := s.bare(band{width: 1280, height: 850}, cutting{height: 800})
	if len(plan) != 1 || len(s.manifest.Unseen) != 1 || s.manifest.Unseen[0].Box.Y != 900 {
		t.Errorf("%d bands, unseen %+v", len(plan), s.manifest.Unseen)
	}
}
