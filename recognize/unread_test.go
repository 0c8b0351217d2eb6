package recognize

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// putDOM puts the page's own text beside its tiles.
func putDOM(t *testing.T, m *memory, texts ...page.DOMText) {
	t.Helper()
	b, err := json.Marshal(page.DOM{Schema: page.DOMSchema, Texts: texts})
	if err != nil {
		t.Fatal(err)
	}
	m.put(domURI, "application/json", b, nil)
	m.putManifest(t, func(p *page.Manifest) { p.DOM = domURI.String() })
}

// TestThePagesOwnTextIsJudged: what the HTML says and OCR missed is found where
// it stands, once, and by the same rules.
func TestThePagesOwnTextIsJudged(t *testing.T) {
	at := func(x, y, w float64, s string) page.DOMText {
		return page.DOMText{Text: s, Box: page.Box{X: x, Y: y, W: w, H: 30}}
	}
	plain := []printed{{"안녕하세요", 100, 50, 90, 30, true}}
	for _, c := range []struct {
		name    string
		read    []printed
		html    []page.DOMText
		verdict result.Verdict
		source  result.Source // of the one finding; empty: there is none
		y       float64
	}{
		{"said in the HTML alone", plain, []page.DOMText{at(100, 50, 90, "안녕하세요"), at(100, 300, 160, "여드름 치료")}, result.Reject, result.InHTML, 300},
		{"in pieces of one line", plain, []page.DOMText{at(100, 300, 90, "여드름"), at(195, 300, 60, "치료")}, result.Reject, result.InHTML, 300},
		{"read too", claim, []page.DOMText{at(98, 47, 165, "여드름 치료")}, result.Reject, result.InBoth, 50},
		{"misread by a syllable", []printed{{"여드름", 100, 50, 90, 30, false}, {"지료", 200, 50, 60, 30, true}}, []page.DOMText{at(100, 50, 160, "여드름 치료")}, result.Reject, result.InHTML, 50},
		{"in a picture alone", claim, []page.DOMText{at(100, 300, 160, "안녕하세요")}, result.Reject, result.InPicture, 50},
		{"excused beside it", plain, []page.DOMText{at(100, 300, 300, "여드름 치료를 위한 의약품이 아닙니다")}, result.Pass, "", 0},
		{"lawful", plain, []page.DOMText{at(100, 300, 160, "오늘의 날씨")}, result.Pass, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, m, _ := recognizer(t, c.read...)
			putDOM(t, m, c.html...)
			_, res, err := r.Page(t.Context(), manifestURI)
			if err != nil {
				t.Fatal(err)
			}
			res.Findings = slices.DeleteFunc(res.Findings, missing)
			if res.Verdict != c.verdict || (len(res.Findings) > 0) != (c.source != "") {
				t.Fatalf("verdict %s, findings %+v, html %+v", res.Verdict, res.Findings, res.HTML)
			}
			rules := map[string]int{}
			for _, f := range res.Findings {
				if rules[f.Rule]++; rules[f.Rule] > 1 {
					t.Errorf("%s was found twice", f.Rule)
				}
				if f.Source != c.source || f.Box.Y != c.y || f.Source == result.InHTML && len(f.Lines) > 0 {
					t.Errorf("%s: source %q at %+v, lines %v", f.Rule, f.Source, f.Box, f.Lines)
				}
			}
			// Other rules see the same: a reinspection finds it again, in its place.
			before := res
			err = judge(&res, r.Rules, r.Now())
			res.Findings = slices.DeleteFunc(res.Findings, missing)
			if err != nil || len(without(res.Findings, before.Findings)) > 0 || len(without(before.Findings, res.Findings)) > 0 {
				t.Errorf("judged again: %+v, %v", res.Findings, err)
			}
		})
	}
}

// sheetOf is words of one confidence, so many to a line.
func sheetOf(n int) []printed {
	var words []printed
	for i := range n {
		words = append(words, printed{fmt.Sprintf("글자%02d", i), float64(50 + i%8*110), float64(40 + i/8*40), 100, 30, i%8 == 7})
	}
	return words
}

// unsure lowers the confidence of what was read.
func unsure(j *Job, to float64, every int) {
	n := 0
	for _, l := range j.result.Lines {
		for w := range l.Words {
			if n++; n%every == 0 {
				l.Words[w].Confidence = to
			}
		}
	}
}

// TestUnsureReading: a picture that was read without confidence, and that
// nothing can be held against, is told; scraps on photos are not.
func TestUnsureReading(t *testing.T) {
	for _, c := range []struct {
		name       string
		words      int
		confidence float64
		every      int // every so manyth word has it
		own        string
		unread     bool
	}{
		{"sure", 40, 0.9, 1, "", false},
		{"unsure", 40, 0.42, 1, "", true},
		{"two of three unsure", 42, 0.4, 1, "", true},
		{"a few unsure words", 40, 0.3, 5, "", false},
		{"scraps on a photo", 2, 0.3, 1, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, m, _ := recognizer(t, sheetOf(c.words)...)
			m.putManifest(t, nil)
			j := r.Job(manifestURI)
			if _, _, err := j.Look(t.Context()); err != nil {
				t.Fatal(err)
			}
			j.asking = t.Context()
			if err := j.take(t.Context(), []step{{"pictures", j.checkPictures}, {"annotate", j.annotate}, {"merge", j.merge}}); err != nil {
				t.Fatal(err)
			}
			unsure(j, c.confidence, c.every)
			if err := j.take(t.Context(), []step{{"unread", j.findUnread}, {"inspect", j.inspect}}); err != nil {
				t.Fatal(err)
			}
			if (len(j.result.Unseen) > 0) != c.unread || (j.result.Verdict == result.Pass) == c.unread {
				t.Errorf("verdict %s, unseen %+v, coverage %+v", j.result.Verdict, j.result.Unseen, j.result.Coverage)
			}
		})
	}
}

// TestCoverage says how the pictures were read.
func TestCoverage(t *testing.T) {
	r, m, _ := recognizer(t, printed{"작은글씨", 100, 50, 60, 9, true}, printed{"큰글씨입니다", 100, 100, 300, 60, true})
	r.Engine = "stand-in"
	putDOM(t, m, page.DOMText{Text: strings.Repeat("없는 글 ", 5), Box: page.Box{X: 10, Y: 400, W: 300, H: 20}})
	_, res, err := r.Page(t.Context(), manifestURI)
	if err != nil {
		t.Fatal(err)
	}
	if c := res.Coverage; c.Engine != "stand-in" || c.Tiles != 1 || c.TilesUnread != 0 || c.Confidence <= 0 || c.SmallestType != 9 || c.HTMLLines != 1 || len(res.HTML) != 1 {
		t.Errorf("%+v, html %+v", res.Coverage, res.HTML)
	}
}

// Where a page is cut does not decide what of it is sure: a photo with scraps of
// letters passes beside text that was read well, as a tile of its own, too.
func TestSureWhereverItIsCut(t *testing.T) {
	tile := func(y, height int) page.Tile { return page.Tile{Y: y, Width: 1000, Height: height} }
	all := func(int) bool { return true }
	area := func(y, height float64) page.Box { return page.Box{Y: y, W: 1000, H: height} }
	extra := tile(900, 300)
	extra.Extra = "a frame"
	for _, c := range []struct {
		name  string
		tiles []page.Tile
		read  func(i int) bool
		want  []page.Box
	}{
		{"one", []page.Tile{tile(0, 4096)}, all, []page.Box{area(0, 4096)}},
		{"by the grid", []page.Tile{tile(0, 4096), tile(3840, 4096)}, all, []page.Box{area(0, 4096), area(3840, 4096)}},
		{"pieces", []page.Tile{tile(0, 700), tile(700, 800), tile(1500, 2596), tile(4096, 500)}, all, []page.Box{area(0, 4096), area(4096, 500)}},
		{"a seam", []page.Tile{tile(0, 700), tile(650, 100), tile(700, 800)}, all, []page.Box{area(0, 1500)}},
		{"one between was not read", []page.Tile{tile(0, 700), tile(700, 800), tile(1500, 300)}, func(i int) bool { return i != 1 }, []page.Box{area(0, 700), area(1500, 300)}},
		{"another picture of the page", []page.Tile{tile(0, 900), extra}, all, []page.Box{area(0, 900), area(900, 300)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := readAreas(c.tiles, c.read); !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
	j := &Job{Recognizer: &Recognizer{}, texts: make([]tileText, 2)}
	j.manifest.Tiles = []page.Tile{tile(0, 240), tile(240, 260)}
	for i, w := range sheetOf(44) {
		read := result.Word{Text: w.text, Box: page.Box{X: w.x, Y: w.y, W: w.w, H: w.h}, Confidence: 0.95}
		if i < 4 { // 16 letters and digits, alone on the upper tile
			read.Confidence = 0.3
		} else {
			read.Box.Y += 250
		}
		j.result.Lines = append(j.result.Lines, result.Line{Text: w.text, Words: []result.Word{read}, Box: read.Box, Confidence: read.Confidence})
	}
	if err := j.findUnread(t.Context()); err != nil || len(j.manifest.Unseen) > 0 {
		t.Errorf("%v, unseen %+v", err, j.manifest.Unseen)
	}
}
