package web

import (
	"net/http"
	"strings"

	"github.com/pageinspect/pageinspect/functions/desk/again"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/result"
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
		req, err := (&again.Asker{Pages: d.Pages}).Request(ctx, now)
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
