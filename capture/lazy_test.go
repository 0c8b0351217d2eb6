package capture

import (
	"fmt"
	"image"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
)

// column reads what is at x in every row of the page, each from the first tile that has it.
func column(t *testing.T, m page.Manifest, objects map[store.URI][]byte, x int, look func(img image.Image, y int) bool) []bool {
	t.Helper()
	rows := make([]bool, 0, m.Height)
	for _, tile := range m.Tiles {
		img := pictureOf(t, objects, tile)
		for y := len(rows) - tile.Y; y < tile.Height; y++ {
			rows = append(rows, look(img, y))
		}
	}
	return rows
}

// blocks counts the runs of true, and their lengths.
func blocks(rows []bool) []int {
	var out []int
	for i, on := range rows {
		switch {
		case on && (i == 0 || !rows[i-1]):
			out = append(out, 1)
		case on:
			out[len(out)-1]++
		}
	}
	return out
}

// shop serves a page at / and at /i/… pictures of one blue block, each late by 20 ms.
func shop(t *testing.T, body string) (string, *atomic.Int64) {
	var served atomic.Int64
	picture := dot(blue, 200, 100)
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/":
			html(body)(w, r)
		case strings.HasPrefix(r.URL.Path, "/i/"):
			served.Add(1)
			timer := time.NewTimer(20 * time.Millisecond)
			defer timer.Stop()
			<-timer.C
			media("image/png", picture)(w, r)
		case r.URL.Path == "/more":
			fmt.Fprint(w, `<div style="height:700px;background:blue"></div><div style="height:100px"></div>`)
		case r.URL.Path == "/second":
			html(`<title>second</title>`+seen)(w, r)
		default:
			http.NotFound(w, r)
		}
	}), &served
}

func TestLazyImagesAllArrive(t *testing.T) {
	for _, c := range []struct{ name, image, script string }{
		{"native", `<div style="height:400px"><img loading=lazy src="/i/%d" style="display:block;height:100px"></div>`, ""},
		{"observed, without dimensions", `<div style="height:400px"><img data-src="/i/%d" style="display:block"></div>`, `<script>
			const o=new IntersectionObserver(es=>es.forEach(e=>{if(e.isIntersecting){e.target.src=e.target.dataset.src;o.unobserve(e.target)}}));
			document.querySelectorAll('img').forEach(i=>o.observe(i))</script>`},
		{"observed, when all of it is in view", `<div style="height:330px"><img data-late="/i/%d" width=200 height=100 style="display:block"></div>`, `<script>
			const o=new IntersectionObserver(es=>es.forEach(e=>{if(e.isIntersecting){e.target.src=e.target.dataset.late;o.unobserve(e.target)}}),{threshold:1});
			document.querySelectorAll('img').forEach(i=>o.observe(i))</script>`},
		{"listened for, when all of it is in view", `<div style="height:330px"><img data-late="/i/%d" width=200 height=100 style="display:block"></div>`, `<script>
			const f=()=>document.querySelectorAll('[data-late]').forEach(i=>{const b=i.getBoundingClientRect();
			if(b.top>=0&&b.bottom<=innerHeight){i.src=i.dataset.late;i.removeAttribute('data-late')}});onscroll=f;f()</script>`},
		{"a place that is filled when most of it is in view", `<section style="height:330px" data-late="/i/%d"></section>`, `<script>
			const o=new IntersectionObserver(es=>es.forEach(e=>{if(e.isIntersecting){e.target.innerHTML='<img src='+e.target.dataset.late+'>';o.unobserve(e.target)}}),{threshold:.8});
			document.querySelectorAll('section').forEach(i=>o.observe(i))</script>`},
		{"asked for by a timer after they were seen", `<div style="height:400px"><img data-src="/i/%d" style="display:block"></div>`, `<script>
			onscroll=()=>setTimeout(()=>document.querySelectorAll('img[data-src]').forEach(i=>{const b=i.getBoundingClientRect();
			if(b.top<innerHeight+900){i.src=i.dataset.src;delete i.dataset.src}}),60);onscroll()</script>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			for i := range 60 {
				fmt.Fprintf(&b, c.image, i)
			}
			url, served := shop(t, b.String()+c.script)
			cap, mem := capturer(t, "")
			m, err := cap.try(t, url, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if served.Load() != 60 || m.Partial != "" || len(m.Warnings) > 0 {
				t.Errorf("%d of 60 were asked for; partial %q, warnings %q", served.Load(), m.Partial, m.Warnings)
			}
			got := blocks(column(t, m, mem.Objects(), 50, func(img image.Image, y int) bool { return is(img, 50, y, blue) }))
			if len(got) != 60 {
				t.Errorf("%d of 60 are to be seen", len(got))
			}
		})
	}
}

// What a loader keeps for later, and is not asked for by a script in time, is asked for by us.
func TestPicturesKeptForLater(t *testing.T) {
	const size = `width=400 height=200 style="display:block"`
	for name, body := range map[string]string{
		"of many loaders":           `<img data-src=/k/0 ` + size + `><img data-lazy=/k/1 ` + size + `><img ec-data-src=/k/2 ` + size + `><img data-splide-lazy=/k/3 width=400 height=200 style="display:none"><img data-flickity-lazyload-src=/k/4 ` + size + `>`,
		"sets":                      `<img data-srcset="/k/0 400w, /k/9 4000w" sizes=400px ` + size + `><picture><source data-srcset=/k/1><img data-src=/k/9 ` + size + `></picture><img src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7" data-original=/k/2 ` + size + `>{3}{4}`,
		"a picture that many share": `<img src=/k/9 data-original=/k/0 ` + size + `><img src=/k/9 data-original=/k/1 ` + size + `><img src=/k/9 data-original=/k/2 ` + size + `><img src=/k/9 data-original=/k/3 ` + size + `>{4}`,
		"backgrounds":               `<div data-bg=/k/0 style="width:400px;height:200px"></div><div data-background-image="url(/k/1)" style="width:400px;height:200px"></div><div data-bg="#fff"></div>{2}{3}{4}`,
	} {
		t.Run(name, func(t *testing.T) { wholly(t, 5, body+`<script>0</script>`) })
	}
}

func TestPagesThatGrow(t *testing.T) {
	for _, c := range []struct {
		name, script string
		height       int
	}{
		{"endless scroll that ends", `<script>let n=0,busy=false;onscroll=async()=>{
			if(n<10&&!busy&&scrollY+innerHeight>document.body.scrollHeight-300){busy=true;n++;
			document.body.insertAdjacentHTML('beforeend',await(await fetch('/more')).text());busy=false;onscroll()}}</script>`, 1600 + 8000},
		{"by a timer after it was scrolled, asking for nothing", `<script>onscroll=()=>{onscroll=null;
			setTimeout(()=>document.body.insertAdjacentHTML('beforeend','<div style="height:1000px;background:blue"></div>'),100)}</script>`, 2600},
		{"a little at each scroll, asking for nothing", `<script>let n=0;onscroll=()=>requestAnimationFrame(()=>{
			if(n<10&&scrollY+innerHeight>document.body.scrollHeight-100){n++;document.body.insertAdjacentHTML('beforeend','<div style="height:200px;background:blue"></div>')}})</script>`, 1600 + 2000},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url, _ := shop(t, `<div style="height:1600px"></div>`+c.script)
			cap, _ := capturer(t, "")
			m, err := cap.try(t, url, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if m.Height != c.height || m.Truncated || m.Partial != "" {
				t.Errorf("height %d, want %d; truncated %v, partial %q", m.Height, c.height, m.Truncated, m.Partial)
			}
		})
	}
}

func TestEndlessScrollIsCutAtTheLimit(t *testing.T) {
	t.Parallel()
	url, _ := shop(t, `<div style="height:1600px"></div><script>let busy=false;onscroll=async()=>{
		if(!busy&&scrollY+innerHeight>document.body.scrollHeight-900){busy=true;
		document.body.insertAdjacentHTML('beforeend',await(await fetch('/more')).text());busy=false}}</script>`)
	cap, _ := capturer(t, " - {name: default, max_height: 6000}\n")
	m, err := cap.try(t, url, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if m.Height != 6000 || !m.Truncated || m.Partial != "" {
		t.Errorf("height %d, truncated %v, partial %q", m.Height, m.Truncated, m.Partial)
	}
}

func TestImagesThatFailAreWarnings(t *testing.T) {
	t.Parallel()
	dead := nobody()
	url, _ := shop(t, seen+`<img src=/missing.png width=10 height=10><img src=/i/ok><img src=`+dead+`/dead.png width=10 height=10>`)
	cap, _ := capturer(t, "")
	m, err := cap.try(t, url, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(m.Warnings, "\n")
	if len(m.Warnings) != 2 || !strings.Contains(all, "HTTP 404): "+url+"/missing.png") || !strings.Contains(all, dead+"/dead.png") {
		t.Errorf("warnings %q", m.Warnings)
	}
	if !strings.Contains(all, "connection refused") {
		t.Errorf("it is not said why the dead one failed: %q", m.Warnings)
	}
}

func TestPagesThatGoElsewhere(t *testing.T) {
	for name, script := range map[string]string{
		"while loading":      `<script>location.replace('/second')</script>`,
		"after loading":      `<script>onload=()=>setTimeout(()=>location.replace('/second'),100)</script>`,
		"when scrolled":      `<div style="height:5000px"></div><script>onscroll=()=>location.replace('/second')</script>`,
		"meta refresh":       `<meta http-equiv=refresh content="0;url=/second">`,
		"history.pushState":  `<title>second</title>` + seen + `<script>history.pushState({},'','/second')</script>`,
		"document.open late": `<script>onload=()=>setTimeout(()=>{document.open();document.write('<title>second</title><style>body{margin:0}</style>` + seen + `');document.close();history.pushState({},'','/second')},50)</script>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, _ := shop(t, script+`<img src=/i/1>`)
			cap, mem := capturer(t, "")
			m, err := cap.try(t, url, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if m.FinalURL != url+"/second" || m.Title != "second" || m.Partial != "" {
				t.Errorf("final %q, title %q, partial %q", m.FinalURL, m.Title, m.Partial)
			}
			if img := pictureOf(t, mem.Objects(), m.Tiles[0]); !is(img, 640, 100, green) {
				t.Errorf("the second page is not in the tile: %v", img.At(640, 100))
			}
		})
	}
}

func TestStickyShowsOnceAndFullHeightStays(t *testing.T) {
	t.Parallel()
	cap, mem := capturer(t, " - {name: default, tile_height: 1000, overlap: 200}\n")
	m, err := cap.try(t, serve(t, html(`<div style="position:sticky;top:0;height:60px;background:red"></div>
		<div style="height:100vh;background:blue"></div><div style="height:7000px"></div>
		<div style="position:fixed;bottom:0;height:50px;width:100%;background:green"></div>`)), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		lookup func(img image.Image, y int) bool
		want   int
	}{
		{"sticky header", func(img image.Image, y int) bool { return is(img, 640, y, red) }, 60},
		{"fixed footer", func(img image.Image, y int) bool { return is(img, 640, y, green) }, 50},
	} {
		if got := blocks(column(t, m, mem.Objects(), 640, c.lookup)); len(got) != 1 || got[0] < c.want-2 || got[0] > c.want+2 {
			t.Errorf("%s: in pieces of %v px, want one of %d", c.name, got, c.want)
		}
	}
	if m.Height != 60+800+7000 {
		t.Errorf("height %d: 100vh is not 800 px", m.Height)
	}
}

func TestMotionIsAtRest(t *testing.T) {
	t.Parallel()
	cap, mem := capturer(t, " - {name: default, tile_height: 1000, overlap: 400, format: png}\n")
	m, err := cap.try(t, serve(t, html(`<style>@keyframes k{from{background:red;margin-left:0}to{background:blue;margin-left:500px}}
		.a{animation:k .7s infinite alternate}div{height:150px;width:300px}</style><div class=a></div>`+
		strings.Repeat(`<div class=a></div><div class=c></div>`, 20)+
		`<script>let n=0;setInterval(()=>{n++;document.querySelectorAll('.c').forEach(e=>e.style.background='hsl('+n*37%360+' 90% 50%)')},30)</script>`)), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Tiles) < 5 {
		t.Fatalf("%d tiles", len(m.Tiles))
	}
	for i := 1; i < len(m.Tiles); i++ {
		above, below := pictureOf(t, mem.Objects(), m.Tiles[i-1]), pictureOf(t, mem.Objects(), m.Tiles[i])
		strip := func(img image.Image, tile page.Tile) []uint32 {
			var all []uint32
			for y := m.Tiles[i].Y - tile.Y; y < m.Tiles[i-1].Bottom()-tile.Y; y++ {
				for x := range 900 {
					r, g, b, _ := img.At(x, y).RGBA()
					all = append(all, r<<16|g<<8|b)
				}
			}
			return all
		}
		if !slices.Equal(strip(above, m.Tiles[i-1]), strip(below, m.Tiles[i])) {
			t.Errorf("tiles %d and %d differ where they overlap", i-1, i)
		}
	}
}

func TestProfileStepsAreDoneAndRecorded(t *testing.T) {
	t.Parallel()
	const body = `<div id=banner style="height:100px;background:red"></div><button class=more onclick="later()">more</button>
		<main style="margin-left:100px;width:600px;height:300px;background:blue"></main>
		<script>const later=()=>setTimeout(()=>document.querySelector('main').style.height='900px',0);
		setTimeout(()=>{const d=document.createElement('i');d.id='ready';d.textContent='x';document.body.append(d)},300)</script>`
	cap, mem := capturer(t, ` - {name: default, wait_for: "#ready", click: [.more, .none], hide: ["#banner", .none], crop_to: main}`+"\n")
	m, err := cap.try(t, serve(t, html(body)), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.Clicked, []string{".more"}) || !slices.Equal(m.Hidden, []string{"#banner"}) {
		t.Errorf("clicked %q, hidden %q", m.Clicked, m.Hidden)
	}
	if len(m.Warnings) != 1 || !strings.Contains(m.Warnings[0], ".none") {
		t.Errorf("warnings %q", m.Warnings)
	}
	if m.Width != 600 || m.Height != 900 {
		t.Errorf("%dx%d, want the 600x900 of main after the click", m.Width, m.Height)
	}
	if img := pictureOf(t, mem.Objects(), m.Tiles[0]); !is(img, 2, 2, blue) || !is(img, 597, 897, blue) {
		t.Error("the tile is not main alone")
	}
}

// Places are visited until all were, however long each takes to answer; an endless list inside of the page is said.
func TestVisitsAreCountedAndNotTimed(t *testing.T) {
	t.Parallel()
	var places strings.Builder
	for n := range 24 {
		fmt.Fprintf(&places, `<div class=place id=p%d style="min-height:220px"></div>`, n)
	}
	body := `<div style="height:500px"></div>` + places.String() + `<div style="height:500px"></div><script>const slow=e=>{const r=new XMLHttpRequest();r.open('GET','/slow',false);r.send();e.innerHTML='<img src="/k/'+e.id.slice(1)+'" width=400 height=200>'};
		const o=new IntersectionObserver(es=>es.forEach(e=>{if(e.isIntersecting&&!e.target.firstChild)slow(e.target)}),{rootMargin:'-49.9% 0px'});document.querySelectorAll('.place').forEach(e=>o.observe(e))</script>`
	pictures := site(t, "")
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/slow":
			time.Sleep(400 * time.Millisecond) // what a busy machine takes for it
		case strings.HasPrefix(r.URL.Path, "/k/"):
			http.Redirect(w, r, pictures+r.URL.Path, http.StatusFound)
		default:
			html(body)(w, r)
		}
	})
	cap, mem := capturer(t, "")
	m := cap.mustPage(t, ask(url))
	got := shown(t, m, mem.Objects())
	for n := range 24 {
		if got[n] < .9 {
			t.Errorf("picture %d: %.2f of it is in the tiles", n, got[n])
		}
	}
	if m.Partial != "" {
		t.Errorf("partial %q", m.Partial)
	}

	cap, _ = capturer(t, "")
	m = cap.mustPage(t, ask(site(t, `<div id=l style="height:500px;overflow:auto"></div><script>let n=0;const add=()=>{for(let i=0;i<3;i++){const e=document.createElement('p');e.style.height='300px';e.textContent='%% '+n++;l.append(e)}};
		add();l.onscroll=()=>{if(l.scrollTop+l.clientHeight>l.scrollHeight-100)add()}</script>`)))
	if !strings.Contains(m.Partial, "did not come to an end") {
		t.Errorf("an endless list inside of the page: partial %q", m.Partial)
	}
}
