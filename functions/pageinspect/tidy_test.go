package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// typed is a run in a process group of its own, as a shell starts it, with a
// temporary directory that is found empty at the end.
func typed(t *testing.T, args ...string) (cmd *exec.Cmd, temp string, stderr *bytes.Buffer) {
	t.Helper()
	wholeProgram(t)
	temp, stderr = t.TempDir(), new(bytes.Buffer)
	cmd = exec.CommandContext(t.Context(), filepath.Join(programs, "pageinspect"), append([]string{"run", "--out", t.TempDir()}, args...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+temp)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Stderr = stderr
	return cmd, temp, stderr
}

func left(t *testing.T, temp string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(temp, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// gone says whether no process has a file of dir on its command line.
func gone(t *testing.T, dir string) bool {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range lines {
		if line, err := os.ReadFile(name); err == nil && bytes.Contains(line, []byte(dir)) {
			return false
		}
	}
	return true
}

// endless is a page that never ends, and tells when it is asked for.
func endless(t *testing.T) (url string, asked chan struct{}) {
	t.Helper()
	asked = make(chan struct{}, 100)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(func() { site.CloseClientConnections(); site.Close() })
	return site.URL + "/", asked
}

// TestInterruptedAtAnyMoment: it says so and nothing else, and leaves nothing.
func TestInterruptedAtAnyMoment(t *testing.T) {
	url, asked := endless(t)
	for _, moment := range []time.Duration{0, 20 * time.Millisecond, 60 * time.Millisecond, 150 * time.Millisecond, 400 * time.Millisecond, time.Second, -1} {
		cmd, temp, stderr := typed(t, url)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if moment >= 0 {
			time.Sleep(moment) // not for anything to happen: wherever it is
		} else {
			<-asked
		}
		for len(asked) > 0 {
			<-asked
		}
		if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		cmd.Wait() //nolint:errcheck // the state tells
		if !cmd.ProcessState.Exited() {
			continue // before the program listened for signals: the system ended it, in silence
		}
		var said []string
		for line := range strings.Lines(stderr.String()) {
			if !strings.Contains(line, "capture: ") && !strings.Contains(line, "WITHOUT ITS SANDBOX") { // how far it was; as root
				said = append(said, strings.TrimSpace(line))
			}
		}
		if cmd.ProcessState.ExitCode() != exitInterrupted || len(said) != 1 || !strings.HasPrefix(said[0], "pageinspect: interrupted") {
			t.Errorf("after %v: exit %d, %q", moment, cmd.ProcessState.ExitCode(), said)
		}
		if found := left(t, temp); len(found) > 0 {
			t.Errorf("after %v: left %v", moment, found)
		}
	}
}

// TestKilledRunsAreSweptUp by the next, and those that live are left alone.
func TestKilledRunsAreSweptUp(t *testing.T) {
	url, asked := endless(t)
	killed, temp, _ := typed(t, url)
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	<-asked
	alive := left(t, temp)
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed.Wait()                                       //nolint:errcheck // it was killed
	for ended := false; !ended; ended = gone(t, temp) { // its browser ends after it, and still writes
		time.Sleep(10 * time.Millisecond)
	}
	if len(alive) == 0 || len(left(t, temp)) == 0 {
		t.Fatal("a killed run left nothing: the test is blind")
	}
	t.Setenv("TMPDIR", temp)
	mine, remove, err := scratch()
	if err != nil {
		t.Fatal(err)
	}
	next, _, stderr := typed(t, strings.TrimSuffix(url, "/")+":1/", "--timeout", "20s") // an address that is none
	next.Env = append(os.Environ(), "TMPDIR="+temp)
	if err := next.Run(); err == nil || next.ProcessState.ExitCode() != exitFailed {
		t.Errorf("the next run: %v, %s", err, stderr)
	}
	if found := left(t, temp); len(found) != 1 || found[0] != mine {
		t.Errorf("there are %v, want %s alone, whose run lives", found, mine)
	}
	if remove(); len(left(t, temp)) > 0 {
		t.Error("a run that ended left its directory")
	}
}

// TestAReaderThatHasSeenEnough: run | head -1.
func TestAReaderThatHasSeenEnough(t *testing.T) {
	cmd, temp, stderr := typed(t, "--json", "http://127.0.0.1:1/a", "http://127.0.0.1:1/b", "http://127.0.0.1:1/c")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out.Close()
	if cmd.Wait(); !cmd.ProcessState.Exited() || strings.Contains(stderr.String(), "pipe") { //nolint:errcheck // the state tells
		t.Errorf("%s\n%s", cmd.ProcessState, stderr)
	}
	if found := left(t, temp); len(found) > 0 {
		t.Errorf("left %v", found)
	}
}

func TestNoTemporaryDirectory(t *testing.T) {
	cmd, _, stderr := typed(t, "http://127.0.0.1:1/")
	cmd.Env = append(os.Environ(), "TMPDIR=/nonexistent")
	cmd.Run() //nolint:errcheck // the state tells
	if said := stderr.String(); cmd.ProcessState.ExitCode() != exitFailed || !strings.Contains(said, "create /nonexistent, or set TMPDIR to another") || strings.Count(said, "\n") != 1 {
		t.Errorf("exit %d: %s", cmd.ProcessState.ExitCode(), said)
	}
}

// TestABrowserThatIsNone is named, with the variable to correct.
func TestABrowserThatIsNone(t *testing.T) {
	for _, path := range []string{"/bin/true", "/bin/false", "/nonexistent", "/etc/passwd"} {
		cmd, temp, stderr := typed(t, "http://127.0.0.1:1/")
		cmd.Env = append(cmd.Env, "CHROME_PATH="+path)
		cmd.Run() //nolint:errcheck // the state tells
		said := stderr.String()
		if cmd.ProcessState.ExitCode() != exitFailed || !strings.Contains(said, path) || !strings.Contains(said, "CHROME_PATH") {
			t.Errorf("%s: exit %d: %s", path, cmd.ProcessState.ExitCode(), said)
		}
		if found := left(t, temp); len(found) > 0 {
			t.Errorf("%s: left %v", path, found)
		}
	}
}

// TestTheShellsSettingsAreNotTheRuns: MAX_ATTEMPTS=0 and the like would stop it.
func TestTheShellsSettingsAreNotTheRuns(t *testing.T) {
	cmd, _, stderr := typed(t, "--json", "http://127.0.0.1:1/")
	cmd.Env = append(cmd.Env, "MAX_ATTEMPTS=0", "LEASE_TTL=x", "CAPTURE_TABS=none", "CAPTURE_RECYCLE=-1", "VISION_CACHE_DAYS=-1", "KAFKA_BROKERS=127.0.0.1:1", "PAGES_BUCKET=other")
	out, err := cmd.Output()
	if code := cmd.ProcessState.ExitCode(); code != exitFailed || !bytes.Contains(out, []byte(`"kind":"unreachable"`)) {
		t.Errorf("exit %d, %v: %s\n%s", code, err, out, stderr)
	}
}

func TestWhatIsSaidOfAnEnd(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	broken := fault.New(fault.Internal, "capture did not answer")
	for _, c := range []struct {
		ctx  context.Context
		err  error
		code int
		say  string
	}{
		{t.Context(), nil, exitPass, ""},
		{t.Context(), exit(exitFinding), exitFinding, ""},
		{t.Context(), broken, exitFailed, "pageinspect: capture did not answer\n"},
		{over, broken, exitInterrupted, "pageinspect: interrupted\n"},
		{over, nil, exitPass, ""},
		{over, errors.Join(interrupted("2 of 3 pages were not finished"), broken), exitInterrupted, "pageinspect: interrupted; 2 of 3 pages were not finished\n"},
		{t.Context(), fmt.Errorf("write |1: %w", syscall.EPIPE), exitPipe, ""},
		{t.Context(), errors.New("a\x1b[31m\nb"), exitFailed, "pageinspect: a\ufffd[31m\nb\n"},
	} {
		var b bytes.Buffer
		w := bufio.NewWriter(&b)
		if got := code(c.ctx, c.err, w); got != c.code {
			t.Errorf("%v: exit %d, want %d", c.err, got, c.code)
		}
		if w.Flush(); b.String() != c.say {
			t.Errorf("%v: %q, want %q", c.err, b.String(), c.say)
		}
	}
}
