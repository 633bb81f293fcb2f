package wal

import (
	"errors"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/storage"
)

// memFS is pebble's file system in memory, which can be cloned as a crash would leave it.
type memFS struct{ *vfs.MemFS }

func newMemFS() memFS { return memFS{vfs.NewCrashableMem()} }

const anyUse = vfs.WriteCategoryUnspecified

func (m memFS) Create(name string) (File, error)  { return fromVFS(m.MemFS.Create(name, anyUse)) }
func (m memFS) Open(name string) (File, error)    { return fromVFS(m.MemFS.Open(name)) }
func (m memFS) OpenDir(name string) (File, error) { return fromVFS(m.MemFS.OpenDir(name)) }
func (m memFS) OpenReadWrite(name string) (File, error) {
	return fromVFS(m.MemFS.OpenReadWrite(name, anyUse))
}

func (m memFS) Lock(name string) (io.Closer, error) {
	l, err := m.MemFS.Lock(name)
	if err == syscall.EAGAIN { //nolint:errorlint // as MemFS.Lock returns it
		err = storage.ErrLocked
	}
	return l, err
}

type vfsFile struct{ vfs.File }

func fromVFS(f vfs.File, err error) (File, error) { return vfsFile{f}, err }

func (f vfsFile) Truncate(int64) error { return nil } // it may do nothing

func (f vfsFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// op is something that a disk is asked to do.
type op string

const (
	opCreate  op = "create"
	opWrite   op = "write"
	opSync    op = "sync"
	opSyncDir op = "sync folder"
	opRename  op = "rename"
	opRemove  op = "remove"
	opRead    op = "read"
)

// hookFS asks before each operation. If the answer is errSkip, nothing is done, and success reported: a disk that lies.
// Any other error is reported and nothing done.
type hookFS struct {
	FS
	hook func(o op, name string) error
}

var errSkip = errors.New("skip")

func (h *hookFS) do(o op, name string, f func() error) error {
	err := h.hook(o, filepath.Base(name))
	switch {
	case err == nil:
		return f()
	case errors.Is(err, errSkip):
		return nil
	default:
		return err
	}
}

func (h *hookFS) Remove(name string) error {
	return h.do(opRemove, name, func() error { return h.FS.Remove(name) })
}

func (h *hookFS) Rename(oldname, newname string) error {
	return h.do(opRename, newname, func() error { return h.FS.Rename(oldname, newname) })
}

func (h *hookFS) Create(name string) (f File, err error) {
	err = h.do(opCreate, name, func() error { f, err = h.FS.Create(name); return err })
	return &hookFile{File: f, fs: h, name: name, sync: opSync}, err
}

func (h *hookFS) Open(name string) (File, error) {
	f, err := h.FS.Open(name)
	return &hookFile{File: f, fs: h, name: name, sync: opSync}, err
}

func (h *hookFS) OpenReadWrite(name string) (File, error) {
	f, err := h.FS.OpenReadWrite(name)
	return &hookFile{File: f, fs: h, name: name, sync: opSync}, err
}

func (h *hookFS) OpenDir(name string) (File, error) {
	f, err := h.FS.OpenDir(name)
	return &hookFile{File: f, fs: h, name: name, sync: opSyncDir}, err
}

type hookFile struct {
	File
	fs   *hookFS
	name string
	sync op
}

func (f *hookFile) Sync() error     { return f.fs.do(f.sync, f.name, f.File.Sync) }
func (f *hookFile) SyncData() error { return f.fs.do(f.sync, f.name, f.File.SyncData) }

func (f *hookFile) WriteAt(b []byte, off int64) (n int, err error) {
	n = len(b)
	err = f.fs.do(opWrite, f.name, func() error { n, err = f.File.WriteAt(b, off); return err })
	return n, err
}

func (f *hookFile) ReadAt(b []byte, off int64) (n int, err error) {
	err = f.fs.do(opRead, f.name, func() error { n, err = f.File.ReadAt(b, off); return err })
	return n, err
}

// folder is what a folder named "log" holds, by name.
type folder map[string][]byte

const dirName = "log"

// read returns the segments in a file system.
func readFolder(t testing.TB, fsys FS) folder {
	t.Helper()
	names, err := fsys.List(dirName)
	require.NoError(t, err)
	d := make(folder)
	for _, name := range names {
		if filepath.Ext(name) != suffix {
			continue
		}
		f, err := fsys.Open(filepath.Join(dirName, name))
		require.NoError(t, err)
		size, err := f.Size()
		require.NoError(t, err)
		d[name] = make([]byte, size)
		if size > 0 {
			_, err = f.ReadAt(d[name], 0)
			require.NoError(t, err)
		}
		require.NoError(t, f.Close())
	}
	return d
}

// segmentsLeft does without a dump of their content if the number is wrong.
func segmentsLeft(t testing.TB, fsys FS, want int) {
	t.Helper()
	got := len(readFolder(t, fsys))
	require.Equal(t, want, got)
}

// mount returns a file system that holds the folder.
func (d folder) mount(t testing.TB) memFS {
	t.Helper()
	m := newMemFS()
	require.NoError(t, m.MkdirAll(dirName, 0))
	for name, content := range d {
		f, err := m.Create(filepath.Join(dirName, name))
		require.NoError(t, err)
		_, err = f.(vfsFile).Write(slices.Clone(content))
		require.NoError(t, err)
		require.NoError(t, firstError(f.Sync, f.Close))
	}
	require.NoError(t, firstError(func() error { return syncDir(m, dirName) }, func() error { return syncDir(m, "/") }))
	return m
}

// with returns the folder with a segment changed.
func (d folder) with(number uint64, change func(b []byte) []byte) folder {
	c := maps.Clone(d)
	name := fileName("", number, suffix)
	c[name] = change(slices.Clone(c[name]))
	return c
}

var _ FS = memFS{}

// killed ends a log as the end of its process would: the kernel closes its files.
func killed(l *Log) {
	_ = l.file.Close()
	_ = l.lock.Close()
}

func tempDir(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "log")
}
