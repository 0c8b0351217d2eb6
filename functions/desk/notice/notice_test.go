package notice

import (
	"bytes"
	"context"
	"fmt"
	"image"

	"image/jpeg"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

var (
	zone = time.FixedZone("KST", 9*3600)
	now  = time.Date(2026, 11, 30, 20, 0, 0, 0, time.UTC) // in Korea it is 1 December
)

const evil = "<script>alert(1)</script>{{.ID}}\n\n2. 끝\u202egnirts\u0007"

// said is a page with a finding that stands in two places, one of each kind, one that
// is missing from the page, and one that is not confirmed.
func said() (result.Result, decision.Standing) {
	r := result.Result{ID: "p-1", URL: "https://user:secret@shop.example/p/1?a=1&b=2", Title: evil, Labels: map[string]string{"seller": "더맑음 <b>"}, Page: result.Page{Width: 800, Height: 2000, Scale: 0.5},
		Tiles: []page.Tile{{Width: 800, Height: 2000, SHA256: "s"}}, CapturedAt: now.AddDate(0, 0, -3)}
	add := func(rule, quote string, kind result.Kind, y float64) {
		f := result.Finding{Rule: rule, Quote: quote, Kind: kind, Severity: result.High, Mode: result.Enforce, Message: "의약품 오인", Law: "화장품법 제13조", Suggest: []string{"피지 케어", "진정"}}
		if y >= 0 {
			f.Box = page.Box{X: 100, Y: y, W: 300, H: 40}
		}
		r.Findings = append(r.Findings, f)
	}
	add("cosmetics.acne", "여드름 치료", result.Forbidden, 100)
	add("cosmetics.acne", "여드름  치료", result.Forbidden, 900)
	add("ads.best", evil, result.Proof, 300)
	add("notice.cautions", "", result.Required, -1)
	add("contact.kakao", "카톡", result.Policy, 500)
	add("open", "미결", "", 700)
	s := decision.Standing{Findings: []decision.State{decision.Confirmed, decision.Confirmed, decision.Confirmed, decision.Confirmed, decision.Confirmed, decision.Open}}
	return r, s
}

func notice(t *testing.T) Notice {
	t.Helper()
	r, s := said()
	n, err := Of(r, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = n.AddCrops(t.Context(), r, func(context.Context, int) ([]byte, string, error) {
		img := image.NewGray(image.Rect(0, 0, 400, 1000))
		for i := range img.Pix {
			img.Pix[i] = 200
		}
		var b bytes.Buffer
		err := jpeg.Encode(&b, img, nil)
		return b.Bytes(), "image/jpeg", err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func writer(t *testing.T, own string) *Writer {
	t.Helper()
	w, err := New(own, zone)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestWhatIsTold: what is confirmed and nothing else, each once, with what to do about it.
func TestWhatIsTold(t *testing.T) {
	n := notice(t)
	if len(n.Items) != 4 || len(n.Items[0].Places) != 2 || n.Items[0].Crop == "" || n.Items[2].Crop != "" || n.Items[3].N != 4 {
		t.Fatalf("%+v", n.Items)
	}
	for language, want := range map[string][]string{
		"ko": {"2026년 12월 8일", "7일 이내", "“여드름 치료”", "쓸 수 없습니다", "근거 자료를 제출", "내용이 없습니다", "정책에 맞지", "화장품법 제13조", "피지 케어 / 진정", "100 px, 900 px", "p-1", "4건"},
		"en": {"8 December 2026", "7 days from today", "“여드름 치료”", "may not be said", "send proof", "is missing", "marketplace's terms. Please", "화장품법 제13조", "피지 케어 / 진정", "4 statements"},
	} {
		var text bytes.Buffer
		if err := writer(t, "").Text(&text, n, language, now, 7); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(text.String(), w) {
				t.Errorf("%s: it does not say %q:\n%s", language, w, &text)
			}
		}
		if regexp.MustCompile(`(?m)^2\. 끝|\x{202e}|\x07|secret|미결`).MatchString(text.String()) {
			t.Errorf("%s: what the page says is more than a quote:\n%q", language, &text)
		}
	}
	r, s := said()
	if n, err := Of(r, s, []int{5}); err != nil || len(n.Items) != 1 || n.Items[0].Quote != "미결" {
		t.Errorf("the finding that was named: %+v, %v", n.Items, err)
	}
	for _, bad := range [][]int{{9}, {-1}} {
		if _, err := Of(r, s, bad); err == nil {
			t.Errorf("findings %v are there", bad)
		}
	}
	if _, err := Of(r, decision.Standing{}, nil); err == nil {
		t.Error("a notice about nothing")
	}
	whole := decision.Standing{Whole: &decision.Decision{Action: decision.Confirm, Policy: "no photograph"}}
	if n, err := Of(r, whole, nil); err != nil || len(n.Items) != 1 || n.Items[0].Message != "no photograph" {
		t.Errorf("%+v, %v", n.Items, err)
	}
	for i := range 150 {
		r.Findings = append(r.Findings, result.Finding{Rule: fmt.Sprint("r", i), Quote: "q"})
		s.Findings = append(s.Findings, decision.Confirmed)
	}
	if n, err := Of(r, s, nil); err != nil || len(n.Items) != maxItems || n.More != 54 {
		t.Errorf("%d items and %d more, %v", len(n.Items), n.More, err)
	}
}

// TestThePageIsSafe: what the seller wrote is text, nothing is loaded, no script is there.
func TestThePageIsSafe(t *testing.T) {
	var b bytes.Buffer
	if err := writer(t, "").HTML(&b, notice(t), "ko", now, 7); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	pictures, policy := 0, ""
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if slices.Contains([]string{"script", "iframe", "object", "embed", "link", "base", "form", "a", "b"}, n.Data) {
			t.Errorf("there is a <%s>", n.Data)
		}
		for _, a := range n.Attr {
			if a.Key == "src" && strings.HasPrefix(a.Val, "data:image/jpeg;base64,") && n.Data == "img" {
				pictures++
			} else if a.Key == "src" || a.Key == "href" || strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				t.Errorf("<%s %s=%.40q>", n.Data, a.Key, a.Val)
			}
			if a.Key == "content" && strings.HasPrefix(a.Val, "default-src") {
				policy = a.Val
			}
		}
	}
	if pictures != 3 || policy != Policy() || !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") {
		t.Errorf("%d pictures, the policy is %q", pictures, policy)
	}
}

// TestOwnWords: a template says the letter in its own words, and no more than that.
func TestOwnWords(t *testing.T) {
	w := writer(t, `{{define "en.opening"}}Dear {{.Seller}},

you have {{.Days}} days. <b>{{end}}`)
	n := notice(t)
	var text, page bytes.Buffer
	if err := w.Text(&text, n, "en", now, 3); err != nil {
		t.Fatal(err)
	}
	if err := w.HTML(&page, n, "en", now, 3); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "Dear 더맑음 <b>,\n\nyou have 3 days. <b>") || !strings.Contains(text.String(), "If you disagree") || !strings.Contains(page.String(), "<p>you have 3 days. &lt;b&gt;</p>") {
		t.Errorf("%s\n%s", &text, &page)
	}
	for _, bad := range []string{"text outside", `{{define "en.opening"}}`, `{{define "fr.opening"}}x{{end}}`, `{{define "en.footer"}}x{{end}}`, `{{define "en.opening"}}{{.Secret}}{{end}}`, `{{define "en.opening"}}{{call .ID}}{{end}}`,
		`{{define "en.opening"}}{{range $i := 1000000000}}0123456789{{end}}{{end}}`, `{{/* nothing */}}`} {
		if _, err := New(bad, zone); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	for _, c := range []struct {
		language string
		days     int
	}{{"fr", 7}, {"", 7}, {"ko", 0}, {"ko", -1}, {"ko", 366}} {
		if err := w.Text(&text, n, c.language, now, c.days); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}
