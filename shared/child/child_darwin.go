package child

import "syscall"

// Group makes a process the head of a process group, so that all that it starts
// can be ended together. On macOS nothing ends it when this one is killed.
func Group() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
