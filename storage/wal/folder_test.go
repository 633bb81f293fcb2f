package wal

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/storage"
)

// Tests of what surrounds the records: files, locks, and what the system keeps to itself.

func TestSegmentsBelongTogether(t *testing.T) {
	d, other := written(t, 40, 3), written(t, 40, 3)
	require.GreaterOrEqual(t, len(d), 3)
	one, two := fileName("", 1, suffix), fileName("", 2, suffix)

	missing := maps.Clone(d)
	delete(missing, two)
	refused(t, missing, 2, 0)

	refused(t, d.with(2, func([]byte) []byte { return other[two] }), 2, 0) // of another replica, the same length
	refused(t, d.with(2, func([]byte) []byte { return d[one] }), 2, 0)
	refused(t, d.with(2, func([]byte) []byte { return nil }), 2, 0)

	extra := maps.Clone(d)
	extra[fileName("", uint64(len(d))+1, suffix)] = nil
	refused(t, extra, uint64(len(d))+1, 0)

	newer := d.with(1, func(b []byte) []byte {
		h, _ := parseHeader(b)
		h.put(b)
		le.PutUint32(b[8:], version+1)
		le.PutUint32(b[60:], headerSum(b))
		return b
	})
	refused(t, newer, 1, 0)

	truncated := maps.Clone(d)
	delete(truncated, one)
	log, err := Open(dirName, Options{SegmentBytes: small, FS: truncated.mount(t)})
	require.NoError(t, err, "the oldest may go at any time")
	require.Greater(t, log.First(), uint64(1))
	require.EqualValues(t, 120, log.Last())
	require.NoError(t, log.Close())
}

// Other files in the folder are nobody's business, and what is left of a segment that was never begun is overwritten.
func TestOtherFiles(t *testing.T) {
	d := written(t, 3, 2)
	for _, name := range []string{"2.wal", "000000000000000A.wal", "+000000000000002.wal", "0000000000000002.tmp", "00000000000000002.wal", "notes"} {
		d[name] = []byte("something else")
	}
	require.EqualValues(t, 6, opened(t, d))
}

// One log at a time, in this process and among all.
func TestLock(t *testing.T) {
	if dir := os.Getenv("TWOTHIRDS_TEST_LOCK"); dir != "" { // the other process
		_, err := Open(dir, Options{SegmentBytes: small})
		if errors.Is(err, storage.ErrLocked) {
			os.Exit(3)
		}
		os.Exit(4)
	}
	dir := tempDir(t)
	inAnotherProcess := func() int {
		cmd := exec.Command(os.Args[0], "-test.run=^TestLock$")
		cmd.Env = append(os.Environ(), "TWOTHIRDS_TEST_LOCK="+dir)
		var exit *exec.ExitError
		require.ErrorAs(t, cmd.Run(), &exit)
		return exit.ExitCode()
	}
	log, err := Create(dir, Options{SegmentBytes: small})
	require.NoError(t, err)
	_, err = Open(dir, Options{SegmentBytes: small})
	require.ErrorIs(t, err, storage.ErrLocked)
	_, err = Create(dir, Options{SegmentBytes: small})
	require.ErrorIs(t, err, storage.ErrLocked)
	require.Equal(t, 3, inAnotherProcess())

	require.NoError(t, log.Close())
	require.Equal(t, 4, inAnotherProcess(), "it opens, and its lock ends with it")
	log, err = Open(dir, Options{SegmentBytes: small})
	require.NoError(t, err)
	require.NoError(t, log.Close())
}

// A refused folder is not left locked.
func TestLockAfterError(t *testing.T) {
	m := written(t, 3, 2).with(1, flip(100)).mount(t)
	for range 2 {
		_, err := Open(dirName, Options{FS: m})
		require.ErrorIs(t, err, storage.ErrCorrupt)
	}
}

// A record may be believed only if the file can hold it: no header makes recovery allocate more than there is.
func TestAllocationIsBounded(t *testing.T) {
	d := written(t, 1, 1)
	d = d.with(1, func(b []byte) []byte {
		h, _ := parseHeader(b)
		k := newKey(h.log, h.number)
		end := offsets(t, b)[2]
		b = append(b[:end], k.appendRecord(nil, end, headerBytes, kindRecord, storage.Record{Index: 2})...)
		rec := b[end:]
		le.PutUint32(rec[12:], storage.EntryBytesMax)
		le.PutUint32(rec, k.sum(rec, end))
		_, ok := k.parse(rec, end)
		require.True(t, ok, "the header is good")
		return b
	})
	m := d.mount(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	log, err := Open(dirName, Options{SegmentBytes: small, FS: m})
	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	require.EqualValues(t, 1, log.Last())
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4<<20))
	require.NoError(t, log.Close())
}

// The folders above are made durable as well.
func TestCreateMakesFoldersDurable(t *testing.T) {
	m := newMemFS()
	log, err := Create("/a/b/c", Options{SegmentBytes: small, FS: m})
	require.NoError(t, err)
	killed(log)
	log, err = Open("/a/b/c", Options{SegmentBytes: small, FS: memFS{m.CrashClone(noneUnsynced)}})
	require.NoError(t, err)
	require.NoError(t, log.Close())
}

// Removals that were not synced become durable in any order. None of them leaves a gap.
func TestCrashInTruncate(t *testing.T) {
	d := written(t, 80, 3)
	require.GreaterOrEqual(t, len(d), 5)
	m := d.mount(t)
	var pending []string
	crash := func() {
		for subset := range 1 << len(pending) {
			left := maps.Clone(d)
			for i, name := range pending {
				if subset>>i&1 == 1 {
					delete(left, name)
				}
			}
			log, err := Open(dirName, Options{SegmentBytes: small, FS: left.mount(t)})
			require.NoError(t, err)
			require.EqualValues(t, 240, log.Last())
			require.NoError(t, log.Close())
		}
	}
	hook := func(o op, name string) error {
		switch o {
		case opRemove:
			pending = append(pending, name)
			crash()
		case opSyncDir:
			for _, name := range pending {
				delete(d, name)
			}
			pending = nil
		}
		return nil
	}
	log, err := Open(dirName, Options{SegmentBytes: small, FS: &hookFS{FS: m, hook: hook}})
	require.NoError(t, err)
	require.NoError(t, log.Truncate(240))
	require.Less(t, len(d), 3)
	require.NoError(t, log.Close())
}

// A process that dies again and again before it writes leaves one segment, not one for each life.
func TestEmptyLivesLeaveNothing(t *testing.T) {
	m := written(t, 3, 2).mount(t)
	for range 10 {
		log, err := Open(dirName, Options{SegmentBytes: small, FS: m})
		require.NoError(t, err)
		require.EqualValues(t, 6, log.Last())
		killed(log)
		m = memFS{m.CrashClone(noneUnsynced)}
	}
	segmentsLeft(t, m, 2)

	m = newMemFS()
	log, err := Create(dirName, Options{SegmentBytes: small, FS: m})
	require.NoError(t, err)
	for range 3 {
		require.NoError(t, log.Close())
		log, err = Open(dirName, Options{SegmentBytes: small, FS: m})
		require.NoError(t, err)
	}
	require.NoError(t, log.Close())
	segmentsLeft(t, m, 1)
}

// On a real disk: space is set aside, given back when a life ends, and freed by Truncate.
func TestSpace(t *testing.T) {
	dir := tempDir(t)
	size := func(number uint64) int64 {
		info, err := os.Stat(fileName(dir, number, suffix))
		require.NoError(t, err)
		return info.Size()
	}
	opts := Options{SegmentBytes: 1 << 20}
	log, err := Create(dir, opts)
	require.NoError(t, err)
	require.NoError(t, log.Write(numbered(1, 1)))
	require.NoError(t, log.Sync())
	if runtime.GOOS == "linux" {
		require.Equal(t, headerBytes+opts.SegmentBytes, size(1))
	}
	require.NoError(t, log.Close())
	log, err = Open(dir, opts)
	require.NoError(t, err)
	require.Less(t, size(1), int64(1000))

	for i := uint64(2); i < 100; i++ {
		require.NoError(t, log.Write([]storage.Record{{Index: i, Data: make([]byte, 100_000)}}))
	}
	require.NoError(t, log.Truncate(90))
	files, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	require.NoError(t, err)
	require.Less(t, len(files), 4)
	require.NoError(t, log.Close())
}

// twoFaced is a disk behind a page cache that forgets, when a sync fails, what was not written: the next sync succeeds
// without it. Reads come from the cache.
type twoFaced struct {
	hookFS
	disk  memFS // what a power failure leaves
	fails bool  // the next sync of a file does
}

type span struct {
	off  int64
	data []byte
}

type twoFacedFile struct {
	File  // in the page cache
	disk  File
	fs    *twoFaced
	dirty []span
}

func newTwoFaced() *twoFaced {
	d := &twoFaced{hookFS: hookFS{FS: newMemFS()}, disk: newMemFS()}
	d.hook = func(op, string) error { return nil }
	return d
}

func (d *twoFaced) Create(name string) (File, error) {
	disk, err1 := d.disk.Create(name)
	cached, err2 := d.hookFS.Create(name)
	return &twoFacedFile{File: cached, disk: disk, fs: d}, errors.Join(err1, err2)
}

func (d *twoFaced) OpenReadWrite(name string) (File, error) {
	disk, err1 := d.disk.OpenReadWrite(name)
	cached, err2 := d.hookFS.OpenReadWrite(name)
	return &twoFacedFile{File: cached, disk: disk, fs: d}, errors.Join(err1, err2)
}

func (d *twoFaced) Rename(oldname, newname string) error {
	return errors.Join(d.disk.Rename(oldname, newname), d.hookFS.Rename(oldname, newname))
}

func (d *twoFaced) MkdirAll(dir string, perm os.FileMode) error {
	return errors.Join(d.disk.MkdirAll(dir, perm), d.hookFS.MkdirAll(dir, perm))
}

func (f *twoFacedFile) WriteAt(b []byte, off int64) (int, error) {
	f.dirty = append(f.dirty, span{off, bytes.Clone(b)})
	return f.File.WriteAt(b, off)
}

func (f *twoFacedFile) SyncData() error { return f.Sync() }

func (f *twoFacedFile) Sync() error {
	spans := f.dirty
	f.dirty = nil // clean now, one way or the other
	if f.fs.fails {
		f.fs.fails = false
		return io.ErrUnexpectedEOF
	}
	for _, s := range spans {
		if err := writeAt(f.disk, s.data, s.off); err != nil {
			return err
		}
	}
	return nil
}

// A process that starts after a failed sync reads from the page cache what the disk does not have. What Open returns must
// be on the disk all the same (spec R3).
func TestFailedSyncThenRestart(t *testing.T) {
	d := newTwoFaced()
	opts := Options{SegmentBytes: small, FS: d}
	log, err := Create(dirName, opts)
	require.NoError(t, err)
	require.NoError(t, log.Write(numbered(1, 3)))
	require.NoError(t, log.Sync())
	require.NoError(t, log.Write(numbered(4, 6)))
	d.fails = true
	require.ErrorIs(t, log.Sync(), storage.ErrBroken)
	killed(log)

	log, err = Open(dirName, opts)
	require.NoError(t, err)
	believed := log.Last()
	require.EqualValues(t, 6, believed, "the page cache has it")
	killed(log)

	log, err = Open(dirName, Options{SegmentBytes: small, FS: d.disk})
	require.NoError(t, err)
	require.Equal(t, believed, log.Last())
	require.NoError(t, log.Close())
}

// Files are named so that they sort, and no other name is taken for one.
func TestNames(t *testing.T) {
	for _, number := range []uint64{0, 1, 0xabc, math.MaxUint64} {
		name := fileName("", number, suffix)
		require.Len(t, name, 20)
		parsed, ok := parseName(name)
		require.True(t, ok)
		require.Equal(t, number, parsed)
	}
}
