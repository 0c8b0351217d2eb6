package samples

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// EditedAfter is how long after the first visit to a made page its seller edits it.
const EditedAfter = 2 * time.Minute

// Made is a product page that is made as it is asked for: what there is to decide
// on at the desk, where the samples, with all they must prove, are too few. Its
// claims stand in pictures that the browser draws, so they are as wide as the
// machine's Korean font makes them. EditedAfter its first visit one picture is
// another one, so that there is something to compare.
type Made struct {
	Name     string    `json:"name"`
	Category string    `json:"category"`
	Seller   string    `json:"seller"`
	Title    string    `json:"title"`
	Price    string    `json:"price"`
	Pictures []Picture `json:"pictures"`
	Edited   struct {
		At int `json:"at"` // the index in Pictures
		Picture
	} `json:"edited"`
}

// Picture is one of the seller's pictures.
type Picture struct {
	Head  string   `json:"head"`
	Below string   `json:"below"`
	Rules []string `json:"rules"` // the bundled rules that find something in it
	// Notice says that it is the seller's notice, the same picture on each page of theirs.
	Notice bool `json:"notice"`
}

// notice is what Picture.Notice stands for.
var notice = Picture{Head: "카톡 아이디 bombom77 추가", Below: "문의는 언제나 환영합니다", Rules: []string{"contact.kakao"}, Notice: true}

// hues are the ground of a picture and the spots on it.
var hues = [][2]string{{"#fdf2f4", "#fbdfe5"}, {"#f1f6fd", "#dce9fa"}, {"#f4faf0", "#e2f1d8"}, {"#fdf8ec", "#f8ecc9"}}

// Height is the picture's, in CSS px. A notice is tall enough to be a tile of its own.
func (p Picture) Height() int {
	if p.Notice {
		return 600
	}
	return 420
}

// Path is where the page is, on a MadeHandler.
func (m Made) Path() string { return "/made/" + m.Name + "/" }

// Shows is what stands on the page: as it is at first, or after its seller edited it.
func (m Made) Shows(edited bool) []Picture {
	all := slices.Clone(m.Pictures)
	for i, p := range all {
		if p.Notice {
			all[i] = notice
		}
	}
	if edited {
		all[m.Edited.At] = m.Edited.Picture
	}
	return all
}

// MadePages are all of them.
func MadePages() []Made { return made() }

var made = sync.OnceValue(func() (all []Made) {
	b, err := embedded.ReadFile("made/pages.json")
	if err == nil {
		err = json.Unmarshal(b, &all)
	}
	if err != nil {
		panic(err) // it is embedded
	}
	return all
})

// MadeHandler serves the made pages below /made/. Each has its own clock, which
// starts when it is visited first.
func MadeHandler(now func() time.Time) http.Handler {
	templates := template.Must(template.ParseFS(embedded, "made/page.html", "made/picture.svg"))
	var mu sync.Mutex
	visited := map[string]time.Time{}
	edited := func(name string) bool {
		mu.Lock()
		defer mu.Unlock()
		first, yes := visited[name]
		if !yes {
			visited[name] = now()
		}
		return yes && now().Sub(first) >= EditedAfter
	}
	find := func(w http.ResponseWriter, r *http.Request) (Made, bool) {
		i := slices.IndexFunc(made(), func(m Made) bool { return m.Name == r.PathValue("name") })
		if i < 0 {
			http.NotFound(w, r)
			return Made{}, false
		}
		return made()[i], true
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /made/{name}/{$}", func(w http.ResponseWriter, r *http.Request) {
		m, ok := find(w, r)
		if !ok {
			return
		}
		version := ""
		if edited(m.Name) {
			version = "-edited"
		}
		type source struct {
			Picture
			Src string
		}
		view := struct {
			Made
			Pictures []source
		}{Made: m}
		for i, p := range m.Pictures {
			view.Pictures = append(view.Pictures, source{p, fmt.Sprintf("%d%s.svg", i, version)})
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		templates.ExecuteTemplate(w, "page.html", view) //nolint:errcheck // the visitor may leave
	})
	mux.HandleFunc("GET /made/{name}/{picture}", func(w http.ResponseWriter, r *http.Request) {
		m, ok := find(w, r)
		if !ok {
			return
		}
		number, version, _ := strings.Cut(strings.TrimSuffix(r.PathValue("picture"), path.Ext(r.PathValue("picture"))), "-")
		i, err := strconv.Atoi(number)
		if err != nil || i < 0 || i >= len(m.Pictures) {
			http.NotFound(w, r)
			return
		}
		shown := m.Shows(version == "edited")[i]
		hue := hues[len(shown.Head)%len(hues)]
		view := struct {
			Picture
			Ground, Spot string
		}{shown, hue[0], hue[1]}
		w.Header().Set("Content-Type", "image/svg+xml")
		templates.ExecuteTemplate(w, "picture.svg", view) //nolint:errcheck // the visitor may leave
	})
	return mux
}
