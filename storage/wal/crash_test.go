package wal

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/storage"
)

// ballast fills segments.
var ballast = storage.Record{Slot: 8, Data: make([]byte, 300)}

var noneUnsynced vfs.CrashCloneCfg

// story is a life of a log with a crash at every step of its disk. It notes what the writer has been promised.
type story struct {
	mem      memFS
	lie      op     // an operation that the disk only pretends to do
	created  bool   // Create has returned
	synced   uint64 // the last entry of a group whose Sync has returned
	before   uint64 // what Truncate was called with
	crashes  int
	findings []error
}

// options make the story look at a crash before and after each operation.
func (s *story) options(onStep func()) Options {
	hook := func(o op, _ string) error {
		if o == opRead {
			return nil
		}
		onStep()
		if o == s.lie {
			return errSkip
		}
		return nil
	}
	return Options{SegmentBytes: small, FS: &hookFS{FS: s.mem, hook: hook}}
}

// tell writes, syncs, truncates, closes and opens: every kind of step, some of them several times.
func (s *story) tell() error {
	opts := s.options(s.crash)
	log, err := Create(dirName, opts)
	if err != nil {
		return err
	}
	s.created = true
	for i := uint64(1); i <= 45; i++ {
		if err := log.Write(append(numbered(i, i), ballast)); err != nil {
			return err
		}
		if i%3 == 0 {
			if err := log.Sync(); err != nil {
				return err
			}
			s.synced = i
			s.crash()
		}
		if i%14 == 0 {
			s.before = i - 5
			if err := log.Truncate(s.before); err != nil {
				return err
			}
		}
		if i%20 == 0 {
			if err := log.Close(); err != nil {
				return err
			}
			if log, err = Open(dirName, opts); err != nil {
				return err
			}
			s.synced = i
		}
	}
	return log.Close()
}

// crash looks at what a power failure at this moment might leave, and goes on.
func (s *story) crash() {
	for _, percent := range []int{0, 40, 80, 100} {
		s.crashes++
		rng := rand.New(rand.NewPCG(uint64(s.crashes), 0))
		left := memFS{s.mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: rng})}
		if err := s.examine(left); err != nil {
			s.findings = append(s.findings, fmt.Errorf("crash %d, %d percent of what was not synced is there: %w", s.crashes, percent, err))
		}
	}
}

// examine opens what is left, and again after a crash within that.
func (s *story) examine(left memFS) error {
	second := &story{mem: left, lie: s.lie, created: s.created, synced: s.synced, before: s.before}
	if s.crashes%7 == 0 && s.lie == "" { // a crash in recovery, at each of its steps
		opts := second.options(func() {
			again := memFS{left.CrashClone(noneUnsynced)}
			if err := second.open(Options{SegmentBytes: small, FS: again}); err != nil {
				second.findings = append(second.findings, fmt.Errorf("after a second crash: %w", err))
			}
		})
		if err := second.open(opts); err != nil {
			return err
		}
		return errors.Join(second.findings...)
	}
	return second.open(Options{SegmentBytes: small, FS: left})
}

// open checks that all is there that was promised, and that what is there is true.
func (s *story) open(opts Options) error {
	log, err := Open(dirName, opts)
	if errors.Is(err, storage.ErrNotExist) && !s.created {
		return nil
	}
	if err != nil {
		return err
	}
	defer killed(log)
	first, last := log.First(), log.Last()
	if last < s.synced || first > max(s.before, 1) && first > s.synced {
		return fmt.Errorf("entries %d to %d are left, %d were synced", first, last, s.synced)
	}
	for i := max(first, 1); i <= last; i++ {
		found, err := log.Entries(i)
		if err != nil {
			return err
		}
		if len(found) != 1 || !bytes.Equal(found[0], content(i)) {
			return fmt.Errorf("entry %d is %.20q", i, found)
		}
	}
	if state := log.State(7); last > 0 && !bytes.Equal(state, content(last)) && last > 1 && !bytes.Equal(state, content(last-1)) {
		return fmt.Errorf("the state is %.20q, the last entry %d", state, last)
	}
	return nil
}

func TestCrashEverywhere(t *testing.T) {
	s := &story{mem: newMemFS()}
	require.NoError(t, s.tell())
	require.NoError(t, errors.Join(s.findings...))
	require.Greater(t, s.crashes, 400)
}

// The test above would notice a log that forgets a sync, of a file or of a folder (M33, M39 of the list of seeded bugs).
func TestCrashEverywhereNotices(t *testing.T) {
	for _, lie := range []op{opSync, opSyncDir} {
		s := &story{mem: newMemFS(), lie: lie}
		require.NoError(t, s.tell())
		require.NotEmpty(t, s.findings, lie)
	}
}

// A disk that does not answer is not a torn tail: Open fails and changes nothing.
func TestReadErrorIsNotATear(t *testing.T) {
	errRead := errors.New("input/output error")
	d := written(t, 20, 2)
	for fail := 1; ; fail++ {
		reads, changes := 0, 0
		hook := func(o op, _ string) error {
			if o != opRead {
				changes++
			} else if reads++; reads == fail {
				return errRead
			}
			return nil
		}
		log, err := Open(dirName, Options{SegmentBytes: small, FS: &hookFS{FS: d.mount(t), hook: hook}})
		if reads < fail {
			require.NoError(t, err)
			require.NoError(t, log.Close())
			require.Greater(t, reads, 5)
			return
		}
		require.ErrorIs(t, err, errRead)
		require.NotErrorIs(t, err, storage.ErrCorrupt)
		require.Zero(t, changes)
	}
}

// Whatever fails, at whatever step, breaks the log for good, though the disk works again (spec R3).
func TestFailureAtEveryStep(t *testing.T) {
	errDisk := errors.New("input/output error")
	for fail := 1; ; fail++ {
		steps := 0
		hook := func(o op, _ string) error {
			if o != opRead {
				steps++
			}
			if steps == fail && o != opRead {
				return errDisk
			}
			return nil
		}
		m := newMemFS()
		log, err := Create(dirName, Options{SegmentBytes: small, FS: &hookFS{FS: m, hook: hook}})
		if err != nil {
			require.ErrorIs(t, err, errDisk)
			continue
		}
		synced := uint64(0)
		for i := uint64(1); i <= 30 && err == nil; i++ {
			if err = log.Write(append(numbered(i, i), ballast)); err == nil {
				if err = log.Sync(); err == nil {
					synced = i
				}
			}
			if i == 20 && err == nil {
				err = log.Truncate(15)
			}
		}
		if err == nil {
			if err = log.Close(); err == nil {
				require.Less(t, steps, fail)
				return
			}
			require.ErrorIs(t, err, errDisk)
			continue
		}
		require.ErrorIs(t, err, errDisk)
		require.ErrorIs(t, err, storage.ErrBroken)
		require.ErrorIs(t, log.Write(nil), storage.ErrBroken)
		require.ErrorIs(t, log.Sync(), storage.ErrBroken)
		require.ErrorIs(t, log.Truncate(1), storage.ErrBroken)
		require.ErrorIs(t, log.Close(), storage.ErrBroken)
		log, err = Open(dirName, Options{SegmentBytes: small, FS: memFS{m.CrashClone(noneUnsynced)}})
		require.NoError(t, err, "step %d", fail)
		require.GreaterOrEqual(t, log.Last(), synced)
		require.NoError(t, log.Close())
	}
}

// unsteadyFS reads other bytes from a file that was opened for writing than from one that was not.
type unsteadyFS struct {
	FS
	spoil func(b []byte, off int64)
}

func (u *unsteadyFS) OpenReadWrite(name string) (File, error) {
	f, err := u.FS.OpenReadWrite(name)
	return &unsteadyFile{f, u}, err
}

type unsteadyFile struct {
	File
	fs *unsteadyFS
}

func (f *unsteadyFile) ReadAt(b []byte, off int64) (int, error) {
	n, err := f.File.ReadAt(b, off)
	f.fs.spoil(b[:n], off)
	return n, err
}

// What Open writes once more, since the page cache may be all that holds it, is checked once more: a disk that reads a
// whole record now and an old sector then must not get the old sector written over the record.
func TestOpenDoesNotSpreadStaleReads(t *testing.T) {
	d := written(t, 3, 2)
	last := fileName("", 1, suffix)
	offs := offsets(t, d[last])
	at := offs[len(offs)-2] // the last record: no later one proves it durable
	m := d.mount(t)
	log, err := Open(dirName, Options{SegmentBytes: small, FS: &unsteadyFS{m, func(b []byte, off int64) {
		if i := at - off; i >= 0 && i < int64(len(b)) {
			clear(b[i:])
		}
	}}})
	var damage *storage.CorruptError
	require.ErrorAs(t, err, &damage)
	require.Nil(t, log)
	require.EqualValues(t, 1, damage.Segment)
	require.Equal(t, at, damage.Offset)
	require.Equal(t, d, readFolder(t, m), "nothing is changed")
	require.EqualValues(t, 6, opened(t, d))
}
