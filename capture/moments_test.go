package capture

import (
	"bytes"
	_ "embed"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/page"
)

// A drawing that moves by itself is held where it shows most, and drawn at its other moments below the page.
func TestDrawingsThatMove(t *testing.T) {
	rect := func(n int, attributes, in string) string {
		return fmt.Sprintf(`<rect width="400" height="200" fill="rgb(%d,%d,%d)" %s>%s</rect>`, shades[n].R, shades[n].G, shades[n].B, attributes, in)
	}
	const head = `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="200" style="display:block">`
	set := rect(0, "", "") + rect(1, `visibility="hidden"`, `<set attributeName="visibility" to="visible" begin="2s"/>`) + rect(2, `visibility="hidden"`, `<set attributeName="visibility" to="visible" begin="4s"/>`)
	style := `<style>@keyframes a{0%,33%{opacity:1}34%,100%{opacity:0}}rect{animation:a 6s infinite steps(1);opacity:0}</style>` +
		rect(0, "", "") + rect(1, `style="animation-delay:2s"`, "") + rect(2, `style="animation-delay:4s"`, "")
	const fades = `<animate attributeName="opacity" from="0" to="1" dur="3s" begin="1s" fill="freeze"/>`
	drawings := map[string]string{"set": head + set + `</svg>`, "style": head + style + `</svg>`, "fades": head + rect(0, `opacity="0"`, fades) + `</svg>`, "still": head + rect(0, "", "") + `</svg>`}
	written := func(svg string) string {
		return `<img style="display:block" src='data:image/svg+xml,` + strings.NewReplacer("%", "%25", "#", "%23").Replace(svg) + `'>`
	}
	mux := http.NewServeMux()
	for name, svg := range drawings {
		mux.HandleFunc("/"+name+".svg", media("image/svg+xml", []byte(svg)))
	}
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/at/") {
			html(r.URL.Query().Get("body"))(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
	for name, c := range map[string]struct {
		pictures int
		body     string
	}{
		"of the page":            {3, drawings["set"]},
		"that fades in":          {1, drawings["fades"]},
		"that pulses":            {1, head + rect(0, "", `<animate attributeName="opacity" values="0;1;0" dur="3s" repeatCount="indefinite"/>`) + `</svg>`},
		"a file":                 {3, `<img src=/set.svg style="display:block">`},
		"a file with a style":    {3, `<p>a<p><img src=/style.svg style="margin:0 30px">b`},
		"a file in a box":        {1, `<div style="height:200px;overflow:hidden"><img src=/fades.svg></div>`},
		"written into the page":  {3, written(drawings["set"])},
		"a file that stands":     {1, `<img src=/still.svg style="display:block">`},
		"an icon, and a spinner": {1, `<img src=/still.svg style="display:block"><svg width=40 height=40><rect width=9 height=9><animate attributeName=x values="0;9;0" dur=1s repeatCount=indefinite /></rect></svg>`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cap, mem := capturer(t, "")
			m, err := cap.try(t, url+"/at/?body="+strings.NewReplacer("%", "%25", "&", "%26", "#", "%23", " ", "%20", ";", "%3B", "+", "%2B", `"`, "%22", "<", "%3C", ">", "%3E").Replace(c.body), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			got := shown(t, m, mem.Objects())
			for n := range c.pictures {
				if got[n] < .9 || got[n] > 1.1 {
					t.Errorf("picture %d: %.2f of it is in the tiles, of %dx%d px", n, got[n], m.Width, m.Height)
				}
			}
			if len(m.Unseen) > 0 || m.Partial != "" {
				t.Errorf("unseen %+v, partial %q", m.Unseen, m.Partial)
			}
		})
	}
}

// turnWebM is a video of 400x200 px in VP8 that shows pictures 0 to 3 for two seconds each.
//
//go:embed testdata/turn.webm
var turnWebM []byte

// A video that plays by itself is looked at in moments of it; one that waits for a click is its first picture.
func TestVideosThatPlayByThemselves(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/turn.webm", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "video/webm")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(turnWebM))
	})
	for name, body := range map[string]string{
		"plays":  `<video src=/turn.webm autoplay muted loop style="display:block"></video>`,
		"viewed": `<div style="height:2000px"></div><video id=v src=/turn.webm muted style="display:block"></video><script>new IntersectionObserver(es=>es[0].isIntersecting?v.play():v.pause()).observe(v)</script>`,
		"frame":  `<iframe src=/plays width=500 height=300 style="border:0"></iframe>`,
		"waits":  `<video src=/turn.webm style="display:block"></video>`,
		"small":  `<video src=/turn.webm autoplay muted width=200 height=100 style="display:block"></video>`,
		"gone":   `<video src=/gone.webm autoplay muted width=400 height=200 style="display:block"></video>`,
		"stream": `<video id=v autoplay muted width=400 height=200 style="display:block"></video><canvas id=c width=400 height=200></canvas><script>c.getContext('2d').fillRect(0,0,400,200);v.srcObject=c.captureStream(5)</script>`,
	} {
		mux.HandleFunc("/"+name, html(body))
	}
	url := serve(t, mux.ServeHTTP)
	for name, c := range map[string]struct {
		pictures int
		said     bool
	}{"plays": {4, false}, "viewed": {4, false}, "frame": {4, false}, "waits": {1, false}, "small": {0, false}, "gone": {0, false}, "stream": {0, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cap, mem := capturer(t, "")
			m, err := cap.try(t, url+"/"+name, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			got := shown(t, m, mem.Objects())
			for n := range 4 {
				if want := n < c.pictures; (got[n] > .9 && got[n] < 1.1) != want && (want || c.pictures > 0) {
					t.Errorf("picture %d: %.2f of it is in the tiles, of %dx%d px", n, got[n], m.Width, m.Height)
				}
			}
			said := slices.ContainsFunc(m.Unseen, func(u page.Unseen) bool {
				return u.Kind == page.Unread && strings.Contains(u.Why, "video") && !u.Box.Empty()
			})
			if said != c.said || len(m.Unseen) > 0 != c.said || m.Partial != "" {
				t.Errorf("unseen %+v, partial %q", m.Unseen, m.Partial)
			}
		})
	}
}

// Whatever comes in turn, moves or plays, the same of it is seen each time; which of
// it stands in its place depends on when the page was loaded.
func TestTheSameIsSeenOfWhatTurns(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/turn.webm", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "video/webm")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(turnWebM))
	})
	for n := range 21 {
		mux.HandleFunc(fmt.Sprintf("/k/%d", n), media("image/png", dot(shades[n], 400, 200)))
	}
	const moves = `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="200"><rect width="400" height="200" fill="#606060"><animate attributeName="width" values="0;400;0" dur="3s" repeatCount="indefinite"/></rect></svg>`
	mux.HandleFunc("/moves.svg", media("image/svg+xml", []byte(moves)))
	mux.HandleFunc("/", html(`<div id=b style="height:200px"></div><div id=d style="width:400px;height:200px"></div><p id=p></p><canvas id=c width=400 height=200></canvas><img src=/moves.svg>`+moves+`<video src=/turn.webm autoplay muted></video><div style="height:2000px"></div>
		<script>let n=0,m=0,k=0;const x=c.getContext('2d'),all=[];for(let i=0;i<4;i++){all[i]=new Image();all[i].src='/k/'+(12+i)}
		const f=()=>{b.innerHTML='<img src="/k/'+(16+n++%5)+'" width=400 height=200>'};f();setInterval(f,2300);
		setInterval(()=>{d.style.backgroundImage='url(/k/'+(6+m++%6)+')'},3100);setInterval(()=>{p.textContent='가나다라'[k++%4]+' `+sentence+`'},1700);
		onload=()=>{let j=0;setInterval(()=>x.drawImage(all[j++%4],0,0,400,200),2900)}</script>`))
	url := serve(t, mux.ServeHTTP)
	first := ""
	for n := range 3 {
		cap, mem := capturer(t, "")
		m, err := cap.try(t, url+"/", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, d := range domOf(t, m, mem.Objects()).Texts {
			texts = append(texts, d.Text)
		}
		slices.Sort(texts)
		pictures := shown(t, m, mem.Objects())
		seen := fmt.Sprintf("%q %+v", texts, m.Unseen)
		for n := range 21 {
			seen += fmt.Sprintf(" %d:%.0f", n, pictures[n])
		}
		if first == "" {
			first = seen
		}
		if seen != first {
			t.Errorf("in capture %d is seen %s\nand before %s", n+1, seen, first)
		}
	}
}

// Canvases that lie upon each other are layers of one drawing, or slides.
func TestCanvasesUponEachOther(t *testing.T) {
	// A chart is drawn anew when its box changes, and then not at once.
	const chart = `<div id=box style="position:relative;width:400px;height:400px"><canvas id=a width=400 height=400 style="position:absolute;left:0;top:0"></canvas><canvas id=b width=400 height=400 style="position:absolute;left:0;top:0"></canvas></div><script>
		const fill=(c,n,y,h)=>{const x=c.getContext('2d');x.fillStyle=n;x.fillRect(0,y,400,h)};`
	layers := fmt.Sprintf(chart+`fill(a,'%s',0,200);fill(b,'%s',200,200);let size=box.offsetHeight;new ResizeObserver(()=>{if(box.offsetHeight!==size)a.width=b.width=400}).observe(box)</script>`, css(0), css(1))
	slides := fmt.Sprintf(strings.ReplaceAll(chart, "=400 style", "=200 style")+`fill(a,'%s',0,200);fill(b,'%s',0,200)</script>`, css(0), css(1))
	panel := fmt.Sprintf(`<div role=tabpanel style="display:none"><canvas id=a width=400 height=200 style="display:block"></canvas></div><script>const x=a.getContext('2d');x.fillStyle='%s';x.fillRect(0,0,400,200)</script>`, css(0))
	for name, c := range map[string]struct {
		pictures int
		body     string
	}{
		"layers of a chart":         {2, layers},
		"slides":                    {2, slides},
		"in a panel that is opened": {1, panel},
	} {
		t.Run(name, func(t *testing.T) { wholly(t, c.pictures, c.body) })
	}
}

// A canvas that nobody may read, or of which the page's policy allows no picture,
// cannot be laid out anew, and that is said.
func TestDrawingsThatCannotBeLaidOutAreSaid(t *testing.T) {
	const panel = `<div role=tabpanel style="display:none"><canvas id=a width=400 height=200></canvas></div>`
	for name, body := range map[string]string{
		"another's picture": panel + `<img src=@/0 width=1 height=1 onload="a.getContext('2d').drawImage(this,0,0,400,200)"><script>0</script>`,
		"a policy":          `<meta http-equiv=Content-Security-Policy content="img-src 'self'">` + panel + `<script>a.getContext('2d').fillRect(0,0,400,200)</script>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cap, _ := capturer(t, "")
			m, err := cap.try(t, site(t, body+prose), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if len(m.Unseen) != 1 || m.Unseen[0].Kind != page.Vanished {
				t.Errorf("unseen %+v, want one %s", m.Unseen, page.Vanished)
			}
		})
	}
}

func css(n int) string { return fmt.Sprintf("rgb(%d,%d,%d)", shades[n].R, shades[n].G, shades[n].B) }
