package web

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"html"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/pageinspect/pageinspect/functions/desk/desktest"
	"github.com/pageinspect/pageinspect/functions/desk/evidence"
	"github.com/pageinspect/pageinspect/functions/desk/export"
	"github.com/pageinspect/pageinspect/functions/desk/index"
	"github.com/pageinspect/pageinspect/functions/desk/pages"
	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/result"
)

// drawn is a folder of pages with pictures, drawn once.
var drawn = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "desk-out-")
	if err != nil {
		return "", err
	}
	for _, r := range drawnResults() {
		err = errors.Join(err, desktest.Write(dir, &r))
	}
	return dir, err
})

func drawnResults() []result.Result {
	return []result.Result{desktest.Result(0, 13), desktest.Result(1, 39), desktest.Result(6, 13)}
}

// pictured is a desk over a folder whose pages have pictures, of which page 1 has a
// finding that is confirmed.
func pictured(t *testing.T) *room {
	t.Helper()
	dir, err := drawn()
	if err != nil {
		t.Fatal(err)
	}
	all := drawnResults()
	r := furnish(t, all)
	r.Desk.Pages = &pages.Source{Folder: os.DirFS(dir)}
	r.Out = Out{Key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, 32)), Tool: "pageinspect test"}
	one := all[1]
	if len(one.Findings) == 0 {
		t.Fatal("page 1 has no finding")
	}
	d := decision.Decision{Series: decision.Page, Subject: one.ID, Action: decision.Confirm, By: kim, Marks: []decision.Mark{decision.MarkOf(one, one.Findings[0])}}
	if d, err = r.Ledger.Decide(t.Context(), d, 0); err == nil {
		err = r.Index.Decided(t.Context(), d)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := r.Handler()
	r.URL = serve(t, s)
	return r
}

func (r *room) fetch(t *testing.T, path string) (*http.Response, []byte) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	w, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	b, err := io.ReadAll(w.Body)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	return w, b
}

// TestExportHasTheFiltersPages: exactly those, in their order, in every format.
func TestExportHasTheFiltersPages(t *testing.T) {
	r := pictured(t)
	for _, filter := range []string{"", "verdicts=reject", "states=confirmed", "sort=newest&limit=1&after=", "text=피부"} {
		f, err := r.Index.IDs(t.Context(), queryOf(t, filter))
		if err != nil {
			t.Fatal(err)
		}
		w, b := r.fetch(t, "/export?format=jsonl&"+filter)
		var got []string
		for d := json.NewDecoder(bytes.NewReader(b)); d.More(); {
			var row export.PageRow
			if err := d.Decode(&row); err != nil {
				t.Fatal(err)
			}
			got = append(got, row.Page)
			if !strings.HasPrefix(row.Link, r.URL+"/p/") {
				t.Errorf("the link of %s is %q", row.Page, row.Link)
			}
		}
		if w.StatusCode != 200 || strings.Join(got, " ") != strings.Join(f, " ") {
			t.Errorf("%s: %d, %q, want %q", filter, w.StatusCode, got, f)
		}
	}
	for _, f := range export.Formats {
		w, b := r.fetch(t, "/export?rows=findings&format="+string(f))
		how, params, err := mime.ParseMediaType(w.Header.Get("Content-Disposition"))
		if w.StatusCode != 200 || len(b) == 0 || err != nil || how != "attachment" || !strings.HasSuffix(params["filename"], "."+f.Ext()) || w.Header.Get("Content-Type") != f.MediaType() || w.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d, %v", f, w.StatusCode, w.Header)
		}
	}
	for _, bad := range []string{"", "format=pdf", "format=csv&rows=lines", "format=csv&verdicts=none", "format=csv&since=yesterday"} {
		if w, _ := r.fetch(t, "/export?"+bad); w.StatusCode != http.StatusUnprocessableEntity || w.Header.Get("Content-Disposition") != "" {
			t.Errorf("%q: %d", bad, w.StatusCode)
		}
	}
}

// TestEveryExportIsOffered: the list's menu has every format, of pages and of findings,
// and what it offers is there, of the pages of the filter that is on.
func TestEveryExportIsOffered(t *testing.T) {
	r := pictured(t)
	_, page := r.fetch(t, "/?lang=en&verdicts=reject")
	offered := map[export.Format]int{}
	for _, link := range regexp.MustCompile(`href="(/export[^"]*)"`).FindAllSubmatch(page, -1) {
		address := html.UnescapeString(string(link[1]))
		q, err := url.Parse(address)
		if err != nil || q.Query().Get("verdicts") != "reject" {
			t.Errorf("%s: %v; want the filter in it", address, err)
			continue
		}
		offered[export.Format(q.Query().Get("format"))]++
		if w, b := r.fetch(t, address); w.StatusCode != 200 || len(b) == 0 {
			t.Errorf("%s: %d, %d bytes", address, w.StatusCode, len(b))
		}
	}
	for _, f := range export.Formats {
		if want := map[bool]int{true: 2, false: 1}[f == export.CSV || f == export.XLSX || f == export.JSONL || f == export.Parquet]; offered[f] != want {
			t.Errorf("%s is offered %d times, want %d", f, offered[f], want)
		}
	}
}

// TestBrokenExportsBreakOff: what fails before anything was sent is an error that is
// told; later, the connection breaks, and nothing passes for the whole.
func TestBrokenExportsBreakOff(t *testing.T) {
	for name, c := range map[string]struct {
		sent   int
		status int
	}{"at once": {0, http.StatusInternalServerError}, "later": {heldBack + 1, http.StatusOK}} {
		d := bare()
		o := &outs{Desk: d}
		url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			attach(w, "text/csv", "attachment", "x.csv")
			o.stream(w, r, func(to io.Writer) error {
				if _, err := to.Write(make([]byte, c.sent)); err != nil {
					return err
				}
				return errors.New("the store is away")
			})
		}))
		w, err := http.Get(url) //nolint:noctx // of a test
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.ReadAll(w.Body)
		w.Body.Close()
		if w.StatusCode != c.status || (err != nil) != (c.sent > 0) || (w.Header.Get("Content-Disposition") != "") != (c.sent > 0) {
			t.Errorf("%s: %d, %v, %v", name, w.StatusCode, err, w.Header)
		}
	}
}

// TestHandedOn: notice, report and evidence of a page, as files that are safe to serve.
func TestHandedOn(t *testing.T) {
	r := pictured(t)
	one := r.results[1]
	quote := one.Findings[0].Quote
	for path, want := range map[string]struct{ mediaType, how, name, text string }{
		"/notice":                   {"text/html; charset=utf-8", "inline", "notice-" + one.ID + ".html", quote},
		"/notice?lang=en&days=3":    {"text/html; charset=utf-8", "inline", "notice-" + one.ID + ".html", "3 days from today"},
		"/notice?format=text":       {"text/plain; charset=utf-8", "inline", "notice-" + one.ID + ".txt", "“" + quote + "”"},
		"/notice?finding=0&lang=ko": {"text/html; charset=utf-8", "inline", "notice-" + one.ID + ".html", "data:image/jpeg;base64,"},
		"/report.html":              {"text/html; charset=utf-8", "attachment", "report-" + one.ID + ".html", "Confirmed"},
	} {
		w, b := r.fetch(t, "/p/"+one.ID+path)
		how, params, err := mime.ParseMediaType(w.Header.Get("Content-Disposition"))
		if w.StatusCode != 200 || err != nil || how != want.how || params["filename"] != want.name || w.Header.Get("Content-Type") != want.mediaType {
			t.Errorf("%s: %d, %v", path, w.StatusCode, w.Header)
		}
		if !strings.Contains(string(b), want.text) {
			t.Errorf("%s does not say %q: %.300s", path, want.text, b)
		}
		if csp := w.Header.Get("Content-Security-Policy"); strings.HasPrefix(want.mediaType, "text/html") && (!strings.Contains(csp, "sandbox") || strings.Contains(csp, "unsafe")) {
			t.Errorf("%s: its policy is %q", path, csp)
		}
	}
	w, b := r.fetch(t, "/p/"+one.ID+"/evidence")
	v, err := evidence.Verify(bytes.NewReader(b), int64(len(b)), evidence.Trust{Key: r.Out.Key.Public().(ed25519.PublicKey)})
	if err != nil || v.Statement.PackedBy != kim || v.Decisions.Page != 1 || !strings.Contains(w.Header.Get("Content-Disposition"), "evidence-"+one.ID+".zip") {
		t.Errorf("%v, %+v, %v", err, v.Statement, w.Header)
	}
	for path, want := range map[string]int{
		"/p/nothing/notice": 404, "/p/nothing/report.html": 404, "/p/nothing/evidence": 404, "/p/..%2f..%2fetc/evidence": 404,
		"/p/" + r.results[0].ID + "/notice": 422, "/p/" + one.ID + "/notice?days=x": 422, "/p/" + one.ID + "/notice?days=0": 422, "/p/" + one.ID + "/notice?lang=xx": 422,
		"/p/" + one.ID + "/notice?format=pdf": 422, "/p/" + one.ID + "/notice?finding=99": 422,
	} {
		if w, b := r.fetch(t, path); w.StatusCode != want || w.Header.Get("Content-Disposition") != "" {
			t.Errorf("%s: %d, want %d: %.200s", path, w.StatusCode, want, b)
		}
	}
	r.mu.Lock()
	r.look = true
	r.mu.Unlock()
	if w, _ := r.fetch(t, "/p/"+one.ID+"/evidence"); w.StatusCode != http.StatusForbidden {
		t.Errorf("who only looks signs: %d", w.StatusCode)
	}
}

// TestKoreanIDs have file names that every browser reads.
func TestKoreanIDs(t *testing.T) {
	r := pictured(t)
	id := r.results[2].ID
	w, _ := r.fetch(t, "/p/"+id+"/report.html")
	_, params, err := mime.ParseMediaType(w.Header.Get("Content-Disposition"))
	if w.StatusCode != 200 || err != nil || params["filename"] != "report-"+id+".html" || strings.Contains(w.Header.Get("Content-Disposition"), id) {
		t.Errorf("%d, %v", w.StatusCode, w.Header)
	}
}

// TestAGonePictureIsSaid: no evidence without its pictures, and no half of one.
func TestAGonePictureIsSaid(t *testing.T) {
	r := pictured(t)
	r.Desk.Pages = &pages.Source{Folder: without{r.Desk.Pages.Folder, "tiles/002.jpg"}}
	r.URL = serve(t, r.Handler())
	if w, b := r.fetch(t, "/p/"+r.results[1].ID+"/evidence"); w.StatusCode == 200 && len(b) > 0 && bytes.HasSuffix(b, []byte{0, 0}) {
		t.Errorf("%d, %d bytes", w.StatusCode, len(b))
	} else if _, err := evidence.Verify(bytes.NewReader(b), int64(len(b)), evidence.Trust{}); err == nil {
		t.Error("what was sent passes for evidence")
	}
}

// without is a folder in which files whose names end so are gone.
type without struct {
	fs.FS
	end string
}

func (f without) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, f.end) {
		return nil, fs.ErrNotExist
	}
	return f.FS.Open(name)
}

func queryOf(t *testing.T, filter string) index.Query {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "/?"+filter, nil) //nolint:noctx // it is not sent
	if err != nil {
		t.Fatal(err)
	}
	f, err := filterOf(r.URL.Query())
	if err != nil {
		t.Fatal(err)
	}
	return f.Query
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestOutSettings(t *testing.T) {
	dir := t.TempDir()
	words := filepath.Join(dir, "words.tmpl")
	if err := os.WriteFile(words, []byte(`{{define "en.subject"}}Ours{{end}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "key.pem")
	if _, err := evidence.NewKey(key); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	good := OutSettings{EvidenceKey: string(text), TimestampURL: "https://tsa.example/", NoticeTemplate: words, NoticeDays: 14}
	if out, err := good.Out(); err != nil || out.Key == nil || out.Stamp == nil || out.Notice == nil || out.Days != 14 || out.Tool == "" {
		t.Errorf("%+v, %v", out, err)
	}
	if out, err := (OutSettings{}).Out(); err != nil || out.Key != nil || out.Stamp != nil || out.Notice == nil {
		t.Errorf("%+v, %v", out, err)
	}
	_, err = OutSettings{EvidenceKey: "x", TimestampURL: "ftp://x", NoticeTemplate: filepath.Join(dir, "none"), NoticeDays: 1000}.Out()
	for _, want := range []string{"EVIDENCE_KEY", "TIMESTAMP_URL", "NOTICE_TEMPLATE", "NOTICE_DAYS"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}
