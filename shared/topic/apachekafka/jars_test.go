package apachekafka

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDownload: only the pinned content gets into the cache.
func TestDownload(t *testing.T) {
	const helloSum = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/good":
			w.Write([]byte("hello")) //nolint:errcheck // the client tells
		case "/tampered":
			w.Write([]byte("hallo")) //nolint:errcheck // the client tells
		case "/cut":
			w.Header().Set("Content-Length", "5")
			w.Write([]byte("he")) //nolint:errcheck // the client tells
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	for path, want := range map[string]string{"good": "", "tampered": "not the file that was pinned", "cut": "EOF", "none": "404"} {
		file := filepath.Join(t.TempDir(), "a", "b.jar")
		err := download(server.URL+"/"+path, file, helloSum)
		got, _ := os.ReadFile(file)
		if want == "" && (err != nil || string(got) != "hello") {
			t.Errorf("%s: %q, %v", path, got, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want) || got != nil) {
			t.Errorf("%s: %q, %v; want no file and an error with %q", path, got, err, want)
		}
		left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".part-*"))
		if len(left) > 0 {
			t.Errorf("%s: left %v behind", path, left)
		}
	}
}
