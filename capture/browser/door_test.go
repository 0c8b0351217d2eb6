package browser

import (
	"bytes"
	"compress/gzip"
	"crypto/sha1" //nolint:gosec // WebSockets have it
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/capture/browser/browsertest"
	"github.com/pageinspect/pageinspect/capture/browser/guard"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// raw answers requests with bytes, by path, and then ends or resets the connection.
func raw(t *testing.T, answers map[string]string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				var got []byte
				for b := make([]byte, 4096); !bytes.Contains(got, []byte("\r\n\r\n")); {
					n, err := c.Read(b)
					if err != nil {
						return
					}
					got = append(got, b[:n]...)
				}
				path := strings.Fields(string(got))[1]
				answer, reset := strings.CutSuffix(answers[path], "RESET")
				c.Write([]byte(answer)) //nolint:errcheck // the visitor may leave
				if reset {
					time.Sleep(50 * time.Millisecond) // what was sent is to arrive first
					c.(*net.TCPConn).SetLinger(0)     //nolint:errcheck // it is a connection
					return
				}
				c.(*net.TCPConn).CloseWrite() //nolint:errcheck // the visitor may have left
				c.Read(make([]byte, 1))       //nolint:errcheck // until it leaves
			}()
		}
	}()
	return "http://" + ln.Addr().String()
}

// said is what a page shows.
func said(t *testing.T, b *Browser, url string) string {
	t.Helper()
	tab, err := visit(t.Context(), b, url)
	if err != nil {
		t.Fatal(err)
	}
	defer tab.Close()
	if err := tab.Enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := Evaluate[string](t.Context(), tab, "document.body.innerText.trim()")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// What Chromium makes of an odd server is nobody else's business: of these it
// shows all, and a stricter reader between them would refuse some.
func TestOddServersAreShown(t *testing.T) {
	b := started(t, Config{Tabs: 1, Recycle: 100})
	const body = "<!doctype html><meta charset=utf-8><p>상품 원문"
	length := fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body))
	head := "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n"
	answers := map[string]string{
		"/plain":          head + length + body,
		"/no-colon":       head + "charset=utf-8\r\n" + length + body,
		"/bad-name":       head + "X Powered By: PHP\r\n" + length + body,
		"/space-colon":    head + "X-Powered-By : ASP\r\n" + length + body,
		"/line-feeds":     strings.ReplaceAll(head+length, "\r\n", "\n") + body,
		"/no-reason":      "HTTP/1.1 200\r\nContent-Type: text/html\r\n" + length + body,
		"/http-1.0":       "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + body,
		"/euc-kr-header":  head + "X-Shop: \xb0\xa1\xb3\xaa\r\n" + length + body,
		"/control":        head + "X-A: a\x01b\r\n" + length + body,
		"/control-name":   head + "X\x7f: a\r\n" + length + body,
		"/identity":       head + "Transfer-Encoding: identity\r\n" + length + body,
		"/negative":       head + "Content-Length: -1\r\n\r\n" + body,
		"/empty-length":   head + "Content-Length: \r\n\r\n" + body,
		"/word-length":    head + "Content-Length: many\r\n\r\n" + body,
		"/plus-length":    head + "Content-Length: +" + strings.TrimPrefix(length, "Content-Length: ") + body,
		"/0200":           strings.Replace(head, " 200 ", " 0200 ", 1) + length + body,
		"/http-2.0":       strings.Replace(head, "1.1", "2.0", 1) + length + body,
		"/none-encoding":  head + "Content-Encoding: none\r\n" + length + body,
		"/early":          "HTTP/1.1 103 Early Hints\r\nLink: </x.css>; rel=preload\r\n\r\n" + head + length + body,
		"/folded":         head + "X-A: a\r\n b\r\n" + length + body,
		"/empty-name":     head + ": x\r\n" + length + body,
		"/two-lengths":    head + strings.TrimSuffix(length, "\r\n") + length + body,
		"/big-header":     head + "X-A: " + strings.Repeat("a", 200_000) + "\r\n" + length + body,
		"/chunks":         head + "Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x;a=b\r\n%s\r\n0\r\n\r\n", len(body), body),
		"/host-in-status": "HTTP/1.1 200 상품\r\nContent-Type: text/html\r\n" + length + body,
	}
	url := raw(t, answers)
	for path := range answers {
		if got := said(t, b, url+path); got != "상품 원문" {
			t.Errorf("%s shows %q", path, got)
		}
	}
}

// failureOf says why a request of the tab failed; empty if none did.
func failureOf(t *testing.T, tab *Tab) func() string {
	t.Helper()
	var why atomic.Value
	if err := chromedp.Listen(tab.ctx, func(ev any) {
		if e, yes := ev.(*network.EventLoadingFailed); yes {
			why.Store(e.ErrorText)
		}
	}); err != nil {
		t.Fatal(err)
	}
	return func() string { s, _ := why.Load().(string); return s }
}

// A body that breaks off breaks off for Chromium, too, whatever tells how long it is.
func TestWhatBreaksOffIsHeardOf(t *testing.T) {
	b := started(t, Config{Tabs: 1, Recycle: 100})
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte(strings.Repeat("<p>text</p>", 1000))) //nolint:errcheck // to memory
	z.Close()
	head := "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
	answers := map[string]string{
		"/length":         head + "Content-Length: 1000\r\n\r\n<p>half",
		"/length-reset":   head + "Content-Length: 1000\r\n\r\n<p>halfRESET",
		"/chunked":        head + "Transfer-Encoding: chunked\r\n\r\n7\r\n<p>half\r\n",
		"/chunked-reset":  head + "Transfer-Encoding: chunked\r\n\r\n7\r\n<p>half\r\nRESET",
		"/to-the-end":     head + "\r\n<p>halfRESET",
		"/bad-gzip":       head + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
		"/half-gzip":      head + fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", packed.Len(), packed.Bytes()[:packed.Len()/2]),
		"/gzip-of-chunks": head + fmt.Sprintf("Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", packed.Len()/2, packed.Bytes()[:packed.Len()/2]),
	}
	url := raw(t, answers)
	for path := range answers {
		tab, err := b.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		failed := failureOf(t, tab)
		res, err := Call(t.Context(), tab, page.Navigate, page.NavigateParams{URL: url + path})
		if err != nil {
			t.Fatal(err)
		}
		if res.ErrorText == "" { // it began
			browsertest.Eventually(t, path+" fails", func() bool { return failed() != "" })
		}
		tab.Close()
	}
}

// A page may visit the address that its own request names, and no other page may.
func TestAllowedAddressIsOnePagesOwn(t *testing.T) {
	var mu sync.Mutex
	visits := map[string]int{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		visits[r.URL.Path]++
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<p>it")
	}))
	defer s.Close()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<p>other<img src="%[1]s/img"><iframe src="%[1]s/frame"></iframe><script>fetch("%[1]s/fetch",{mode:"no-cors"})</script>`, s.URL)
	}))
	defer other.Close()
	b := started(t, Config{Tabs: 2, Recycle: 100})
	b.guard, _ = guard.New(nil) // nothing is allowed to all
	open := func(url string, allow ...netip.AddrPort) *Tab {
		t.Helper()
		tab, err := b.Open(t.Context(), allow...)
		if err != nil {
			t.Fatal(err)
		}
		res, err := Call(t.Context(), tab, page.Navigate, page.NavigateParams{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		if res.ErrorText == "" {
			if _, err := tab.Loaded(t.Context(), 20*time.Second, 20*time.Second); err != nil {
				t.Fatal(err)
			}
		}
		t.Cleanup(tab.Close)
		return tab
	}
	address := func(s *httptest.Server) netip.AddrPort { return netip.MustParseAddrPort(s.Listener.Addr().String()) }
	if open(s.URL+"/named", address(s)).Refused() != nil || visits["/named"] != 1 {
		t.Errorf("a page may not visit the address that is allowed to it: %v", visits)
	}
	tab := open(other.URL, address(other))
	browsertest.Eventually(t, "all three are refused", func() bool { return len(tab.Refused()) == 3 })
	if mu.Lock(); len(visits) != 1 {
		t.Errorf("another page reached the address: %v", visits)
	}
	mu.Unlock()
}

// A page that receives too much is ended, wherever it lets the bytes go.
func TestOnePageCannotReceiveWithoutEnd(t *testing.T) {
	b := started(t, Config{Tabs: 1, Recycle: 100, PageBytes: 20})
	tab, err := visit(t.Context(), b, site(t, `<script>new Worker(URL.createObjectURL(new Blob(["setInterval(()=>fetch('"+location+"?'+Math.random()),10)"])))</script><!--`+strings.Repeat("x", 1<<20)))
	if err == nil {
		err = fateOf(t, tab, 20*time.Second)
		tab.Close()
	}
	if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "CAPTURE_PAGE_BYTES_MB") {
		t.Errorf("%s: %v", fault.KindOf(err), err)
	}
}

// The browser resolves no name itself, as it else would for a TURN server and
// wherever it goes without a proxy: not even one that needs no DNS.
func TestNoNameIsResolvedByTheBrowser(t *testing.T) {
	b := started(t, Config{Tabs: 1, Recycle: 100})
	profile, err := b.current.newContext(t.Context(), "direct://")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(b.current.ctx, chromedp.WithExistingBrowserContext(profile))
	defer cancel()
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	address := site(t, "<p>x")
	for url, want := range map[string]string{address: "", strings.Replace(address, "127.0.0.1", "localhost", 1): "net::ERR_NAME_NOT_RESOLVED"} {
		res, err := chromedp.Call(ctx, page.Navigate, page.NavigateParams{URL: url})
		if err != nil || res.ErrorText != want {
			t.Errorf("%s: %q, want %q: %v", url, res.ErrorText, want, err)
		}
	}
}

// What belongs to no page goes nowhere.
func TestNoPageMeansNoNetwork(t *testing.T) {
	b := started(t, Config{Tabs: 1, Recycle: 100})
	ctx, cancel := chromedp.NewContext(b.current.ctx)
	defer cancel()
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	if res, err := chromedp.Call(ctx, page.Navigate, page.NavigateParams{URL: site(t, "<p>x")}); err != nil || res.ErrorText == "" {
		t.Errorf("a tab in the browser's own context went to the network: %q, %v", res.ErrorText, err)
	}
}

// Plain and encrypted pages, with WebSockets, go through the door, and what
// they receive is counted there.
func TestEverythingGoesThroughTheDoor(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, `<p id=p>nothing yet<script>new WebSocket(location.href.replace("http", "ws")).onmessage = e => { p.textContent = e.data }</script>`)
			return
		}
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		// RFC 6455, 4.2.2 and 5.2: the key with its suffix, hashed; one short text frame.
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // as the protocol has it
		fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n\x81\x05hello",
			base64.StdEncoding.EncodeToString(sum[:]))
		c.Read(make([]byte, 1)) //nolint:errcheck // until the visitor leaves
	})
	plain, encrypted := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	defer plain.Close()
	defer encrypted.Close()
	encrypted.Config.ErrorLog = log.New(io.Discard, "", 0)
	b := started(t, Config{Tabs: 1, Recycle: 100})
	for _, url := range []string{plain.URL, encrypted.URL} {
		tab, err := b.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Call(t.Context(), tab, security.SetIgnoreCertificateErrors, security.SetIgnoreCertificateErrorsParams{Ignore: true}); err != nil {
			t.Fatal(err)
		}
		if _, err := Call(t.Context(), tab, page.Navigate, page.NavigateParams{URL: url}); err != nil {
			t.Fatal(err)
		}
		if _, err := tab.Loaded(t.Context(), 20*time.Second, 20*time.Second); err != nil {
			t.Fatal(err)
		}
		if err := tab.Enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		browsertest.Eventually(t, url+" has its message", func() bool {
			text, err := Evaluate[string](t.Context(), tab, "document.body.innerText")
			return err == nil && strings.Contains(text, "hello")
		})
		if tab.door.Received() == 0 {
			t.Errorf("%s: nothing came through the door", url)
		}
		tab.Close()
	}
}
