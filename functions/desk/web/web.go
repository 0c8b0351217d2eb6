// Package web is the desk as a browser sees it: the list of pages, the page with its
// tiles, and what a reviewer does there. It is made of templates and a little plain
// JavaScript, both embedded; there is no build step.
//
// A page's text never becomes markup, and its pictures come from here alone: the
// policy allows nothing of any other origin, and no inline script or style.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/job"
)

// Desk serves one bucket's results. It is safe for concurrent use, and is not copied.
type Desk struct {
	Index  *index.Index
	Pages  *pages.Source
	Ledger *ledger.Ledger
	// Who says who asks, such as the address that Identity-Aware Proxy vouches for. An
	// error is answered 403.
	Who func(*http.Request) (string, error)
	// MayDecide says who may decide; the others may look. nil: everybody may.
	MayDecide func(who string) bool
	// Again asks for pages to be inspected again; nil: nobody can be asked here.
	Again func(ctx context.Context, requests ...job.Request) error
	// Progress says how far the index is; nil: it has caught up.
	Progress func() index.Progress
	Out      Out // how what is handed on is made
	Log      *slog.Logger
	Now      func() time.Time

	held claimCache
}

// Handler serves the desk. On a laptop it stands behind loopback.Only, which
// judges the Host header of what is only read, too.
func (d *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	d.listRoutes(mux)
	d.pageRoutes(mux)
	d.outRoutes(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { d.fail(w, r, errNotFound) })
	outer := http.NewServeMux()
	outer.HandleFunc("GET /static/{sum}/{name}", serveStatic)
	outer.Handle("/", d.identified(mux))
	return d.secured(outer)
}
