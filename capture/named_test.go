package capture

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
)

func TestNamed(t *testing.T) {
	for address, want := range map[string]string{
		"http://127.0.0.1:8000/x":       "[127.0.0.1:8000]",
		"https://10.0.0.5":              "[10.0.0.5:443]",
		"http://me:pw@192.168.1.9/":     "[192.168.1.9:80]",
		"http://[::1]:8000/":            "[[::1]:8000]",
		"http://[::ffff:127.0.0.1]/":    "[127.0.0.1:80]",
		"http://[fd00::1]/":             "[[fd00::1]:80]",
		"http://LOCALHOST:81/":          "[127.0.0.1:81 [::1]:81]",
		"http://localhost.evil.test/":   "[]",
		"http://evil.localhost/":        "[]",
		"http://shop.example/127.0.0.1": "[]",
		"http://127.0.0.1.nip.example/": "[]",
		"http://127.0.0.1@evil.test/":   "[]",
		"http://2130706433/":            "[]",
		"http://169.254.169.254/":       "[]", // nobody types this one by mistake
		"http://8.8.8.8/":               "[]", // public anyhow
		"http://0.0.0.0/":               "[]",
		"ftp://127.0.0.1/":              "[]",
		"http://127.0.0.1:99999/":       "[]",
		"::":                            "[]",
	} {
		if got := fmt.Sprint(named(address)); got != want {
			t.Errorf("%s opens %s, want %s", address, got, want)
		}
	}
}

// Where requests may name private addresses, each opens its own, for itself:
// not for another page of the same run, and not by a name that leads there.
func TestNamedAddressBelongsToItsRequest(t *testing.T) {
	var c canary
	secret := fixed(t, &c)
	hostile := serve(t, html(seen+fmt.Sprintf(`<img src="%[1]s/img"><iframe src="%[1]s/frame"></iframe>
		<script>fetch("%[1]s/fetch",{mode:"no-cors"}).catch(()=>{});new WebSocket("%[2]s/ws")</script>`, secret.URL, strings.Replace(secret.URL, "http", "ws", 1))))
	cap, _ := own(t, browser.Config{Tabs: 2, Allow: []string{}})
	cap.AllowNamed = true
	both := make(chan error, 1)
	go func() { // the first names the secret, and is open while the second tries
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		req := ask(secret.URL + "/named")
		req.ID = "named"
		_, err := cap.Page(ctx, req, job.Source{})
		both <- err
	}()
	m := cap.mustPage(t, ask(hostile))
	if err := <-both; err != nil {
		t.Errorf("the page that names the address: %v", err)
	}
	if len(m.Blocked) != 3 { // a WebSocket is not listed
		t.Errorf("blocked: %q", m.Blocked)
	}
	for _, visit := range c.visits() {
		if !strings.HasSuffix(visit, "/named") && !strings.HasSuffix(visit, "/favicon.ico") {
			t.Errorf("another page reached %s", visit)
		}
	}
}

// A name that resolves to an address of this machine opens nothing.
func TestNameOpensNothing(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	ips, err := net.DefaultResolver.LookupNetIP(t.Context(), "ip", host)
	if err != nil || len(ips) == 0 || !(ips[0].IsPrivate() || ips[0].IsLoopback()) {
		host = "localhost.localdomain" // refused all the same, if by the resolver
	}
	var c canary
	ln, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: ln, Config: &http.Server{Handler: &c}} //nolint:gosec // of a test
	s.Start()
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	cap, _ := own(t, browser.Config{Tabs: 1, Allow: []string{}})
	cap.AllowNamed = true
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	_, err = cap.Page(ctx, ask("http://"+net.JoinHostPort(host, port)), job.Source{})
	if kind := fault.KindOf(err); kind != fault.Blocked && kind != fault.Unreachable {
		t.Errorf("%s: %s: %v", host, kind, err)
	}
	if v := c.visits(); len(v) > 0 {
		t.Errorf("%s was visited: %q", host, v)
	}
}
