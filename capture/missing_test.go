package capture

import (
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
)

// stall serves pages at /, and around them what real servers do wrong:
//
//	/ok/…      a picture             /status/503/…  that status
//	/once/…    503, then a picture   /cut/…         a picture that breaks off
//	/broken/…  what is no picture    /never/…       nothing, until the test ends
//	/frame/…   a document            /script/…, /sheet/…  empty ones
//	/dress/…   a style sheet with rules, which imports one that is not there (?import), or fails (?busy)
//	/empty/…   an empty document
//	/saved/…   a document to be saved           /wrong/…  a picture, with status 404
//	/open/…    a picture that does not end      /whole/…?600 letters  a picture, if all are there
func stall(t *testing.T, body string) string {
	t.Helper()
	var mu sync.Mutex
	asked := map[string]int{}
	picture := dot(blue, 400, 200)
	ended := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.Path]++
		first := asked[r.URL.Path] == 1
		mu.Unlock()
		w.Header().Set("Cache-Control", "no-store")
		kind, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		switch {
		case kind == "" || kind == "case":
			html(body)(w, r)
		case kind == "status":
			code, _, _ := strings.Cut(rest, "/")
			n, _ := strconv.Atoi(code)
			status(n, "no")(w, r)
		case kind == "once" && first:
			status(503, "busy")(w, r)
		case kind == "once" && strings.HasSuffix(rest, ".html"), kind == "frame":
			html(`<div style="height:300px;background:blue">`)(w, r)
		case kind == "once" && strings.HasSuffix(rest, ".css"):
			media("text/css", []byte("#styled{background:blue;height:300px}"))(w, r)
		case kind == "once" && strings.HasSuffix(rest, ".js"):
			media("text/javascript", []byte(`root.innerHTML='<div style="height:300px;background:blue"></div>'`))(w, r)
		case kind == "cut":
			media := "image/png"
			if strings.HasSuffix(rest, ".html") {
				media = "text/html"
			}
			w.Header().Set("Content-Type", media)
			w.Header().Set("Content-Length", fmt.Sprint(len(picture)))
			w.Write(picture[:len(picture)/2]) //nolint:errcheck // it is gone
			panic(http.ErrAbortHandler)
		case kind == "never":
			select {
			case <-r.Context().Done():
			case <-ended:
			}
		case kind == "broken":
			media("image/png", []byte("\x89PNG\r\n\x1a\nnot really"))(w, r)
		case kind == "script":
			media("text/javascript", nil)(w, r)
		case kind == "empty":
			media("text/html", nil)(w, r)
		case kind == "saved":
			w.Header().Set("Content-Disposition", `attachment; filename="\xb0\xa1.html"`)
			html(`<div style="height:300px;background:blue">`)(w, r)
		case kind == "wrong":
			w.Header().Set("Content-Type", "image/png")
			w.WriteHeader(http.StatusNotFound)
			w.Write(picture) //nolint:errcheck // the visitor may leave
		case kind == "open":
			w.Header().Set("Content-Type", "image/png")
			w.Write(picture) //nolint:errcheck // the visitor may leave
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
			case <-ended:
			}
		case kind == "whole" && len(r.URL.RawQuery) != 600:
			http.NotFound(w, r)
		case kind == "inside" && strings.HasSuffix(rest, ".png"):
			http.NotFound(w, r)
		case kind == "inside":
			html(`<svg width=400 height=200 style="display:block"><image href=gone.png width=400 height=200 /></svg>`)(w, r)
		case kind == "pdf":
			media("application/pdf", []byte("%PDF-1.4\n%%EOF"))(w, r)
		case kind == "dress":
			imports := map[string]string{"import": `@import "/status/404/import.css";`, "busy": `@import "/status/503/import.css";`}[r.URL.RawQuery]
			media("text/css", []byte(imports+strings.Repeat("p{color:#222}", dressed)))(w, r)
		case kind == "sheet":
			media("text/css", nil)(w, r)
		default:
			media("image/png", picture)(w, r)
		}
	}))
	t.Cleanup(func() { close(ended); s.Close() })
	return s.URL
}

// prose is what a page says beside its pictures: enough for it not to look empty.
var prose = `<h1>수분 크림</h1><p>` + strings.Repeat("매일 아침과 저녁에 세안한 뒤 얼굴 전체에 부드럽게 펴 바릅니다. ", 8) + `</p>`

// TestPartsThatDidNotCome holds both sides: what a shopper would have seen and
// we did not is told, with its place; what shows nothing does not disturb.
func TestPartsThatDidNotCome(t *testing.T) {
	dead := nobody()
	for _, c := range []struct {
		name, body string
		want       page.UnseenKind // empty: it passes
		box        page.Box        // where it would be; empty: nobody can tell
		source     string          // the end of its address
	}{
		// Pictures
		{"a picture that is not there", `<img src=/status/404/a.png width=400 height=200 style="display:block">`, page.Failed, page.Box{W: 400, H: 200}, "/a.png"},
		{"a picture of a busy server", `<img src=/status/503/a.png width=400 height=200 style="display:block">`, page.Failed, page.Box{W: 400, H: 200}, "/a.png"},
		{"a picture of a dead server", `<img src=DEAD/a.png width=400 height=200 style="display:block">`, page.Failed, page.Box{W: 400, H: 200}, "/a.png"},
		{"a picture that breaks off", `<img src=/cut/a.png width=400 height=200 style="display:block">`, page.Failed, page.Box{W: 400, H: 200}, "/a.png"},
		{"a picture that cannot be drawn", `<img src=/broken/a.png width=400 height=200 style="display:block">`, page.Failed, page.Box{W: 400, H: 200}, "/a.png"},
		{"a picture of unknown size", `<img src=/status/404/a.jpg>`, page.Failed, page.Box{}, "/a.jpg"},
		{"one of a set", `<img srcset="/status/404/a.png 1x" width=400 height=200 style="display:block">`, page.Failed, page.Box{W: 400, H: 200}, "/a.png"},
		{"a background", `<div style="height:200px;width:400px;background:url(/status/404/a.png)"></div>`, page.Failed, page.Box{W: 400, H: 200}, "/a.png"},
		{"a background that cannot be drawn", `<div style="height:200px;width:400px;background:url(/broken/a.png)"></div>`, page.Failed, page.Box{W: 400, H: 200}, "/a.png"},
		{"a background of a pseudo-element", `<style>div::before{content:"";display:block;height:200px;width:400px;background:url(/status/404/a.png)}</style><div style="width:400px"></div>`,
			page.Failed, page.Box{W: 400, H: 200}, "/a.png"},
		{"in a shadow root", `<div id=h></div><script>h.attachShadow({mode:'open'}).innerHTML='<img src=/status/404/a.png width=400 height=200 style="display:block">'</script>`,
			page.Failed, page.Box{W: 400, H: 200}, "/a.png"},
		{"in a closed shadow root", `<div id=h></div><script>h.attachShadow({mode:'closed'}).innerHTML='<img src=/status/404/a.png width=400 height=200 style="display:block">'</script>`,
			page.Failed, page.Box{W: 400, H: 200}, "/a.png"},
		{"in a frame", `<iframe style="border:0;display:block;margin-left:30px" width=500 height=300 srcdoc="<body style=margin:0><img src=/status/404/a.png width=400 height=200>"></iframe>`,
			page.Failed, page.Box{X: 30, W: 400, H: 200}, "/a.png"},
		{"in a frame of another site", `<iframe sandbox style="border:0;display:block;margin-left:30px" width=500 height=300 srcdoc="<body style=margin:0><img src=/status/404/a.png width=400 height=200>"></iframe>`,
			page.Failed, page.Box{X: 30, W: 400, H: 200}, "/a.png"},
		{"in a drawing", `<svg width=400 height=200 style="display:block"><image href=/status/404/a.png width=400 height=200 /></svg>`, page.Failed, page.Box{W: 400, H: 200}, "/a.png"},
		{"a video's poster", `<video poster=/status/404/a.png width=400 height=200 style="display:block"></video>`, page.Failed, page.Box{W: 400, H: 200}, "/a.png"},
		{"a button", `<input type=image src=/status/404/a.png width=400 height=200 style="display:block">`, page.Failed, page.Box{W: 400, H: 200}, "/a.png"},
		{"still on its way", `<img src=/never/a.png width=400 height=200 style="display:block">`, page.Loading, page.Box{W: 400, H: 200}, "/a.png"},
		{"asked for by its script, which failed", `<img data-src=/ok/a.png width=400 height=200><script src=/status/404/lazy.js></script>`, "", page.Box{}, ""},
		{"a picture that comes at the second try", `<img src=/once/a.png width=400 height=200>`, "", page.Box{}, ""},
		{"a background that comes at the second try", `<div style="height:200px;width:400px;background:url(/once/a.png)"></div>`, "", page.Box{}, ""},
		{"one in a frame that comes at the second try", `<iframe sandbox width=500 height=300 srcdoc="<img src=/once/a.png width=400 height=200>"></iframe>`, "", page.Box{}, ""},
		{"a picture of a name that is no proper URL", `<img src="/status/404/여드름100%.jpg">`, page.Failed, page.Box{}, "100%.jpg"},
		{"a picture of no server's that breaks off", `<img src="data:image/png;base64,AAAA" width=400 height=200 style="display:block">`, page.Failed, page.Box{W: 400, H: 200}, ""},
		{"a drawing's in a frame of another folder", `<iframe src=/inside/of/f width=500 height=300 style="border:0;display:block;margin-left:30px"></iframe>`, page.Failed, page.Box{X: 30, W: 400, H: 200}, "/inside/of/gone.png"},
		{"a drawing's that cannot be drawn", `<svg width=400 height=200 style="display:block"><image href=/broken/a.png width=400 height=200 /></svg>`, page.Failed, page.Box{W: 400, H: 200}, "/broken/a.png"},
		{"a poster that cannot be drawn", `<video poster=/broken/a.png width=400 height=200 style="display:block"></video>`, page.Failed, page.Box{W: 400, H: 200}, "/broken/a.png"},
		{"a background that does not end", `<div style="height:200px;width:400px;background:url(/open/a.png)"></div>`, page.Loading, page.Box{W: 400, H: 200}, "/a.png"},
		{"a picture of a server that says it is not there", `<img src=/wrong/a.png width=400 height=200><video poster=/wrong/b.png width=400 height=200></video><div style="height:200px;width:400px;background:url(/wrong/c.png)"></div>`,
			"", page.Box{}, ""},
		{"a background of a long address", `<div style="height:200px;width:400px;background:url(/whole/a.png?` + strings.Repeat("a", 600) + `)"></div>`, "", page.Box{}, ""},
		{"a background of a long address that is not there", `<div style="height:200px;width:400px;background:url(/broken/a.png?` + strings.Repeat("a", 600) + `)"></div>`, page.Failed, page.Box{W: 400, H: 200}, "aaa"},
		{"what the page's own policy forbids", `<meta http-equiv=Content-Security-Policy content="img-src 'none';frame-src 'none'"><img src=/ok/a.png width=400 height=200><iframe src=/frame/a width=500 height=300></iframe>`, "", page.Box{}, ""},
		{"pixels", `<img src=/status/404/t.gif width=1 height=1><img src=DEAD/t width=2 height=2><img src=/broken/t style="width:3px;height:3px">`, "", page.Box{}, ""},
		{"a pixel that is hidden", `<img src=DEAD/tr?id=1 style="display:none"><noscript><img src=DEAD/n.gif></noscript>`, "", page.Box{}, ""},
		{"a pixel of no size", `<img src=DEAD/collect?id=1>`, "", page.Box{}, ""},
		{"a pixel of a script", `<script>new Image().src='DEAD/collect.gif?'+Math.random();new Image().src='/status/503/p.gif'</script>`, "", page.Box{}, ""},
		{"a bullet", `<ul style="list-style-image:url(/status/404/dot.png)"><li>하나</ul><img src=/status/404/i.png width=16 height=16>`, "", page.Box{}, ""},
		{"an advertisement", `<div class="ad-slot"><img src=DEAD/banner.jpg width=728 height=90></div>`, "", page.Box{}, ""},
		{"a picture that hangs and would show nothing", `<img src=/never/t.gif width=1 height=1>`, "", page.Box{}, ""},

		// Frames
		{"a frame of a busy server", `<iframe src=/status/503/d width=900 height=400 style="border:0;display:block"></iframe>`, page.Failed, page.Box{W: 900, H: 400}, "/d"},
		{"a frame that is not there", `<iframe src=/status/404/d width=900 height=400 style="border:0;display:block"></iframe>`, page.Failed, page.Box{W: 900, H: 400}, "/d"},
		{"a frame of a dead server", `<iframe src=DEAD/d width=900 height=400 style="border:0;display:block"></iframe>`, page.Failed, page.Box{W: 900, H: 400}, "/d"},
		{"a frame that breaks off", `<iframe src=/cut/d.html width=900 height=400 style="border:0;display:block"></iframe>`, page.Failed, page.Box{W: 900, H: 400}, "/d.html"},
		{"a frame that comes at the second try", `<iframe src=/once/d.html width=900 height=400></iframe>`, "", page.Box{}, ""},
		{"a frame without a size", `<iframe src=DEAD/ns.html width=0 height=0 style="display:none;visibility:hidden"></iframe><iframe src=DEAD/x width=1 height=1></iframe>`, "", page.Box{}, ""},
		{"a frame of a counter", `<iframe src=DEAD/like width=100 height=20></iframe>`, "", page.Box{}, ""},
		{"a frame of an advertisement", `<iframe src=DEAD/ad width=300 height=250 style="border:0"></iframe><iframe src=DEAD/b id=google_ads_iframe class="ad banner" width=980 height=120></iframe>`,
			"", page.Box{}, ""},
		{"a frame of what no browser draws", `<iframe src=/pdf/a style="border:0;display:block" width=600 height=400></iframe>`, page.Failed, page.Box{W: 600, H: 400}, "/pdf/a"},
		{"an object of what no browser draws", `<object data=/pdf/a style="display:block" width=600 height=400></object>`, page.Failed, page.Box{W: 600, H: 400}, "/pdf/a"},
		{"an object that is not there", `<object data=/status/404/a width=600 height=400></object>`, page.Failed, page.Box{W: 600, H: 400}, "/404/a"},
		{"an object of a dead server", `<object data=DEAD/a width=600 height=400></object>`, page.Failed, page.Box{W: 600, H: 400}, "/a"},
		{"an object with another in its place", `<object data=/status/404/a width=600 height=400><img src=/ok/a.png></object>`, "", page.Box{}, ""},
		{"a frame whose document is to be saved", `<iframe src=/saved/a style="border:0;display:block" width=600 height=400></iframe>`, page.Failed, page.Box{W: 600, H: 400}, "/saved/a"},
		{"a frame without a document", `<iframe src=/status/204/a style="border:0;display:block" width=600 height=400></iframe>`, page.Failed, page.Box{W: 600, H: 400}, "/204/a"},
		{"a frame whose document is empty", `<iframe src=/empty/a style="border:0;display:block" width=600 height=400></iframe>`, page.Failed, page.Box{W: 600, H: 400}, "/empty/a"},
		{"a frame whose empty document is filled", `<iframe id=f src=/empty/a width=600 height=400></iframe><script>onload=()=>{f.contentDocument.body.innerHTML='<p>here'}</script>`, "", page.Box{}, ""},
		{"a frame that has another document by then", `<iframe id=f src=/saved/a width=600 height=400></iframe><iframe id=g src=/status/503/a width=600 height=400></iframe><iframe id=h src=/frame/a width=600 height=400></iframe>
			<script>onload=()=>{f.srcdoc='<p>here';g.srcdoc='<p>there';h.src='/status/204/a'}</script>`, "", page.Box{}, ""},
		{"a frame that is downloaded unseen", `<iframe src=/pdf/a style="display:none" width=600 height=400></iframe>`, "", page.Box{}, ""},
		{"a frame of a picture", `<iframe src=/ok/a.png style="border:0;display:block" width=600 height=400></iframe>`, "", page.Box{}, ""},
		{"a chat window", `<iframe src=DEAD/chat title="chat" style="position:fixed;right:10px;bottom:10px;width:350px;height:500px"></iframe>`, "", page.Box{}, ""},

		// Style sheets
		{"a style sheet that is not there", `<link rel=stylesheet href=/status/404/a.css>`, page.Failed, page.Box{}, "/a.css"},
		{"a style sheet of a busy server", `<link rel=stylesheet href=/status/503/a.css>`, page.Failed, page.Box{}, "/a.css"},
		{"a style sheet of a dead server", `<link rel=stylesheet href=DEAD/shop.css>`, page.Failed, page.Box{}, "/shop.css"},
		{"a style sheet that another imports", `<style>@import "/status/404/a.css";</style>`, page.Failed, page.Box{}, "/a.css"},
		{"a style sheet that is not there, where another is", `<link rel=stylesheet href=/status/404/a.css><link rel=stylesheet href=/dress/a.css>`, "", page.Box{}, ""},
		{"one that another imports, likewise", `<link rel=stylesheet href=/dress/a.css?import>`, "", page.Box{}, ""},
		{"one that another imports, of a busy server", `<link rel=stylesheet href=/dress/a.css?busy>`, page.Failed, page.Box{}, "/import.css"},
		{"a style sheet of a busy server, where another is", `<link rel=stylesheet href=/status/503/a.css><link rel=stylesheet href=/dress/a.css>`, page.Failed, page.Box{}, "/a.css"},
		{"one that is not for us, where another is", `<link rel=stylesheet href=/status/403/a.css><link rel=stylesheet href=/dress/a.css>`, page.Failed, page.Box{}, "/a.css"},
		{"a style sheet that is not there, where only an empty one is", `<link rel=stylesheet href=/status/404/a.css><link rel=stylesheet href=/sheet/b.css>`, page.Failed, page.Box{}, "/a.css"},
		{"a style sheet that comes at the second try", `<link rel=stylesheet href=/once/a.css><div id=styled></div>`, "", page.Box{}, ""},
		{"fonts", `<link rel=stylesheet href=DEAD/fonts/notosans.css><style>@font-face{font-family:F;src:url(/status/404/f.woff2)}p{font-family:F,sans-serif}</style>`, "", page.Box{}, ""},
		{"a style sheet for paper", `<link rel=stylesheet media=print href=/status/404/print.css>`, "", page.Box{}, ""},
		{"a style sheet that is only fetched", `<link rel=preload as=style href=/status/404/a.css><link rel=prefetch href=/status/404/b.js><link rel=icon href=/status/404/i.ico>`, "", page.Box{}, ""},

		// What scripts would bring
		{"nothing without its script", `NOTHING<div id=root></div><script src=/status/404/app.js></script>`, page.Failed, page.Box{}, "/app.js"},
		{"nothing without a dead script", `NOTHING<div id=app></div><script src=DEAD/app.js></script>`, page.Failed, page.Box{}, "/app.js"},
		{"a place that stays a skeleton", `<div class=skeleton style="height:300px;background:#eee"></div><script>fetch('/status/503/desc')</script>`,
			page.Failed, page.Box{Y: -1, H: 300}, "/desc"},
		{"a place that stays empty", `<div id=detail></div><script>fetch('/status/500/desc').then(r=>{if(r.ok)detail.innerHTML='x'})</script>`, page.Failed, page.Box{}, "/desc"},
		{"a place that says it is loading", `<div id=d>불러오는 중…</div><script>const x=new XMLHttpRequest();x.open('GET','/status/502/desc');x.send()</script>`, page.Failed, page.Box{Y: -1}, "/desc"},
		{"a place that is loading for ever", `<div id=d>로딩 중</div><script>0</script>`, page.Loading, page.Box{Y: -1}, ""},
		{"a stepper that is called a spinner", `<span class="ui-widget ui-spinner" style="display:inline-block;width:240px;height:34px"><input class=ui-spinner-input value=1><a class="ui-button ui-spinner-button" style="position:absolute;width:26px;height:16px"></a></span><script>0</script>`, "", page.Box{}, ""},
		{"a button that waits for what it was pressed for", `<div class="ui loading button" style="width:105px;height:36px">담기</div><script>0</script>`, "", page.Box{}, ""},
		{"a label in the place of a choice", `<span class=select__placeholder style="display:block;width:240px;height:34px">옵션 선택</span><script>0</script>`, "", page.Box{}, ""},
		{"a place for what a shopper uploads", `<div class=file-uploader style="height:90px">사진 첨부</div><script>0</script>`, "", page.Box{}, ""},
		{"a place with a spinner", `<div class=loader style="width:40px;height:40px;border:4px solid #aaa"></div><script>0</script>`, page.Loading, page.Box{Y: -1}, ""},
		{"a line that stays a placeholder", `<div class=text-placeholder style="height:20px;background:#eee"></div><script>0</script>`, page.Loading, page.Box{Y: -1}, ""},
		{"a description that is loading, with a button in it", `<div class=loading style="height:300px"><button>취소</button></div><script>0</script>`, page.Loading, page.Box{Y: -1}, ""},
		{"a script that comes at the second try", `NOTHING<div id=root></div><script src=/once/app.js></script>`, "", page.Box{}, ""},
		{"scripts of trackers", `<script async src=DEAD/gtm.js></script><script src=/status/404/pixel.js></script><div id=fb-root></div>`, "", page.Box{}, ""},
		{"beacons", `<script>navigator.sendBeacon('DEAD/b');fetch('DEAD/collect',{method:'POST',body:'x',mode:'no-cors'}).catch(()=>{});new WebSocket('ws'+'DEAD/s'.slice(4))</script>`, "", page.Box{}, ""},
		{"an event stream that is refused", `<script>new EventSource('/status/404/events')</script>`, "", page.Box{}, ""},
		{"polling that fails", `<script>setInterval(()=>fetch('/status/503/poll?'+Math.random()).catch(()=>{}),200)</script>`, "", page.Box{}, ""},
		{"a request that hangs", `<script>fetch('/never/longpoll')</script>`, "", page.Box{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			body := strings.ReplaceAll(c.body, "DEAD", dead)
			if text, empty := strings.CutPrefix(body, "NOTHING"); empty {
				body = text
			} else {
				body += prose
			}
			cap, _ := capturer(t, "")
			m, err := cap.try(t, stall(t, body), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				if len(m.Unseen) > 0 || m.Partial != "" {
					t.Errorf("partial %q, unseen %+v", m.Partial, m.Unseen)
				}
				return
			}
			if len(m.Unseen) != 1 || m.Unseen[0].Kind != c.want || !strings.HasSuffix(m.Unseen[0].Source, c.source) {
				t.Fatalf("unseen %+v, want one %s at %s", m.Unseen, c.want, c.source)
			}
			got := m.Unseen[0].Box
			if c.box.Y < 0 && c.box.H == 0 || c.box == (page.Box{}) { // it is only said where it would be, roughly
				return
			}
			if got.X != c.box.X || c.box.W > 0 && got.W != c.box.W || got.H != c.box.H {
				t.Errorf("box %+v, want %+v", got, c.box)
			}
		})
	}
}

// TestDocumentsThatBreakOff: a document that did not come whole is asked for
// once more, and is then kept as far as it came, and told.
func TestDocumentsThatBreakOff(t *testing.T) {
	part := "<!doctype html><meta charset=utf-8>" + strings.Repeat(prose, 20)
	zipped := func() []byte {
		var b strings.Builder
		z := gzip.NewWriter(&b)
		for i := range 3000 {
			fmt.Fprintf(z, "<p>%d 상품 %x", i, i*i*7919)
		}
		z.Close()
		return []byte(b.String())
	}()
	for _, c := range []struct {
		name  string
		whole bool // from the second time on
		kind  fault.Kind
		serve http.HandlerFunc
	}{
		{"shorter than announced", false, "", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(2*len(part)))
			fmt.Fprint(w, part)
			panic(http.ErrAbortHandler)
		}},
		{"in the middle of a chunk", false, "", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, part)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}},
		{"half of what was compressed", false, "", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(zipped[:len(zipped)/2]) //nolint:errcheck // it is gone
		}},
		{"not compressed at all", false, fault.Unreachable, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			fmt.Fprint(w, part)
		}},
		{"after its last tag", true, "", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(part)+100))
			fmt.Fprint(w, part+"</html>\n<!-- 0.1 s -->")
			panic(http.ErrAbortHandler)
		}},
		{"at another byte each time", false, "", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(3*len(part)))
			fmt.Fprint(w, part)
			if strings.Contains(r.Header.Get("Sec-Fetch-Dest"), "empty") { // it is only asked how it ends
				fmt.Fprint(w, "<p>more</html>")
			}
			panic(http.ErrAbortHandler)
		}},
		{"a part that nobody asked for", false, "", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(part)-1, 2*len(part)))
			w.WriteHeader(http.StatusPartialContent)
			fmt.Fprint(w, part)
		}},
		{"once", true, "", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(2*len(part)))
			fmt.Fprint(w, part)
			panic(http.ErrAbortHandler)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			asked := 0
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				if r.URL.Path == "/" && r.Header.Get("Sec-Fetch-Dest") == "document" {
					asked++
				}
				again := asked > 1 && c.name == "once"
				mu.Unlock()
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				if again {
					fmt.Fprint(w, part)
					return
				}
				c.serve(w, r)
			})
			cap, _ := capturer(t, "")
			m, err := cap.try(t, url, time.Minute)
			if asked != 2 {
				t.Errorf("asked for %d times", asked)
			}
			switch {
			case c.kind != "":
				if fault.KindOf(err) != c.kind {
					t.Errorf("%s: %v", fault.KindOf(err), err)
				}
			case err != nil:
				t.Fatal(err)
			case c.whole:
				if m.Partial != "" || len(m.Unseen) > 0 {
					t.Errorf("partial %q, unseen %+v", m.Partial, m.Unseen)
				}
			case !strings.Contains(m.Partial, "broke off") || !slices.ContainsFunc(m.Unseen, func(u page.Unseen) bool { return u.Kind == page.Failed }):
				t.Errorf("partial %q, unseen %+v", m.Partial, m.Unseen)
			}
		})
	}
}

// TestWhatIsNoPage: what came in place of a page is told, whatever its status.
func TestWhatIsNoPage(t *testing.T) {
	for _, c := range []struct {
		name  string
		serve http.HandlerFunc
		want  string // in the one reason; empty: it is a page
	}{
		{"nothing", media("text/html", nil), "shows nothing"},
		{"nothing, of no type", media("", nil), "shows nothing"},
		{"elements without anything", html(`<div id=wrap><p> </p><img width=300 height=200></div><style>b{}</style>`), "shows nothing"},
		{"what a script takes away", html(prose + `<script>document.body.innerHTML=''</script>`), "shows nothing"},
		{"a redirect to nowhere", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusFound) }, "shows nothing"},
		{"a dialog", html(`<script>alert("존재하지 않는 상품입니다");history.back()</script>`), `"존재하지 않는 상품입니다"`},
		{"a picture that cannot be drawn", media("image/png", []byte("\x89PNG\r\n\x1a\nnot really")), "no picture that can be drawn"},
		{"a wall", html(`<title>Just a moment...</title><p>Checking your browser before accessing shop.example`), "Just a moment"},
		{"a Korean wall", html(`<h2>비정상적인 접근이 감지되었습니다</h2><p>아래 보안문자를 입력해 주세요`), "비정상적인 접근"},
		{"a wall's challenge", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Amzn-Waf-Action", "challenge")
			html(`<p>.`)(w, r)
		}, "challenge"},
		{"a colour", html(`<div style="background:green;height:200px"></div>`), ""},
		{"one word", html(`품절`), ""},
		{"a drawing", html(`<canvas id=c width=300 height=200></canvas><script>c.getContext('2d').fillRect(0,0,300,200)</script>`), ""},
		{"a form", html(`<input name=q>`), ""},
		{"in a shadow root", html(`<div id=h></div><script>h.attachShadow({mode:'closed'}).innerHTML='<p>품절'</script>`), ""},
		{"a page that speaks of walls", html(strings.Repeat(prose, 4) + `<p>로봇이 아닙니다: access denied`), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cap, _ := capturer(t, "")
			m, err := cap.try(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/" {
					http.NotFound(w, r)
					return
				}
				c.serve(w, r)
			}), time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				if len(m.Unseen) > 0 {
					t.Errorf("unseen %+v", m.Unseen)
				}
				return
			}
			if len(m.Unseen) != 1 || m.Unseen[0].Kind != page.Failed || !strings.Contains(m.Unseen[0].Why, c.want) {
				t.Errorf("unseen %+v, want %q", m.Unseen, c.want)
			}
		})
	}
}
