package accuracy_test

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/recognize/localvision/accuracy"
)

// partsOfPage bounds what is read of a long page: its first 4,096 CSS px.
const partsOfPage = 1

// TestRealPagesAccuracy prints how many words are read of each of the measured pages of Debian packages.
func TestRealPagesAccuracy(t *testing.T) {
	if !*full {
		return
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(cache, "pageinspect", "accuracy-pages")
	if err := accuracy.FetchPages(t.Context(), folder); err != nil {
		t.Skipf("SKIP: the Debian packages with real pages cannot be had, NOTHING OF REAL PAGES WAS MEASURED: %v", err)
	}
	engine := connect(t)
	var urls []string
	for _, p := range accuracy.MeasuredPages() {
		url, err := accuracy.PageURL(folder, p)
		if err != nil {
			t.Fatal(err)
		}
		urls = append(urls, url)
	}
	for _, scale := range []float64{1, 1.5} {
		pages, err := accuracy.RenderWords(t.Context(), urls, scale, partsOfPage)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		var all accuracy.WordTally
		below, tiles := 0, 0
		before := processorTime(t)
		for i, page := range pages {
			var own accuracy.WordTally
			for _, part := range page {
				tally, _ := readWords(t, engine, part, scale)
				own.Add(tally)
				tiles++
			}
			if own.Words == 0 {
				t.Errorf("%s has no words to judge by", urls[i])
			}
			if own.Recall() < 0.97 {
				below++
			}
			all.Add(own)
			fmt.Fprintf(&b, "%-32s %s\n", strings.TrimSuffix(path.Base(urls[i]), ".html"), wordRow(own))
		}
		t.Logf("real pages, scale %v\n%-32s %s\n%s%-32s %s\n%d of %d pages below 97%%; a tile: %.1f s of processor", scale, "page", wordHead, b.String(), "all", wordRow(all),
			below, len(pages), (processorTime(t)-before).Seconds()/float64(tiles))
	}
}

// TestKindsAccuracy prints how many words are read of each way of drawing and each size of type.
func TestKindsAccuracy(t *testing.T) {
	if !*full {
		return
	}
	engine := connect(t)
	for _, scale := range []float64{1, 1.5} {
		var b strings.Builder
		for _, kind := range accuracy.Kinds() {
			var own accuracy.WordTally
			for seed := range uint64(2) {
				pages, err := accuracy.RenderWords(t.Context(), []string{accuracy.GenerateKind(firstSeed+seed, kind).URL()}, scale, partsOfPage)
				if err != nil {
					t.Fatal(err)
				}
				_, by := readWords(t, engine, pages[0][0], scale)
				own.Add(by[kind])
			}
			if own.Words == 0 {
				t.Errorf("there are no words of %s to judge by", kind)
			}
			fmt.Fprintf(&b, "%-20s %s\n", kind, wordRow(own))
		}
		t.Logf("ways of drawing, scale %v\n%-20s %s\n%s", scale, "", wordHead, b.String())
	}
}

var run int

func readWords(t *testing.T, engine accuracy.Engine, page accuracy.Rendered, scale float64) (accuracy.WordTally, map[accuracy.Class]accuracy.WordTally) {
	t.Helper()
	run++
	lines, err := engine.Read(context.WithoutCancel(t.Context()), fmt.Sprintf("words-%d-%d", time.Now().UnixNano(), run), page, scale)
	if err != nil {
		t.Fatal(err)
	}
	all, by, _ := accuracy.CountWords(page.Words, lines)
	return all, by
}

const wordHead = "  words    read  signs too  spaces too"

func wordRow(t accuracy.WordTally) string {
	of := func(n int) float64 { return 100 * float64(n) / float64(max(1, t.Words)) }
	return fmt.Sprintf("%7d %6.2f%% %9.2f%% %10.2f%%", t.Words, of(t.Read), of(t.Exact), of(t.Apart))
}
