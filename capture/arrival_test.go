package capture

import (
	"encoding/json"
	"fmt"
	"image"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/store"
)

// later is what comes later: a blue block of 300 px.
const later = `<div style="height:300px;background:blue"></div>`

// blues counts the blue blocks in the tiles, at x.
func blues(t *testing.T, m page.Manifest, objects map[store.URI][]byte, x int) int {
	t.Helper()
	return len(blocks(column(t, m, objects, x, func(img image.Image, y int) bool { return is(img, x, y, blue) })))
}

// TestWhatComesLater: what a script shows within five seconds, by whatever way,
// is in the tiles, and nobody waits five seconds for it.
func TestWhatComesLater(t *testing.T) {
	for name, body := range map[string]string{
		"a timer":                    `<div id=d>불러오는 중…</div><script>onload=()=>setTimeout(()=>d.innerHTML='LATER',4500)</script>`,
		"timers in turn":             `<div id=d></div><script>setTimeout(()=>setTimeout(()=>setTimeout(()=>d.innerHTML='LATER',1500),1500),1500)</script>`,
		"an interval":                `<div id=d>0</div><script>let n=0;const i=setInterval(()=>{if(++n==40){d.innerHTML='LATER';clearInterval(i)}},100)</script>`,
		"a fetch, and then a timer":  `<div id=d class=skeleton>&nbsp;</div><script>fetch('/slow').then(r=>r.text()).then(x=>setTimeout(()=>d.innerHTML=x,1200))</script>`,
		"a timer, and then a fetch":  `<div id=d></div><script>setTimeout(()=>fetch('/slow').then(r=>r.text()).then(x=>d.innerHTML=x),2000)</script>`,
		"when it has come into view": `<div style="height:3000px"></div><div id=d style="height:300px"></div><script>new IntersectionObserver(e=>{if(e[0].isIntersecting)setTimeout(()=>d.innerHTML='LATER',2500)}).observe(d)</script>`,
		"an event stream":            `<div id=d>연결 중…</div><script>new EventSource('/events').onmessage=e=>d.innerHTML=e.data</script>`,
		"a frame that tells its height late": `<iframe id=f src=/frame sandbox=allow-scripts style="border:0;width:900px;height:100px"></iframe>
			<script>onmessage=e=>f.style.height=e.data+'px'</script>`,
		"the first move of a hand":  `<div id=d></div><script>addEventListener('mousemove',()=>d.innerHTML='LATER',{once:true})</script>`,
		"the first touch":           `<div id=d></div><script>addEventListener('touchstart',()=>d.innerHTML='LATER',{once:true})</script>`,
		"the first turn of a wheel": `<div id=d></div><script>addEventListener('wheel',()=>d.innerHTML='LATER',{once:true})</script>`,
		"the first key":             `<div id=d></div><script>addEventListener('keydown',e=>{if(e.isTrusted)d.innerHTML='LATER'},{once:true})</script>`,
		"the first scroll":          `<div id=d></div><div style="height:3000px"></div><script>addEventListener('scroll',()=>d.innerHTML='LATER',{once:true})</script>`,
		"a hand, and then a timer":  `<div id=d></div><script>addEventListener('pointermove',()=>setTimeout(()=>d.innerHTML='LATER',3000),{once:true})</script>`,
		"pictures far down, later": `<div id=d></div><script>setTimeout(()=>{d.innerHTML='<div style="height:4000px"></div><img data-late=/blue.png width=300 height=300 style="display:block">';
			new IntersectionObserver((es,o)=>es.forEach(e=>{if(e.isIntersecting)setTimeout(()=>e.target.src=e.target.dataset.late,100)})).observe(document.images[0])},1000)</script>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			picture := dot(blue, 300, 300)
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				late := time.NewTimer(300 * time.Millisecond)
				defer late.Stop()
				switch r.URL.Path {
				case "/":
					html(prose+strings.ReplaceAll(body, "LATER", later))(w, r)
				case "/slow":
					<-late.C
					fmt.Fprint(w, later)
				case "/frame":
					html(`<div style="height:1000px"></div>`+later+`<script>setTimeout(()=>parent.postMessage(1300,'*'),2500)</script>`)(w, r)
				case "/events":
					w.Header().Set("Content-Type", "text/event-stream")
					w.(http.Flusher).Flush()
					<-late.C
					fmt.Fprintf(w, "data: %s\n\n", later)
					w.(http.Flusher).Flush()
					<-r.Context().Done() // the stream stays open
				default:
					media("image/png", picture)(w, r)
				}
			})
			cap, mem := capturer(t, "")
			m, err := cap.try(t, url, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if n := blues(t, m, mem.Objects(), 100); n != 1 || m.Partial != "" || len(m.Unseen) > 0 {
				t.Errorf("%d blocks, partial %q, unseen %+v", n, m.Partial, m.Unseen)
			}
		})
	}
}

// TestWhatNeverComesToRest: what goes on growing is told, what only ticks is not.
func TestWhatNeverComesToRest(t *testing.T) {
	for _, c := range []struct {
		name, script string
		told         bool
	}{
		{"it grows for ever", `setInterval(()=>d.insertAdjacentHTML('beforeend','<p style="height:50px">또 하나의 새로운 상품 설명이 여기에 나타납니다'),500)`, true},
		{"a clock", `setInterval(()=>d.textContent=new Date().toLocaleTimeString(),1000)`, false},
		{"a ticker", `let n=0;setInterval(()=>d.textContent=['오늘의 특가 상품을 만나 보세요','두 번째 소식은 첫 번째 소식보다 조금 더 길어요','셋째'][n++%3],700)`, false},
		{"a countdown", `let n=99999;setInterval(()=>{d.innerHTML='<b>'+(n--)+'</b>초 남음'},100)`, false},
		{"a title that blinks", `let n=0;setInterval(()=>document.title=n++%2?'새 메시지':'상품',500)`, false},
		{"a chat bubble", `setTimeout(()=>d.innerHTML='<div style="position:fixed;right:20px;bottom:20px;width:60px;height:60px;border-radius:30px;background:#39f">',3000)`, false},
		{"polling", `setInterval(()=>fetch('/poll'),200)`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cap, _ := capturer(t, "")
			m, err := cap.try(t, serve(t, html(prose+`<div id=d style="min-height:20px"></div><script>`+c.script+`</script>`)), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			told := len(m.Unseen) == 1 && m.Unseen[0].Kind == page.Loading
			if told != c.told || !told && len(m.Unseen) > 0 || m.Partial != "" {
				t.Errorf("partial %q, unseen %+v", m.Partial, m.Unseen)
			}
		})
	}
}

// TestPagesThatLeadOn: the page that is captured is the one that a shopper comes to look at.
func TestPagesThatLeadOn(t *testing.T) {
	for name, first := range map[string]http.HandlerFunc{
		"a meta refresh":          html(`<meta http-equiv=refresh content="3;url=/second">`),
		"one of ten seconds":      html(`<META HTTP-EQUIV="Refresh" CONTENT="10; URL='/second'">`),
		"one whose quote is open": html(`<meta http-equiv=refresh content="8; URL = '/second">`),
		"one with more behind it": html(`<meta http-equiv=refresh content="8,url=&quot;/second&quot; now">`),
		"one without a word":      html(`<meta http-equiv=refresh content="8 second">`),
		"a script's":              html(`<script>setTimeout(()=>location.href='/second',3000)</script>`),
		"a script's after a load": html(`<script>fetch('/x').then(()=>setTimeout(()=>location.replace('/second'),1000))</script>`),
		"a header": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Refresh", "2; url=/second")
			html("wait")(w, r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cap, mem := capturer(t, "")
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/":
					first(w, r)
				case "/second":
					html(`<title>second</title>`+seen)(w, r)
				}
			})
			m, err := cap.try(t, url, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if m.FinalURL != url+"/second" || m.Title != "second" || m.Partial != "" || len(m.Unseen) > 0 {
				t.Errorf("final %q, title %q, partial %q, unseen %+v", m.FinalURL, m.Title, m.Partial, m.Unseen)
			}
			if img := pictureOf(t, mem.Objects(), m.Tiles[0]); !is(img, 640, 100, green) {
				t.Error("the second page is not in the tile")
			}
		})
	}
}

// TestPagesThatLoadThemselvesAnew: a page that would reload while it is looked
// at is kept from it; one that cannot be kept from it is told.
func TestPagesThatLoadThemselvesAnew(t *testing.T) {
	for _, c := range []struct {
		name, head string
		told       bool
	}{
		{"every second", `<meta http-equiv=refresh content=1>`, false},
		{"every half a minute", `<meta http-equiv=refresh content="30">`, false},
		{"to its own address", `<meta http-equiv=refresh content="2;url=/">`, false},
		{"by a script, all the time", `<script>setInterval(()=>location.reload(),400)</script>`, true},
		{"by a script, after seconds", `<script>setTimeout(()=>location.reload(),4000)</script>`, true},
		{"once, for a cookie", `<script>if(!document.cookie){document.cookie='seen=1';location.reload()}</script>`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cap, mem := capturer(t, "")
			began := time.Now()
			m, err := cap.try(t, serve(t, html(c.head+banded(12_000))), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			checkBands(t, m, mem.Objects())
			if m.Height != 12_000 || (m.Partial != "") != c.told || (len(m.Unseen) > 0) != c.told {
				t.Errorf("height %d, partial %q, unseen %+v", m.Height, m.Partial, m.Unseen)
			}
			if took := time.Since(began); took > 25*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// TestDocumentsThatComeOtherwise: what a browser makes a page of, or asks for
// again by itself.
func TestDocumentsThatComeOtherwise(t *testing.T) {
	const xml = `<?xml version="1.0" encoding="utf-8"?><?xml-stylesheet type="text/xsl" href="/SHEET"?><a><b>수분 크림</b></a>`
	var asked atomic.Int64
	for _, c := range []struct {
		name  string
		limit time.Duration
		kind  fault.Kind // of the error; empty: it is seen
		told  string     // in why it is partial
		serve http.HandlerFunc
	}{
		{"XML and its style sheet", time.Minute, "", "", media("text/xml", []byte(strings.Replace(xml, "SHEET", "x.xsl", 1)))},
		{"XML whose style sheet is not there", time.Minute, fault.Unreachable, "", media("text/xml", []byte(strings.Replace(xml, "SHEET", "gone", 1)))},
		{"a server that hangs up once", time.Minute, "", "", func(w http.ResponseWriter, r *http.Request) {
			if asked.Add(1) == 1 {
				panic(http.ErrAbortHandler)
			}
			html(seen+later)(w, r)
		}},
		{"a server that hangs up", time.Minute, fault.Unreachable, "", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		{"a style sheet that does not come", 20 * time.Second, "", "style sheet", html(`<link rel=stylesheet href=/never>` + seen + later)},
		{"a style sheet that does not come and is not waited for", 20 * time.Second, "", "", html(`<link rel=stylesheet media=print href=/never>` + seen + later)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cap, mem := capturer(t, "")
			m, err := cap.try(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/":
					c.serve(w, r)
				case "/x.xsl":
					media("text/xsl", []byte(`<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:output method="html"/><xsl:template match="/">`+
						`<html><body style="margin:0"><div style="height:300px;background:blue"></div><h1><xsl:value-of select="/a/b"/></h1></body></html></xsl:template></xsl:stylesheet>`))(w, r)
				case "/never":
					<-r.Context().Done()
				default:
					http.NotFound(w, r)
				}
			}), c.limit)
			if fault.KindOf(err) != c.kind {
				t.Fatalf("%s: %v", fault.KindOf(err), err)
			}
			if c.kind != "" {
				return
			}
			if n := blues(t, m, mem.Objects(), 100); n != 1 || (c.told == "") != (m.Partial == "") || !strings.Contains(m.Partial, c.told) || (c.told == "") != (len(m.Unseen) == 0) {
				t.Errorf("%d blocks, partial %q, unseen %+v", n, m.Partial, m.Unseen)
			}
		})
	}
}

// TestALongPollIsNotWaitedFor: what was answered time and again, and hangs now, shows nothing.
func TestALongPollIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	cap, _ := capturer(t, "")
	m, err := cap.try(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/poll" {
			html(prose+`<div id=d style="min-height:200px"></div><script>(async()=>{for(;;)await(await fetch('/poll')).text()})()</script>`)(w, r)
		} else if asked.Add(1) > 8 {
			<-r.Context().Done()
		}
	}), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if took := m.TimingsMS["settle"]; len(m.Unseen) > 0 || took >= slowest.Milliseconds() { // as long as a request is waited for
		t.Errorf("settled in %d ms, unseen %+v", took, m.Unseen)
	}
}

// TestAPollThatBringsSomething is waited for: many pages ask until an answer is ready.
func TestAPollThatBringsSomething(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	cap, _ := capturer(t, "")
	m, err := cap.try(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/poll" {
			html(prose+`<div id=d></div><script>setInterval(async()=>{if(await(await fetch('/poll')).text()=='ready')d.style.height='3000px'},300)</script>`)(w, r)
			return
		}
		late := time.NewTimer(300 * time.Millisecond)
		defer late.Stop()
		<-late.C
		if asked.Add(1) > 9 {
			fmt.Fprint(w, "ready")
		}
	}), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if m.Height < 3000 && len(m.Unseen) == 0 {
		t.Errorf("%d px, nothing unseen, after %d answers", m.Height, asked.Load())
	}
}

// TestAPageThatLeavesWhileItIsDrawn is kept as far as it was drawn, at once.
func TestAPageThatLeavesWhileItIsDrawn(t *testing.T) {
	t.Parallel()
	cap, mem := capturer(t, " - {name: default, tile_height: 1000, overlap: 200}\n")
	s := cap.opened(t, serve(t, html(banded(8000))))
	s.through(t, s.settle)
	var drawn atomic.Int64
	mem.Refuse = func(string, store.URI) error {
		if drawn.Add(1) == 4 {
			return s.reload(t.Context())
		}
		return nil
	}
	began := time.Now()
	s.through(t, s.tile)
	if n := len(s.manifest.Tiles); n == 0 || n >= 10 || !strings.Contains(s.manifest.Partial, "went elsewhere") || time.Since(began) > 20*time.Second {
		t.Errorf("%d tiles after %v, partial %q", n, time.Since(began), s.manifest.Partial)
	}
	checkBands(t, s.manifest, mem.Objects())
}

// TestUserinfoIsForTheServerAlone: it opens the page, and nothing that is kept has it.
func TestUserinfoIsForTheServerAlone(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if name, password, ok := r.BasicAuth(); !ok || name != "me" || password != "geheim42" {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.URL.Path == "/gone" {
			status(404, "gone")(w, r)
			return
		}
		html(seen+prose+`<img src=/gone width=400 height=200>`)(w, r)
	})
	inside := strings.Replace(url, "://", "://me:geheim42@", 1)
	cap, mem := capturer(t, "")
	m, err := cap.try(t, inside+"/page", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if img := pictureOf(t, mem.Objects(), m.Tiles[0]); !is(img, 640, 100, green) {
		t.Error("the page was not opened")
	}
	_, gone := cap.try(t, inside+"/gone", time.Minute)
	if gone == nil {
		t.Fatal("a page that is not there was captured")
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"the manifest": string(b), "an error": gone.Error()} {
		if strings.Contains(text, "geheim42") {
			t.Errorf("%s has the password: %s", what, text)
		}
	}
	for uri, data := range mem.Objects() {
		if strings.Contains(string(data), "geheim42") {
			t.Errorf("%s has the password", uri)
		}
	}
}
