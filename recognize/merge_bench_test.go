package recognize

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
)

// BenchmarkMerge merges 100,000 words, in text of three columns and tables,
// as Vision says them of the 32 tiles of one page: milliseconds, times as long as a floor,
// and bytes. The floor is what any merge has to do at least: copy the words out of
// Vision's answers and sort them by height.
func BenchmarkMerge(b *testing.B) {
	const words = 100_000
	var printedWords []printed
	for y := 10.0; len(printedWords) < words; y += 24 {
		column, perColumn := 330.0, 7
		if int(y)/1000%3 == 0 { // a table of words of their own
			column, perColumn = 100, 1
		}
		for x := 10.0; x+column <= pageWidth && len(printedWords) < words; x += column {
			for i := range perColumn {
				printedWords = append(printedWords, printed{fmt.Sprintf("단어%d", len(printedWords)%1000), x + 44*float64(i), y, 38, 15, i == perColumn-1})
			}
		}
	}
	last := printedWords[len(printedWords)-1]
	tiles := tilesOf(int(last.y+last.h)+10, 4096, 256)
	read := make([]tileText, len(tiles))
	for i, t := range tiles {
		read[i] = readingOf(printedWords, t, 1.5, exact)
	}
	var before, after runtime.MemStats
	b.ReportAllocs()
	runtime.ReadMemStats(&before)
	began := processorTime()
	var lines []result.Line
	for b.Loop() {
		lines = mergeTiles(tiles, read, 1.5)
	}
	processor := (processorTime() - began) / time.Duration(b.N)
	runtime.ReadMemStats(&after)
	merged := b.Elapsed() / time.Duration(b.N)
	n := 0
	for _, l := range lines {
		n += len(l.Words)
	}
	if n != words {
		b.Fatalf("%d words of %d", n, words)
	}
	const floors = 10
	began = processorTime()
	for range floors {
		if got := copyAndSort(tiles, read); len(got) < words {
			b.Fatal(len(got))
		}
	}
	floor := (processorTime() - began) / floors
	b.ReportMetric(float64(merged.Microseconds())/1000, "ms")
	b.ReportMetric(float64(processor.Microseconds())/1000, "processor-ms")
	b.ReportMetric(float64(processor)/float64(floor), "x-floor")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/(1<<20), "MB")
	b.ReportMetric(float64(len(tiles)), "tiles")
}

// copyAndSort copies every word of the answers, text and box, and sorts them by height.
func copyAndSort(tiles []page.Tile, read []tileText) []result.Word {
	var out []result.Word
	for i, r := range read {
		for _, p := range r.annotation.Pages {
			for _, block := range p.Blocks {
				for _, para := range block.Paragraphs {
					for _, w := range para.Words {
						out = append(out, copyWord(w, float64(tiles[i].Y)))
					}
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b result.Word) int { return cmp.Compare(a.Box.Y, b.Box.Y) })
	return out
}

func copyWord(w *visionpb.Word, top float64) result.Word {
	v := w.BoundingBox.Vertices
	out := result.Word{Box: page.Box{X: float64(v[0].X), Y: top + float64(v[0].Y), W: float64(v[2].X - v[0].X), H: float64(v[2].Y - v[0].Y)}}
	for _, s := range w.Symbols {
		out.Text += s.Text
	}
	return out
}
