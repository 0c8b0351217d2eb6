package web

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/ledger"
)

// bare is a desk without pages: what every answer has needs none.
func bare() *Desk {
	return &Desk{
		Who:    func(*http.Request) (string, error) { return "kim@example.com", nil },
		Log:    slog.New(slog.DiscardHandler),
		Now:    func() time.Time { return time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC) },
		Ledger: &ledger.Ledger{},
	}
}

func TestHeaders(t *testing.T) {
	h := bare().Handler()
	for _, path := range []string{"/nothing", static("desk.css"), "/static/x/none", "/%2e%2e/etc/passwd"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		csp := w.Header().Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
			if !strings.Contains(csp, part) {
				t.Errorf("%s: the policy %q lacks %s", path, csp, part)
			}
		}
		if strings.Contains(csp, "unsafe") {
			t.Errorf("%s: the policy %q allows what is unsafe", path, csp)
		}
	}
}

// TestCaching: what is private is kept nowhere, and what has its sum in its address for good.
func TestCaching(t *testing.T) {
	h := bare().Handler()
	for path, want := range map[string]string{
		"/nothing": "no-store", static("desk.css"): "public, max-age=31536000, immutable", "/static/of-another-version/desk.css": "no-store",
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if got := w.Header().Get("Cache-Control"); got != want {
			t.Errorf("%s: Cache-Control is %q, want %q", path, got, want)
		}
	}
}

// TestNothingIsListed: neither folders nor what is embedded beside them can be had.
func TestNothingIsListed(t *testing.T) {
	h := bare().Handler()
	for _, path := range []string{"/static/", "/static/" + staticSum + "/", "/static/" + staticSum + "/..%2ftemplates%2flayout.html", "/templates/layout.html", "/text/en.json"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, w.Code)
		}
	}
}

// TestWhoMayPost: pages of the desk alone, in JSON, and not too much of it.
func TestWhoMayPost(t *testing.T) {
	h := bare().Handler()
	const host = "desk.example"
	for name, c := range map[string]struct {
		headers map[string]string
		body    string
		want    int
	}{
		"a page of the desk":              {map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "https://" + host}, `{"lang":"ko"}`, 204},
		"a program":                       {nil, `{"lang":"ko"}`, 204},
		"an old browser":                  {map[string]string{"Origin": "https://" + host}, `{"lang":"ko"}`, 204},
		"another site":                    {map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, `{"lang":"ko"}`, 403},
		"a neighbour":                     {map[string]string{"Sec-Fetch-Site": "same-site", "Origin": "https://other.example"}, `{"lang":"ko"}`, 403},
		"another site, of an old browser": {map[string]string{"Origin": "https://evil.example"}, `{"lang":"ko"}`, 403},
		"a frame without an origin":       {map[string]string{"Origin": "null"}, `{"lang":"ko"}`, 403},
		"one that forges the host":        {map[string]string{"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example"}, `{"lang":"ko"}`, 403},
		"another port":                    {map[string]string{"Origin": "https://" + host + ":8443"}, `{"lang":"ko"}`, 403},
		"a form":                          {map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, `lang=ko`, 415},
		"a form that looks like JSON":     {map[string]string{"Content-Type": "text/plain"}, `{"lang":"ko"}`, 415},
		"what does not say what it is":    {map[string]string{"Content-Type": ""}, `{"lang":"ko"}`, 415},
		"JSON of a kind":                  {map[string]string{"Content-Type": "application/json; charset=utf-8"}, `{"lang":"ko"}`, 204},
		"no JSON":                         {nil, `lang`, 422},
		"a field that is none":            {nil, `{"admin":true}`, 422},
		"a language that is none":         {nil, `{"lang":"xx"}`, 422},
		"two bodies":                      {nil, `{"lang":"ko"}{"lang":"en"}`, 422},
		"too much":                        {nil, `{"lang":"` + strings.Repeat("k", maxBody) + `"}`, 413},
		"too much, that does not say so":  {map[string]string{"Transfer-Encoding": "chunked"}, `{"lang":"` + strings.Repeat("k", maxBody) + `"}`, 413},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "https://"+host+"/session", io.NopCloser(strings.NewReader(c.body)))
			r.Header.Set("Content-Type", "application/json")
			for k, v := range c.headers {
				r.Header.Set(k, v)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("%d, want %d: %s", w.Code, c.want, w.Body)
			}
			if c.want != 204 && len(w.Header()["Set-Cookie"]) > 0 {
				t.Error("it was refused, and set a cookie")
			}
		})
	}
}

func TestCookies(t *testing.T) {
	h := bare().Handler()
	for _, c := range []struct {
		url    string
		proto  string
		secure bool
	}{{"http://127.0.0.1:8080/session", "", false}, {"https://desk.example/session", "", true}, {"http://desk.example/session", "https", true}} {
		r := httptest.NewRequest("POST", c.url, strings.NewReader(`{"lang":"ko","theme":"dark","unblur":true}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Forwarded-Proto", c.proto)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		cookies := w.Result().Cookies()
		if len(cookies) != 3 {
			t.Fatalf("%s: %d cookies, want 3: %d %s", c.url, len(cookies), w.Code, w.Body)
		}
		for _, k := range cookies {
			if k.SameSite != http.SameSiteStrictMode || !k.HttpOnly || k.Secure != c.secure || k.Path != "/" {
				t.Errorf("%s: %+v", c.url, k)
			}
		}
	}
}

func TestLanguage(t *testing.T) {
	h := bare().Handler()
	for name, c := range map[string]struct{ path, accept, cookie, want string }{
		"as the browser says":     {"/nothing", "ko-KR,ko;q=0.9,en;q=0.8", "", "ko"},
		"one we do not speak":     {"/nothing", "fr", "", "en"},
		"nothing said":            {"/nothing", "", "", "en"},
		"the cookie before it":    {"/nothing", "ko", "en", "en"},
		"the address before both": {"/nothing?lang=ko", "en", "en", "ko"},
		"no language":             {"/nothing?lang=%22%3E", "ko", `"><script>`, "ko"},
		"a cookie that is none":   {"/nothing", "ko", "xx", "ko"},
	} {
		r := httptest.NewRequest("GET", c.path, nil)
		r.Header.Set("Accept-Language", c.accept)
		r.Header.Set("Accept", "text/html")
		if c.cookie != "" {
			r.Header.Set("Cookie", langCookie+"="+c.cookie)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if !strings.Contains(w.Body.String(), `<html lang="`+c.want+`"`) {
			t.Errorf("%s: the page is not in %s", name, c.want)
		}
	}
}

// TestErrorsTellNothing: neither where a file lies nor what a library said.
func TestErrorsTellNothing(t *testing.T) {
	d := bare()
	const secret = "open /srv/secret: pq: password"
	for _, accept := range []string{"text/html", "application/json"} {
		r := httptest.NewRequest("GET", "/x", nil)
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		d.fail(w, r, errors.New(secret))
		if w.Code != 500 || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d %s", accept, w.Code, w.Body)
		}
	}
	d.Who = func(*http.Request) (string, error) { return "", errors.New(secret) }
	w := httptest.NewRecorder()
	d.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 403 || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("a stranger is answered %d %s", w.Code, w.Body)
	}
}

func TestLive(t *testing.T) {
	for address, want := range map[string]string{
		"https://shop.example/a?b": "https://shop.example/a?b", "HTTP://shop.example": "HTTP://shop.example", " https://a.example ": "https://a.example",
		"javascript:alert(1)": "", "JaVaScRiPt:https://a.example": "", "data:text/html,x": "", "//shop.example": "", "gs://bucket/x": "", "file:///etc/passwd": "", "": "",
	} {
		if got := live(address); got != want {
			t.Errorf("live(%q) = %q, want %q", address, got, want)
		}
	}
}
