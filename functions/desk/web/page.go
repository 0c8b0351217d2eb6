package web

import "net/http"

func (d *Desk) pageRoutes(mux *http.ServeMux) {}
