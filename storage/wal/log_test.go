package wal

import (
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/storage"
	"github.com/twothirds-bft/twothirds/storage/storagetest"
)

// small segments, so that a test of some kilobytes has several.
const small = segmentBytesMin

// memDisk loses power: what was not synced survives in blocks of 4 KB, each with a probability.
type memDisk struct {
	mem     memFS
	percent int
	rng     *rand.Rand
	fail    error
}

func (d *memDisk) options() Options {
	hook := func(o op, _ string) error {
		if err := d.fail; err != nil && (o == opSync || o == opSyncDir) {
			d.fail = nil // the next one would succeed
			return err
		}
		return nil
	}
	return Options{SegmentBytes: small, FS: &hookFS{FS: d.mem, hook: hook}}
}

func (d *memDisk) Create() (storage.Log, error) { return Create(dirName, d.options()) }
func (d *memDisk) Open() (storage.Log, error)   { return Open(dirName, d.options()) }
func (d *memDisk) FailSync(err error)           { d.fail = err }

func (d *memDisk) Crash() {
	d.mem = memFS{d.mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: d.percent, RNG: d.rng})}
}

// osDisk loses the process only: what was written survives, what was in its buffer does not.
type osDisk struct {
	dir  string
	log  *Log
	fail error
}

func (d *osDisk) options() Options {
	hook := func(o op, _ string) error {
		if err := d.fail; err != nil && o == opSync {
			d.fail = nil
			return err
		}
		return nil
	}
	return Options{SegmentBytes: small, FS: &hookFS{FS: OS, hook: hook}}
}

func (d *osDisk) Create() (log storage.Log, err error) {
	d.log, err = Create(d.dir, d.options())
	return d.log, err
}

func (d *osDisk) Open() (log storage.Log, err error) {
	d.log, err = Open(d.dir, d.options())
	return d.log, err
}

func (d *osDisk) Crash()             { killed(d.log) }
func (d *osDisk) FailSync(err error) { d.fail = err }

func TestLog(t *testing.T) {
	for name, percent := range map[string]int{"power failure": 0, "half": 50, "all": 100} {
		t.Run(name, func(t *testing.T) {
			storagetest.Run(t, func(*testing.T) storagetest.Disk {
				return &memDisk{mem: newMemFS(), percent: percent, rng: rand.New(rand.NewPCG(1, 2))}
			})
		})
	}
	t.Run("process killed", func(t *testing.T) {
		storagetest.Run(t, func(t *testing.T) storagetest.Disk { return &osDisk{dir: tempDir(t)} })
	})
}

func TestOptions(t *testing.T) {
	for size, ok := range map[int64]bool{0: true, -1: false, small - 1: false, small: true, segmentBytesMax: true, segmentBytesMax + 1: false} {
		opts := Options{SegmentBytes: size, FS: newMemFS()}
		require.Equal(t, ok, opts.Validate() == nil, size)
		log, err := Create(dirName, opts)
		require.Equal(t, ok, err == nil, size)
		if ok {
			require.NoError(t, log.Close())
		}
	}
}

// An empty folder is not a state, and a log is never begun over another (spec R2).
func TestCreateIsNotOpen(t *testing.T) {
	dir := tempDir(t)
	_, err := Open(dir, Options{SegmentBytes: small})
	require.ErrorIs(t, err, storage.ErrNotExist)
	require.NoDirExists(t, dir)

	log, err := Create(dir, Options{SegmentBytes: small})
	require.NoError(t, err)
	require.NoError(t, log.Close())
	_, err = Create(dir, Options{SegmentBytes: small})
	require.ErrorIs(t, err, storage.ErrExist)

	log, err = Open(dir, Options{SegmentBytes: small})
	require.NoError(t, err)
	require.NoError(t, log.Close())

	empty := t.TempDir()
	_, err = Open(empty, Options{SegmentBytes: small})
	require.ErrorIs(t, err, storage.ErrNotExist)
	log, err = Create(empty, Options{SegmentBytes: small}) // a failed Open leaves nothing in the way
	require.NoError(t, err)
	require.NoError(t, log.Close())
}

// A large state is copied to each segment, and must not make segments that hold nothing else.
func TestLargeStates(t *testing.T) {
	m := newMemFS()
	log, err := Create(dirName, Options{SegmentBytes: small, FS: m})
	require.NoError(t, err)
	require.NoError(t, log.Write([]storage.Record{{Slot: 1, Data: make([]byte, 3*small)}}))
	for i := uint64(1); i <= 100; i++ {
		require.NoError(t, log.Write([]storage.Record{{Index: i, Data: make([]byte, 100)}}))
	}
	require.NoError(t, log.Close())
	segmentsLeft(t, m, 5) // the first, then 30 entries in each
	log, err = Open(dirName, Options{SegmentBytes: small, FS: m})
	require.NoError(t, err)
	require.Len(t, log.State(1), 3*small)
	require.EqualValues(t, 100, log.Last())
	require.NoError(t, log.Close())
}
