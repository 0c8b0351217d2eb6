package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"mime"
	"net/http"
	"path"
	"time"
)

//go:embed static
var staticFiles embed.FS

// statics are the scripts, styles and pictures of the desk by name, and staticSum is a
// sum of them all: it is in their address, so that a browser keeps them for good
// and scripts import each other by name.
var statics, staticSum = loadStatics()

func loadStatics() (map[string][]byte, string) {
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		panic(err)
	}
	all, sum := map[string][]byte{}, sha256.New()
	for _, e := range entries {
		b, err := staticFiles.ReadFile("static/" + e.Name())
		if err != nil {
			panic(err)
		}
		all[e.Name()] = b
		sum.Write([]byte(e.Name()))
		sum.Write(b)
	}
	return all, hex.EncodeToString(sum.Sum(nil)[:8])
}

// static is the address of a file of the folder static.
func static(name string) string { return "/static/" + staticSum + "/" + name }

func serveStatic(w http.ResponseWriter, r *http.Request) {
	b, ok := statics[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	// While a new version is rolled out, an instance is asked for the other's files.
	if r.PathValue("sum") == staticSum {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(r.PathValue("name"))))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
}
