package web

import (
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// uses finds the keys that a file uses: whole ones, and beginnings that end in a
// point, to which a word is added.
var uses = regexp.MustCompile("[\"'`]([a-z]+(?:\\.[a-z-]+)*\\.(?:[a-z0-9-]+)?)(?:\\$\\{[^}]*\\})?[\"'`]")

// TestTexts: each text is there in each language, with the same values, and is used.
func TestTexts(t *testing.T) {
	used := map[string]bool{}
	var begun []string
	for _, dir := range []string{".", "templates", "static"} {
		files, err := fs.Glob(os.DirFS(dir), "*.*")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if !strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".html") && !strings.HasSuffix(name, ".js") || strings.HasSuffix(name, "_test.go") {
				continue
			}
			b, err := os.ReadFile(dir + "/" + name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range uses.FindAllStringSubmatch(string(b), -1) {
				if strings.HasSuffix(m[1], ".") {
					begun = append(begun, m[1])
				} else {
					used[m[1]] = true
				}
			}
		}
	}
	namespaces := map[string]bool{}
	for key := range texts["en"] {
		first, _, _ := strings.Cut(key, ".")
		namespaces[first] = true
	}
	for key := range used {
		first, _, _ := strings.Cut(key, ".")
		if _, ok := texts["en"][key]; !ok && namespaces[first] && !fileName.MatchString(key) {
			t.Errorf("%s is said and is no text", key)
		}
	}
	value := regexp.MustCompile(`\{\w+\}`)
	for key, en := range texts["en"] {
		ko, ok := texts["ko"][key]
		if !ok {
			t.Errorf("%s has no Korean text", key)
			continue
		}
		values := func(s string) []string {
			all := value.FindAllString(s, -1)
			slices.Sort(all)
			return slices.Compact(all)
		}
		if a, b := values(en), values(ko); !slices.Equal(a, b) {
			t.Errorf("%s has the values %v in English and %v in Korean", key, a, b)
		}
		if strings.Contains(ko, "|") {
			t.Errorf("%s: Korean has one form for all numbers", key)
		}
		if !used[key] && !slices.ContainsFunc(begun, func(s string) bool { return strings.HasPrefix(key, s) }) {
			t.Errorf("%s is a text that nothing says", key)
		}
	}
	for key := range maps.Keys(texts["ko"]) {
		if _, ok := texts["en"][key]; !ok {
			t.Errorf("%s has no English text", key)
		}
	}
}

var fileName = regexp.MustCompile(`\.(js|css|html|svg|json|com)$`)

func TestText(t *testing.T) {
	for _, c := range []struct {
		lang, key string
		pairs     []any
		want      string
	}{
		{"en", "list.count", []any{"n", 1}, "1 page"},
		{"en", "list.count", []any{"n", 12345}, "12,345 pages"},
		{"ko", "list.count", []any{"n", 1}, "1개 페이지"},
		{"en", "no.such.text", nil, "no.such.text"},
	} {
		if got := text(c.lang, c.key, c.pairs...); got != c.want {
			t.Errorf("text(%s, %s, %v) = %q, want %q", c.lang, c.key, c.pairs, got, c.want)
		}
	}
}
