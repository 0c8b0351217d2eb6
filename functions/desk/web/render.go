package web

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pageinspect/pageinspect/functions/desk/export"
	"github.com/pageinspect/pageinspect/functions/desk/ledger"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
)

//go:embed templates/*.html
var templateFiles embed.FS

// templates has, by language and name, each file of templates in its layout. A file
// defines "title", "content" and, if it likes, "head".
var templates = loadTemplates()

// partials are the files that all others may use parts of.
var partials = []string{"layout.html", "figures.html"}

func loadTemplates() map[string]map[string]*template.Template {
	files, err := templateFiles.ReadDir("templates")
	if err != nil {
		panic(err)
	}
	var common []string
	for _, name := range partials {
		common = append(common, path.Join("templates", name))
	}
	all := map[string]map[string]*template.Template{}
	for _, lang := range languages {
		all[lang] = map[string]*template.Template{}
		for _, f := range files {
			if slices.Contains(partials, f.Name()) {
				continue
			}
			all[lang][strings.TrimSuffix(f.Name(), ".html")] = template.Must(template.New("layout.html").Funcs(functions(lang)).
				ParseFS(templateFiles, append(common, path.Join("templates", f.Name()))...))
		}
	}
	return all
}

// functions are what templates may call beside html/template's own.
func functions(lang string) template.FuncMap {
	return template.FuncMap{
		"t":        func(key string, pairs ...any) string { return text(lang, key, pairs...) },
		"static":   static,
		"num":      thousands,
		"stamp":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"id":       url.PathEscape, // of a page, as a part of an address
		"live":     live,
		"word":     func(field, word string) string { return wordOf(lang, field, word) },
		"first":    func(who string) string { name, _, _ := strings.Cut(who, "@"); return name },
		"share":    percent,
		"parts":    func(all ...any) []any { return all }, // a template takes one value
		"verdicts": func() []result.Verdict { return []result.Verdict{result.Reject, result.Review, result.Pass} },
		"sorts":    func() []string { return sorts },
		"states":   func() []decision.State { return decision.States },
		"exports":  func() []exports { return offered },
		"texts":    func() map[string]string { return scriptTexts(lang) },
	}
}

// exports are formats that are offered together, and what a row of them is.
type exports struct {
	Rows    string // the parameter, and the group's name
	Formats []export.Format
}

var offered = []exports{
	{"pages", []export.Format{export.XLSX, export.CSV, export.JSONL, export.Parquet}},
	{"findings", []export.Format{export.XLSX, export.CSV, export.JSONL, export.Parquet, export.SARIF}},
	{"decided", []export.Format{export.RuleTests, export.Accuracy}},
}

// view is what a template is given.
type view struct {
	session
	Body any // the template's own
	desk *Desk
}

// Ago is how long ago a time was, in words.
func (v view) Ago(t time.Time) string { return age(v.Lang, v.desk.Now(), t) }

// show answers with a file of the folder templates, by its name without .html, in
// the layout and in the language of the request. In it, the body is .Body.
func (d *Desk) show(w http.ResponseWriter, r *http.Request, status int, name string, body any) {
	d.execute(w, r, status, name, "layout.html", body)
}

func (d *Desk) execute(w http.ResponseWriter, r *http.Request, status int, file, name string, body any) {
	s := sessionOf(r)
	var page bytes.Buffer // an answer is whole, or an error
	if err := templates[s.Lang][file].ExecuteTemplate(&page, name, view{s, body, d}); err != nil {
		d.Log.ErrorContext(r.Context(), "a page cannot be shown", "template", file, "error", err)
		http.Error(w, "this page cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", s.Lang)
	w.Header().Set("Vary", "Cookie, Accept-Language")
	w.WriteHeader(status)
	w.Write(page.Bytes()) //nolint:errcheck // the reader is gone
}

// part answers a script with one template of a file, without the layout. The script
// reads it as a document, so that there is one place where rows are made.
func (d *Desk) part(w http.ResponseWriter, r *http.Request, name, part string, body any) {
	d.execute(w, r, http.StatusOK, name, part, body)
}

// answer answers a script with JSON.
func (d *Desk) answer(w http.ResponseWriter, r *http.Request, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		d.fail(w, r, fault.Wrap(fault.Internal, err, "encode the answer"))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(b) //nolint:errcheck // the reader is gone
}

// refusal is an error that has its own status and, in the texts, its own sentence.
type refusal struct {
	status int
	key    string
}

func (e *refusal) Error() string { return texts[languages[0]][e.key] }

var (
	errNotFound  = &refusal{http.StatusNotFound, "error.not-found"}
	errStranger  = &refusal{http.StatusForbidden, "error.stranger"}
	errMayNot    = &refusal{http.StatusForbidden, "error.may-not"}
	errOrigin    = &refusal{http.StatusForbidden, "error.origin"}
	errNotJSON   = &refusal{http.StatusUnsupportedMediaType, "error.not-json"}
	errTooLarge  = &refusal{http.StatusRequestEntityTooLarge, "error.too-large"}
	errBroken    = &refusal{http.StatusInternalServerError, "error.broken"}
	errLater     = &refusal{http.StatusServiceUnavailable, "error.later"}
	errStale     = &refusal{http.StatusConflict, "error.stale"}
	errNoPicture = &refusal{http.StatusUnprocessableEntity, "error.no-picture"}
	errCount     = &refusal{http.StatusConflict, "error.count"}
	errImage     = &refusal{http.StatusUnprocessableEntity, "error.image"}
	errManySaved = &refusal{http.StatusUnprocessableEntity, "error.many-saved"}
	errSavedName = &refusal{http.StatusUnprocessableEntity, "error.saved-name"}
	errSavedAll  = &refusal{http.StatusUnprocessableEntity, "error.saved-all"}
	errNobodyAsk = &refusal{http.StatusNotImplemented, "error.nobody-to-ask"}
)

// problem is what a script is told of an error.
type problem struct {
	Error   string `json:"error"`   // a word for scripts: not-found, stale, newer, claimed…
	Message string `json:"message"` // a sentence for people, in their language
	// Decisions are those that came meanwhile, and Claim is whose the page is, of a conflict.
	Decisions any           `json:"decisions,omitempty"`
	Claim     *ledger.Claim `json:"claim,omitempty"`
}

// fail answers an error: a page to people, JSON to scripts. What is no mistake of the
// reviewer's is logged, and not told.
func (d *Desk) fail(w http.ResponseWriter, r *http.Request, err error) {
	s := sessionOf(r)
	status, p := d.problemOf(s.Lang, err)
	if _, ours := errors.AsType[*refusal](err); !ours && status >= http.StatusInternalServerError {
		d.Log.ErrorContext(r.Context(), "a request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		d.answer(w, r, status, p)
		return
	}
	d.show(w, r, status, "error", p)
}

func (d *Desk) problemOf(lang string, err error) (int, problem) {
	refused := errBroken
	if newer, ok := errors.AsType[*ledger.Newer](err); ok {
		last := newer.Decisions[len(newer.Decisions)-1]
		return http.StatusConflict, problem{Error: "newer", Decisions: newer.Decisions,
			Message: text(lang, "error.newer", "who", last.By, "what", text(lang, "action."+string(last.Action)))}
	}
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok && large != nil {
		return errTooLarge.status, problem{Error: "too-large", Message: text(lang, errTooLarge.key)}
	}
	if e, ok := errors.AsType[*refusal](err); ok {
		refused = e
	} else if errors.Is(err, store.ErrNotExist) {
		refused = errNotFound
	} else {
		switch fault.KindOf(err) {
		case fault.Invalid: // a sentence of ours that names the mistake and its cure
			return http.StatusUnprocessableEntity, problem{Error: "invalid", Message: err.Error()}
		case fault.Transient, fault.Timeout:
			refused = errLater
		}
	}
	return refused.status, problem{Error: strings.TrimPrefix(refused.key, "error."), Message: text(lang, refused.key)}
}
