package recognize

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	vision "cloud.google.com/go/vision/v2/apiv1"
	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"github.com/pageinspect/pageinspect/recognize/annotate/annotatetest"
	"github.com/pageinspect/pageinspect/shared/page"
	"github.com/pageinspect/pageinspect/shared/result"
	"github.com/pageinspect/pageinspect/shared/store"
	"golang.org/x/sync/errgroup"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// A page of the benchmark: 8 tiles, as a page of 30,000 px has, with 25 lines
// of four words each.
const (
	benchTiles = 8
	benchLines = 25
	benchPages = 32
	benchSlots = 2 // calls that the engine works on at a time
)

// benchAnnotation is what Vision says of each tile.
func benchAnnotation() *visionpb.TextAnnotation {
	words := strings.Fields("피부 진정 효과가 오래 가는 수분 크림 자연에서 온 성분 무료 배송 오늘 출발 상품 정보 제공 고시 사용 방법 주의 사항 없는 아침")
	var printedWords []printed
	for i := range benchLines {
		for k := range 4 {
			printedWords = append(printedWords, printed{words[(i*3+k)%len(words)], 100 + float64(k)*120, 300 + float64(i)*140, 100, 30, k == 3})
		}
	}
	a := readingOf(printedWords, page.Tile{Width: 1000, Height: 4096}, 1, func() float64 { return 0 }).annotation
	for _, w := range a.Pages[0].Blocks[0].Paragraphs[0].Words { // a symbol for each syllable, with its box, as Vision gives
		last := w.Symbols[0].Property
		var symbols []*visionpb.Symbol
		for _, r := range w.Symbols[0].Text {
			symbols = append(symbols, &visionpb.Symbol{Text: string(r), Confidence: 0.9, BoundingBox: w.BoundingBox})
		}
		symbols[len(symbols)-1].Property = last
		w.Symbols = symbols
	}
	return a
}

// BenchmarkPage has pages recognized over real gRPC by an engine that works on
// two calls at a time, 0 or 30 ms each, and beside it makes the same calls and
// nothing else.
//
// of-bare-calls is the ratio of the throughputs with the engine kept busy: by
// four callers, and by four pages in hand, of which some are merged and written
// while others are read. alone is the ratio for one page after the other, where all
// of Recognize's own work is waited for. The object store is memory, so that
// no time but ours is in it; pictures-read counts the tiles whose bytes passed through.
func BenchmarkPage(b *testing.B) {
	for _, delay := range []time.Duration{0, 30 * time.Millisecond} {
		b.Run(fmt.Sprint(delay), func(b *testing.B) {
			annotation := benchAnnotation()
			engine := make(chan struct{}, benchSlots)
			stub := annotatetest.Start(b, func(_ context.Context, r *visionpb.BatchAnnotateImagesRequest) (*visionpb.BatchAnnotateImagesResponse, error) {
				engine <- struct{}{}
				time.Sleep(delay)
				<-engine
				return annotatetest.Text(r, annotation), nil
			})
			client, err := vision.NewImageAnnotatorClient(b.Context(), option.WithEndpoint(stub.Addr), option.WithoutAuthentication(),
				option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { client.Close() })
			r, m, _ := recognizer(b)
			r.Vision = client
			withCache(r, m)

			bare := func(int) error {
				req := &visionpb.BatchAnnotateImagesRequest{}
				for i := range benchTiles {
					req.Requests = append(req.Requests, &visionpb.AnnotateImageRequest{
						Image:    &visionpb.Image{Source: &visionpb.ImageSource{ImageUri: fmt.Sprint("gs://shots/", i)}},
						Features: []*visionpb.Feature{{Type: visionpb.Feature_DOCUMENT_TEXT_DETECTION}}})
				}
				_, err := client.BatchAnnotateImages(b.Context(), req)
				return err
			}
			n := 0
			var uris []store.URI
			whole := func(i int) error {
				_, res, err := r.Page(b.Context(), uris[i])
				if err == nil && (res.Vision != result.Vision{Units: benchTiles, Images: benchTiles, Requests: 1} || len(res.Lines) != benchTiles*benchLines) {
					err = fmt.Errorf("%+v, %d lines", res.Vision, len(res.Lines))
				}
				return err
			}
			pages := func(inHand, first, last int, do func(int) error) time.Duration {
				began := time.Now()
				var g errgroup.Group
				g.SetLimit(inHand)
				for i := first; i < last; i++ {
					g.Go(func() error { return do(i) })
				}
				if err := g.Wait(); err != nil {
					b.Fatal(err)
				}
				return time.Since(began)
			}
			var bareTimes, ownTimes, bareAlone, ownAlone []float64
			var cpu time.Duration
			for b.Loop() {
				uris = uris[:0]
				for range benchPages {
					n++
					uris = append(uris, m.benchPage(b, n))
				}
				const some = benchPages * 3 / 4
				start := processorTime()
				bareTimes = append(bareTimes, pages(2*benchSlots, 0, some, bare).Seconds())
				between := processorTime()
				ownTimes = append(ownTimes, pages(2*benchSlots, 0, some, whole).Seconds())
				cpu += (processorTime() - between - (between - start)) / some
				bareAlone = append(bareAlone, pages(1, some, benchPages, bare).Seconds())
				ownAlone = append(ownAlone, pages(1, some, benchPages, whole).Seconds())
			}
			median := func(s []float64) float64 { slices.Sort(s); return s[len(s)/2] }
			b.ReportMetric(median(bareTimes)/median(ownTimes), "of-bare-calls")
			b.ReportMetric(median(bareAlone)/median(ownAlone), "alone")
			b.ReportMetric(cpu.Seconds()*1000/float64(len(ownTimes)), "own-cpu-ms/page")
			b.ReportMetric(float64(m.picturesRead), "pictures-read")
			b.ReportMetric(peakMB(), "peak-MB")
		})
	}
}

// peakMB is the most memory that this process has had so far.
func peakMB() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return float64(u.Maxrss) / 1024
}

// benchPage puts a page whose pictures no page had before.
func (m *memory) benchPage(b *testing.B, n int) store.URI {
	at := store.URI{Bucket: "pages", Object: fmt.Sprintf("bench-%d.json", n)}
	m.putPage(b, at, func(p *page.Manifest) {
		p.ID, p.Height, p.Tiles = fmt.Sprint("bench-", n), 4096+7*3840, nil
		for i := range benchTiles {
			uri := store.URI{Bucket: "shots", Object: fmt.Sprintf("%s/run/%03d.jpg", p.ID, i)}
			m.putTile(uri, fmt.Sprintf("picture %d of %d", i, n))
			p.Tiles = append(p.Tiles, page.Tile{Object: uri.String(), Y: i * 3840, Width: 1000, Height: 4096})
		}
	})
	return at
}
