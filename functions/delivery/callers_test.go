package delivery

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const (
	current = "c0ffee00c0ffee00c0ffee00c0ffee00"
	next    = "decade00decade00decade00decade00"
)

// unread fails the test if anybody reads it.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body of a stranger was read")
	return 0, io.EOF
}

// A secret is asked for where there is one, either of two is good, and a probe needs none.
func TestCallersShowTheSecret(t *testing.T) {
	both := Callers{Public: true, Secret: current + "\n", Next: next}
	for _, c := range []struct {
		name    string
		callers Callers
		method  string
		headers []string
		status  int
	}{
		{"no secret is set", Callers{}, "POST", nil, 200},
		{"no secret is set, and a Google token comes", Callers{}, "POST", []string{"Bearer eyJ.eyJ.sig"}, 200},
		{"the secret", both, "POST", []string{"Bearer " + current}, 200},
		{"the next one", both, "POST", []string{"Bearer " + next}, 200},
		{"the next one alone", Callers{Next: next}, "POST", []string{"Bearer " + next}, 200},
		{"none", both, "POST", nil, 401},
		{"an empty one", both, "POST", []string{""}, 401},
		{"an empty bearer", both, "POST", []string{"Bearer "}, 401},
		{"an empty bearer, and one secret is unset", Callers{Secret: current}, "POST", []string{"Bearer "}, 401},
		{"another", both, "POST", []string{"Bearer " + strings.Repeat("0", 32)}, 401},
		{"its beginning", both, "POST", []string{"Bearer " + current[:31]}, 401},
		{"more than it", both, "POST", []string{"Bearer " + current + "0"}, 401},
		{"both in one", both, "POST", []string{"Bearer " + current + next}, 401},
		{"in other case", both, "POST", []string{"Bearer " + strings.ToUpper(current)}, 401},
		{"by another scheme", both, "POST", []string{"Basic " + current}, 401},
		{"by no scheme", both, "POST", []string{current}, 401},
		{"in a second header", both, "POST", []string{"Bearer wrong", "Bearer " + current}, 401},
		{"a Google token instead", both, "POST", []string{"Bearer eyJ.eyJ.sig"}, 401},
		{"the old one, which was taken away", Callers{Secret: next}, "POST", []string{"Bearer " + current}, 401},
		{"a probe", both, "GET", nil, 200},
		{"by another method", both, "PUT", nil, 405},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &Handler{Callers: c.callers, Leases: newLeases(t), Decode: words, Log: slog.New(slog.DiscardHandler), Now: time.Now}
			var body io.Reader
			if c.status != 200 {
				body = unread{t}
			}
			r := httptest.NewRequest(c.method, "/", body)
			for _, v := range c.headers {
				r.Header.Add("Authorization", v)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.status {
				t.Errorf("answered %d, want %d: %s", w.Code, c.status, w.Body)
			}
			if (w.Header().Get("WWW-Authenticate") == "Bearer") != (c.status == http.StatusUnauthorized) {
				t.Errorf("headers %v", w.Header())
			}
			if strings.Contains(w.Body.String(), current) || strings.Contains(w.Body.String(), next) {
				t.Errorf("the answer tells the secret: %s", w.Body)
			}
		})
	}
}

// A service that is open to all and asks for nothing does not start.
func TestCallersThatAreNobodys(t *testing.T) {
	for _, c := range []struct {
		name    string
		callers Callers
		want    string // in the error; "" for none
	}{
		{"the platform checks", Callers{}, ""},
		{"the platform checks, and a secret does", Callers{Secret: current}, ""},
		{"public with a secret", Callers{Public: true, Secret: current}, ""},
		{"public with the next secret", Callers{Public: true, Next: current + "\n"}, ""},
		{"public without", Callers{Public: true}, "CAPTURE_CALLER_SECRET is missing"},
		{"short", Callers{Secret: "hunter2"}, "CAPTURE_CALLER_SECRET: want at least 32"},
		{"spaces alone", Callers{Public: true, Secret: strings.Repeat(" ", 40)}, "CAPTURE_CALLER_SECRET: want at least 32"},
		{"two in one", Callers{Public: true, Secret: current + "\n" + next}, "without a space"},
		{"a short next one", Callers{Secret: current, Next: "hunter2"}, "CAPTURE_CALLER_SECRET_NEXT: want"},
	} {
		err := c.callers.Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		for _, secret := range []string{current, next, "hunter2"} {
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error tells the secret: %v", c.name, err)
			}
		}
	}
}
