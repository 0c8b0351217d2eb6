package catalogue

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// shop serves pages, and knows which words each has.
type shop struct {
	shared   bool // pages show pictures that others show, too
	pages    int
	round    int
	mu       sync.Mutex
	pictures map[string][]byte
	words    map[string][]int
}

func (s *shop) picture(seed, height int) (src string, words []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	src = fmt.Sprintf("/p/%d.jpg", seed)
	if s.pictures[src] == nil {
		s.pictures[src], s.words[src] = picture(seed, height)
	}
	return src, s.words[src]
}

// sliceAt is the row of a design at which it is cut; a word lies there.
const sliceAt = 50

// sliced is a design that the seller cut into two pictures.
func (s *shop) sliced(seed, height int) (upper, lower string, words []int) {
	whole, words := s.picture(seed, height)
	s.mu.Lock()
	defer s.mu.Unlock()
	upper, lower = fmt.Sprintf("/p/%d-upper.jpg", seed), fmt.Sprintf("/p/%d-lower.jpg", seed)
	if s.pictures[upper] == nil {
		img, err := jpeg.Decode(bytes.NewReader(s.pictures[whole]))
		if err != nil {
			panic(err) // it is ours
		}
		for src, rows := range map[string]image.Rectangle{upper: image.Rect(0, 0, 860, sliceAt), lower: image.Rect(0, sliceAt, 860, height)} {
			var b bytes.Buffer
			if err := jpeg.Encode(&b, img.(*image.YCbCr).SubImage(rows), &jpeg.Options{Quality: 92}); err != nil {
				panic(err)
			}
			s.pictures[src] = b.Bytes()
		}
	}
	return upper, lower, words
}

// page is a page's HTML and its words.
func (s *shop) page(n int) (html string, words []int) {
	rng := rand.New(rand.NewPCG(uint64(n), 3))
	edited := s.round > 0 && n%10 < 3
	var b strings.Builder
	text := func(seed, lines int) {
		for i := range lines {
			word := seed*64 + i
			b.WriteString(markup(word))
			words = append(words, word)
		}
	}
	show := func(seed, high int) {
		src, has := s.picture(seed, high)
		fmt.Fprintf(&b, `<img src=%q width=860 height=%d>`, src, high)
		words = append(words, has...)
	}
	own := 1000 + n*24 // the page's own pictures and texts
	b.WriteString(`<!doctype html><style>body{margin:0 210px;width:860px}img{display:block}p{margin:20px 0;display:flow-root}</style>`)
	seller := 30 + n%50
	if edited && n%10 == 0 {
		text(own+22, 1) // a line more at the top
	}
	if s.shared {
		text(1, 3) // the shop's own header
		show(seller, 300)
	}
	text(own, 2+rng.IntN(4))
	if s.shared {
		show(80, 900) // a notice
		show(seller+60, 1400)
	}
	for i := range 2 + rng.IntN(5) {
		seed := own + 1 + i
		high := 600 + rng.IntN(1600)
		if edited && n%10 == 1 && i == 1 {
			seed = own + 21 // another picture
		}
		show(seed, high)
		if i == 0 { // and one design in two pictures, cut through a word
			high = 700 + rng.IntN(600)
			upper, lower, has := s.sliced(own+19, high)
			fmt.Fprintf(&b, `<img src=%q width=860 height=%d><img src=%q width=860 height=%d>`, upper, sliceAt, lower, high-sliceAt)
			words = append(words, has...)
		}
	}
	if edited && n%10 == 2 {
		text(own+23, 1) // a line more below
	}
	text(own+20, 4)
	if s.shared {
		show(seller+120, 1100)
		show(81, 1300)
		text(2, 5)
	}
	return b.String(), words
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if b := s.jpeg(r.URL.Path); b != nil {
		w.Header().Set("Content-Type", "image/jpeg")
		w.Write(b) //nolint:errcheck // the visitor may leave
		return
	}
	n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	html, _ := s.page(n)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, html)
}

func (s *shop) jpeg(path string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pictures[path]
}
