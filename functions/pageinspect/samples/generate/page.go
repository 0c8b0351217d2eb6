package main

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/chromedp/cdproto/page"

	"github.com/pageinspect/pageinspect/functions/pageinspect/samples"
	contract "github.com/pageinspect/pageinspect/shared/page"
)

// maxBanner is the height in px that Chromium photographs reliably in one piece.
const maxBanner = 4096

// makePage renders one sample into its folder below out.
func makePage(b *browser, name, out string) (samples.Page, error) {
	banners, err := bannerDocument(name)
	if err != nil {
		return samples.Page{}, err
	}
	if err := show(b.banners, banners); err != nil {
		return samples.Page{}, fmt.Errorf("show the banners: %w", err)
	}
	sections, html, laid, err := layOut(b, name)
	if err != nil {
		return samples.Page{}, err
	}
	dir := filepath.Join(out, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return samples.Page{}, err
	}
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte(html), 0o644); err != nil {
		return samples.Page{}, err
	}
	for _, s := range sections {
		img, err := b.render(s)
		if err != nil {
			return samples.Page{}, fmt.Errorf("%s: %w", s.Name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, s.Name), img, 0o644); err != nil {
			return samples.Page{}, err
		}
	}
	truth, err := truthOf(sections, laid)
	return samples.Page{Name: name, Path: "/" + name + "/", Title: laid.Title, Height: laid.Height, Truth: truth}, err
}

// bannerDocument is every banner of a page under one another.
func bannerDocument(name string) (string, error) {
	funcs := template.FuncMap{
		"list":  func(s ...string) []string { return s },
		"qr":    qr,
		"split": func(s string) []string { return strings.Split(s, ";") },
	}
	body, err := expand("pages/"+name+"/banners.html", funcs, nil)
	if err != nil {
		return "", err
	}
	css, err := sources.ReadFile("pages/banner.css")
	if err != nil {
		return "", err
	}
	art, err := sources.ReadFile("pages/art.svg")
	return `<!doctype html><html lang="ko"><meta charset="utf-8"><style>` + string(css) + `</style><body>` + string(art) + body + `</body></html>`, err
}

// laid is the product page as the browser laid it out.
type laid struct {
	Title  string          `json:"title"`
	Height int             `json:"height"`
	Images []samples.Image `json:"images"`
	Text   read            `json:"text"` // what the shop itself says
}

// shopLink is how the pages name their style; it cannot be followed before they are served.
const shopLink = `<link rel="stylesheet" href="../shop.css">`

// layOut puts the banners into their page, and grows those with an edge until
// it runs through the line meant. Banners are stacked, so the first may be
// settled before the next.
func layOut(b *browser, name string) ([]read, string, laid, error) {
	css, err := sources.ReadFile("pages/shop.css")
	if err != nil {
		return nil, "", laid{}, err
	}
	settled := map[string]bool{}
	for {
		sections, err := b.sections()
		if err != nil {
			return nil, "", laid{}, fmt.Errorf("read the banners: %w", err)
		}
		html, err := pageHTML(name, sections)
		if err != nil {
			return nil, "", laid{}, err
		}
		if err := show(b.shop, strings.Replace(html, shopLink, "<style>"+string(css)+"</style>", 1)); err != nil {
			return nil, "", laid{}, fmt.Errorf("show the page: %w", err)
		}
		l, err := ask[laid](b.shop, `({title: document.title, height: document.documentElement.scrollHeight,
			images: [...document.images].map((i) => { const r = i.getBoundingClientRect(); return {
				src: i.dataset.src || i.getAttribute('src'), lazy: i.dataset.src ? 'observer' : i.loading === 'lazy' ? 'native' : '',
				box: {x: r.left, y: r.top, w: r.width, h: r.height}}; }),
			text: (`+b.script+`)(document.documentElement)})`)
		if err != nil {
			return nil, "", laid{}, fmt.Errorf("read the page: %w", err)
		}
		next := slices.IndexFunc(sections, func(s read) bool { return s.Edge != nil && !settled[s.Name] })
		if next < 0 {
			return sections, html, l, nil
		}
		s := sections[next]
		settled[s.Name] = true
		at := slices.IndexFunc(l.Images, func(i samples.Image) bool { return i.Src == s.Name })
		if at < 0 {
			return nil, "", laid{}, fmt.Errorf("%s is not in page.html", s.Name)
		}
		if err := b.pad(s.Name, padding(l.Images[at].Box.Y+s.Edge.Box.MiddleY(), s.Edge.Kind)); err != nil {
			return nil, "", laid{}, err
		}
	}
}

// padding is how far y must move down to the next edge of the kind.
func padding(y float64, kind string) float64 {
	first := 0.0
	if kind == "end" {
		first = samples.TileHeight - samples.TileStep
	}
	k := math.Ceil((y - first) / samples.TileStep)
	return math.Round(first + k*samples.TileStep - y)
}

func pageHTML(name string, sections []read) (string, error) {
	tag := func(src, attrs string) (string, error) {
		i := slices.IndexFunc(sections, func(s read) bool { return s.Name == src })
		if i < 0 {
			return "", fmt.Errorf("no section has data-image=%q", src)
		}
		return fmt.Sprintf(`<img %s width="%.0f" height="%.0f" alt="상품 상세 이미지">`, attrs, sections[i].Box.W, sections[i].Box.H), nil
	}
	return expand("pages/"+name+"/page.html", template.FuncMap{
		"img":  func(src string) (string, error) { return tag(src, `src="`+src+`"`) },
		"lazy": func(src string) (string, error) { return tag(src, `src="`+src+`" loading="lazy"`) },
		"io": func(src string) (string, error) {
			return tag(src, `src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==" data-src="`+src+`"`)
		},
	}, nil)
}

// render makes the image of a banner in the format that its name asks for.
func (b *browser) render(s read) ([]byte, error) {
	if s.Box.H > maxBanner {
		return nil, fmt.Errorf("%.0f px tall, more than %d: put it elsewhere on the page", s.Box.H, maxBanner)
	}
	switch filepath.Ext(s.Name) {
	case ".webp":
		return b.shoot(s.Box, page.CaptureScreenshotFormatWebp)
	case ".jpg":
		return b.shoot(s.Box, page.CaptureScreenshotFormatJpeg)
	case ".png":
		img, err := b.shoot(s.Box, page.CaptureScreenshotFormatPng)
		if err != nil {
			return nil, err
		}
		return toPalette(img)
	}
	return nil, fmt.Errorf("the name must end in .webp, .jpg or .png")
}

// truthOf puts what the banners and the shop say where the page has it.
func truthOf(sections []read, l laid) (samples.Truth, error) {
	truth := samples.Truth{Images: l.Images, Planted: []samples.Planted{}, Innocent: []samples.Innocent{}}
	var marks []mark
	add := func(r read, src string, at contract.Box) {
		scale := at.W / r.Box.W
		move := func(b contract.Box) contract.Box {
			return contract.Box{X: at.X + b.X*scale, Y: at.Y + b.Y*scale, W: b.W * scale, H: b.H * scale}.Round()
		}
		for _, line := range r.Lines {
			box := move(line.Box)
			truth.Lines = append(truth.Lines, samples.Line{Text: line.Text, Box: box, Size: line.Size * scale, Image: src, Edge: edgeThrough(box), Code: line.Code})
		}
		for _, m := range r.Marks {
			m.Box = move(m.Box)
			marks = append(marks, m)
		}
	}
	add(l.Text, "", contract.Box{W: l.Text.Box.W, H: l.Text.Box.H})
	for _, img := range l.Images {
		i := slices.IndexFunc(sections, func(s read) bool { return s.Name == img.Src })
		if i < 0 {
			return truth, fmt.Errorf("%s in the page is no banner", img.Src)
		}
		add(sections[i], img.Src, img.Box)
	}
	slices.SortStableFunc(truth.Lines, func(a, b samples.Line) int {
		return cmp.Or(cmp.Compare(a.Box.Y, b.Box.Y), cmp.Compare(a.Box.X, b.Box.X))
	})
	slices.SortStableFunc(marks, func(a, b mark) int {
		return cmp.Or(cmp.Compare(a.Box.Y, b.Box.Y), cmp.Compare(a.Box.X, b.Box.X))
	})
	for _, m := range marks {
		line := slices.IndexFunc(truth.Lines, func(l samples.Line) bool {
			return l.Box.Overlaps(m.Box) && strings.Contains(l.Text, m.Text)
		})
		if line < 0 {
			return truth, fmt.Errorf("%q is not on one line: give it more room", m.Text)
		}
		if m.Find != "" {
			truth.Planted = append(truth.Planted, samples.Planted{Phrase: m.Text, Rules: strings.Fields(m.Find), Box: m.Box, Line: line})
		} else {
			truth.Innocent = append(truth.Innocent, samples.Innocent{Phrase: m.Text, Why: m.Pass, Box: m.Box, Line: line})
		}
	}
	return truth, nil
}

// edgeThrough is the tile edge that cuts the ink of a line, for which its box
// must reach a fifth of its height beyond; 0 for none.
func edgeThrough(b contract.Box) int {
	in := func(edge float64) bool { return edge > b.Y+b.H/5 && edge < b.Bottom()-b.H/5 }
	for k := 1; (k-1)*samples.TileStep < int(b.Bottom()); k++ {
		start, end := k*samples.TileStep, (k-1)*samples.TileStep+samples.TileHeight
		switch {
		case in(float64(start)):
			return start
		case in(float64(end)):
			return end
		}
	}
	return 0
}
