// Package loopback keeps what listens on one machine to its user: a web page in
// the user's browser can send requests to 127.0.0.1 too, by its address or by a
// name that is made to resolve to it (DNS rebinding).
package loopback

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Only passes requests on that a program of this machine made, and answers 403
// to those of web pages of other origins (Origin, Sec-Fetch-Site) and to those
// for a host that is not the machine itself. No answer has CORS headers.
func Only(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ours(r.Host) || !sameOrigin(r) {
			http.Error(w, "only programs of this machine may ask, and no web page of another origin", http.StatusForbidden)
			return
		}
		c := &closed{ResponseWriter: w}
		next.ServeHTTP(c, r)
		c.begin() // of an answer without a body
	})
}

// ours says whether a Host header names this machine by what cannot be rebound.
func ours(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.Trim(name, "[]")
	if strings.EqualFold(name, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.Unmap().IsLoopback()
}

// sameOrigin says whether no page of another origin made the request. Programs
// send neither header.
func sameOrigin(r *http.Request) bool {
	for _, site := range r.Header.Values("Sec-Fetch-Site") {
		if site != "same-origin" && site != "none" {
			return false
		}
	}
	for _, origin := range r.Header.Values("Origin") {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" || !strings.EqualFold(u.Host, r.Host) {
			return false
		}
	}
	return true
}

// closed takes CORS headers off the answer.
type closed struct {
	http.ResponseWriter
	begun bool
}

func (c *closed) WriteHeader(status int) {
	c.begin()
	c.begun = status >= http.StatusOK // others may come before the answer
	c.ResponseWriter.WriteHeader(status)
}

func (c *closed) Write(b []byte) (int, error) {
	c.begin()
	c.begun = true
	return c.ResponseWriter.Write(b)
}

// FlushError is for http.ResponseController, which would send the headers past us.
func (c *closed) FlushError() error {
	c.begin()
	c.begun = true
	return http.NewResponseController(c.ResponseWriter).Flush()
}

// Unwrap is for http.ResponseController.
func (c *closed) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *closed) begin() {
	if c.begun {
		return
	}
	for name := range c.Header() {
		if strings.HasPrefix(strings.ToLower(name), "access-control-") {
			delete(c.Header(), name)
		}
	}
}
