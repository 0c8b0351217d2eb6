package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/shared/result"
)

func (d *Desk) pageRoutes(mux *http.ServeMux) {
	g := d.reading()
	mux.HandleFunc("GET /p/{id}", g.page)
	mux.HandleFunc("GET /p/{id}/data.json", g.data)
	mux.HandleFunc("GET /p/{id}/tile/{n}", g.tile)
	mux.HandleFunc("GET /p/{id}/crop/{finding}", g.crop)
	mux.HandleFunc("GET /p/{id}/compare", g.compare)
	mux.HandleFunc("GET /p/{id}/compare.json", g.comparison)
	mux.HandleFunc("GET /p/{id}/kept/{hash}/data.json", g.keptData)
	mux.HandleFunc("GET /p/{id}/kept/{hash}/tile/{n}", g.keptTile)
}

// pageView is what page.html reads. What changes while it is open is drawn by script.
type pageView struct {
	result.Result
	Filter   string // the query of the list that the reviewer came from, with its "?", or ""
	Next     string // address that leads on from where the page stood when it was opened: what is decided on it moves it
	Title    string
	Links    []pageLink
	Recall   string
	Sure     string // mean confidence of what was read
	Pictures int    // lines that stand in pictures only
	Shown    []shownElsewhere
	Age      time.Time
}

// pageLink is an address of the page. It is led to only where it is one of the web.
type pageLink struct{ Key, Text, Href string }

// shownElsewhere is another page that shows some of this one's pictures.
type shownElsewhere struct {
	Page     string
	Pictures int
}

// page shows one page.
func (g *reading) page(w http.ResponseWriter, r *http.Request) {
	in, err := g.now(r.Context(), r.PathValue("id"))
	if err != nil {
		g.fail(w, r, err)
		return
	}
	v := viewOf(in.Result, filterQuery(r.URL))
	v.Next = g.nextAt(r.Context(), r.URL.Query(), in.ID)
	g.show(w, r, http.StatusOK, "page", v)
}

func viewOf(r result.Result, filter string) pageView {
	v := pageView{Result: r, Filter: filter, Title: titleOf(r), Age: r.CapturedAt}
	v.Links = append(v.Links, pageLink{"page.address", r.URL, live(r.URL)})
	if r.FinalURL != "" && r.FinalURL != r.URL {
		v.Links = append(v.Links, pageLink{"page.led-to", r.FinalURL, live(r.FinalURL)})
	}
	if r.Quality.DOMRunes > 0 {
		v.Recall = percent(r.Quality.DOMRecall)
	}
	if r.Coverage.Confidence > 0 {
		v.Sure = percent(r.Coverage.Confidence)
	}
	for _, l := range r.Lines {
		if l.Source == result.InPicture {
			v.Pictures++
		}
	}
	for _, s := range r.Shown {
		i := slices.IndexFunc(v.Shown, func(e shownElsewhere) bool { return e.Page == s.Page })
		if i < 0 {
			i, v.Shown = len(v.Shown), append(v.Shown, shownElsewhere{Page: s.Page})
		}
		v.Shown[i].Pictures++
	}
	return v
}

func titleOf(r result.Result) string {
	if title := strings.TrimSpace(r.Title); title != "" {
		return title
	}
	return r.ID
}

// filterQuery is the query of a page's address, which is its list's, as it goes on to
// the next page.
func filterQuery(u *url.URL) string {
	q := u.Query()
	for _, own := range []string{"v", "lang", "after", "with"} {
		q.Del(own)
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}
