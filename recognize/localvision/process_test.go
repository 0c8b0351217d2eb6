package localvision_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"cloud.google.com/go/vision/v2/apiv1/visionpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/pageinspect/pageinspect/recognize/localvision"
)

// script makes a stand-in for Tesseract that has the Hangul data and runs body
// when it is to read. $D is a folder of its own, which is returned too.
func script(t *testing.T, body string) (path, dir string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, "tesseract")
	text := "#!/bin/sh\nif [ \"$1\" = --list-langs ]; then echo Hangul; exit; fi\nD=" + dir + "\n" + body + "\n"
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"out", "go"} {
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path, dir
}

// threeBars is a picture with one thing on it that may be a line of text.
func threeBars(t *testing.T) []byte {
	t.Helper()
	pic := image.NewRGBA(image.Rect(0, 0, 200, 100))
	draw.Draw(pic, pic.Rect, image.White, image.Point{}, draw.Src)
	for x := 40; x < 140; x += 30 {
		draw.Draw(pic, image.Rect(x, 40, x+20, 64), image.NewUniform(color.Black), image.Point{}, draw.Src)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, pic); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// hocr is an answer of one page with two glyphs; between their middles the picture has a white gap.
const hocr = `<div class='ocr_page'><span class='ocrx_word' title='bbox 0 0 9 9; x_wconf 90'>` +
	`<span class='ocrx_cinfo' title='x_bboxes 10 10 100 50; x_conf 99'>가</span><span class='ocrx_cinfo' title='x_bboxes 100 10 190 50; x_conf 99'>나</span></span></div>`

func TestCancelKillsEveryProcess(t *testing.T) {
	// The process and its child hold the pipe open: its end shows that both are gone.
	path, dir := script(t, "exec 3>$D/out\nsleep 1000 &\necho started >&3\nwait")
	_, client := start(t, localvision.Config{Tesseract: path})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		_, err := client.BatchAnnotateImages(ctx, batch(content(threeBars(t))))
		failed <- err
	}()
	out, err := os.Open(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	r := bufio.NewReader(out)
	if line, err := r.ReadString('\n'); err != nil || line != "started\n" {
		t.Fatalf("read %q, %v", line, err)
	}
	cancel()
	if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
		t.Errorf("the processes said %q, %v", rest, err)
	}
	if err := <-failed; !errors.Is(err, context.Canceled) && status.Code(err) != codes.Canceled {
		t.Errorf("got %v", err)
	}
}

func TestCloseKillsEveryProcess(t *testing.T) {
	path, dir := script(t, "exec 3>$D/out\nsleep 1000 &\necho $$ >&3\nwait")
	server, client := start(t, localvision.Config{Tesseract: path})
	// The client takes a closed server for one that will be back, and tries again until it is cancelled.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var call sync.WaitGroup
	call.Go(func() { client.BatchAnnotateImages(ctx, batch(content(threeBars(t)))) })
	out, err := os.Open(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	r := bufio.NewReader(out)
	var pid int
	if _, err := fmt.Fscan(r, &pid); err != nil {
		t.Fatal(err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	// Close waits for the calls under way, and they for their processes, so it is gone and no zombie.
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the process is still there: %v", err)
	}
	if err := server.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	cancel()
	call.Wait()
}

func TestProcessesAreBounded(t *testing.T) {
	const workers, images = 2, 6
	// Each process notes how many run, says so, and waits for its turn to end.
	path, dir := script(t, "cat >/dev/null\nmkdir -p $D/run\ntouch $D/run/$$\nls $D/run | wc -l >>$D/counts\necho up >$D/out\nread turn <$D/go\nrm $D/run/$$\ncat <<'END'\n"+hocr+"\nEND")
	_, client := start(t, localvision.Config{Tesseract: path, Workers: workers})
	// Opened for both, a pipe never ends and never blocks its opener.
	var pipes [2]*os.File
	for i, name := range []string{"out", "go"} {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		pipes[i] = f
	}
	call := batch()
	for range images {
		call.Requests = append(call.Requests, content(threeBars(t)))
	}
	var answer *visionpb.BatchAnnotateImagesResponse
	var callErr error
	var done sync.WaitGroup
	done.Go(func() { answer, callErr = client.BatchAnnotateImages(t.Context(), call) })
	up := bufio.NewScanner(pipes[0])
	for i := range images {
		if !up.Scan() {
			t.Fatal(up.Err())
		}
		if i == workers-1 { // all that may run do; let every one end
			if _, err := io.WriteString(pipes[1], strings.Repeat("end\n", images)); err != nil {
				t.Fatal(err)
			}
		}
	}
	done.Wait()
	if callErr != nil {
		t.Fatal(callErr)
	}
	for i, r := range answer.Responses {
		if r.GetFullTextAnnotation().GetText() != "가 나" {
			t.Errorf("image %d: text %q, error %v", i, r.GetFullTextAnnotation().GetText(), r.Error)
		}
	}
	counts, err := os.ReadFile(filepath.Join(dir, "counts"))
	if err != nil {
		t.Fatal(err)
	}
	most := 0
	for _, c := range strings.Fields(string(counts)) {
		n := 0
		fmt.Sscan(c, &n)
		most = max(most, n)
	}
	if most != workers {
		t.Errorf("%d processes ran at a time, want %d", most, workers)
	}
}

func TestAFailingProcessIsTheImagesError(t *testing.T) {
	for name, body := range map[string]string{
		"fails":               "cat >/dev/null; echo 'out of memory' >&2; exit 3",
		"answers nothing":     "cat >/dev/null",
		"answers other XML":   "cat >/dev/null; echo '<div class=\"ocr_page\"><span class=\"ocrx_cinfo\" title=\"x_bboxes 1 2\">a</span></div>'",
		"answers too much":    "cat >/dev/null; echo '<div class=\"ocr_page\"/><div class=\"ocr_page\"/>'",
		"stops in the middle": "cat >/dev/null; echo '<div class=\"ocr_page\"'",
	} {
		t.Run(name, func(t *testing.T) {
			path, _ := script(t, body)
			_, client := start(t, localvision.Config{Tesseract: path})
			answer, err := client.BatchAnnotateImages(t.Context(), batch(content(threeBars(t)), content(blank(t))))
			if err != nil {
				t.Fatal(err)
			}
			if e := answer.Responses[0].GetError(); codes.Code(e.GetCode()) != codes.Internal || e.GetMessage() == "" {
				t.Errorf("got %v", e)
			}
			if e := answer.Responses[1].GetError(); e != nil {
				t.Errorf("the image without text failed too: %v", e)
			}
		})
	}
}

// TestManyCallsAtOnce sends different pictures over one client at a time: each call gets its own text.
func TestManyCallsAtOnce(t *testing.T) {
	picture, _ := fixture(t)
	_, client := start(t, localvision.Config{})
	var calls sync.WaitGroup
	for i := range 4 {
		calls.Go(func() {
			requests := []*visionpb.AnnotateImageRequest{content(picture), content(blank(t))}
			if i%2 == 1 {
				requests[0], requests[1] = requests[1], requests[0]
			}
			answer, err := client.BatchAnnotateImages(t.Context(), batch(requests...))
			if err != nil {
				t.Error(err)
				return
			}
			for k, r := range answer.Responses {
				want := k == i%2
				if got := strings.Contains(r.GetFullTextAnnotation().GetText(), "여드름 치료 효과 100%"); got != want || r.Error != nil {
					t.Errorf("call %d, image %d: text %v, want %v, error %v", i, k, got, want, r.Error)
				}
			}
		})
	}
	calls.Wait()
}
