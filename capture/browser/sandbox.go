package browser

import (
	"log/slog"
	"os"
	"os/exec"
	"syscall"

	"github.com/chromedp/chromedp"
)

// sandbox is the switch for Chromium's own sandbox. Where the kernel refuses
// the namespaces it is made of, as Docker's default seccomp profile does,
// Chromium would not start at all; what contains a page then is the container.
// chromedp switches it off for root, who cannot have it.
func sandbox(log *slog.Logger) chromedp.ExecAllocatorOption {
	off := os.Getuid() == 0
	if !off && !namespaces() {
		log.Warn("no user namespaces here: the browser runs without its sandbox, and only the container contains it")
		off = true
	}
	return chromedp.Flag("no-sandbox", off)
}

// namespaces says whether this process may make what the sandbox needs.
func namespaces() bool {
	cmd := exec.Command("/bin/true")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET}
	return cmd.Run() == nil
}
