package reader

import (
	"bytes"
	"context"
	"errors"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// installing is the command that brings Tesseract and its data.
func installing(system string) string {
	if system == "darwin" {
		return "brew install tesseract tesseract-lang"
	}
	return "sudo apt-get install tesseract-ocr tesseract-ocr-script-hang"
}

// installHint says what to do when Tesseract or its data is missing.
var installHint = "install it with its Hangul script data: " + installing(runtime.GOOS)

const (
	englishData = "eng"
	koreanData  = "kor"
)

// Reader is an installed Tesseract that reads Hangul script.
type Reader struct {
	path     string
	language string        // "Hangul", or "script/Hangul" where the data lies in a folder of its own
	second   string        // the data that doubtful syllables are read again by: Korean where it is there, else the same
	english  bool          // the English data, which Debian's tesseract-ocr brings along, is there
	slots    chan struct{} // one for each process that may run
}

// New looks for the program, at path or on the PATH, and for its Hangul
// script data. At most processes of them will run at a time. The error names the packages and the command to install them.
func New(ctx context.Context, path string, processes int) (*Reader, error) {
	if path == "" {
		path = "tesseract"
	}
	found, err := exec.LookPath(path)
	if err != nil {
		return nil, fault.New(fault.Invalid, "no Tesseract at %q (%v); %s", path, err, installHint)
	}
	list := exec.CommandContext(ctx, found, "--list-langs")
	list.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a terminal's interrupt is its caller's to hear
	out, err := list.CombinedOutput()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, "%s does not list its languages (%v: %s); %s", found, err, firstLine(out), installHint)
	}
	languages := strings.Fields(string(out))
	for _, language := range []string{"script/Hangul", "Hangul"} {
		if slices.Contains(languages, language) {
			second := language
			if slices.Contains(languages, koreanData) {
				second = koreanData
			}
			return &Reader{path: found, language: language, second: second, english: slices.Contains(languages, englishData), slots: make(chan struct{}, processes)}, nil
		}
	}
	return nil, fault.New(fault.Invalid, "%s has no Hangul script data; %s", found, installHint)
}

// Lacks says what data would have it read better and is not installed, and the command that installs it; empty if none.
func (r *Reader) Lacks() string {
	if r.second == koreanData && r.english {
		return ""
	}
	return "Tesseract has no Korean or no English data, and reads Korean and Latin words worse without: sudo apt-get install tesseract-ocr-kor tesseract-ocr-eng"
}

// run reads pictures, each of a single line, in one process. It waits for a slot. When ctx ends
// the process and whatever it started are killed, and run returns after they are gone.
func (r *Reader) run(ctx context.Context, language string, lines []*image.Gray) ([][]Glyph, error) {
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return nil, fault.Wrap(fault.Transient, context.Cause(ctx), "wait for Tesseract")
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, r.path, "stdin", "stdout", "-l", language, "--psm", "7", "-c", "tessedit_do_invert=0", "-c", "hocr_char_boxes=1", "hocr")
	// OpenMP's threads wait for each other by spinning: four of them read slower than one.
	cmd.Env = append(os.Environ(), "OMP_THREAD_LIMIT=1")
	cmd.Stdin = bytes.NewReader(encodeTIFF(lines))
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, fault.Wrap(fault.Transient, ctx.Err(), "read with Tesseract")
		}
		return nil, fault.New(fault.Internal, "%s failed (%v): %s", filepath.Base(r.path), err, firstLine(stderr.Bytes()))
	}
	return parseHOCR(&stdout, len(lines))
}

func firstLine(b []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	return line
}
