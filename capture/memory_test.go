package capture

import (
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/capture/browser/browsertest"
	"github.com/pageinspect/pageinspect/shared/fault"
	"github.com/pageinspect/pageinspect/shared/job"
)

// bomb answers with ten MB of gzip that are ten GB of a comment.
func bomb(t *testing.T) http.HandlerFunc {
	t.Helper()
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	piece := func(data []byte) []byte { // ends on a whole byte, so it can be said again
		b.Reset()
		z.Write(data) //nolint:errcheck // to memory
		z.Flush()     //nolint:errcheck // likewise
		return bytes.Clone(b.Bytes())
	}
	begin := piece([]byte("<!doctype html><title>bomb</title><!--"))
	zeros := bytes.Repeat([]byte("x"), 1<<20)
	piece(zeros) // the first refers to what was before it; from the second on all are the same
	again := piece(zeros)
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Encoding", "gzip")
		w.Write([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff")) //nolint:errcheck // the visitor may leave
		w.Write(begin)                                              //nolint:errcheck // likewise
		for range 10 << 10 {
			if _, err := w.Write(again); err != nil || r.Context().Err() != nil {
				return
			}
		}
	}
}

// A page that takes too much memory is ended alone and told so; the pages beside it are right.
func TestMemoryOfOnePage(t *testing.T) {
	hostile := map[string]http.HandlerFunc{
		"typed arrays": html(seen + `<script>x=[];setInterval(()=>x.push(new Uint8Array(5e8).fill(1)),1)</script><img src=/hold>`),
		"gzip bomb":    bomb(t),
		"canvas": html(seen + `<script>setInterval(()=>{const c=document.createElement('canvas');c.width=c.height=4096;
			c.getContext('2d').fillRect(0,0,4096,4096);document.body.append(c)},1)</script><img src=/hold>`),
		"elements": html(seen + `<script>setInterval(()=>{for(let i=0;i<20000;i++)document.body.append(document.createElement('p'),'text '+i)},1)</script><img src=/hold>`),
	}
	cap, mem := own(t, browser.Config{Tabs: 6, PageMemory: 300})
	const height = 5000
	plain := html(banded(height))
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hold" { // an image that does not come
			<-r.Context().Done()
			return
		}
		if page := hostile[strings.ReplaceAll(r.URL.Path[1:], "-", " ")]; page != nil {
			page(w, r)
			return
		}
		plain(w, r)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	peak := watchPeak(t)

	var bad, good sync.WaitGroup
	for name := range hostile {
		bad.Go(func() {
			req := ask(url + "/" + strings.ReplaceAll(name, " ", "-"))
			req.ID = strings.ReplaceAll(name, " ", "-")
			_, err := cap.Page(ctx, req, job.Source{})
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "CAPTURE_PAGE_MEMORY_MB") {
				t.Errorf("%s: %s: %v", name, fault.KindOf(err), err)
			}
		})
	}
	for i := range 40 {
		good.Go(func() {
			req := ask(fmt.Sprintf("%s/%d", url, i))
			req.ID = fmt.Sprintf("page-%d", i)
			m, err := cap.Page(ctx, req, job.Source{})
			if err != nil || m.Height != height || m.Partial != "" || len(m.Warnings) > 0 {
				t.Errorf("page %d: height %d, partial %q, warnings %q, %v", i, m.Height, m.Partial, m.Warnings, err)
				return
			}
			checkBands(t, m, mem.Objects())
		})
	}
	good.Wait()
	bad.Wait()
	if mb := peak(); mb > 2500 {
		t.Errorf("the browser took %d MB", mb)
	} else {
		t.Logf("the browser took up to %d MB", mb)
	}
}

// watchPeak follows what the browsers of this test's TMPDIR hold in memory, in MB; the text of the
// program, which they share, is counted once for each.
func watchPeak(t *testing.T) func() int {
	groups := browsertest.Groups(os.TempDir())
	done, out := make(chan struct{}), make(chan int)
	go func() {
		most := 0
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				out <- most
				return
			case <-tick.C:
				most = max(most, browsertest.Memory(groups)>>20)
			}
		}
	}()
	return func() int { close(done); return <-out }
}

// A page of very many elements leaves much garbage at each tile, which does not add up.
func TestMemoryOfManyElements(t *testing.T) {
	cap, _ := own(t, browser.Config{Tabs: 1, PageMemory: 700})
	profiles, _ := capturer(t, " - {name: default, tile_height: 512, overlap: 64}\n")
	cap.Profiles = profiles.Profiles
	page := `<style>body{font:7px/8px monospace}</style>` + strings.Repeat("<p>"+strings.Repeat("<b>a</b><i>1</i>", 100), 450)
	m := cap.mustPage(t, ask(serve(t, html(page))))
	if len(m.Tiles) < 8 || m.Partial != "" || len(m.Unseen) > 0 {
		t.Errorf("%d tiles, partial %q, unseen %+v", len(m.Tiles), m.Partial, m.Unseen)
	}
}
