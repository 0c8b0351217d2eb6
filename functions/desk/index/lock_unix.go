//go:build unix

package index

import (
	"errors"
	"os"
	"syscall"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// lock keeps a second process off the file. The system gives it back when the
// process ends, however it ends.
type lock struct{ f *os.File }

func lockFile(name string) (*lock, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close() //nolint:errcheck // nothing was written
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fault.New(fault.Invalid, "another desk has it open; stop that one, or give this one a file of its own")
		}
		return nil, err
	}
	return &lock{f}, nil
}

func (l *lock) unlock() { l.f.Close() } //nolint:errcheck // nothing was written
