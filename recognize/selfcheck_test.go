package recognize

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
)

var domURI = store.URI{Bucket: "shots", Object: "p-1/run/dom.json"}

func TestSelfCheck(t *testing.T) {
	dom := func(texts ...page.DOMText) []byte {
		b, err := json.Marshal(page.DOM{Schema: page.DOMSchema, Texts: texts})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	at := func(y float64, s string) page.DOMText {
		return page.DOMText{Text: s, Box: page.Box{X: 90, Y: y, W: 300, H: 40}}
	}
	for _, c := range []struct {
		name    string
		dom     []byte
		source  result.Source
		quality result.Quality
		warning string
		unread  string
	}{
		{"read", dom(at(45, "여드름치료")), result.InBoth, result.Quality{DOMRecall: 1, DOMRunes: 5}, "", ""},
		{"in a picture only", dom(at(300, "장바구니")), result.InPicture, result.Quality{DOMRecall: 0, DOMRunes: 4}, "", ""},
		{"little of it read", dom(at(45, "여드름 치료"), at(300, strings.Repeat("장바구니", 40))), result.InBoth, result.Quality{DOMRecall: 0.03, DOMRunes: 165}, "", "only 3% of the page's own text"},
		{"no text", dom(), result.InPicture, result.Quality{}, "", ""},
		{"missing", nil, "", result.Quality{}, "could not be held against the page's own text", ""},
		{"broken", []byte("{"), "", result.Quality{}, "not JSON of pageinspect.dom/v1", ""},
		{"another contract", []byte(`{"schema":"x"}`), "", result.Quality{}, `want "pageinspect.dom/v1"`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, m, _ := recognizer(t, claim...)
			m.putManifest(t, func(p *page.Manifest) { p.DOM = domURI.String() })
			if c.dom != nil {
				m.put(domURI, "application/json", c.dom, nil)
			}
			_, res, err := r.Page(t.Context(), manifestURI)
			if err != nil {
				t.Fatal(err)
			}
			if res.Lines[0].Source != c.source || res.Quality != c.quality || res.Verdict != result.Reject {
				t.Errorf("source %q, quality %+v, verdict %s", res.Lines[0].Source, res.Quality, res.Verdict)
			}
			if lacks := res.Quality.DOMRunes == 0 && c.warning != ""; (res.Page.Partial != "") != lacks {
				t.Errorf("partial %q", res.Page.Partial)
			}
			if said := strings.Join(res.Page.Warnings, "\n"); !strings.Contains(said, c.warning) || (said == "") != (c.warning == "") {
				t.Errorf("warnings %q, want …%s…", said, c.warning)
			}
			said := ""
			for _, u := range res.Unseen {
				said += string(u.Kind) + ": " + u.Why
			}
			if !strings.Contains(said, c.unread) || (said == "") != (c.unread == "") {
				t.Errorf("unseen %q, want …%s…", said, c.unread)
			}
		})
	}
}

// away is a store that does not give one object for now.
type away struct {
	*memory
	object store.URI
}

func (s away) Read(ctx context.Context, uri store.URI, limit int64) ([]byte, store.Attrs, error) {
	if uri == s.object {
		return nil, store.Attrs{}, fault.New(fault.Transient, "the store does not answer")
	}
	return s.memory.Read(ctx, uri, limit)
}

// TestAPageIsNotJudgedWithoutItsOwnText: a page whose text cannot be had for now
// is done another time, and one whose text is gone does not pass.
func TestAPageIsNotJudgedWithoutItsOwnText(t *testing.T) {
	r, m, _ := recognizer(t, printed{"안녕하세요", 100, 200, 90, 30, true})
	m.putManifest(t, func(p *page.Manifest) { p.DOM = domURI.String() })
	r.Store = away{m, domURI}
	if _, res, err := r.Page(t.Context(), manifestURI); fault.KindOf(err) != fault.Transient {
		t.Errorf("for now: verdict %q, %v; want it done another time", res.Verdict, err)
	}
	r.Store = m
	if _, res, err := r.Page(t.Context(), manifestURI); err != nil || res.Verdict != result.Review {
		t.Errorf("gone: verdict %q, %v", res.Verdict, err)
	}
}

func TestForeignDOMIsRefused(t *testing.T) {
	r, m, _ := recognizer(t, claim...)
	m.putManifest(t, func(p *page.Manifest) { p.DOM = "gs://secrets/dom.json" })
	if _, _, err := r.Page(t.Context(), manifestURI); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "dom") {
		t.Errorf("got %v", err)
	}
}
