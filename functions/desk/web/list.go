package web

import "net/http"

func (d *Desk) listRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /session", d.setSession)
}
