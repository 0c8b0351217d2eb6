package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/ledger"
)

func (d *Desk) listRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", d.list)
	mux.HandleFunc("GET /facets", d.facets)
	mux.HandleFunc("GET /rows", d.rows)
	mux.HandleFunc("GET /status", d.status)
	mux.HandleFunc("GET /next", d.next)
	mux.HandleFunc("GET /filters", d.savedFilters)
	mux.HandleFunc("POST /filters", d.saveFilter)
	mux.HandleFunc("DELETE /filters", d.dropFilter)
	mux.HandleFunc("POST /session", d.setSession)
	mux.HandleFunc("POST /p/{id}/claim", d.claim)
	mux.HandleFunc("POST /p/{id}/release", d.release)
	mux.HandleFunc("POST /p/{id}/decide", d.decide)
	mux.HandleFunc("POST /p/{id}/undo", d.undo)
	mux.HandleFunc("POST /p/{id}/again", d.again)
	mux.HandleFunc("POST /bulk", d.bulk)
	mux.HandleFunc("POST /bulk/undo", d.undoBulk)
}

// listBody is what the list shows.
type listBody struct {
	Filter   filter
	Rows     []row
	Total    int
	Next     string // the address of the next rows; "" at the end
	Version  int64  // of the index
	Progress index.Progress
}

// row is a page as the list shows it.
type row struct {
	index.Row
	Crop   string  // address of the picture of the worst finding; "": it has no place
	Href   string  // address of the page, with the filter that it was found by
	Seller string  // of its labels
	Labels []label // the others
}

// More counts the findings beside the worst.
func (r row) More() int { return max(r.FindingsAll-1, 0) }

type label struct{ Name, Value string }

// sellers are the names of labels that name a seller, in the order of preference.
var sellers = []string{"seller", "seller_id", "vendor", "shop", "판매자", "판매자명", "셀러"}

func rowsOf(all []index.Row, filters string) (rows []row) {
	for _, r := range all {
		one := row{Row: r, Href: "/p/" + url.PathEscape(r.ID)}
		if filters != "" {
			one.Href += "?" + filters
		}
		if r.Worst != nil && r.Worst.Tile >= 0 {
			one.Crop = cropAt(r.ID, r.Version, r.Worst.N)
		}
		for _, name := range sellers {
			if one.Seller = r.Labels[name]; one.Seller != "" {
				break
			}
		}
		for name, value := range r.Labels {
			if !slices.Contains(sellers, name) {
				one.Labels = append(one.Labels, label{name, value})
			}
		}
		slices.SortFunc(one.Labels, func(a, b label) int { return cmp.Compare(a.Name, b.Name) })
		rows = append(rows, one)
	}
	return rows
}

func (d *Desk) list(w http.ResponseWriter, r *http.Request) {
	f, err := filterOf(r.URL.Query())
	if err != nil {
		d.fail(w, r, err)
		return
	}
	body := listBody{Filter: f, Version: d.Index.Version(), Progress: d.progress()}
	list, err := d.Index.Pages(r.Context(), f.Query)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	body.Rows, body.Total = rowsOf(list.Rows, f.String()), list.Total
	if list.Next != "" {
		v := f.without("after")
		v.Set("after", list.Next)
		body.Next = listAt(v)
	}
	d.show(w, r, http.StatusOK, "list", body)
}

// maxRows bounds how many rows are asked for by their ids.
const maxRows = 500

// rows answers with single rows anew: /rows?id=A&id=B&<filters>. A page that is gone has none.
func (d *Desk) rows(w http.ResponseWriter, r *http.Request) {
	f, err := filterOf(r.URL.Query())
	if err != nil {
		d.fail(w, r, err)
		return
	}
	var found []index.Row
	for _, id := range r.URL.Query()["id"][:min(maxRows, len(r.URL.Query()["id"]))] {
		one, ok, err := d.Index.Row(r.Context(), id)
		if err != nil {
			d.fail(w, r, err)
			return
		}
		if ok {
			found = append(found, one)
		}
	}
	d.part(w, r, "list", "rows", listBody{Filter: f, Rows: rowsOf(found, f.String())})
}

// facetGroup is a filter with the words that it could have.
type facetGroup struct {
	Field string
	Words []facetWord
}

type facetWord struct {
	index.Facet
	On   bool
	Href string
}

// facets answers with the words of each filter and how many pages each chooses. It
// comes behind the list, which is not to wait for it.
func (d *Desk) facets(w http.ResponseWriter, r *http.Request) {
	f, err := filterOf(r.URL.Query())
	if err != nil {
		d.fail(w, r, err)
		return
	}
	all, err := d.Index.Facets(r.Context(), f.Query)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	var groups []facetGroup
	for _, field := range facetFields {
		g := facetGroup{Field: field}
		for _, facet := range all[field] {
			g.Words = append(g.Words, facetWord{facet, f.Has(field, facet.Word), f.Toggle(field, facet.Word)})
		}
		for _, word := range f.values[field] { // one that chooses nothing can be taken off
			if !slices.ContainsFunc(g.Words, func(w facetWord) bool { return w.Word == word }) {
				g.Words = append(g.Words, facetWord{index.Facet{Word: word}, true, f.Toggle(field, word)})
			}
		}
		slices.SortStableFunc(g.Words, func(a, b facetWord) int { return cmp.Compare(btoi(b.On), btoi(a.On)) })
		groups = append(groups, g)
	}
	d.part(w, r, "list", "facets", struct {
		Filter filter
		Groups []facetGroup
	}{f, groups})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (d *Desk) progress() index.Progress {
	if d.Progress == nil {
		return index.Progress{Current: true}
	}
	return d.Progress()
}

// status answers what changes while a list is looked at. The counts are left out
// where version is still the index's.
func (d *Desk) status(w http.ResponseWriter, r *http.Request) {
	f, err := filterOf(r.URL.Query())
	if err != nil {
		d.fail(w, r, err)
		return
	}
	claims, err := d.claims(r.Context())
	if err != nil { // the list does without
		d.Log.WarnContext(r.Context(), "claims cannot be read", "error", err)
	}
	p := d.progress()
	answer := struct {
		Version  string `json:"version"` // of the index: it is compared, and is no number to a script
		Progress struct {
			Done    int      `json:"done"`
			Total   int      `json:"total"`
			Current bool     `json:"current"`
			Broken  []string `json:"broken,omitempty"`
		} `json:"progress"`
		Total  *int                    `json:"total,omitempty"`  // pages of the filter
		States map[string]int          `json:"states,omitempty"` // beside the filter's other words
		Claims map[string]ledger.Claim `json:"claims"`           // by page
	}{Version: spellVersion(d.Index.Version()), Claims: claims}
	answer.Progress.Done, answer.Progress.Total, answer.Progress.Current, answer.Progress.Broken = p.Done, p.Total, p.Current, p.Broken
	if r.URL.Query().Get("version") != answer.Version {
		if answer.Total, answer.States, err = d.counts(r.Context(), f); err != nil {
			d.fail(w, r, err)
			return
		}
	}
	d.answer(w, r, http.StatusOK, answer)
}

func (d *Desk) counts(ctx context.Context, f filter) (*int, map[string]int, error) {
	q := f.Query
	q.After, q.Limit = "", 1
	list, err := d.Index.Pages(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	facets, err := d.Index.Facets(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	states := map[string]int{}
	for _, s := range facets["states"] {
		states[s.Word] = s.Pages
	}
	return &list.Total, states, nil
}
