package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/shared/store"
)

// usersBrowser is a browser as a user has one, which resolves evil.test to this
// machine, as a name does that was made to (DNS rebinding). It ends after limit.
func usersBrowser(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	names := []string{"chromium-headless-shell", "chromium", "google-chrome"}
	if named := os.Getenv("CHROME_PATH"); named != "" {
		names = []string{named}
	}
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		ctx, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
			chromedp.Flag("host-resolver-rules", "MAP evil.test 127.0.0.1"))...)
		t.Cleanup(stop)
		ctx, closeTab := chromedp.NewContext(ctx)
		t.Cleanup(closeTab)
		ctx, cancel := context.WithTimeout(ctx, limit)
		t.Cleanup(cancel)
		if err := chromedp.Do(ctx); err != nil {
			t.Fatal(err)
		}
		return ctx
	}
	t.Fatal("there is no Chromium: install chromium-headless-shell or set CHROME_PATH")
	return nil
}

// visited opens a page and evaluates an expression in it, awaiting it.
func visited(t *testing.T, tab context.Context, address, expression string) []string {
	t.Helper()
	loaded := make(chan struct{}, 16)
	if err := chromedp.Listen(tab, func(ev any) {
		if _, ok := ev.(*page.EventLoadEventFired); ok {
			loaded <- struct{}{}
		}
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(tab, page.Enable, page.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(tab, page.Navigate, page.NavigateParams{URL: address}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-loaded:
	case <-tab.Done():
		t.Fatalf("%s did not load", address)
	}
	said, err := chromedp.Run(tab, chromedp.Evaluate[[]string](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	return said
}

// tries is a script that asks for what stands at each address in every way that
// a page has, and says what it got: an answer that it could read is "READ …".
const tries = `
async function tries(list) {
  const said = [];
  const one = async (what, doing) => {
    try { const got = await doing(); if (got) said.push(what + ": READ " + String(got).slice(0, 200)) }
    catch (e) { said.push(what + ": " + e.name) }
  };
  const text = async r => r.type === "opaque" ? "" : r.status === 403 ? "" : r.status + " " + await r.text();
  const element = (what, name, attributes) => new Promise(done => {
    const e = document.createElement(name);
    e.onload = () => done(name === "img" || name === "script" || name === "link" ? what + " loaded" : "");
    e.onerror = () => done("");
    Object.assign(e, attributes);
    document.body.append(e);
  });
  const form = (action, value) => new Promise(done => {
    const frame = document.createElement("iframe");
    frame.name = "f" + Math.random();
    const f = document.createElement("form");
    Object.assign(f, {action, method: "POST", enctype: "text/plain", target: frame.name});
    const input = document.createElement("input");
    [input.name, input.value] = value;
    f.append(input);
    document.body.append(frame, f);
    frame.onload = () => done("");
    f.submit();
    setTimeout(() => done(""), 5000);
  });
  for (const {get, post, body, form: pair} of list) {
    await one("fetch " + get, async () => text(await fetch(get)));
    await one("fetch with credentials " + get, async () => text(await fetch(get, {credentials: "include"})));
    await one("fetch no-cors " + get, async () => text(await fetch(get, {mode: "no-cors"})));
    await one("frame " + get, async () => { await element("", "iframe", {src: get}); return "" });
    await one("script " + get, async () => element("script", "script", {src: get}));
    await one("picture " + get, async () => element("picture", "img", {src: get}));
    await one("style " + get, async () => element("style", "link", {rel: "stylesheet", href: get}));
    await one("WebSocket " + get, () => new Promise(done => {
      const s = new WebSocket(get.replace("http", "ws")); s.onopen = () => done("open"); s.onerror = () => done("");
    }));
    await one("EventSource " + get, () => new Promise(done => {
      const s = new EventSource(get); s.onopen = () => { s.close(); done("open") }; s.onerror = () => { s.close(); done("") };
    }));
    for (const method of ["POST", "PUT", "DELETE", "PATCH"])
      await one(method + " " + post, async () => text(await fetch(post, {method, body, headers: {"Content-Type": "application/json"}})));
    await one("simple POST " + post, async () => text(await fetch(post, {method: "POST", mode: "no-cors", body})));
    await one("POST without a referrer " + post, async () => text(await fetch(post, {method: "POST", mode: "no-cors", body, referrerPolicy: "no-referrer"})));
    await one("beacon " + post, async () => { navigator.sendBeacon(post, body); return "" });
    await one("form " + post, () => form(post, pair));
    await one("sandboxed " + post, async () => { await element("", "iframe", {sandbox: "allow-scripts allow-forms",
      srcdoc: "<script>fetch(" + JSON.stringify(post) + ", {method: 'POST', mode: 'no-cors', body: " + JSON.stringify(body) + "})<\/script>"}); return "" });
  }
  return said;
}`

// TestStrangersInTheUsersBrowser: while serve runs, no web page that the user has
// open reads or writes anything of it: not of another origin, in any way that a
// page has, and not by a name that was made to lead here.
func TestStrangersInTheUsersBrowser(t *testing.T) {
	addr := map[string]string{}
	args := []string{"serve", "--quiet", "--state", t.TempDir()}
	for _, part := range []string{"kafka", "storage", "vision", "capture", "recognize"} {
		addr[part] = freeAddress(t)
		args = append(args, "--"+part, addr[part])
	}
	wholeProgram(t)
	startServe(t, args)
	objects, err := store.New(t.Context(), store.Config{EmulatorHost: addr["storage"]})
	if err != nil {
		t.Fatal(err)
	}
	defer objects.Close()
	if _, err := objects.Create(t.Context(), store.URI{Bucket: localcloud.Screenshots, Object: "ours"}, "text/plain", []byte("OURS ALONE"), nil); err != nil {
		t.Fatal(err)
	}
	wanted := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a page was captured for a stranger: %s", r.URL)
	}))
	defer wanted.Close()
	order := func(id string) string {
		return fmt.Sprintf(`{"schema":"pageinspect.request/v1","id":"%s","url":"%s/"}`, id, wanted.URL)
	}
	list := func(host func(part string) string) string {
		var b strings.Builder
		for _, a := range []struct{ get, post, body string }{
			{"http://" + host("storage") + "/storage/v1/b/" + localcloud.Screenshots + "/o/ours?alt=media", "http://" + host("storage") + "/upload/storage/v1/b/" + localcloud.Pages + "/o?uploadType=media&name=stranger", "STRANGER"},
			{"http://" + host("storage") + "/storage/v1/b/" + localcloud.Screenshots + "/o", "http://" + host("storage") + "/storage/v1/b/" + localcloud.Screenshots + "/o/ours", "{}"},
			{"http://" + host("capture") + "/", "http://" + host("capture") + "/", order("stranger")},
			{"http://" + host("recognize") + "/", "http://" + host("recognize") + "/", "{}"},
			{"http://" + host("vision") + "/", "http://" + host("vision") + "/", "x"},
			{"http://" + host("kafka") + "/", "http://" + host("kafka") + "/", "x"},
		} {
			// A form of text/plain sends name=value: the = goes into a member that nobody reads.
			name, value := strings.TrimSuffix(a.body, "}")+`,"x":"`, `"}`
			fmt.Fprintf(&b, "{get: %q, post: %q, body: %q, form: [%q, %q]},", a.get, a.post, a.body, name, value)
		}
		return "[" + b.String() + "]"
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<title>a shop</title><body>") //nolint:errcheck // the browser may leave
	}))
	defer site.Close()
	_, sitePort, _ := net.SplitHostPort(site.Listener.Addr().String())
	rebound := func(part string) string {
		_, port, _ := net.SplitHostPort(addr[part])
		return "evil.test:" + port
	}
	tab := usersBrowser(t, 2*time.Minute)
	for _, c := range []struct {
		name, page string
		host       func(string) string
	}{
		{"another port", site.URL, func(part string) string { return addr[part] }},
		{"another site", "http://evil.test:" + sitePort, func(part string) string { return addr[part] }},
		{"by the name localhost", site.URL, func(part string) string { return strings.Replace(addr[part], "127.0.0.1", "localhost", 1) }},
		{"a name that leads here", "http://" + rebound("storage"), rebound},
		{"Capture's own port by that name", "http://" + rebound("capture"), rebound},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, line := range visited(t, tab, c.page, "(async () => {"+tries+"; return tries("+list(c.host)+")})()") {
				if strings.Contains(line, ": READ ") {
					t.Error(line)
				}
			}
		})
	}

	// Nothing was written, deleted or begun, and the programs of this machine are let in as before.
	for _, bucket := range []string{localcloud.Screenshots, localcloud.Pages, localcloud.Results} {
		for a, err := range objects.List(t.Context(), bucket, "") {
			if err != nil {
				t.Fatal(err)
			}
			if a.Object != "ours" {
				t.Errorf("%s/%s was written", bucket, a.Object)
			}
		}
	}
	if b, _, err := objects.Read(t.Context(), store.URI{Bucket: localcloud.Screenshots, Object: "ours"}, 100); err != nil || string(b) != "OURS ALONE" {
		t.Errorf("%q, %v", b, err)
	}
	for address, body := range map[string]string{"http://" + addr["storage"] + "/upload/storage/v1/b/" + localcloud.Screenshots + "/o?uploadType=media&name=control": "CONTROL", "http://" + addr["capture"] + "/": "[]"} {
		resp, err := http.Post(address, "text/plain", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s answers a program %s: the pages were refused for another reason", address, resp.Status)
		}
	}
	t.Setenv("KAFKA_BROKERS", addr["kafka"])
	t.Setenv("STORAGE_EMULATOR_HOST", addr["storage"])
	t.Setenv("PAGES_BUCKET", localcloud.Pages)
	if code, stdout, stderr := pageinspect(t, "status"); code != 0 || strings.Contains(stdout, "stranger") {
		t.Errorf("status: exit %d, %s %s", code, stdout, stderr)
	}
}
