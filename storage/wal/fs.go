package wal

import (
	"io"
	"os"
)

// FS is what the log needs of a file system. It follows the interface of the same name in pebble's vfs package, so that
// pebble's file systems serve in tests behind a few lines. Names are paths as package filepath makes them. Errors for
// files that are not there satisfy errors.Is(err, fs.ErrNotExist).
type FS interface {
	// Create makes an empty file for reading and writing, in place of any of that name.
	Create(name string) (File, error)
	// Open opens a file for reading.
	Open(name string) (File, error)
	// OpenReadWrite opens a file for reading and writing.
	OpenReadWrite(name string) (File, error)
	// OpenDir opens a folder, for its Sync alone.
	OpenDir(name string) (File, error)
	// Remove deletes a file. It is durable once the folder is synced.
	Remove(name string) error
	// Rename gives a file another name. It is durable once the folder is synced.
	Rename(oldname, newname string) error
	// MkdirAll makes a folder and those above it, if they are not there.
	MkdirAll(dir string, perm os.FileMode) error
	// List returns the names in a folder, without the folder's own.
	List(dir string) ([]string, error)
	// Lock takes a lock that ends with the process at the latest, and creates its file if need be. If the lock is taken,
	// the error is storage.ErrLocked.
	Lock(name string) (io.Closer, error)
}

// File is an open file of an FS. ReadAt may run at the same time as any other method except Close.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Size returns the length in bytes.
	Size() (int64, error)
	// Preallocate asks for space, which then reads as zeros. It may do nothing.
	Preallocate(offset, length int64) error
	// Truncate gives back the space behind size. It may do nothing.
	Truncate(size int64) error
	// Sync makes content and metadata durable.
	Sync() error
	// SyncData makes content durable, and of the metadata what reading it needs.
	SyncData() error
}

// OS is the file system of the operating system.
var OS FS = osFS{}

type osFS struct{}

const filePerm = 0o600 // what is in the log is nobody else's business

func (osFS) Create(name string) (File, error) {
	return wrap(os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, filePerm))
}

func (osFS) Open(name string) (File, error)              { return wrap(os.Open(name)) }
func (osFS) OpenReadWrite(name string) (File, error)     { return wrap(os.OpenFile(name, os.O_RDWR, 0)) }
func (osFS) OpenDir(name string) (File, error)           { return wrap(os.Open(name)) }
func (osFS) Remove(name string) error                    { return os.Remove(name) }
func (osFS) Rename(oldname, newname string) error        { return os.Rename(oldname, newname) }
func (osFS) MkdirAll(dir string, perm os.FileMode) error { return os.MkdirAll(dir, perm) }
func (osFS) Lock(name string) (io.Closer, error)         { return lock(name) }

func (osFS) List(dir string) ([]string, error) {
	found, err := os.ReadDir(dir)
	names := make([]string, len(found))
	for i, f := range found {
		names[i] = f.Name()
	}
	return names, err
}

// osFile adds to a file what the system has and package os has not.
type osFile struct{ *os.File }

// wrap keeps a nil *os.File from becoming a File that is not nil.
func wrap(f *os.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f osFile) Preallocate(offset, length int64) error { return preallocate(f.File, offset, length) }
func (f osFile) SyncData() error                        { return syncData(f.File) }
