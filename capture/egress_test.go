package capture

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// silentHost counts whoever reaches a port of this machine, by TCP or UDP, whatever they say.
type silentHost struct {
	port string
	mu   sync.Mutex
	seen []string
}

func newSilentHost(t *testing.T) *silentHost {
	t.Helper()
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	udp, err := net.ListenPacket("udp", tcp.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tcp.Close(); udp.Close() })
	h := &silentHost{}
	_, h.port, _ = net.SplitHostPort(tcp.Addr().String())
	go func() {
		for {
			c, err := tcp.Accept()
			if err != nil {
				return
			}
			h.note("TCP")
			go func() {
				defer c.Close()
				c.SetReadDeadline(time.Now().Add(time.Second)) //nolint:errcheck // it is a connection
				b := make([]byte, 200)
				if n, _ := c.Read(b); n > 0 {
					h.note(fmt.Sprintf("TCP %.100q", b[:n])) // for whoever reads what went wrong
				}
			}()
		}
	}()
	go func() {
		for b := make([]byte, 2000); ; {
			n, _, err := udp.ReadFrom(b)
			if err != nil {
				return
			}
			h.note(fmt.Sprintf("UDP %.50q", b[:n]))
		}
	}()
	return h
}

func (h *silentHost) note(what string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen = append(h.seen, what)
}

func (h *silentHost) visits() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.seen
}

// spellings are names of 127.0.0.1 and of what leads to it.
var spellings = []string{
	"127.0.0.1", "127.1", "127.0.1", "0", "0.0.0.0", "0x7f.1", "0x7f000001", "0177.0.0.1", "017700000001", "2130706433", "127.0.0.1.", "127.9.9.9",
	"localhost", "LOCALHOST", "localhost.", "x.localhost", "①②⑦.⓪.⓪.①", "127。0。0。1", "%31%32%37.0.0.1",
	"[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[0:0:0:0:0:0:0:1]", "me:pw@127.0.0.1",
}

// TestEverySpellingIsRefused: whatever an address of this machine is called, a
// page is not let through to it, nor by a redirect.
func TestEverySpellingIsRefused(t *testing.T) {
	h := newSilentHost(t)
	var body strings.Builder
	for i, s := range spellings {
		for _, scheme := range []string{"http", "https"} {
			address := fmt.Sprintf("%s://%s:%s", scheme, s, h.port)
			fmt.Fprintf(&body, `<img src="%[1]s/i%[2]d"><img src="/to?%[1]s/r%[2]d"><script>fetch(%[3]q,{mode:"no-cors"}).catch(()=>{});try{new WebSocket(%[4]q)}catch{}</script>`,
				address, i, address+"/f", strings.Replace(address, "http", "ws", 1))
		}
	}
	s := fixed(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/to" {
			http.Redirect(w, r, r.URL.RawQuery, http.StatusFound)
			return
		}
		html(seen+body.String())(w, r)
	}))
	cap, _ := own(t, browser.Config{Tabs: 1, Allow: []string{s.Listener.Addr().String()}})
	m := cap.mustPage(t, ask(s.URL+"/"))
	if v := h.visits(); len(v) > 0 {
		t.Errorf("reached: %q", v)
	}
	if len(m.Blocked) < 2*len(spellings) {
		t.Errorf("only %d were asked for and refused: %q", len(m.Blocked), m.Blocked)
	}
}

// apis is a page that reaches for one address in every way that a page has. It
// says with its title that it has tried all of them.
const apis = `
<base target=_self>
<style>@import url("ADDRESS/import.css"); @font-face{font-family:f;src:url("ADDRESS/font.woff2")} p{font-family:f;background:url("ADDRESS/background");cursor:url("ADDRESS/cursor"),auto;list-style-image:url("ADDRESS/list")}
  #mask{mask:url("ADDRESS/mask.svg#m");clip-path:url("ADDRESS/clip.svg#c");filter:url("ADDRESS/filter.svg#f")} p::after{content:url("ADDRESS/content")}</style>
<link rel=preload as=script href="ADDRESS/preload"><link rel=modulepreload href="ADDRESS/modulepreload"><link rel=prefetch href="ADDRESS/prefetch"><link rel=prerender href="ADDRESS/prerender">
<link rel=dns-prefetch href="ADDRESS"><link rel=preconnect href="ADDRESS"><link rel=icon href="ADDRESS/icon"><link rel=manifest href="ADDRESS/manifest.json"><link rel=stylesheet href="ADDRESS/css">
<script type=speculationrules>{"prefetch":[{"source":"list","urls":["ADDRESS/speculated"]}],"prerender":[{"source":"list","urls":["ADDRESS/prerendered"]}]}</script>
<p id=mask>text</p><video src="ADDRESS/video" poster="ADDRESS/poster" autoplay muted></video><audio src="ADDRESS/audio" autoplay></audio><video><source src="ADDRESS/source"><track src="ADDRESS/track" default></video>
<object data="ADDRESS/object"></object><embed src="ADDRESS/embed"><iframe src="ADDRESS/frame"></iframe><iframe srcdoc="<img src='ADDRESS/srcdoc'>"></iframe><frameset><frame src="ADDRESS/frameset"></frameset>
<img srcset="ADDRESS/srcset 1x"><picture><source srcset="ADDRESS/picture"><img></picture><input type=image src="ADDRESS/input"><svg width=9 height=9><image href="ADDRESS/svg"/><use href="ADDRESS/use.svg#u"/></svg>
<script src="ADDRESS/script"></script><script type=module>import "ADDRESS/module"</script><script type=importmap>{"imports":{"x":"ADDRESS/mapped"}}</script>
<a id=a href="ADDRESS/download" download target=formframe ping="ADDRESS/ping">x</a><form id=form action="ADDRESS/form" method=post target=formframe></form><iframe name=formframe></iframe>
<iframe src="view-source:ADDRESS/source"></iframe><iframe src="javascript:fetch('ADDRESS/javascript')"></iframe><iframe src="data:text/html,<script>fetch('ADDRESS/data')</script>"></iframe>
<script>
const A = "ADDRESS", WS = A.replace("http", "ws"), host = new URL(A).host;
const tried = [];
const go = async (what, f) => { try { await f() } catch (e) {} tried.push(what) };
const blob = code => URL.createObjectURL(new Blob([code], {type: "text/javascript"}));
const brief = f => Promise.race([f, new Promise(r => setTimeout(r, 1500))]);
(async () => {
  await go("fetch", () => fetch(A + "/fetch"));
  await go("no-cors", () => fetch(A + "/nocors", {mode: "no-cors", keepalive: true}));
  await go("put", () => fetch(A + "/put", {method: "PUT", body: "x"}));
  await go("xhr", () => brief(new Promise(r => { const x = new XMLHttpRequest(); x.onloadend = r; x.open("GET", A + "/xhr"); x.send() })));
  await go("sync xhr", () => { const x = new XMLHttpRequest(); x.open("GET", A + "/sync", false); x.send() });
  await go("beacon", () => navigator.sendBeacon(A + "/beacon", "x"));
  await go("websocket", () => brief(new Promise(r => { new WebSocket(WS + "/ws").onclose = r })));
  await go("eventsource", () => brief(new Promise(r => { const e = new EventSource(A + "/events"); e.onerror = () => { e.close(); r() } })));
  await go("worker", () => brief(new Promise(r => { const w = new Worker(blob("fetch('" + A + "/worker').catch(() => {}).then(() => postMessage(1)); try { importScripts('" + A + "/imported') } catch {}")); w.onmessage = r })));
  await go("worker's own address", () => new Worker(A + "/worker.js"));
  await go("shared worker", () => new SharedWorker(blob("fetch('" + A + "/shared').catch(() => {})")));
  await go("service worker", () => brief(navigator.serviceWorker.register("/sw.js").then(() => new Promise(r => setTimeout(r, 500)))));
  await go("dynamic import", () => import(A + "/dynamic.js"));
  await go("webtransport", () => brief(new WebTransport("https://" + host + "/").ready));
  for (const urls of ["stun:" + host, "turn:" + host + "?transport=udp", "turn:" + host + "?transport=tcp", "turns:" + host])
    await go(urls, () => brief((async () => {
      const c = new RTCPeerConnection({iceServers: [{urls, username: "u", credential: "p"}], iceCandidatePoolSize: 2});
      c.createDataChannel("x");
      await c.setLocalDescription(await c.createOffer());
      await c.setRemoteDescription({type: "answer", sdp: c.localDescription.sdp.replace("a=setup:actpass", "a=setup:active")}).catch(() => {});
      await c.addIceCandidate({candidate: "candidate:1 1 udp 2122260223 127.0.0.1 " + host.split(":")[1] + " typ host", sdpMid: "0", sdpMLineIndex: 0}).catch(() => {});
      await new Promise(r => setTimeout(r, 700));
    })()));
  await go("audio", () => brief(new Audio(A + "/newaudio").play()));
  await go("image bitmap", async () => createImageBitmap(await (await fetch(A + "/bitmap")).blob()));
  await go("font face", () => new FontFace("g", "url(" + A + "/fontface)").load());
  await go("worklet", () => CSS.paintWorklet.addModule(A + "/worklet"));
  await go("audio worklet", () => new AudioContext().audioWorklet.addModule(A + "/audioworklet"));
  await go("wasm", () => WebAssembly.instantiateStreaming(fetch(A + "/wasm")));
  await go("report", () => { const m = document.createElement("meta"); m.httpEquiv = "Content-Security-Policy"; m.content = "img-src 'none'; report-uri " + A + "/report"; });
  await go("xslt", () => brief(new Promise(r => { const f = document.createElement("iframe"); f.onload = r; f.src = URL.createObjectURL(new Blob(['<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="' + A + '/xslt"?><!DOCTYPE x SYSTEM "' + A + '/dtd"><x/>'], {type: "text/xml"})); document.body.append(f) })));
  await go("popup", () => open(A + "/popup"));
  await go("ping and download", () => a.click());
  await go("form", () => form.submit());
  await go("payment", () => new PaymentRequest([{supportedMethods: A + "/pay"}], {total: {label: "x", amount: {currency: "KRW", value: "1"}}}).canMakePayment());
  await go("background fetch", () => navigator.serviceWorker.ready && brief(navigator.serviceWorker.ready.then(s => s.backgroundFetch.fetch("x", [A + "/background"]))));
  await go("cache", () => caches.open("x").then(c => c.add(A + "/cache")));
  document.title = "tried " + tried.length;
  document.body.append(Object.assign(document.createElement("i"), {id: "done", textContent: "."}));
})();
</script>`

// untilDone has a capturer wait until the page's script says that it is.
func untilDone(t *testing.T, c *Capturer) {
	t.Helper()
	ps, err := load(t, "version: v1\nprofiles:\n - {name: patient, hosts: ['127.0.0.1'], wait_for: '#done'}\n")
	if err != nil {
		t.Fatal(err)
	}
	c.Profiles = ps
}

// triedAll is how many ways the script has.
var triedAll = strings.Count(apis, "await go(") - 1 + 4 // the loop's one stands for four

// TestNoAPIReachesAPrivateAddress: a page tries each way that it has to the
// network, and not one byte or packet comes out at an address that is not public.
func TestNoAPIReachesAPrivateAddress(t *testing.T) {
	h := newSilentHost(t)
	s := fixed(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address := "http://127.0.0.1:" + h.port
		switch r.URL.Path {
		case "/sw.js":
			w.Header().Set("Content-Type", "text/javascript")
			fmt.Fprintf(w, "fetch(%q).catch(() => {}); importScripts(%q)", address+"/serviceworker", address+"/swimport")
		case "/":
			w.Header().Set("Link", "<"+address+"/header.css>; rel=preload; as=style, <"+address+">; rel=preconnect")
			w.Header().Set("Refresh", "3600; url="+address+"/refresh")
			w.Header().Set("Report-To", `{"group":"g","max_age":60,"endpoints":[{"url":"`+address+`/reportto"}]}`)
			w.Header().Set("NEL", `{"report_to":"g","max_age":60,"success_fraction":1,"failure_fraction":1}`)
			w.Header().Set("Content-Security-Policy", "default-src * 'unsafe-inline' 'unsafe-eval' data: blob:; img-src *; object-src *; report-to g; report-uri "+address+"/csp")
			html(seen+strings.ReplaceAll(apis, "ADDRESS", address))(w, r)
		default:
			http.NotFound(w, r)
		}
	}))
	cap, _ := own(t, browser.Config{Tabs: 1, Allow: []string{s.Listener.Addr().String()}})
	untilDone(t, cap)
	m := cap.mustPage(t, ask(s.URL+"/"))
	if v := h.visits(); len(v) > 0 {
		t.Errorf("reached: %q", v)
	}
	if want := fmt.Sprint("tried ", triedAll); m.Title != want {
		t.Errorf("the page's title is %q, want %q: it has not tried everything", m.Title, want)
	}
}

// The host that no page may reach does hear of who does.
func TestSilentHostHears(t *testing.T) {
	h := newSilentHost(t)
	udp, err := net.Dial("udp", "127.0.0.1:"+h.port)
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	io.WriteString(udp, "x")               //nolint:errcheck // visits tell
	http.Get("http://127.0.0.1:" + h.port) //nolint:errcheck,bodyclose // it is not answered
	late := time.After(10 * time.Second)
	for !strings.Contains(fmt.Sprint(h.visits()), "UDP") || !strings.Contains(fmt.Sprint(h.visits()), "TCP") {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-late:
			t.Fatalf("heard %q", h.visits())
		}
	}
}

// TestNoCertificateReachesAPrivateAddress: a browser asks for the certificate of
// an issuer that a server does not send, where the server's own says (AIA). The
// guard is asked about that address, too.
func TestNoCertificateReachesAPrivateAddress(t *testing.T) {
	h := newSilentHost(t)
	address := "http://127.0.0.1:" + h.port
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issuer := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "an issuer"}}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(100 * time.Hour), IPAddresses: []net.IP{{127, 0, 0, 1}},
		IssuingCertificateURL: []string{address + "/issuer", strings.Replace(address, "127.0.0.1", "localhost", 1) + "/issuer"},
		OCSPServer:            []string{address + "/ocsp"}, CRLDistributionPoints: []string{address + "/crl"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, issuer, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(html(seen))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}} //nolint:gosec // a browser decides
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	for _, allow := range [][]string{{s.Listener.Addr().String()}, {"127.0.0.1"}} {
		cap, _ := own(t, browser.Config{Tabs: 1, Allow: allow})
		if _, err := cap.try(t, s.URL, time.Minute); fault.KindOf(err) != fault.Unreachable {
			t.Errorf("%s: %v", fault.KindOf(err), err)
		}
		if asked := len(h.visits()) > 0; asked != (len(allow[0]) == len("127.0.0.1")) {
			t.Errorf("with %s allowed, reached: %q", allow, h.visits())
		}
	}
}

// leaves is a page that leaves something of itself everywhere, or says what it
// finds of another page.
const leaves = `<title>…</title>
<script>
const brief = f => Promise.race([f, new Promise(r => setTimeout(() => r(null), 1500))]);
const db = () => new Promise(r => { const o = indexedDB.open("x", 1); o.onupgradeneeded = () => o.result.createObjectStore("s"); o.onsuccess = () => r(o.result); o.onerror = () => r(null) });
const all = async () => {
  const found = [];
  const look = async (what, f) => { try { if (await f()) found.push(what) } catch (e) { } };
  await look("cookie", () => document.cookie.includes("left"));
  await look("localStorage", () => localStorage.getItem("left"));
  await look("sessionStorage", () => sessionStorage.getItem("left"));
  await look("window.name", () => window.name);
  await look("history", () => history.length > 2);
  await look("opener", () => window.opener);
  await look("indexedDB", async () => brief(new Promise(async r => { const q = (await db()).transaction("s").objectStore("s").get("left"); q.onsuccess = () => r(q.result) })));
  await look("cache", () => caches.match("/left"));
  await look("service worker", async () => (await navigator.serviceWorker.getRegistrations()).length);
  await look("file system", async () => { for await (const n of (await navigator.storage.getDirectory()).keys()) return n });
  await look("lock", async () => (await navigator.locks.query()).held.length);
  await look("broadcast", () => brief(new Promise(r => { const c = new BroadcastChannel("x"); c.onmessage = e => r(e.data === "here"); c.postMessage("who?") })));
  await look("shared worker", () => brief(new Promise(r => { const w = new SharedWorker("/shared.js"); w.port.onmessage = e => r(e.data > 1); w.port.start() })));
  await look("HTTP cache", async () => (await (await fetch("/once")).text()) === "cached");
  return found;
};
(async () => {
  const found = await all();
  {
    document.cookie = "left=1; path=/; max-age=9999"; localStorage.left = sessionStorage.left = window.name = "left";
    const t = (await db()).transaction("s", "readwrite"); t.objectStore("s").put(1, "left"); await new Promise(r => { t.oncomplete = r });
    await (await caches.open("x")).put("/left", new Response("x"));
    await navigator.serviceWorker.register("/sw.js"); await navigator.serviceWorker.ready;
    await (await navigator.storage.getDirectory()).getFileHandle("left", {create: true});
    const c = new BroadcastChannel("x"); c.onmessage = () => c.postMessage("here");
    navigator.locks.request("left", () => new Promise(() => {}));
  }
  document.title = "found " + found.join(", ") + "; itself " + (await all()).join(", ");
  document.body.append(Object.assign(document.createElement("i"), {id: "done", textContent: "."}));
})();
</script>` + seen

// TestPagesFindNothingOfEachOther: of one origin, one after the other in a tab
// that was free, and at the same time.
func TestPagesFindNothingOfEachOther(t *testing.T) {
	var mu sync.Mutex
	visits := map[string]int{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		visits[r.URL.Path]++
		n := visits[r.URL.Path]
		mu.Unlock()
		switch r.URL.Path {
		case "/sw.js":
			w.Header().Set("Content-Type", "text/javascript")
			fmt.Fprint(w, `onfetch = e => { if (e.request.url.endsWith("/once")) e.respondWith(new Response("cached")) }; onactivate = e => e.waitUntil(clients.claim())`)
		case "/shared.js":
			w.Header().Set("Content-Type", "text/javascript")
			fmt.Fprint(w, `let n = 0; onconnect = e => e.ports[0].postMessage(++n)`)
		case "/once":
			w.Header().Set("Cache-Control", "max-age=9999")
			if n > 1 && r.Header.Get("If-None-Match") != "" {
				fmt.Fprint(w, "cached")
				return
			}
			w.Header().Set("ETag", `"x"`)
			fmt.Fprint(w, "fresh")
		case "/favicon.ico":
			http.NotFound(w, r)
		default:
			if c := r.Header.Get("Cookie"); c != "" {
				t.Errorf("the server is shown another page's cookie: %s", c)
			}
			w.Header().Set("Set-Cookie", "server=1; path=/; max-age=9999; httponly")
			html(leaves)(w, r)
		}
	}))
	defer s.Close()
	cap, _ := own(t, browser.Config{Tabs: 2, Allow: []string{s.Listener.Addr().String()}})
	untilDone(t, cap)
	titles := make(chan string, 6)
	var wg sync.WaitGroup
	for round := range 3 { // two at a time; the later ones where the first have been
		for side := range 2 {
			wg.Go(func() {
				req := ask(s.URL + "/leave")
				req.ID = fmt.Sprintf("leave-%d-%d", round, side)
				titles <- cap.mustPage(t, req).Title
			})
		}
		wg.Wait()
	}
	close(titles)
	for title := range titles {
		others, itself, _ := strings.Cut(title, "; itself ")
		if strings.TrimSpace(others) != "found" {
			t.Errorf("a page %s of another", others)
		}
		for _, what := range []string{"cookie", "localStorage", "sessionStorage", "window.name", "indexedDB", "cache", "service worker", "file system", "lock", "broadcast", "shared worker"} {
			if !strings.Contains(itself, what) {
				t.Errorf("a page does not find its own %s, so it would not find another's: %s", what, itself)
			}
		}
	}
	if visits["/once"] < 6 {
		t.Errorf("the others took it from a cache: asked for %d times", visits["/once"])
	}
}
