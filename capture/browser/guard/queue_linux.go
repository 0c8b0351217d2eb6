package guard

import "golang.org/x/sys/unix"

// sendQueue is how many bytes of a socket's were sent and not acknowledged, or not sent (tcp(7)).
func sendQueue(fd int) (int, error) { return unix.IoctlGetInt(fd, unix.SIOCOUTQ) }
