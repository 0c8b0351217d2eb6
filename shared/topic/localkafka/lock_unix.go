//go:build unix

package localkafka

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// lock keeps a second broker off the directory, which would mix up the files of
// both. The system gives the lock back when the process ends, however it ends.
func lock(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "local Kafka")
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "local Kafka")
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fault.New(fault.Invalid,
				"local Kafka: the directory %s is in use by another process; stop it or choose another directory", dir)
		}
		return nil, fault.Wrap(fault.Invalid, err, "local Kafka: lock %s", dir)
	}
	return func() { f.Close() }, nil
}
