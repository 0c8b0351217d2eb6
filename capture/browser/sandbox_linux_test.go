package browser

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pageinspect/pageinspect/capture/browser/browsertest"
)

func TestWithoutSandboxIsSaid(t *testing.T) {
	yes, no := func() bool { return true }, func() bool { return false }
	if why := unsandboxed(1000, yes); why != "" {
		t.Errorf("there is none: %s", why)
	}
	if why := unsandboxed(0, yes); !strings.Contains(why, "root") {
		t.Errorf("as root: %q", why)
	}
	if why := unsandboxed(1000, no); !strings.Contains(why, "user namespaces") {
		t.Errorf("without namespaces: %q", why)
	}
}

// sandboxedVariable has this program start a browser and say what its renderer is.
const sandboxedVariable = "PAGEINSPECT_TEST_SANDBOX"

// TestSandboxIsOnWhereItCanBe starts a browser as a user who is not root: its
// renderers are sandboxed, or the log says that they are not.
func TestSandboxIsOnWhereItCanBe(t *testing.T) {
	if os.Getenv(sandboxedVariable) != "" {
		sayWhatTheRendererIs(t)
		return
	}
	if os.Getuid() != 0 {
		t.Skip("takes root, to become another user")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "pageinspect-sandbox-") // which others can enter, unlike the test's own
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	program := filepath.Join(dir, "browser.test")
	in, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(program, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil || out.Close() != nil {
		t.Fatal(err)
	}
	const nobody = 65534
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.run=^TestSandboxIsOnWhereItCanBe$", "-test.v")
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "CHROME_PATH=" + os.Getenv("CHROME_PATH"), "HOME=" + dir, "TMPDIR=" + dir, sandboxedVariable + "=1"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	sandboxed, warned := bytes.Contains(said, []byte("renderer sandboxed: true")), bytes.Contains(said, []byte("WITHOUT ITS SANDBOX"))
	if sandboxed == warned || !bytes.Contains(said, []byte("renderer sandboxed: ")) {
		t.Errorf("sandboxed: %v, warned: %v\n%s", sandboxed, warned, said)
	}
	t.Logf("sandboxed: %v", sandboxed)
}

func sayWhatTheRendererIs(t *testing.T) {
	b, err := Start(t.Context(), Config{Path: os.Getenv("CHROME_PATH"), Tabs: 1, Recycle: 10, Allow: []string{"127.0.0.1"}}, slog.New(slog.NewTextHandler(os.Stdout, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close(context.Background())
	tab, err := visit(t.Context(), b, site(t, "<p>x"))
	if err != nil {
		t.Fatal(err)
	}
	defer tab.Close()
	for pid, kind := range browsertest.In(browsertest.Groups(os.Getenv("TMPDIR"))) {
		if kind != "renderer" {
			continue
		}
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			continue // it has ended
		}
		fmt.Printf("renderer sandboxed: %v\n", bytes.Contains(status, []byte("\nSeccomp:\t2\n"))) // 2: a filter, proc_pid_status(5)
		return
	}
	t.Error("there is no renderer")
}
