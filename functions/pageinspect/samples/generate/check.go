package main

import (
	"fmt"
	"log"
	"math"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/chromedp/chromedp"

	"github.com/pageinspect/pageinspect/functions/pageinspect/samples"
)

// minLong is what the long page must be taller than, in px.
const minLong = 30000

// check opens the pages as they will be served and compares with what is written down.
func check(b *browser, out string, pages []samples.Page) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.FileServerFS(os.DirFS(out))}
	defer server.Close()
	go server.Serve(listener)

	for _, p := range pages {
		if err := chromedp.Do(b.shop, chromedp.Navigate("http://"+listener.Addr().String()+p.Path)); err != nil {
			return fmt.Errorf("open %s: %w", p.Name, err)
		}
		// Every lazy image is asked for and awaited; a broken one is narrower than it should be.
		const script = `(async () => {
			for (let y = 0; y < document.documentElement.scrollHeight; y += 400) { scrollTo(0, y); await new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))); }
			await Promise.all([...document.images].map((i) => i.decode()));
			scrollTo(0, 0);
			return {height: document.documentElement.scrollHeight, width: document.documentElement.scrollWidth,
				images: [...document.images].map((i) => { const r = i.getBoundingClientRect(); return {src: i.getAttribute('src'), natural: i.naturalWidth, box: {x: r.left, y: r.top, w: r.width, h: r.height}}; })};
		})()`
		got, err := chromedp.Run(b.shop, chromedp.Evaluate[struct {
			Height, Width int
			Images        []struct {
				samples.Image
				Natural float64
			}
		}](script, chromedp.EvalAwaitPromise))
		if err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		if got.Height != p.Height || got.Width != samples.ViewportWidth {
			return fmt.Errorf("%s: %dx%d as served, %dx%d as laid out", p.Name, got.Width, got.Height, samples.ViewportWidth, p.Height)
		}
		for i, img := range got.Images {
			want := p.Truth.Images[i]
			if img.Src != want.Src || img.Box != want.Box || math.Abs(img.Natural-want.Box.W) > 0.5 {
				return fmt.Errorf("%s: image %d is %s, %v px wide, at %v; want %s at %v", p.Name, i, img.Src, img.Natural, img.Box, want.Src, want.Box)
			}
		}
		if p.Name == "long-detail" && p.Height <= minLong {
			return fmt.Errorf("%s: %d px tall, want more than %d", p.Name, p.Height, minLong)
		}
		var cut []string
		for _, pl := range p.Truth.Planted {
			if e := p.Truth.Lines[pl.Line].Edge; e != 0 {
				cut = append(cut, fmt.Sprintf("%s@%d", pl.Phrase, e))
			}
		}
		slices.Sort(cut)
		log.Printf("%s: %d px, %d images, %d lines, %d planted, across edges: %s", p.Name, p.Height, len(p.Truth.Images), len(p.Truth.Lines), len(p.Truth.Planted), strings.Join(cut, ", "))
	}
	return nil
}
