package job

import (
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
)

func TestBare(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"http://me:geheim@shop.example/a", "http://shop.example/a"},
		{"https://me@shop.example", "https://shop.example"},
		{"https://me:p@ss@shop.example:8443/x?y=a@b", "https://shop.example:8443/x?y=a@b"},
		{"https://shop.example/@handle", "https://shop.example/@handle"},
		{"https://shop.example/?mail=a@b.example", "https://shop.example/?mail=a@b.example"},
		{`https:\\me:geheim@shop.example\a`, `https:\\shop.example\a`},
		{`"http://a:geheim@x/" leads to http://b:geheim@y/z: a@b`, `"http://x/" leads to http://y/z: a@b`},
		{"nothing", "nothing"},
	} {
		if got := Bare(c.in); got != c.want {
			t.Errorf("%s: %s, want %s", c.in, got, c.want)
		}
	}
}

// TestNothingDerivedHasThePassword: what is made of a request with userinfo has none.
func TestNothingDerivedHasThePassword(t *testing.T) {
	r := Request{Schema: RequestSchema, ID: "x", URL: "http://me:geheim@shop.example/a"}
	f := NewFailure(StageCapture, fault.New(fault.Unreachable, "%s cannot be reached", r.URL), r, []byte(`{}`), Source{}, time.Now())
	for what, text := range map[string]string{
		"the record's address": f.URL,
		"the record's message": f.Message,
		"a conflict":           r.Conflict(Request{URL: "http://you:geheim@other.example/"}).Error(),
		"a wrong scheme":       CheckURL("ftp://me:geheim@shop.example/").Error(),
		"what cannot be read":  CheckURL("http://me:geheim@shop.example:port/").Error(),
		"an escape":            CheckURL("http://me:geheim@shop%zz.example/").Error(),
	} {
		if strings.Contains(text, "geheim") {
			t.Errorf("%s: %s", what, text)
		}
	}
	if err := r.Conflict(r.Bare()); err != nil {
		t.Errorf("a request conflicts with its own manifest: %v", err)
	}
}
