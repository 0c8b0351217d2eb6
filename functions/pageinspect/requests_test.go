package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/shared/job"
	"golang.org/x/text/encoding/korean"
)

// said is what becomes of a list: the addresses asked for, the refusals, and how
// many lines were repeated.
func said(t *testing.T, flags template, list string) (addresses []string, refused []asked, repeated int) {
	t.Helper()
	lines, err := sources{}.given([]string{"-"}, strings.NewReader(list))
	if err != nil {
		t.Fatal(err)
	}
	all, repeated := flags.ask(lines.Entries)
	for _, a := range all {
		if a.refused != nil {
			refused = append(refused, a)
			continue
		}
		addresses = append(addresses, a.request.URL)
	}
	return addresses, refused, repeated
}

func TestLinesOfOneID(t *testing.T) {
	addresses, refused, repeated := said(t, template{}, strings.Join([]string{
		`{"id":"a","url":"https://a.example/1"}`,
		`{"id":"b","url":"https://a.example/b"}`,
		`{"id":"a","url":"https://a.example/1"}`, // once
		`{"id":"a","url":"https://a.example/2"}`,
		`{"id":"A","url":"https://a.example/3"}`, // another id
		`{"id":"../a","url":"https://a.example/4"}`,
		`{"id":"../a","url":"https://a.example/5"}`,
		`{"id":"a","url":"https://a.example/6","force":true}`,
		`{"id":"c","url":"https://a.example/1"}`, // the same page, asked for under a name of its own
		`https://a.example/1`,                    // once
		`{"id":"a","url":"https://a.example/1","category":"food"}`,
	}, "\n"))
	if got, want := strings.Join(addresses, " "), "https://a.example/1 https://a.example/b https://a.example/3 https://a.example/1"; got != want || repeated != 2 {
		t.Errorf("asked for %s, want %s; %d repeated", got, want, repeated)
	}
	for i, want := range []string{"standard input:4", "standard input:6", "standard input:7", "standard input:8", "standard input:11"} {
		if i >= len(refused) || refused[i].Where != want {
			t.Fatalf("refused %d, the %dth is not %s", len(refused), i, want)
		}
	}
	for _, part := range []string{"the id a is of https://a.example/1 (standard input:1)", "of https://a.example/2 too"} {
		if !strings.Contains(refused[0].refused.Error(), part) {
			t.Errorf("no %q in %v", part, refused[0].refused)
		}
	}
	if !strings.Contains(refused[4].refused.Error(), "another category, label or option") {
		t.Errorf("%v", refused[4].refused)
	}
}

// TestAddressesOnce: what is the same page is asked for once, however it is
// spelled, and what may be another is not left out.
func TestAddressesOnce(t *testing.T) {
	addresses, refused, repeated := said(t, template{}, strings.Join([]string{
		"https://a.example/1", "https://a.example/1", "HTTPS://A.example:443/1",
		"https://a.example", "https://a.example/",
		"http://a.example/1", "https://a.example/1?", "https://a.example/1#two", "https://a.example/1?x=1", "https://a.example:8443/1", "https://a.example/A",
	}, "\n"))
	if len(refused) != 0 || repeated != 3 || len(addresses) != 8 {
		t.Errorf("%d asked for, %d repeated: %q", len(addresses), repeated, addresses)
	}
	// Two products of one page are two, and a category is not lost in silence.
	_, refused, repeated = said(t, template{Category: "food"}, "url,id,category\nhttps://a/1,x,\nhttps://a/1,y,\nhttps://a/2,,food\nhttps://a/2,,\nhttps://a/2,,cosmetics\n")
	if len(refused) != 1 || repeated != 1 || !strings.Contains(refused[0].refused.Error(), "asked for already (standard input:4)") {
		t.Errorf("%d repeated, refused %+v", repeated, refused)
	}
}

// TestStableIDs: the same page has the same id each time, and no other has it.
func TestStableIDs(t *testing.T) {
	list := "https://a.example/상품/1\nhttps://a.example/상품/2\n{\"id\":\"mine\",\"url\":\"https://a.example/3\"}\n"
	ids := func(t2 template, text string) (ids []string) {
		lines, err := sources{}.given([]string{"-"}, strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		all, _ := t2.ask(lines.Entries)
		for _, a := range all {
			if err := job.CheckID(a.request.ID); err != nil {
				t.Errorf("%s: %v", a.request.ID, err)
			}
			ids = append(ids, a.request.ID)
		}
		return ids
	}
	first, again := ids(template{StableIDs: true}, list), ids(template{StableIDs: true}, strings.Replace(list, "https://a", "HTTPS://A", 1))
	fresh := ids(template{}, list)
	for i := range first {
		if first[i] != again[i] || (first[i] == fresh[i]) != (i == 2) {
			t.Errorf("%s, then %s; without the flag %s", first[i], again[i], fresh[i])
		}
	}
	if first[0] == first[1] || first[2] != "mine" || !strings.HasPrefix(first[0], "a-example-상품-1-") {
		t.Errorf("ids %q", first)
	}
}

// TestListsAreTaken: an argument that names a file is a list, and everything else
// an address.
func TestListsAreTaken(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	cp949, err := korean.EUCKR.NewEncoder().String("상품번호,상품URL\r\n1,https://a.example/상품\r\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"products.csv": cp949, "urls": "https://a.example/2\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := sources{file: "urls"}.given([]string{"products.csv", "https://a.example/3", "", "nosuchfile", "-"}, strings.NewReader("https://a.example/4\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range l.Entries {
		got = append(got, e.Request.URL)
	}
	if want := "https://a.example/3 nosuchfile https://a.example/상품 https://a.example/4 https://a.example/2"; strings.Join(got, " ") != want {
		t.Errorf("%q, want %s", got, want)
	}
	if len(l.Notes) != 2 || !strings.Contains(l.Notes[0], "is CP949") || !strings.Contains(l.Notes[1], "url is B (상품URL)") {
		t.Errorf("notes %q", l.Notes)
	}
	for want, s := range map[string]sources{"none is given": {sheet: "x"}, "no such file": {file: "none"}, "FIELD=COLUMN": {file: "urls", columns: []string{"B"}}} {
		if _, err := s.given([]string{"https://a.example/"}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", s, err, want)
		}
	}
}

// A list that is not there is told to be missing, and not to be no address.
func TestListsThatAreNotThere(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"products.xlsx", "Products.CSV", "./urls", "/nowhere/list", "~/list.txt"} {
		if _, err := (sources{}).given([]string{name}, nil); err == nil || !strings.Contains(err.Error(), name+": no such file") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, address := range []string{"https://a.example/list.csv", "shop.example/1", "{}"} {
		if l, err := (sources{}).given([]string{address}, nil); err != nil || len(l.Entries) != 1 {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestRunRefusesByItself what could not be told apart, as failures that name the line.
func TestRunRefusesByItself(t *testing.T) {
	list := "{\"id\":\"a\",\"url\":\"https://a.example/1\"}\n{\"id\":\"a\",\"url\":\"https://a.example/2\"}\n\xbb\xf3\xe9\n{\"id\":\n"
	w, err := wanted(runOptions{}, []string{"-", "https://b.example/"}, strings.NewReader(list))
	if err != nil {
		t.Fatal(err)
	}
	defer w.stop()
	if len(w.requests) != 2 || len(w.refused) != 3 {
		t.Fatalf("%d requests, %d refused", len(w.requests), len(w.refused))
	}
	for i, say := range []string{"standard input:2: the id a is of", "standard input:3: not UTF-8", "standard input:4: not JSON"} {
		if !strings.Contains(w.refused[i].Message, say) || w.refused[i].ID == "a" {
			t.Errorf("%s: %s, want %s", w.refused[i].ID, w.refused[i].Message, say)
		}
	}
	if b := w.refused[1].Original(); !bytes.Equal(b, []byte("\xbb\xf3\xe9")) {
		t.Errorf("the original is %q", b)
	}
}
