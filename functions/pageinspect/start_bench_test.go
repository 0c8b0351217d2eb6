package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/pageinspect/pageinspect/capture/browser"
	"github.com/pageinspect/pageinspect/functions/pageinspect/localcloud"
	"github.com/pageinspect/pageinspect/shared/job"
	"github.com/pageinspect/pageinspect/shared/store/localgcs"
	"github.com/pageinspect/pageinspect/shared/topic/localkafka"
)

// BenchmarkStart is the time from the start of Capture's process, the one that
// its container runs, to its answer for the first page. Beside it, in turn, is
// the browser's own: started bare, the same page, which has no script to wait for, loaded and its tiles drawn.
func BenchmarkStart(b *testing.B) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "<!doctype html><title>plain</title>"+strings.Repeat("<p>여드름 피부에 사용 적합한 크림입니다</p>", 50)) //nolint:errcheck // the visitor may leave
	}))
	defer site.Close()
	url := site.URL
	broker, err := localkafka.Start(localkafka.Config{Topics: map[string]int{localcloud.ErrorsTopic: 1}})
	if err != nil {
		b.Fatal(err)
	}
	defer broker.Close()
	storage, err := localgcs.Start(localgcs.Config{Buckets: []string{"shots", "pages", "results"}})
	if err != nil {
		b.Fatal(err)
	}
	defer storage.Close(context.Background()) //nolint:errcheck // in memory
	env := []string{
		"FUNCTION_TARGET=Capture", "KAFKA_BROKERS=" + broker.Addr(), "STORAGE_EMULATOR_HOST=" + storage.Endpoint(), "ERRORS_TOPIC=" + localcloud.ErrorsTopic,
		"SCREENSHOTS_BUCKET=shots", "PAGES_BUCKET=pages", "RESULTS_BUCKET=results", "CAPTURE_ALLOW=127.0.0.1", "LOCAL_ONLY=true", "CLOUD_RUN_TIMEOUT_SECONDS=60",
	}
	path, err := browser.Find("")
	if err != nil {
		b.Fatal(err)
	}
	var ours, floor time.Duration
	for n := range b.N {
		began := time.Now()
		bareFirstPage(b, path, url)
		floor += time.Since(began)
		began = time.Now()
		stop := firstPage(b, env, encode(job.Request{Schema: job.RequestSchema, ID: string(rune('a' + n)), URL: url}))
		ours += time.Since(began)
		stop()
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ours.Seconds()/float64(b.N), "s")
	b.ReportMetric(floor.Seconds()/float64(b.N), "floor-s")
	b.ReportMetric(ours.Seconds()/floor.Seconds(), "x-floor")
}

// firstPage starts Capture and returns when it has answered for a page.
func firstPage(b *testing.B, env []string, request []byte) (stop func()) {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	_, port, _ := net.SplitHostPort(addr)
	cmd := exec.Command(filepath.Join(programs, "capture"))
	cmd.Env = append(cmd.Environ(), append(env, "PORT="+port)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; {
		answer, err := http.Post("http://"+addr, "application/json", bytes.NewReader(request))
		if err == nil {
			text, _ := io.ReadAll(answer.Body)
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				b.Fatalf("answered %d %s", answer.StatusCode, text)
			}
			break
		}
		if time.Now().After(end) {
			b.Fatalf("no answer: %v\n%s", err, said.String())
		}
		time.Sleep(2 * time.Millisecond) // it is not listening yet
	}
	return func() {
		cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // Wait tells
		cmd.Wait()                          //nolint:errcheck // how it ends is not what is measured
	}
}

// bareFirstPage starts the browser, loads a page and draws its tiles.
func bareFirstPage(b *testing.B, path, url string) {
	b.Helper()
	alloc, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.Flag("disable-gpu", true))...)
	defer stop()
	ctx, cancel := chromedp.NewContext(alloc)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 800), chromedp.Navigate(url)); err != nil {
		b.Fatal(err)
	}
	layout, err := chromedp.Call(ctx, page.GetLayoutMetrics, cdp.Empty{})
	if err != nil {
		b.Fatal(err)
	}
	yes := true
	for y, end := 0.0, layout.CSSContentSize.Height; ; y += 4096 - 256 {
		clip := page.Viewport{Y: y, Width: 1280, Height: min(4096, end-y), Scale: 1}
		if _, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatJpeg, CaptureBeyondViewport: &yes, Clip: &clip}); err != nil {
			b.Fatal(err)
		}
		if y+clip.Height >= end {
			return
		}
	}
}
