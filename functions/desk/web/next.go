package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/shared/decision"
)

// nextAt is the address that leads on from a page in a filter, from where it stands now.
func (d *Desk) nextAt(ctx context.Context, v url.Values, id string) string {
	f, err := filterOf(v)
	if err != nil {
		return "/"
	}
	to := f.without("after", "limit")
	if after := d.Index.After(f.queue(), id); after != "" {
		to.Set("after", after)
	}
	return "/next?" + to.Encode()
}

// queue is the filter's pages that somebody must decide on, unless it says which.
func (f filter) queue() (q index.Query) {
	q = f.Query
	if len(q.States) == 0 {
		q.States = []string{string(decision.Open)}
	}
	return q
}

// next leads to the next page of a filter that nobody has claimed, and claims it; to the
// list where there is none. "after" is where the list goes on, or the id of a page.
func (d *Desk) next(w http.ResponseWriter, r *http.Request) {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		d.fail(w, r, errOrigin) // another site's link would claim pages
		return
	}
	v := r.URL.Query()
	after := v.Get("after")
	v.Del("after")
	f, err := filterOf(v)
	if err != nil {
		d.fail(w, r, err)
		return
	}
	q := f.queue()
	q.After = cmp.Or(d.Index.After(q, after), after)
	s := sessionOf(r)
	for {
		list, err := d.Index.Pages(r.Context(), q)
		if err != nil {
			d.fail(w, r, err)
			return
		}
		for _, row := range list.Rows {
			if s.MayDecide {
				_, err := d.Ledger.Claim(r.Context(), row.ID, s.Who)
				if errors.Is(err, ledger.ErrClaimed) {
					continue
				}
				if err != nil {
					d.fail(w, r, err)
					return
				}
				d.forget()
			}
			http.Redirect(w, r, "/p/"+url.PathEscape(row.ID)+"?"+f.without("limit").Encode(), http.StatusFound)
			return
		}
		if q.After = list.Next; q.After == "" {
			http.Redirect(w, r, listAt(f.values), http.StatusFound)
			return
		}
	}
}
