package capture

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
)

// texts captures a page and returns the text object beside its tiles.
func texts(t *testing.T, profile, body string) (page.DOM, page.Manifest) {
	t.Helper()
	cap, mem := capturer(t, profile)
	m, err := cap.try(t, serve(t, html(body)), 3*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return domOf(t, m, mem.Objects()), m
}

// domOf reads the text object that must lie beside the page's tiles.
func domOf(t *testing.T, m page.Manifest, objects map[store.URI][]byte) page.DOM {
	t.Helper()
	uri, err := store.ParseURI(m.DOM)
	if err != nil {
		t.Fatal(err)
	}
	if tiles, _ := store.ParseURI(m.Tiles[0].Object); uri.Bucket != tiles.Bucket || !strings.HasPrefix(uri.Object, tiles.Object[:strings.LastIndex(tiles.Object, "/")]) {
		t.Errorf("%s is not beside the tiles, %s", uri, tiles)
	}
	d, err := page.DecodeDOM(objects[uri])
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTextIsWhatTheHTMLShows(t *testing.T) {
	t.Parallel()
	d, m := texts(t, "", `<title>not this</title><style>body{font:20px/30px monospace}</style>
		<script>document.addEventListener('DOMContentLoaded',()=>{document.querySelector('#shadow').attachShadow({mode:'open'}).innerHTML='<p>in a shadow</p>';document.querySelector('#closed').attachShadow({mode:'closed'}).innerHTML='<p>in the dark</p>'})</script>
		<h1 style="margin:0;height:100px;line-height:100px">여드름  완치
		100%</h1>
		<p style="display:none">not shown</p><p style="visibility:hidden">hidden</p><p style="opacity:0">clear</p><noscript>no script</noscript>
		<div style="position:absolute;top:3000px;left:40px">far <b>below</b></div>
		<div style="position:absolute;left:-9999px">outside</div>
		<div id=shadow></div><div id=closed></div>
		<iframe style="position:absolute;top:500px;left:100px;border:10px solid" srcdoc="<body style=margin:0>in a frame"></iframe>
		<iframe style="position:absolute;top:700px;left:100px" sandbox srcdoc="<body style=margin:0>in a sandbox"></iframe>`)
	want := map[string]page.Box{
		"여드름 완치 100%": {Y: 0}, "far": {X: 40, Y: 3000}, "below": {Y: 3000}, "in a shadow": {}, "in the dark": {}, "in a frame": {X: 110, Y: 510}, "in a sandbox": {X: 102, Y: 702},
	}
	for _, got := range d.Texts {
		b, ok := want[got.Text]
		if !ok {
			t.Errorf("%q is listed", got.Text)
			continue
		}
		delete(want, got.Text)
		if b.X > 0 && math.Abs(got.Box.X-b.X) > 1 || b.Y > 0 && math.Abs(got.Box.Y-b.Y) > 10 {
			t.Errorf("%q is at %+v, want about %v,%v", got.Text, got.Box, b.X, b.Y)
		}
		if got.Box.W < 10 || got.Box.H < 5 {
			t.Errorf("%q has the box %+v", got.Text, got.Box)
		}
	}
	for missing := range want {
		t.Errorf("%q is not listed", missing)
	}
	if len(m.Warnings) > 0 {
		t.Errorf("warnings %q", m.Warnings)
	}
}

func TestTextIsCutIntoLines(t *testing.T) {
	t.Parallel()
	words := strings.Repeat("가나다 라마 ", 40)
	d, _ := texts(t, "", `<p style="width:300px;font:20px/30px NanumGothic;margin:0">`+words)
	if len(d.Texts) < 10 {
		t.Fatalf("%d lines", len(d.Texts))
	}
	var all []string
	for i, line := range d.Texts {
		all = append(all, line.Text)
		if line.Box.H > 30 || line.Box.W > 300 {
			t.Errorf("line %d, %q, has the box %+v", i, line.Text, line.Box)
		}
		if i > 0 && math.Abs(line.Box.Y-d.Texts[i-1].Box.Y-30) > 1 {
			t.Errorf("line %d is at %v, the one above at %v", i, line.Box.Y, d.Texts[i-1].Box.Y)
		}
	}
	if got := strings.ReplaceAll(strings.Join(all, ""), " ", ""); got != strings.ReplaceAll(words, " ", "") {
		t.Errorf("the lines together are %q", got)
	}
}

func TestTextOfARegionAlone(t *testing.T) {
	t.Parallel()
	d, _ := texts(t, " - {name: default, crop_to: main}\n", `<p style="margin:0;height:200px">above</p>
		<main style="display:block;margin-left:100px;width:300px;height:50px">inside</main><p>below</p>`)
	if len(d.Texts) != 1 || d.Texts[0].Text != "inside" || d.Texts[0].Box.X > 1 || d.Texts[0].Box.Y > 10 {
		t.Errorf("%+v", d.Texts)
	}
}

func TestTooMuchTextIsSaid(t *testing.T) {
	t.Parallel()
	d, m := texts(t, " - {name: default, max_height: 1000}\n", `<script>addEventListener('load',()=>{const line='가'.repeat(1000),all=[];
		for(let i=0;i<6500;i++)all.push('<nobr>'+line+'</nobr><br>');document.body.innerHTML=all.join('')})</script>`)
	if len(d.Texts) < 30 || len(m.Unseen) != 1 || m.Unseen[0].Kind != page.Unread || !strings.Contains(m.Unseen[0].Why, "not all") {
		t.Errorf("%d lines in %d px, unseen %+v", len(d.Texts), m.Height, m.Unseen)
	}
}

func TestSafeSearchIsAskedForByRequestOrProfile(t *testing.T) {
	url := serve(t, html(seen))
	for _, c := range []struct {
		profile string
		asked   bool
		want    bool
	}{{"", false, false}, {"", true, true}, {" - {name: default, safe_search: true}\n", false, true}} {
		cap, _ := capturer(t, c.profile)
		req := ask(url)
		req.SafeSearch = c.asked
		if m := cap.mustPage(t, req); m.SafeSearch != c.want {
			t.Errorf("profile %q, request %v: %v", c.profile, c.asked, m.SafeSearch)
		}
	}
}

// TestTextThatIsLargerThanThePage: a transform makes a box as large as a number
// goes; what is kept of it ends where the page does.
func TestTextThatIsLargerThanThePage(t *testing.T) {
	d, m := texts(t, "", `<div style="height:3000px;overflow:hidden"><b style="display:inline-block;transform:scale(1e12)">크게</b><p>글</p></div>`)
	for _, text := range d.Texts {
		if b := text.Box; b.X < 0 || b.Y < 0 || b.Right() > float64(m.Width) || b.Bottom() > float64(m.Height) {
			t.Errorf("%q at %+v of a page of %dx%d", text.Text, b, m.Width, m.Height)
		}
	}
	if len(d.Texts) == 0 {
		t.Error("no text")
	}
}
