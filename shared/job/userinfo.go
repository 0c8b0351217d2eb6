package job

import (
	"regexp"
	"strings"
)

// userinfo is the name and password before an address's host (RFC 3986, 3.2.1).
// They may hold an @ themselves, and browsers take a backslash for a slash.
var userinfo = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*:[/\\]{2,})[^\s/\\?#"'<>]*@`)

// Bare is a text without the userinfo of the addresses in it. It is for the
// server that is asked alone: everything that is written, published or logged
// about a request is bare, except for the request itself where it is kept to be
// published again.
func Bare(text string) string {
	if !strings.Contains(text, "@") { // nearly every address
		return text
	}
	return userinfo.ReplaceAllString(text, "$1")
}

// Bare is the request with a bare address.
func (r Request) Bare() Request {
	r.URL = Bare(r.URL)
	return r
}
