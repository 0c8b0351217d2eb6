package main

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"
)

// said is what becomes of a list: the addresses asked for, and the refusals.
func said(t *testing.T, list string) (addresses []string, refused []asked) {
	t.Helper()
	lines, err := given("-", nil, strings.NewReader(list))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range (template{}).ask(lines) {
		if a.refused != nil {
			refused = append(refused, a)
			continue
		}
		addresses = append(addresses, a.request.URL)
	}
	return addresses, refused
}

func TestLinesOfOneID(t *testing.T) {
	addresses, refused := said(t, strings.Join([]string{
		`{"id":"a","url":"https://a.example/1"}`,
		`{"id":"b","url":"https://a.example/b"}`,
		`{"id":"a","url":"https://a.example/1"}`, // once
		`{"id":"a","url":"https://a.example/2"}`,
		`{"id":"A","url":"https://a.example/3"}`, // another id
		`{"id":"../a","url":"https://a.example/4"}`,
		`{"id":"../a","url":"https://a.example/5"}`,
		`{"id":"a","url":"https://a.example/6","force":true}`,
		`https://a.example/1`, `https://a.example/1`, // each has an id of its own
	}, "\n"))
	if got, want := strings.Join(addresses, " "), "https://a.example/1 https://a.example/b https://a.example/3 https://a.example/1 https://a.example/1"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
	for i, want := range []string{"standard input:4", "standard input:6", "standard input:7", "standard input:8"} {
		if i >= len(refused) || refused[i].where != want {
			t.Fatalf("refused %d, the %dth is not %s", len(refused), i, want)
		}
	}
	for _, part := range []string{"the id a is of https://a.example/1 (standard input:1)", "of https://a.example/2 too"} {
		if !strings.Contains(refused[0].refused.Error(), part) {
			t.Errorf("no %q in %v", part, refused[0].refused)
		}
	}
}

// TestOtherEncodings: a line that is not UTF-8 is refused with the encoding that
// it likely has, and never becomes another address; the others go on.
func TestOtherEncodings(t *testing.T) {
	text := "https://shop.example/상품/여드름\nhttps://shop.example/plain\n{\"id\":\"p\",\"url\":\"https://shop.example/크림\"}\n"
	latin := "https://shop.example/café\nhttps://shop.example/plain\n"
	for name, c := range map[string]struct {
		text    string
		as      encoding.Encoding
		refused int
		say     string
	}{
		"CP949":             {text, korean.EUCKR, 2, "likely CP949"},
		"UTF-16":            {text, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), 3, "UTF-16"},
		"UTF-16 big":        {text, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), 3, "UTF-16"},
		"UTF-16 without":    {text, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), 3, "UTF-16"},
		"UTF-16 and CRLF":   {strings.ReplaceAll(text, "\n", "\r\n"), unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), 3, "UTF-16"},
		"Latin-1":           {latin, charmap.ISO8859_1, 1, "Windows-1252"},
		"UTF-8":             {text, encoding.Nop, 0, ""},
		"UTF-8 with a mark": {"\ufeff" + text, encoding.Nop, 0, ""},
	} {
		encoded, err := c.as.NewEncoder().Bytes([]byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		addresses, refused := said(t, string(encoded))
		if len(refused) != c.refused || len(addresses) != strings.Count(c.text, "\n")-c.refused {
			t.Errorf("%s: %d refused and %q, want %d refused", name, len(refused), addresses, c.refused)
		}
		for i, a := range refused {
			if !strings.Contains(a.refused.Error(), c.say) || !strings.HasPrefix(a.where, "standard input:") || i == 0 && a.where != "standard input:1" {
				t.Errorf("%s: %s: %v, want %s", name, a.where, a.refused, c.say)
			}
		}
		for _, a := range addresses {
			if !strings.Contains(c.text, a) || strings.Contains(a, "\ufffd") {
				t.Errorf("%s: another address: %q", name, a)
			}
		}
	}
	if _, refused := said(t, "{\"url\":\"https://shop.example/\xbb\xf3\"}"); len(refused) != 1 {
		t.Error("JSON that is not UTF-8 is a request")
	}
}

// TestRunRefusesByItself what could not be told apart, as failures that name the line.
func TestRunRefusesByItself(t *testing.T) {
	list := "{\"id\":\"a\",\"url\":\"https://a.example/1\"}\n{\"id\":\"a\",\"url\":\"https://a.example/2\"}\n\xbb\xf3\n{\"id\":\n"
	requests, refused, stop, err := wanted([]string{"-", "https://b.example/"}, template{}, strings.NewReader(list))
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if len(requests) != 2 || len(refused) != 3 {
		t.Fatalf("%d requests, %d refused", len(requests), len(refused))
	}
	for i, say := range []string{"standard input:2: the id a is of", "standard input:3: not UTF-8", "standard input:4: not JSON"} {
		if !strings.Contains(refused[i].Message, say) || refused[i].ID == "a" {
			t.Errorf("%s: %s, want %s", refused[i].ID, refused[i].Message, say)
		}
	}
	if b := refused[1].Original(); !bytes.Equal(b, []byte("\xbb\xf3")) {
		t.Errorf("the original is %q", b)
	}
}
