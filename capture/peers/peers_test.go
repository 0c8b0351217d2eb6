//go:build peers

// Package peers measures Puppeteer beside Pageinspect: the same pages in the
// same run, how many of them each captures wholly, and how fast.
package peers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // ours
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/capture"
	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/store"
	"github.com/pageinspect/pageinspect/shared/store/memstore"
)

// atOnce is how many pages are photographed at the same time.
const atOnce = 4

// kinds are pages as real shops have them. {3} is the picture of number 3; a
// page is captured wholly if the pictures from 0 to its highest are in the
// photographs, nearly all of each.
var kinds = []struct{ name, body string }{
	{"plain", `{0}{1}{2}`},
	{"lazy pictures", strings.ReplaceAll(`<div style="height:900px">{0}</div><div style="height:900px">{1}</div><div style="height:900px">{2}</div>{3}`, "{", "{lazy ")},
	{"lazy by a script", `<div style="height:3000px">{0}</div><img data-late=/k/1 width=400 height=200><script>new IntersectionObserver(e=>{if(e[0].isIntersecting)
		document.images[1].src=document.images[1].dataset.late}).observe(document.images[1])</script>`},
	{"shown by a timer", `{0}<div id=d></div><script>setTimeout(()=>d.innerHTML='{1}',2000)</script>`},
	{"fetched, and shown late", `{0}<div id=d></div><script>fetch('/slow').then(()=>setTimeout(()=>d.innerHTML='{1}',1200))</script>`},
	{"an event stream", `{0}<div id=d></div><script>new EventSource('/events').onmessage=()=>d.innerHTML='{1}'</script>`},
	{"a refresh", `<meta http-equiv=refresh content="2;url=/case/plain">{0}`},
	{"a script that leads on", `<script>setTimeout(()=>location.href='/case/plain',1500)</script>{0}`},
	{"the first move of a hand", `{0}<div id=d></div><script>addEventListener('mousemove',()=>d.innerHTML='{1}')</script>`},
	{"a picture that comes at the second try", `{0}<img src="/once/1?` + "%d" + `" width=400 height=200>`},
	{"scrolls inside", `<style>html,body{height:100%;overflow:hidden}main{height:100vh;overflow:auto}p{height:500px}</style><main>{0}<p></p>{1}<p></p>{2}</main>`},
	{"a body that scrolls", `<style>html,body{height:100%;overflow-x:hidden}p{height:500px}</style>{0}<p></p>{1}<p></p>{2}`},
	{"a frame that scrolls", `{0}<iframe src=/case/long width=600 height=300></iframe>`},
	{"fades in, and out again", `<style>.r{height:900px;opacity:0;transition:opacity .5s}.r.on{opacity:1}</style><div class=r>{0}</div><div class=r>{1}</div><div class=r>{2}</div><script>
		const o=new IntersectionObserver(s=>s.forEach(e=>e.target.classList.toggle('on',e.isIntersecting)));document.querySelectorAll('.r').forEach(e=>o.observe(e))</script>`},
	{"content-visibility", `<style>section{content-visibility:auto;contain-intrinsic-size:400px 900px;height:900px}</style><section>{0}</section><section>{1}</section><section>{2}</section>`},
	{"a carousel", `<div style="display:flex;width:400px;overflow-x:auto"><div style="flex:0 0 400px">{0}</div><div style="flex:0 0 400px">{1}</div><div style="flex:0 0 400px">{2}</div></div>`},
	{"a closed description", `{0}<div style="max-height:100px;overflow:hidden">{1}{2}</div>`},
}

func shade(k int) color.RGBA {
	v := []uint8{0x50, 0xa0, 0xf0}
	return color.RGBA{v[k%3], v[(k/3+1)%3], 0x20, 255}
}

// site serves the kinds at /case/NAME.
func site(t *testing.T) *httptest.Server {
	var mu sync.Mutex
	asked := map[string]bool{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, rest, _ := strings.Cut(r.URL.Path[1:], "/")
		mu.Lock()
		first := !asked[r.URL.String()]
		asked[r.URL.String()] = true
		mu.Unlock()
		switch {
		case kind == "case":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, "<!doctype html><meta charset=utf-8><style>body{margin:0}img{display:block}</style>", body(rest, r.URL.RawQuery))
		case kind == "slow":
			time.Sleep(300 * time.Millisecond)
		case kind == "events":
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, "data: now\n\n")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		case kind == "once" && first:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			k, _ := strconv.Atoi(rest)
			img := image.NewRGBA(image.Rect(0, 0, 400, 200))
			for i := range 400 * 200 {
				img.SetRGBA(i%400, i/400, shade(k))
			}
			w.Header().Set("Content-Type", "image/png")
			png.Encode(w, img) //nolint:errcheck // it is gone
		}
	}))
	t.Cleanup(s.CloseClientConnections)
	return s
}

func body(name, run string) string {
	if name == "long" {
		return pictures(`{1}<p style="height:400px"></p>{2}`)
	}
	for _, k := range kinds {
		if slug(k.name) == name {
			return strings.ReplaceAll(pictures(k.body), "%d", run)
		}
	}
	return "none"
}

func pictures(body string) string {
	for k := range 6 {
		body = strings.ReplaceAll(body, fmt.Sprintf("{%d}", k), fmt.Sprintf(`<img src=/k/%d width=400 height=200>`, k))
		body = strings.ReplaceAll(body, fmt.Sprintf("{lazy %d}", k), fmt.Sprintf(`<img loading=lazy src=/k/%d width=400 height=200>`, k))
	}
	return body
}

func slug(name string) string { return strings.NewReplacer(" ", "-", ",", "").Replace(name) }

// wants is how many pictures a kind has.
func wants(k string) int {
	switch slug(k) {
	case "a-refresh", "a-script-that-leads-on", "a-frame-that-scrolls":
		return 3
	case "a-picture-that-comes-at-the-second-try", "lazy-by-a-script":
		return 2
	}
	n := 0
	for i := range 6 {
		if strings.Contains(body(slug(k), ""), fmt.Sprintf("/k/%d ", i)) {
			n = i + 1
		}
	}
	return n
}

// seen says whether the first n pictures are in the photographs, nearly all of each.
func seen(n int, photographs ...[]byte) bool {
	var px [6]int
	for _, b := range photographs {
		img, _, err := image.Decode(bytes.NewReader(b))
		if err != nil {
			return false
		}
		size := img.Bounds()
		for y := size.Min.Y; y < size.Max.Y; y += 2 {
			for x := size.Min.X; x < size.Max.X; x += 2 {
				r, g, b, _ := img.At(x, y).RGBA()
				for k := range n {
					c := shade(k)
					near := func(a uint32, b uint8) bool { d := int(a>>8) - int(b); return d > -9 && d < 9 }
					if near(r, c.R) && near(g, c.G) && near(b, c.B) {
						px[k]++
					}
				}
			}
		}
	}
	for k := range n {
		if px[k] < 400*200/4*9/10 {
			return false
		}
	}
	return true
}

type outcome struct {
	whole map[string]bool
	said  map[string]bool // it was told that something is missing
	took  time.Duration
}

func TestPeers(t *testing.T) {
	node, err := exec.LookPath("node")
	npm, err2 := exec.LookPath("npm")
	if err != nil || err2 != nil {
		t.Log("SKIP: node and npm are not here, so nothing is measured beside Pageinspect; see https://nodejs.org")
		return
	}
	path, err := browser.Find(os.Getenv("CHROME_PATH"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"package.json", "puppeteer.mjs"} {
		b, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	install := exec.Command(npm, "install", "--no-audit", "--no-fund", "--ignore-scripts")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Logf("SKIP: npm could not bring Puppeteer, so nothing is measured beside Pageinspect: %v\n%s", err, out)
		return
	}
	s := site(t)
	columns := []struct {
		name string
		outcome
	}{
		{"Pageinspect", ours(t, s.URL, "1")},
		{"Puppeteer, load", theirs(t, node, path, dir, "load", s.URL, "2")},
		{"Puppeteer, networkidle2", theirs(t, node, path, dir, "networkidle2", s.URL, "3")},
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n| page |")
	for _, c := range columns {
		fmt.Fprintf(&b, " %s |", c.name)
	}
	fmt.Fprintf(&b, "\n| --- |%s\n", strings.Repeat(" --- |", len(columns)))
	for _, k := range kinds {
		fmt.Fprintf(&b, "| %s |", k.name)
		for _, c := range columns {
			fmt.Fprintf(&b, " %s |", map[bool]string{true: "whole", false: map[bool]string{true: "said", false: "no"}[c.said[k.name]]}[c.whole[k.name]])
		}
		fmt.Fprintln(&b)
	}
	fmt.Fprintf(&b, "| whole, of %d |", len(kinds))
	for _, c := range columns {
		fmt.Fprintf(&b, " %d |", len(slices.Collect(func(yield func(bool) bool) {
			for _, w := range c.whole {
				if w && !yield(w) {
					return
				}
			}
		})))
	}
	fmt.Fprintf(&b, "\n| pages a minute, %d at once |", atOnce)
	for _, c := range columns {
		fmt.Fprintf(&b, " %.0f |", float64(len(kinds))/c.took.Minutes())
	}
	t.Log(b.String())
}

func ours(t *testing.T, url, run string) outcome {
	quiet := slog.New(slog.DiscardHandler)
	b, err := browser.Start(t.Context(), browser.Config{Path: os.Getenv("CHROME_PATH"), Tabs: atOnce, Recycle: 500, Allow: []string{"127.0.0.1"}}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close(context.Background())
	profiles, err := capture.LoadProfiles("")
	if err != nil {
		t.Fatal(err)
	}
	objects := memstore.New("shots", "pages")
	c := &capture.Capturer{Browser: b, Profiles: profiles, Store: objects, Screenshots: "shots", Pages: "pages", Log: quiet, Now: time.Now}
	out := outcome{whole: map[string]bool{}, said: map[string]bool{}}
	jobs := make([]*capture.Job, len(kinds))
	began := time.Now()
	next := make(chan int, len(kinds))
	for i := range kinds {
		next <- i
	}
	close(next)
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for i := range next {
				req := job.Request{Schema: job.RequestSchema, ID: slug(kinds[i].name), URL: fmt.Sprintf("%s/case/%s?%s", url, slug(kinds[i].name), run)}
				j := c.Job(req, job.Source{})
				leave, err := j.Ready(t.Context())
				if err == nil {
					err = j.Do(t.Context(), nil)
					leave()
				}
				if err != nil {
					t.Logf("%s: %v", kinds[i].name, err)
				}
				jobs[i] = j
			}
		})
	}
	all.Wait()
	out.took = time.Since(began)
	for i, j := range jobs {
		var photographs [][]byte
		for _, tile := range j.Manifest.Tiles {
			uri, err := store.ParseURI(tile.Object)
			if err != nil {
				t.Fatal(err)
			}
			photographs = append(photographs, objects.Objects()[uri])
		}
		out.whole[kinds[i].name] = seen(wants(kinds[i].name), photographs...)
		out.said[kinds[i].name] = j.Manifest.Partial != "" || len(j.Manifest.Unseen) > 0 || len(photographs) == 0
	}
	return out
}

func theirs(t *testing.T, node, chrome, dir, wait, url, run string) outcome {
	type one struct {
		URL  string `json:"url"`
		File string `json:"file"`
	}
	var list []one
	for _, k := range kinds {
		list = append(list, one{fmt.Sprintf("%s/case/%s?%s", url, slug(k.name), run), filepath.Join(dir, wait+"-"+slug(k.name)+".png")})
	}
	arg, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(node, "puppeteer.mjs", chrome, wait, string(arg))
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	b, err := cmd.Output()
	if err != nil {
		t.Fatalf("puppeteer: %v\n%s", err, b)
	}
	var told struct {
		MS     float64           `json:"ms"`
		Failed map[string]string `json:"failed"`
	}
	if err := json.Unmarshal(b, &told); err != nil {
		t.Fatalf("puppeteer said %q: %v", b, err)
	}
	out := outcome{whole: map[string]bool{}, said: map[string]bool{}, took: time.Duration(told.MS * float64(time.Millisecond))}
	for i, k := range kinds {
		b, err := os.ReadFile(list[i].File) // an error is said, and there is none
		out.whole[k.name] = err == nil && seen(wants(k.name), b)
		out.said[k.name] = told.Failed[list[i].URL] != ""
	}
	return out
}
