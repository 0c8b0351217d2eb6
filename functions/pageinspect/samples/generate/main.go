// Command generate makes the sample pages: it renders the banner sources in
// pages to images, lays the product pages out around them, and writes down what
// they say and where (site/truth.json). It needs a Chromium and the Nanum fonts.
//
// Run it by go generate in the package samples. It replaces the folder site.
//
// A section of banners.html becomes the image that its data-image names.
// data-find="ids" marks a phrase that rules must find, data-pass="why" one that
// they must not. data-edge="start" or "end" puts that element across the next
// start or end of a tile, by growing the .stretch above it. data-says="text" is
// what a picture of a code says, and data-finds the rules that must find it.
package main

import (
	"context"
	"embed"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/pageinspect/pageinspect/functions/pageinspect/samples"
)

//go:embed pages lines.js
var sources embed.FS

// categories of the pages, in the order in which the samples are listed.
var categories = []struct{ name, category string }{
	{"acne-serum", "cosmetics"},
	{"long-detail", "cosmetics"},
	{"contact", "fashion"},
	{"clean", "cosmetics"},
}

// maxBytes is what the embedded images may weigh together: every binary carries them.
const maxBytes = 3 << 20

func main() {
	out := flag.String("out", "site", "folder to replace with the pages")
	flag.Parse()
	if err := run(context.Background(), *out); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out string) error {
	b, err := startBrowser(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	var pages []samples.Page
	for _, c := range categories {
		p, err := makePage(b, c.name, out)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		p.Category = c.category
		pages = append(pages, p)
	}
	css, err := sources.ReadFile("pages/shop.css")
	if err != nil {
		return err
	}
	truth, err := json.MarshalIndent(pages, "", " ")
	if err != nil {
		return err
	}
	list, err := expand("pages/index.html", template.FuncMap{}, pages)
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{"shop.css": css, "truth.json": append(truth, '\n'), "index.html": []byte(list)} {
		if err := os.WriteFile(filepath.Join(out, name), data, 0o644); err != nil {
			return err
		}
	}
	if err := check(b, out, pages); err != nil {
		return err
	}
	return checkWeight(out)
}

// expand executes a template of ours with the shop's frame beside it.
func expand(name string, funcs template.FuncMap, data any) (string, error) {
	t, err := template.New(filepath.Base(name)).Funcs(funcs).ParseFS(sources, name, "pages/shop.html")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, data)
	return b.String(), err
}

func checkWeight(out string) error {
	var sum int64
	err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	if err == nil && sum > maxBytes {
		err = fmt.Errorf("the pages weigh %d bytes, more than %d", sum, maxBytes)
	}
	log.Printf("%d bytes in %s", sum, out)
	return err
}
