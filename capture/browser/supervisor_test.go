package browser

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/capture/browser/browsertest"
	"github.com/pageinspect/pageinspect/shared/fault"
)

// script is an executable for CHROME_PATH whose n-th start does what the n-th
// line says; what comes later does what the last one says. "$@" are the browser's arguments.
func script(t *testing.T, starts ...string) string {
	t.Helper()
	dir := t.TempDir()
	var b strings.Builder
	fmt.Fprintf(&b, "#!/bin/sh\ncd %s\nn=$(cat n 2>/dev/null || echo 0); echo $((n+1)) >n\ncase $n in\n", dir)
	for i, do := range starts {
		if i == len(starts)-1 {
			fmt.Fprintf(&b, "*) %s;;\n", do)
		} else {
			fmt.Fprintf(&b, "%d) %s;;\n", i, do)
		}
	}
	b.WriteString("esac\n")
	path := filepath.Join(dir, "chrome")
	if err := os.WriteFile(path, []byte(b.String()), 0o755); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
	return path
}

// real starts the browser of the other tests.
func real(t *testing.T) string {
	t.Helper()
	path, err := Find(os.Getenv("CHROME_PATH"))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`exec %s "$@"`, path)
}

const hangs = "sleep 300" // a child of the script's: ending the script alone would leave it

// none says that no process of a browser of this test is left.
func none(t *testing.T) {
	t.Helper()
	browsertest.Eventually(t, "no process is left", func() bool { return len(browsertest.In(browsertest.Groups(os.TempDir()))) == 0 })
}

func within(t *testing.T, limit time.Duration, what string, do func()) {
	t.Helper()
	began := time.Now()
	do()
	if took := time.Since(began); took > limit {
		t.Errorf("%s took %v, more than %v", what, took, limit)
	}
}

// A browser that does not come up costs its limit, or what the context allows, and leaves nothing.
func TestStartEnds(t *testing.T) {
	for name, do := range map[string]string{
		"as a child":        hangs,
		"in its place":      "exec sleep 300",
		"without its pipes": "exec 3<&- 4>&-; sleep 300",
		"deaf to SIGTERM":   "trap '' TERM INT HUP; sleep 300; sleep 300",
	} {
		for _, by := range []string{"limit", "context"} {
			t.Run(name+" by "+by, func(t *testing.T) {
				t.Setenv("TMPDIR", t.TempDir())
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				cfg := Config{Path: script(t, do), Tabs: 1, Recycle: 1, StartLimit: 300 * time.Millisecond}
				if by == "context" {
					cfg.StartLimit = time.Hour
					ctx, cancel = context.WithTimeout(ctx, 300*time.Millisecond)
					defer cancel()
				}
				within(t, 5*time.Second, "Start", func() {
					b, err := Start(ctx, cfg, slog.New(slog.DiscardHandler))
					if err == nil {
						b.Close(t.Context())
						t.Fatal("started")
					}
					if by == "context" && !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("says %v", err)
					}
				})
				none(t)
			})
		}
	}
}

// What is no program, and what had no time to be started, leaves nothing to wait for.
func TestStartThatNeverBegan(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	none := filepath.Join(t.TempDir(), "chromium")
	if err := os.WriteFile(none, []byte{0x7f, 'E', 'L', 'F'}, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]Config{
		"no program": {Path: none, StartLimit: time.Hour},
		"no time":    {Path: script(t, real(t)), StartLimit: time.Nanosecond},
	} {
		t.Run(name, func(t *testing.T) {
			cfg.Tabs, cfg.Recycle = 1, 1
			for range 20 { // as it comes
				within(t, 5*time.Second, "Start", func() {
					if b, err := Start(t.Context(), cfg, slog.New(slog.DiscardHandler)); err == nil {
						b.Close(t.Context())
						t.Error("started")
					}
				})
			}
		})
	}
}

// What takes over after so many pages may hang: the old browser goes on.
func TestSuccessorHangs(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	b, err := Start(t.Context(), Config{Path: script(t, real(t), hangs), Tabs: 2, Recycle: 1, Allow: []string{"127.0.0.1"}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	url := site(t, "<p>x")
	for range 4 {
		tab, err := visit(t.Context(), b, url)
		if err != nil {
			t.Fatal(err)
		}
		tab.Close()
	}
	within(t, 4*time.Second, "Close", func() { b.Close(t.Context()) })
	none(t)
}

// After a crash, with a successor that hangs, whoever waits is told so when
// their time is up, as busy; health says it; Close ends all of it.
func TestCrashThenHang(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	b, err := Start(t.Context(), Config{Path: script(t, real(t), hangs), Tabs: 2, Recycle: 100}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	tab, err := b.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	browsertest.Signal(t, os.TempDir(), syscall.SIGKILL)
	<-b.current.ctx.Done()
	b.opened.Store(0)
	wait := func(what string, ask func(context.Context) error) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		within(t, 3*time.Second, what, func() {
			if err := ask(ctx); !errors.Is(err, context.DeadlineExceeded) || fault.KindOf(err) != fault.Transient {
				t.Errorf("%s: %s: %v", what, fault.KindOf(err), err)
			}
		})
	}
	wait("Reserve", func(ctx context.Context) error {
		_, err := b.Reserve(ctx)
		if !fault.IsBusy(err) {
			t.Errorf("counts as a failure: %v", err)
		}
		return err
	})
	wait("Healthy", b.Healthy)
	within(t, 3*time.Second, "the end of a tab", tab.Close)

	waiting := make(chan error, 1)
	go func() { _, err := b.Open(t.Context()); waiting <- err }()
	within(t, 4*time.Second, "Close", func() { b.Close(t.Context()) })
	if err := <-waiting; !fault.IsBusy(err) {
		t.Errorf("a page that waits while the browser is closed: %v", err)
	}
	if err := b.Healthy(t.Context()); err == nil {
		t.Error("healthy after Close")
	}
	none(t)
}

// Who asks for a browser the moment the connection breaks gets another one. On
// a busy machine its context lives on for a while, and a page that was tried
// again twenty times met the dead one each time.
func TestDeadBrowserIsNotHandedOut(t *testing.T) {
	died := make(chan struct{})
	s := newSupervisor(func(context.Context) (*process, error) {
		ctx, stop := context.WithCancel(context.Background())
		return &process{ctx: ctx, lost: died, stop: stop, alloc: func() {}}, nil
	}, Config{Recycle: 100}, slog.New(slog.DiscardHandler))
	defer s.close(context.Background())
	first, err := s.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	close(died)
	died = nil
	second, err := s.enter(t.Context())
	if err != nil || second == first {
		t.Errorf("the dead browser was handed out again (%v)", err)
	}
}

// A start that failed is told to those who waited for it, and tried again for the next page.
func TestFailedStartIsTriedAgain(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	b, err := Start(t.Context(), Config{Path: script(t, real(t), "echo out of luck >&2; exit 3", real(t)), Tabs: 1, Recycle: 100}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close(t.Context())
	browsertest.Signal(t, os.TempDir(), syscall.SIGKILL)
	<-b.current.ctx.Done()
	if _, err := b.Open(t.Context()); !fault.IsBusy(err) || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "out of luck") {
		t.Errorf("says %v", err)
	}
	tab, err := b.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tab.Close()
}

func TestReserveWaitsForATab(t *testing.T) {
	b := started(t, Config{Tabs: 1, Recycle: 100})
	held, err := b.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := b.Reserve(ctx); !fault.IsBusy(err) || fault.KindOf(err) != fault.Transient {
		t.Errorf("a second page in the only tab: %v", err)
	}
	next := make(chan *Slot)
	go func() {
		s, err := b.Reserve(t.Context())
		if err != nil {
			t.Error(err)
		}
		next <- s
	}()
	held.Close()
	s := <-next
	tab, err := s.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tab.Close()
	s.Release() // it has gone with its tab: that a second time takes nobody's
	if s, err = b.Reserve(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(b.slots) != 1 {
		t.Errorf("%d slots are taken, want 1", len(b.slots))
	}
	s.Release()
}

func TestHealthy(t *testing.T) {
	b := started(t, Config{Tabs: 1, Recycle: 100})
	b.patience = 20 * time.Second
	tab, err := b.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.opened.Store(0)
	if err := b.Healthy(t.Context()); err != nil { // with every tab in use
		t.Error(err)
	}
	browsertest.Signal(t, os.TempDir(), syscall.SIGSTOP)
	if err := b.Healthy(t.Context()); err != nil { // one opened a moment ago
		t.Error(err)
	}
	b.opened.Store(0)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := b.Healthy(ctx); err == nil {
		t.Error("a browser that hangs is healthy")
	}
	tab.Close()
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  Config
		says []string
	}{
		"all at once": {Config{Path: "/nonexistent", Tabs: 0, Recycle: -1, Allow: []string{"x", "10.0.0.0/8", "y"}},
			[]string{"CHROME_PATH", "/nonexistent", "CAPTURE_TABS is 0", "CAPTURE_RECYCLE is -1", "CAPTURE_ALLOW", `"x"`, `"y"`}},
		"says nothing": {Config{Path: "/bin/true", Tabs: 1, Recycle: 1}, []string{"/bin/true", "exit status 0", "before it answered", "CHROME_PATH"}},
		"fails":        {Config{Path: "/bin/false", Tabs: 1, Recycle: 1}, []string{"/bin/false", "exit status 1"}},
		"tells why":    {Config{Path: script(t, "echo libnss3 is missing >&2; exit 127"), Tabs: 1, Recycle: 1}, []string{"exit status 127", "libnss3 is missing"}},
		"hangs":        {Config{Path: script(t, hangs), Tabs: 1, Recycle: 1, StartLimit: 200 * time.Millisecond}, []string{"did not answer", "200ms"}},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := Start(t.Context(), c.cfg, slog.New(slog.DiscardHandler))
			if err == nil {
				b.Close(t.Context())
				t.Fatal("started")
			}
			if fault.KindOf(err) != fault.Internal {
				t.Errorf("kind %s", fault.KindOf(err))
			}
			for _, want := range c.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("does not say %q: %v", want, err)
				}
			}
		})
	}
}
