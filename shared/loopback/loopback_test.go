package loopback

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestOnly(t *testing.T) {
	h := Only(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("X-Other", "stays")
		w.Write([]byte("secret")) //nolint:errcheck // to a recorder
	}))
	for name, c := range map[string]struct {
		host   string
		header map[string]string
		ok     bool
	}{
		"a program":                  {"127.0.0.1:8080", nil, true},
		"by name":                    {"localhost:8080", nil, true},
		"IPv6":                       {"[::1]:8080", nil, true},
		"no port":                    {"127.0.0.1", nil, true},
		"its own page":               {"127.0.0.1:8080", map[string]string{"Origin": "http://127.0.0.1:8080", "Sec-Fetch-Site": "same-origin"}, true},
		"typed by its user":          {"127.0.0.1:8080", map[string]string{"Sec-Fetch-Site": "none"}, true},
		"a page from elsewhere":      {"127.0.0.1:8080", map[string]string{"Origin": "https://evil.example"}, false},
		"a page of another port":     {"127.0.0.1:8080", map[string]string{"Origin": "http://127.0.0.1:9999"}, false},
		"a page of another spelling": {"127.0.0.1:8080", map[string]string{"Origin": "http://localhost:8080"}, false},
		"a sandboxed page":           {"127.0.0.1:8080", map[string]string{"Origin": "null"}, false},
		"a picture of another site":  {"127.0.0.1:8080", map[string]string{"Sec-Fetch-Site": "cross-site"}, false},
		"a page of the same site":    {"localhost:8080", map[string]string{"Sec-Fetch-Site": "same-site"}, false},
		"by no site that there is":   {"127.0.0.1:8080", map[string]string{"Sec-Fetch-Site": "same-origin, cross-site"}, false},
		"from a file":                {"127.0.0.1:8080", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, false},
		"its own page, encrypted":    {"127.0.0.1:8080", map[string]string{"Origin": "https://127.0.0.1:8080"}, false},
		"another loopback address":   {"127.0.0.2:8080", map[string]string{"Origin": "http://127.0.0.1:8080"}, false},
		"a rebound name":             {"evil.example:8080", nil, false},
		"a rebound name of its own":  {"evil.example:8080", map[string]string{"Origin": "http://evil.example:8080", "Sec-Fetch-Site": "same-origin"}, false},
		"localhost with a dot":       {"localhost.:8080", nil, false},
		"a number":                   {"2130706433:8080", nil, false},
		"every address":              {"0.0.0.0:8080", nil, false},
		"a name that looks like it":  {"127.0.0.1.evil.example", nil, false},
		"localhost as a suffix":      {"evil.localhost:8080", nil, false},
		"another address":            {"192.168.0.7:8080", nil, false},
		"no host":                    {"", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, method := range []string{"GET", "POST", "OPTIONS", "PUT"} {
				r := httptest.NewRequest(method, "/", strings.NewReader("x"))
				r.Host = c.host
				for k, v := range c.header {
					r.Header.Set(k, v)
				}
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if (w.Code == 200) != c.ok || strings.Contains(w.Body.String(), "secret") != c.ok {
					t.Errorf("%s: %d %s", method, w.Code, w.Body)
				}
				if got := w.Result().Header; got.Get("Access-Control-Allow-Origin") != "" || c.ok && got.Get("X-Other") != "stays" {
					t.Errorf("%s: headers %v", method, got)
				}
			}
		})
	}
}

// However an answer begins, it has no CORS headers.
func TestNoCORSHowever(t *testing.T) {
	for name, begin := range map[string]func(http.ResponseWriter){
		"nothing is written": func(http.ResponseWriter) {},
		"it writes":          func(w http.ResponseWriter) { w.Write([]byte("x")) }, //nolint:errcheck // the client tells
		"a status":           func(w http.ResponseWriter) { w.WriteHeader(http.StatusAccepted) },
		"it flushes":         func(w http.ResponseWriter) { http.NewResponseController(w).Flush() }, //nolint:errcheck // likewise
		"hints before it": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusEarlyHints)
			w.Header()["access-control-allow-origin"] = []string{"*"}
			w.Header().Set("Access-Control-Allow-Credentials", "true")
			w.WriteHeader(http.StatusOK)
		},
	} {
		s := httptest.NewServer(Only(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			begin(w)
		})))
		resp, err := http.Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		for h := range resp.Header {
			if strings.HasPrefix(h, "Access-Control-") {
				t.Errorf("%s: %s", name, h)
			}
		}
		s.Close()
	}
}
