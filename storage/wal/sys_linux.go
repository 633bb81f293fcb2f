package wal

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// syncData spares the journal entry that a new modification time would cost.
func syncData(f *os.File) error {
	return os.NewSyscallError("fdatasync", uninterrupted(func() error { return unix.Fdatasync(int(f.Fd())) }))
}

// preallocate extends the file, so that later syncs find its size and its blocks settled. A file system that cannot do
// this is slower and no worse.
func preallocate(f *os.File, offset, length int64) error {
	err := uninterrupted(func() error { return unix.Fallocate(int(f.Fd()), 0, offset, length) })
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		return nil
	}
	return os.NewSyscallError("fallocate", err)
}

// uninterrupted repeats a call that a signal stopped before it did anything, as package os does.
func uninterrupted(call func() error) error {
	for {
		if err := call(); err != unix.EINTR { //nolint:errorlint // an errno as the call returned it
			return err
		}
	}
}
