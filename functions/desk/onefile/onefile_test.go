package onefile

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"image"

	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/decision"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// noisy is a page of so many tiles of noise, which no format makes small, with a
// finding on each.
func noisy(t *testing.T, tiles int) Page {
	t.Helper()
	const width, height = 400, 300
	rnd := rand.New(rand.NewPCG(1, 2))
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = byte(rnd.Uint32())
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	r := result.Result{Schema: result.Schema, ID: "p-1", Title: "<script>", URL: "https://shop.example/", Verdict: result.Reject, Page: result.Page{Width: width, Height: tiles * height, Scale: 1}, CapturedAt: time.Unix(1, 0)}
	for i := range tiles {
		r.Tiles = append(r.Tiles, page.Tile{Object: fmt.Sprint("gs://x/", i), Y: i * height, Width: width, Height: height, MediaType: "image/png", Bytes: b.Len()})
		r.Findings = append(r.Findings, result.Finding{Rule: "ads.best", Quote: "최고", Severity: result.High, Mode: result.Enforce, Box: page.Box{X: 50, Y: float64(i*height + 100), W: 100, H: 30}, Message: "m"})
	}
	if tiles == 0 {
		return Page{Result: r}
	}
	d := decision.Decision{Series: decision.Page, N: 1, Action: decision.Dismiss, Reason: decision.Lawful, Words: "</q><script>", By: "kim@example.com", At: time.Unix(9, 0), Marks: []decision.Mark{decision.MarkOf(r, r.Findings[0])}}
	return Page{
		Result: r, Standing: decision.Stand(r, []decision.Decision{d}, nil), Decisions: []decision.Decision{d},
		Tile: func(context.Context, int) ([]byte, string, error) { return b.Bytes(), "image/png", nil },
	}
}

var pictures = regexp.MustCompile(`src="(data:image/[a-z]+;base64,[^"]+)"`)

func file(t *testing.T, p Page, most int) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(t.Context(), &b, p, most); err != nil {
		t.Fatal(err)
	}
	if b.Len() > most {
		t.Errorf("the file has %d bytes, more than %d", b.Len(), most)
	}
	return html.UnescapeString(b.String())
}

// TestAllOfItIsInTheFile: pictures to the byte where they fit, crops and decisions.
func TestAllOfItIsInTheFile(t *testing.T) {
	p := noisy(t, 3)
	f := file(t, p, Most)
	b, _, err := p.Tile(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(f, base64.StdEncoding.EncodeToString(b)); got != 3 {
		t.Errorf("%d of 3 pictures are in the file as they are", got)
	}
	if got := strings.Count(f, `class="crop"`); got != 3 {
		t.Errorf("%d of 3 findings have a crop", got)
	}
	for _, want := range []string{"<b>Dismissed</b> by", "it may be said here", "<q><bdi></q><script>", "img-src data:", "default-src 'none'"} {
		if !strings.Contains(f, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if strings.Contains(f, "This file") || strings.Contains(f, "gs://") {
		t.Error("it speaks of what it lacks, and lacks nothing")
	}
}

// TestItIsNeverTooLarge: whatever the page, and it says what was done.
func TestItIsNeverTooLarge(t *testing.T) {
	p := noisy(t, 12)
	bare := len(file(t, noisy(t, 0), Most))
	last := ""
	for _, most := range []int{bare + 1_500_000, bare + 400_000, bare + 120_000} {
		f := file(t, p, most)
		m := regexp.MustCompile(`<b>This file</b> The page's pictures[^<]*`).FindString(f)
		if m == "" || m == last {
			t.Errorf("at most %d bytes: it says %q", most, m)
		}
		last = m
		for _, src := range pictures.FindAllStringSubmatch(f, -1) {
			_, data, _ := strings.Cut(src[1], "base64,")
			b, err := base64.StdEncoding.DecodeString(data)
			if err == nil {
				_, err = jpeg.Decode(bytes.NewReader(b))
			}
			if err != nil {
				t.Fatalf("a picture in it is none: %v", err)
			}
		}
	}
	if !strings.Contains(file(t, p, bare+60_000), "The worst ") {
		t.Error("it does not say that findings have no crop")
	}
	var b bytes.Buffer
	if err := Write(t.Context(), &b, p, 1000); err == nil || b.Len() > 0 {
		t.Errorf("%d bytes of a file that cannot be, %v", b.Len(), err)
	}
}

// TestAGonePictureIsAnError: no report without saying so.
func TestAGonePictureIsAnError(t *testing.T) {
	p := noisy(t, 2)
	gone := errors.New("gone")
	p.Tile = func(context.Context, int) ([]byte, string, error) { return nil, "", gone }
	if err := Write(t.Context(), &bytes.Buffer{}, p, Most); !errors.Is(err, gone) {
		t.Error(err)
	}
}
