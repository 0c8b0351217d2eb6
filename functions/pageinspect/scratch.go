package main

import (
	"os"
	"path/filepath"
	"syscall"

	"github.com/pageinspect/pageinspect/shared/fault"
)

// A run's state lies in a directory of its own below the system's temporary one.
// As long as the run lives it holds the lock in it, which the system gives back
// however the run ends.
const (
	scratchPrefix = "pageinspect-run-"
	scratchLock   = "lock"
)

// scratch makes such a directory, and removes those that killed runs left.
func scratch() (dir string, remove func(), err error) {
	sweep()
	dir, err = os.MkdirTemp("", scratchPrefix)
	if err != nil {
		return "", nil, fault.New(fault.Internal, "no temporary directory: %v; create %s, or set TMPDIR to another", err, os.TempDir())
	}
	// Locked first and named then, so that a lock that has the name and is free
	// is a dead run's.
	lock, err := os.CreateTemp(dir, ".lock-")
	if err == nil {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err == nil {
		err = os.Rename(lock.Name(), filepath.Join(dir, scratchLock))
	}
	if err != nil {
		os.RemoveAll(dir) //nolint:errcheck // the other error is told
		return "", nil, fault.Wrap(fault.Internal, err, "lock the temporary directory %s", dir)
	}
	return dir, func() {
		os.RemoveAll(dir) //nolint:errcheck // what stays is removed by the next run
		lock.Close()
	}, nil
}

// sweep removes directories of ours whose lock is free. What it cannot remove is
// another user's, or stays for the next run.
func sweep() {
	found, _ := filepath.Glob(filepath.Join(os.TempDir(), scratchPrefix+"*", scratchLock))
	for _, name := range found {
		lock, err := os.Open(name)
		if err != nil {
			continue
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			os.RemoveAll(filepath.Dir(name)) //nolint:errcheck // see above
		}
		lock.Close()
	}
}
