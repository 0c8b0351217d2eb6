package guard

import "golang.org/x/sys/unix"

// sendQueue is how many bytes of a socket's were sent and not acknowledged, or not sent (sys/socket.h).
func sendQueue(fd int) (int, error) { return unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NWRITE) }
