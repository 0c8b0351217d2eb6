package web

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// policy lets a page of the desk load from the desk alone, and run and style itself
// by files alone; no script can make markup of text. Positions are set by script
// through element.style, which it allows.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// maxBody bounds what is sent to the desk: ten thousand ids, and some.
const maxBody = 4 << 20

// secured sets the headers that every answer has, unless its handler knows better,
// and refuses what changes something and was not sent by a page of the desk.
func (d *Desk) secured(next http.Handler) http.Handler {
	origins := http.NewCrossOriginProtection() // Sec-Fetch-Site, or Origin against Host
	origins.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.fail(w, r, errOrigin)
	}))
	checked := origins.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && !isJSON(r) {
			d.fail(w, r, errNotJSON)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-store") // what sellers say and reviewers decide is private
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("X-Robots-Tag", "noindex, nofollow")
		checked.ServeHTTP(w, r)
	})
}

func isJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// decode reads a body of JSON. Its errors are fault.Invalid, but for one that is too
// large, which is *http.MaxBytesError.
func decode(r *http.Request, into any) error {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fault.Wrap(fault.Invalid, err, "the body is not the JSON that is wanted here")
	}
	if _, err := dec.Token(); err != io.EOF {
		return fault.New(fault.Invalid, "the body goes on behind its JSON")
	}
	return nil
}

// live is an address that a reviewer may be led to, or "": http and https alone,
// whatever a seller or a request says.
func live(address string) string {
	lower := strings.ToLower(strings.TrimSpace(address))
	if strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "http://") {
		return strings.TrimSpace(address)
	}
	return ""
}
