package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

func relative(gsURI string) string { return strings.TrimPrefix(gsURI, "gs://shots/") }

func render(t *testing.T, r result.Result, tileURL func(string) string) string {
	t.Helper()
	var b bytes.Buffer
	if err := Render(&b, r, tileURL); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// sample is a small result with something of everything.
func sample() result.Result {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	line := func(text string, y, confidence float64, block int) result.Line {
		return result.Line{Text: text, Box: page.Box{X: 100, Y: y, W: 300, H: 40}, Confidence: confidence, Block: block, Source: result.InPicture}
	}
	return result.Result{
		Schema: result.Schema, ID: "order-7", URL: "https://shop.example/p/7?a=1&b=2", FinalURL: "https://shop.example/p/7/세럼", Title: "시카 세럼 50ml",
		Category: "cosmetics", Labels: map[string]string{"seller": "더맑음", "batch": "12"},
		Page:  result.Page{Width: 1280, Height: 6000, Scale: 1.5, Truncated: true, Partial: "deadline", Warnings: []string{"2 images are missing"}, Blocked: []string{"http://10.0.0.1/"}},
		Tiles: []page.Tile{{Object: "gs://shots/000.png", Y: 0, Width: 1280, Height: 4096}, {Object: "gs://shots/001.png", Y: 3840, Width: 1280, Height: 2160}},
		Lines: []result.Line{line("여드름 치료", 1000, 0.97, 0), line("부작용", 4000, 0.91, 1), line("없음", 4050, 0.42, 1)},
		Findings: []result.Finding{
			{Rule: "cosmetics.acne", Severity: result.High, Mode: result.Enforce, Quote: "여드름 치료", Match: result.Exact, Box: page.Box{X: 100, Y: 1000, W: 300, H: 40}, Lines: []int{0}, Message: "의약품 오인", Law: "화장품법 제13조", Suggest: []string{"피지 케어", "진정"}},
			{Rule: "ads.safe", Severity: result.ReviewSeverity, Mode: result.Enforce, Quote: "부작용 없음", Match: result.Spacing, Box: page.Box{X: 100, Y: 4000, W: 300, H: 90}, Boxes: []page.Box{{X: 100, Y: 4000, W: 300, H: 40}, {X: 100, Y: 4050, W: 200, H: 40}}, Lines: []int{1, 2}, Message: "절대적 표현"},
			{Rule: "notice.cautions", Severity: result.Info, Mode: result.Report, Message: "주의사항이 없음"},
		},
		Unseen: []page.Unseen{
			{Kind: page.Clipped, Box: page.Box{X: 0, Y: 2000, W: 860, H: 500}, Why: "3 pictures of 774,000 px² are cut off by <div#c>", Source: "https://shop.example/1.png"},
			{Kind: page.Failed, Why: "a script did not come", Source: "https://cdn.example/app.js"},
		},
		Verdict: result.Reject, Rules: []string{"cosmetics-kr@0123456789ab"}, Vision: result.Vision{Units: 2, Images: 2, Requests: 1},
		Quality: result.Quality{DOMRecall: 0.934, DOMRunes: 1234}, SafeSearch: []result.SafeSearch{{Tile: 0, Adult: "unlikely", Racy: "likely", Violence: "very_unlikely"}},
		TimingsMS: map[string]int64{"annotate": 1200, "merge": 3}, CapturedAt: at, RecognizedAt: at.Add(time.Minute),
	}
}

var hashes = regexp.MustCompile(`sha256-[A-Za-z0-9+/=&#;]+`)

// TestGolden compares whole reports, with the style and the script left out,
// which would change every golden file with every shade of a colour.
func TestGolden(t *testing.T) {
	passing := sample()
	passing.Verdict, passing.Findings, passing.Unseen, passing.Page = result.Pass, nil, nil, result.Page{Width: 1280, Height: 6000, Scale: 1}
	for name, r := range map[string]result.Result{"reject": sample(), "pass": passing, "empty": {ID: "empty", Verdict: result.Pass}} {
		t.Run(name, func(t *testing.T) {
			got := render(t, r, relative)
			for _, s := range []string{stylesheet, script} {
				if !strings.Contains(got, s) {
					t.Fatal("the report has not its style and script as they are")
				}
				got = strings.Replace(got, s, "…", 1)
			}
			got = hashes.ReplaceAllString(got, "sha256-…")
			file := filepath.Join("testdata", name+".golden.html")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v: run go test with -update and read the difference", err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Errorf("differs from %s (run with -update if that is meant), -want +got:\n%s", file, d)
			}
		})
	}
}

func TestSameResultSameBytes(t *testing.T) {
	first := render(t, sample(), relative)
	for range 5 {
		if render(t, sample(), relative) != first {
			t.Fatal("two reports of one result differ")
		}
	}
}

// skeleton is a report's elements with the names of their attributes, without
// what strangers can write.
func skeleton(t *testing.T, report string) []string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(report))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for n := range doc.Descendants() {
		if n.Type == html.CommentNode {
			out = append(out, "<!-- -->")
		}
		if n.Type != html.ElementNode {
			continue
		}
		var names []string
		for _, a := range n.Attr {
			if n.Data == "a" && a.Key == "href" && !strings.HasPrefix(a.Val, "#") {
				names = append(names, "href="+strings.SplitN(a.Val, ":", 2)[0])
				continue
			}
			names = append(names, a.Key)
		}
		slices.Sort(names)
		out = append(out, n.Data+" "+strings.Join(names, " "))
	}
	return out
}

var hostile = []string{
	`</script><script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `</title><script>alert(1)</script>`,
	`<!--`, `--></style><style>*{display:none}`, `]]>`, "\u2028alert(1)\u2029", `{{.Policy}}`, `\u003cscript\u003e`, "\u202egnp.exe", "a\x00b\xff", `</bdi></li></ol><h1>x`, `javascript:alert(1)`, `&lt;script&gt;`,
}

// Whatever a stranger writes, wherever it is shown, a report keeps its shape.
func TestHostileTextChangesNoMarkup(t *testing.T) {
	fill := func(s string) result.Result {
		r := sample()
		r.ID, r.Title, r.Category, r.Labels = s, s, s, map[string]string{s: s}
		r.Page.Partial, r.Page.Warnings, r.Page.Blocked, r.Rules = s, []string{s}, []string{s}, []string{s}
		r.TimingsMS = map[string]int64{s: 1}
		for i := range r.Lines {
			r.Lines[i].Text = s
		}
		for i := range r.SafeSearch {
			r.SafeSearch[i].Adult, r.SafeSearch[i].Racy, r.SafeSearch[i].Violence = s, s, s
		}
		for i := range r.Findings {
			f := &r.Findings[i]
			f.Quote, f.Rule, f.Message, f.Law, f.Suggest = s, s, s, s, []string{s, s}
		}
		return r
	}
	want := skeleton(t, render(t, fill("plain"), relative))
	for _, s := range hostile {
		got := render(t, fill(s), relative)
		if d := cmp.Diff(want, skeleton(t, got)); d != "" {
			t.Errorf("%q changed the markup, -plain +hostile:\n%s", s, d)
		}
	}
}

func TestAddressesAreFollowedOnlyWhenHTTP(t *testing.T) {
	for address, followed := range map[string]bool{
		"https://shop.example/a?b=1":  true,
		"http://shop.example:8080/":   true,
		"javascript:alert(1)":         false,
		"JaVaScRiPt://x/%0aalert(1)":  false,
		"data:text/html,<script>":     false,
		"file:///etc/passwd":          false,
		"//evil.example/":             false,
		"https:":                      false,
		"vbscript:x":                  false,
		`https://x/"onclick="alert()`: true, // escaped, so it stays an address
	} {
		r := sample()
		r.URL, r.FinalURL = address, address
		links := 0
		for _, e := range skeleton(t, render(t, r, relative)) {
			if strings.HasPrefix(e, "a href=") {
				links++
				if !slices.Contains([]string{"a href=http rel target", "a href=https rel target"}, e) {
					t.Errorf("%s became <%s>", address, e)
				}
			}
		}
		if (links > 0) != followed {
			t.Errorf("%s: %d links, want followed %v", address, links, followed)
		}
	}
}

func TestTileAddresses(t *testing.T) {
	for _, c := range []struct{ address, image, policy string }{
		{"000.png", "000.png", "img-src 'self' file:;"},
		{"../shots/a b.png", "../shots/a%20b.png", "img-src 'self' file:;"},
		{"https://storage.example/x/0.png", "https://storage.example/x/0.png", "img-src https://storage.example;"},
		{"https://storage.cloud.google.com/b/0.png", "https://storage.cloud.google.com/b/0.png", "img-src https://storage.cloud.google.com https://*.googleusercontent.com;"},
		{"gs://shots/0.png", "", "img-src 'none';"},
		{"javascript:alert(1)", "", "img-src 'none';"},
		{"data:image/png;base64,AAAA", "", "img-src 'none';"},
		{"//evil.example/0.png", "", "img-src 'none';"},
		{"https://a;script-src 'unsafe-inline'/0.png", "", "img-src 'none';"},
		{"https://*/0.png", "", "img-src 'none';"},
		{"", "", "img-src 'none';"},
	} {
		r := sample()
		r.Tiles = r.Tiles[:1]
		got := render(t, r, func(string) string { return c.address })
		doc, err := html.Parse(strings.NewReader(got))
		if err != nil {
			t.Fatal(err)
		}
		image, policy := "", ""
		for n := range doc.Descendants() {
			for _, a := range n.Attr {
				switch {
				case n.Data == "img" && a.Key == "src":
					image = a.Val
				case n.Data == "meta" && a.Key == "content" && strings.HasPrefix(a.Val, "default-src 'none'"):
					policy = a.Val
				}
			}
		}
		if image != c.image {
			t.Errorf("%q: the image is %q, want %q", c.address, image, c.image)
		}
		if !strings.Contains(policy, c.policy) || strings.Contains(policy, "unsafe") {
			t.Errorf("%q: the policy is %q, want %q in it", c.address, policy, c.policy)
		}
		if c.image == "" && !strings.Contains(got, "gs://shots/000.png") {
			t.Errorf("%q: the report does not name the tile that it cannot show", c.address)
		}
	}
}

// Every style and script that a report has is allowed by its hash, and nothing else is.
func TestPolicyAllowsExactlyWhatIsThere(t *testing.T) {
	got := render(t, sample(), relative)
	doc, err := html.Parse(strings.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	policy, sums := "", map[string]bool{}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s> is not allowed by the policy", n.Data, a.Key)
			}
			if a.Key == "content" && strings.HasPrefix(a.Val, "default-src 'none'") {
				policy = a.Val
			}
		}
		if n.Data == "style" || n.Data == "script" && len(n.Attr) == 0 {
			sum := sha256.Sum256([]byte(n.FirstChild.Data))
			sums["'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'"] = true
		}
	}
	if len(sums) != 3 {
		t.Fatalf("%d styles and scripts, want 3", len(sums))
	}
	for sum := range sums {
		if !strings.Contains(policy, sum) {
			t.Errorf("the policy %q does not allow %s", policy, sum)
		}
	}
	if n := strings.Count(policy, "sha256-"); n != len(sums) {
		t.Errorf("the policy allows %d hashes, want %d", n, len(sums))
	}
}

func TestNumbersThatAreNone(t *testing.T) {
	r := sample()
	r.Findings[0].Box = page.Box{X: math.NaN(), Y: math.Inf(1), W: 1, H: 1}
	r.Lines[0].Box.X, r.Lines[0].Confidence = math.NaN(), math.NaN()
	if got := strings.Replace(render(t, r, relative), script, "", 1); strings.Contains(got, "NaN") || strings.Contains(got, "Inf%") {
		t.Error("NaN or Inf got into the report")
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 32119: "32,119", 1234567: "1,234,567", -5: "-5", -1000: "-1,000", -123456: "-123,456"} {
		if got := count(n); got != want {
			t.Errorf("count(%d) = %q, want %q", n, got, want)
		}
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestRenderSaysWhenItCannotWrite(t *testing.T) {
	err := Render(failing{}, sample(), relative)
	if fault.KindOf(err) != fault.Internal || !strings.Contains(fmt.Sprint(err), "order-7") {
		t.Errorf("got %v; want an internal fault that names the report", err)
	}
}

func FuzzRender(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, s)
	}
	f.Add("", "javascripts/picture.png") // no scheme, though it begins as one
	f.Fuzz(func(t *testing.T, text, address string) {
		r := sample()
		want := len(skeleton(t, render(t, r, relative)))
		r.Title, r.Lines[0].Text, r.Findings[0].Quote, r.Findings[1].Message = text+"x", text+"x", text+"x", text+"x"
		if got := len(skeleton(t, render(t, r, relative))); got != want {
			t.Errorf("%q made %d elements of %d", text, got, want)
		}
		if src, origins := imageSource(address); strings.ContainsAny(strings.Join(origins, ""), ";, \"") || strings.HasPrefix(strings.ToLower(strings.TrimSpace(src)), "javascript:") {
			t.Errorf("%q may be an image %q from %q", address, src, origins)
		}
	})
}
