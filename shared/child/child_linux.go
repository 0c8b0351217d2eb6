package child

import "syscall"

// Group makes a process the head of a process group, so that all that it starts
// can be ended together. On Linux the system ends it with the thread that started
// it, however that ends: whoever lets the thread go must lock it.
func Group() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
