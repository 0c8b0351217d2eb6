package web

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/evidence"
	"github.com/pageinspect/pageinspect/functions/desk/export"
	"github.com/pageinspect/pageinspect/functions/desk/notice"
	"github.com/pageinspect/pageinspect/functions/desk/onefile"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
)

// Out is how the desk makes what it hands on. Its zero value makes all of it, unsigned.
type Out struct {
	Key ed25519.PrivateKey // signs evidence; nil: nobody does
	// Stamp asks an authority for the time of evidence; nil: nobody does.
	Stamp  func(ctx context.Context, statement []byte) ([]byte, error)
	Notice *notice.Writer // nil: the bundled words, in Korea's time
	Days   int            // that a seller is given; 0: 7
	Most   int            // bytes of a report in one file; 0: onefile.Most
	Tool   string         // pageinspect and its version
}

const defaultDays = 7

// outs serves what is handed on. So many are made at a time: each decodes pictures.
type outs struct {
	*Desk
	source export.Source
	notice *notice.Writer
	places chan struct{}
}

func (d *Desk) outRoutes(mux *http.ServeMux) {
	o := &outs{d, export.Source{Index: d.Index, Pages: d.Pages, Ledger: d.Ledger, AtOnce: readAtOnce}, d.Out.Notice, make(chan struct{}, 2)}
	if o.notice == nil {
		words, err := notice.New("", koreaTime)
		if err != nil {
			panic(err) // the bundled words are tested
		}
		o.notice = words
	}
	mux.HandleFunc("GET /export", o.export)
	mux.HandleFunc("GET /p/{id}/notice", o.placed(o.noticeOf))
	mux.HandleFunc("GET /p/{id}/report.html", o.placed(o.report))
	mux.HandleFunc("GET /p/{id}/evidence", o.placed(o.evidence))
}

// placed has a request wait until there is a place for it, and answers its error.
func (o *outs) placed(serve func(w http.ResponseWriter, r *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := job.CheckID(r.PathValue("id")); err != nil {
			o.fail(w, r, errNotFound)
			return
		}
		select {
		case o.places <- struct{}{}:
			defer func() { <-o.places }()
		case <-r.Context().Done():
			return
		}
		if err := serve(w, r); err != nil {
			o.fail(w, r, err)
		}
	}
}

// export answers /export?format=…&rows=findings&FILTER: exactly what the filter
// chooses, as a file.
func (o *outs) export(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f, err := filterOf(q)
	options := export.Options{Format: export.Format(q.Get("format")), Findings: q.Get("rows") == "findings", Tool: o.Out.Tool, Link: linkOf(r)}
	if rows := q.Get("rows"); err == nil && rows != "" && rows != "pages" && rows != "findings" {
		err = fault.New(fault.Invalid, "rows: %q is neither pages nor findings", rows)
	}
	if err = errors.Join(err, options.Validate()); err != nil {
		o.fail(w, r, err)
		return
	}
	attach(w, options.Format.MediaType(), "attachment", export.FileName(options, o.Now()))
	o.stream(w, r, func(to io.Writer) error {
		return export.Write(r.Context(), to, options, o.source.Chosen(r.Context(), f.Query, options.Whole()))
	})
}

// linkOf is the address of a page at this desk.
func linkOf(r *http.Request) func(id string) string {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return func(id string) string {
		return (&url.URL{Scheme: scheme, Host: r.Host, Path: "/p/" + id}).String()
	}
}

// attach says what an answer is and what its file is called.
func attach(w http.ResponseWriter, mediaType, how, name string) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": name}))
}

// stream answers with what write writes. An error before anything was sent is
// answered; after that the connection is broken, so that no part passes for the whole.
func (o *outs) stream(w http.ResponseWriter, r *http.Request, write func(io.Writer) error) {
	late := &lateWriter{to: w}
	err := write(late)
	if err == nil {
		err = late.flush()
	}
	if err == nil {
		return
	}
	if !late.sent {
		w.Header().Del("Content-Disposition")
		o.fail(w, r, err)
		return
	}
	if r.Context().Err() == nil {
		o.Log.ErrorContext(r.Context(), "a file broke off", "path", r.URL.Path, "error", err.Error())
	}
	http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0)) //nolint:errcheck // the panic does what it can
	panic(http.ErrAbortHandler)
}

// lateWriter holds back the first bytes.
type lateWriter struct {
	to   io.Writer
	held []byte
	sent bool
}

const heldBack = 64 << 10

func (l *lateWriter) Write(b []byte) (int, error) {
	if !l.sent && len(l.held)+len(b) <= heldBack {
		l.held = append(l.held, b...)
		return len(b), nil
	}
	if err := l.flush(); err != nil {
		return 0, err
	}
	return l.to.Write(b)
}

func (l *lateWriter) flush() error {
	l.sent = true
	held := l.held
	l.held = nil
	if len(held) == 0 {
		return nil
	}
	_, err := l.to.Write(held)
	return err
}

// noticeOf answers /p/{id}/notice?lang=ko&format=html&days=7&finding=N…: what the
// seller is told, to be printed or sent.
func (o *outs) noticeOf(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	days, language, format := defaultDays, notice.Languages[0], q.Get("format")
	if o.Out.Days > 0 {
		days = o.Out.Days
	}
	if q.Has("lang") {
		language = q.Get("lang")
	}
	var err error
	if q.Has("days") {
		if days, err = strconv.Atoi(q.Get("days")); err != nil {
			return fault.New(fault.Invalid, "days: %q is no number of days", q.Get("days"))
		}
	}
	var findings []int
	for _, s := range q["finding"] {
		n, err := strconv.Atoi(s)
		if err != nil {
			return fault.New(fault.Invalid, "finding: %q is no number of a finding", s)
		}
		findings = append(findings, n)
	}
	p, err := o.source.One(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	n, err := notice.Of(p.Result, p.Standing, findings)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	mediaType, ext := "text/plain; charset=utf-8", "txt"
	switch format {
	case "text":
		err = o.notice.Text(&b, n, language, o.Now(), days)
	case "", "html":
		mediaType, ext = "text/html; charset=utf-8", "html"
		if err = n.AddCrops(r.Context(), p.Result, p.Tile); err == nil {
			err = o.notice.HTML(&b, n, language, o.Now(), days)
		}
		w.Header().Set("Content-Security-Policy", notice.Policy()+"; frame-ancestors 'none'; sandbox")
	default:
		err = fault.New(fault.Invalid, "format: %q is neither html nor text", format)
	}
	if err != nil {
		w.Header().Set("Content-Security-Policy", policy)
		return err
	}
	attach(w, mediaType, "inline", "notice-"+p.Result.ID+"."+ext)
	w.Header().Set("Content-Language", language)
	_, _ = w.Write(b.Bytes()) // the reader is gone
	return nil
}

// report answers /p/{id}/report.html: the report in one file, to be kept and mailed.
func (o *outs) report(w http.ResponseWriter, r *http.Request) error {
	p, err := o.source.One(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	most := o.Out.Most
	if most == 0 {
		most = onefile.Most
	}
	var b bytes.Buffer
	if err := onefile.Write(r.Context(), &b, onefile.Page{Result: p.Result, Standing: p.Standing, Decisions: p.Decisions, Tile: p.Tile}, most); err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
	attach(w, "text/html; charset=utf-8", "attachment", "report-"+p.Result.ID+".html")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	_, _ = w.Write(b.Bytes()) // the reader is gone
	return nil
}

// evidence answers /p/{id}/evidence: the archive, signed with the desk's key. Who
// only looks does not sign.
func (o *outs) evidence(w http.ResponseWriter, r *http.Request) error {
	s := sessionOf(r)
	if !s.MayDecide {
		return errMayNot
	}
	id := r.PathValue("id")
	packer := evidence.Packer{Pages: o.Pages, Ledger: o.Ledger, Key: o.Out.Key, Stamp: o.Out.Stamp, Tool: o.Out.Tool, Now: o.Now}
	attach(w, "application/zip", "attachment", "evidence-"+id+".zip")
	o.stream(w, r, func(to io.Writer) error {
		_, err := packer.Pack(r.Context(), to, id, s.Who)
		return err
	})
	return nil
}
