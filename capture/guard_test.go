package capture

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
)

// canary counts the requests that reach a server which no page may reach.
type canary struct {
	mu   sync.Mutex
	seen []string
}

func (c *canary) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, r.Host+r.URL.String())
	w.Header().Set("Access-Control-Allow-Origin", "*")
	fmt.Fprint(w, "secret")
}

func (c *canary) visits() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen
}

// fixed serves at an address that is known before the browser starts.
func fixed(t *testing.T, h http.Handler) *httptest.Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestGuardKeepsPagesFromPrivateAddresses(t *testing.T) {
	var c canary
	secret := fixed(t, &c)
	_, port, _ := net.SplitHostPort(secret.Listener.Addr().String())
	var site http.HandlerFunc
	s := fixed(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { site(w, r) }))
	addresses := map[string]string{
		"plain":    "http://127.0.0.1:" + port,
		"name":     "http://localhost:" + port,
		"ipv6":     "http://[::1]:" + port,
		"mapped":   "http://[::ffff:127.0.0.1]:" + port,
		"hex":      "http://0x7f000001:" + port,
		"decimal":  "http://2130706433:" + port,
		"short":    "http://127.1:" + port,
		"zero":     "http://0.0.0.0:" + port,
		"metadata": "http://169.254.169.254",
		"tls":      "https://127.0.0.1:" + port,
	}
	var body strings.Builder
	for name, a := range addresses {
		fmt.Fprintf(&body, `<img src="%s/img-%s"><iframe src="%s/frame-%s"></iframe><link rel=stylesheet href="%s/css-%s">
			<script>fetch('%s/fetch-%s',{mode:'no-cors'}).catch(()=>{});navigator.sendBeacon('%s/beacon');new WebSocket('%s/ws')</script>
			<img src="/to?%s/redirect-%s">`, a, name, a, name, a, name, a, name, a, strings.Replace(a, "http", "ws", 1), a, name)
	}
	body.WriteString(`<iframe src="file:///etc/passwd"></iframe><iframe src="/to?file:///etc/passwd"></iframe>
		<script>new Worker(URL.createObjectURL(new Blob(["fetch('http://127.0.0.1:` + port + `/worker',{mode:'no-cors'})"])))</script>`)
	site = func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/to":
			http.Redirect(w, r, r.URL.RawQuery, http.StatusFound)
		case "/":
			html(seen+body.String())(w, r)
		case "/go":
			html(seen+`<script>location.replace('http://127.0.0.1:`+port+`/moved')</script>`)(w, r)
		default:
			http.NotFound(w, r)
		}
	}
	cap, _ := own(t, browser.Config{Tabs: 1, Allow: []string{s.Listener.Addr().String()}})
	m := cap.mustPage(t, ask(s.URL+"/"))
	blocked := strings.Join(m.Blocked, "\n")
	for name := range addresses {
		for _, how := range []string{"img-", "frame-", "fetch-", "redirect-"} {
			if !strings.Contains(blocked, how+name) {
				t.Errorf("%s%s is not listed as blocked", how, name)
			}
		}
	}
	if t.Failed() {
		t.Logf("blocked:\n%s\nwarnings %q", blocked, m.Warnings)
	}

	for _, u := range []string{secret.URL + "/main", s.URL + "/to?" + secret.URL + "/redirect", s.URL + "/go", "http://localhost:" + port, "http://169.254.169.254/latest", "https://127.0.0.1:" + port, "http://[::1]:" + port} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		req := ask(u)
		req.ID = "blocked"
		_, err := cap.Page(ctx, req, job.Source{})
		cancel()
		if kind := fault.KindOf(err); kind != fault.Blocked {
			t.Errorf("%s: kind %q, want blocked: %v", u, kind, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req := ask(s.URL + "/to?file:///etc/passwd")
	req.ID = "file"
	if _, err := cap.Page(ctx, req, job.Source{}); err == nil {
		t.Error("a redirect to a file is captured")
	}
	if v := c.visits(); len(v) > 0 {
		t.Errorf("the guarded server was visited: %q", v)
	}
}

// Nor does a page show or read what is on this machine's disk.
func TestPagesCannotReadFiles(t *testing.T) {
	file := t.TempDir() + "/secret.png"
	if err := os.WriteFile(file, dot(red, 200, 200), 0o600); err != nil {
		t.Fatal(err)
	}
	body := fmt.Sprintf(`<title>nothing</title><img src="file://%[1]s" width=200 height=200><iframe src="file://%[1]s" width=200 height=200></iframe>
		<object data="file://%[1]s" width=200 height=200></object><div style="width:200px;height:200px;background:url(file://%[1]s)"></div>
		<script>const tell=()=>{document.title='read'};fetch('file://%[1]s').then(tell,()=>{});
		const x=new XMLHttpRequest();x.onload=tell;x.open('GET','file://%[1]s');x.send();
		const l=document.createElement('script');l.onload=tell;l.src='file://%[1]s';document.body.append(l);
		open('file://%[1]s')</script>`, file)
	cap, mem := capturer(t, "")
	m := cap.mustPage(t, ask(serve(t, html(body))))
	if m.Title != "nothing" {
		t.Errorf("the page says %q", m.Title)
	}
	img := pictureOf(t, mem.Objects(), m.Tiles[0])
	for y := 10; y < m.Tiles[0].Height; y += 20 {
		for x := 10; x < m.Tiles[0].Width; x += 20 {
			if is(img, x, y, red) {
				t.Fatalf("the file is shown at %d,%d", x, y)
			}
		}
	}
}

func TestRequestsAreForTheWebAlone(t *testing.T) {
	for _, u := range []string{"file:///etc/passwd", "chrome://crash", "data:text/html,x", "javascript:1", "ftp://x/"} {
		if err := ask(u).Validate(); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", u, err)
		}
	}
}
