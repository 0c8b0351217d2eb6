package browser

import (
	"os"
	"os/exec"
	"syscall"
)

// noSandbox says why there can be no sandbox; "" where there is one.
func noSandbox() string { return unsandboxed(os.Getuid(), namespaces) }

func unsandboxed(uid int, namespaces func() bool) string {
	switch {
	case uid == 0:
		return "Chromium has none for root; run as another user, or only the machine's or container's walls contain a page that breaks out of the browser"
	case !namespaces():
		return "the kernel gives this process no user namespaces, as Docker's default profile does; allow them (a seccomp profile, or kernel.apparmor_restrict_unprivileged_userns=0), or only the container contains a page that breaks out of the browser"
	}
	return ""
}

// namespaces says whether this process may make what the sandbox needs, and use
// it: where AppArmor restricts namespaces they can be made, and no root be changed in them.
func namespaces() bool {
	cmd := exec.Command("/bin/true")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET, Chroot: "/"}
	return cmd.Run() == nil
}
