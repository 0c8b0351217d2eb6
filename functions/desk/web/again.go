package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
)

// again asks for a page to be inspected again; the body is {}. Its result of now is
// kept first, so that the two can be compared.
func (d *Desk) again(w http.ResponseWriter, r *http.Request) {
	ctx, s, id := r.Context(), sessionOf(r), r.PathValue("id")
	err := func() error {
		if !s.MayDecide {
			return errMayNot
		}
		if d.Again == nil {
			return errNobodyAsk
		}
		if strings.HasPrefix(id, job.ImagePrefix) {
			return errImage
		}
		b, _, err := d.Pages.Read(ctx, id)
		if err != nil {
			return err
		}
		now, err := result.Decode(b)
		if err != nil {
			return err
		}
		req, err := d.requestOf(r, now)
		if err != nil {
			return err
		}
		if _, err := d.Ledger.Keep(ctx, id, b); err != nil {
			return err
		}
		return d.Again(ctx, req)
	}()
	if err != nil {
		d.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// requestOf is the request for a page again, as it was asked for: the manifest has all
// of it, and a result most.
func (d *Desk) requestOf(r *http.Request, now result.Result) (job.Request, error) {
	req := job.Request{URL: now.URL, Category: now.Category, Labels: now.Labels, Rules: now.Packs, SafeSearch: len(now.SafeSearch) > 0}
	_, m, err := d.Pages.Manifest(r.Context(), now.ID)
	switch {
	case err == nil:
		req = m.Request
		req.SafeSearch = req.SafeSearch || m.SafeSearch
	case !errors.Is(err, store.ErrNotExist):
		return req, err
	}
	req.Schema, req.ID, req.Force, req.Attempt = job.RequestSchema, now.ID, true, 0
	return req, req.Validate()
}
