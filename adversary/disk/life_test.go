package disk_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/disk"
	"github.com/twothirds-bft/twothirds/storage"
	"github.com/twothirds-bft/twothirds/storage/wal"
)

// life is a log on a failing disk, and all that was ever written to it.
type life struct {
	t     *testing.T
	class *class
	draw  func(string, uint64) uint64
	disk  *disk.FS
	log   *wal.Log

	written int         // records 1 to written were written
	acked   int         // and so many are promised to be durable
	owed    int         // so many must be there even if the disk lies
	group   map[int]int // of each acknowledged record: which sync
	syncs   int
	before  int // what Truncate was called with
	image   *disk.Image
	imaged  int // acked when it was taken

	intended map[string][]byte // what the files should hold, as of the last crash
	found    map[string][]byte // and what they did hold
	seen     int               // faults that were there then
}

// record returns record i: a state now and then, else an entry at index i.
func record(i int) storage.Record {
	data := binary.BigEndian.AppendUint64([]byte("record: "), uint64(i)*0x9e3779b97f4a7c15)
	data = append(data, bytes.Repeat([]byte{byte(i)}, i*37%400)...)
	if i%4 == 0 {
		return storage.Record{Slot: uint8(1 + i/4%3), Data: data}
	}
	return storage.Record{Index: uint64(i), Data: data}
}

func (l *life) options() wal.Options { return wal.Options{SegmentBytes: 4 << 10, FS: l.disk} }

// promise notes that all that was written is durable.
func (l *life) promise() {
	l.syncs++
	for i := l.acked + 1; i <= l.written; i++ {
		l.group[i] = l.syncs
	}
	l.acked = l.written
	if !l.lied() {
		l.owed = l.acked
	}
}

// lied reports whether the disk lied since the last crash.
func (l *life) lied() bool {
	for _, f := range l.disk.Faults()[l.seen:] {
		if f.Kind == disk.LostSync {
			return true
		}
	}
	return false
}

// live writes, syncs, cuts and reads until it has had enough, or the disk.
func (l *life) live() {
	for range 4 + l.draw("steps", 30) {
		if err := l.step(); err != nil {
			require.True(l.t, l.excused(err), "%v after %v", err, l.disk.Faults())
			return
		}
	}
}

func (l *life) step() error {
	switch l.draw("step", 8) {
	case 0, 1, 2, 3:
		var recs []storage.Record
		for range 1 + l.draw("records", 4) {
			recs = append(recs, record(l.written+len(recs)+1))
		}
		if err := l.log.Write(recs); err != nil {
			l.written += len(recs) // some of them may have been
			return err
		}
		l.written += len(recs)
	case 4, 5:
		if err := l.log.Sync(); err != nil {
			return err
		}
		l.promise()
	case 6:
		if last := l.log.Last(); last > 10 && l.draw("truncate", 4) == 3 {
			l.before = max(l.before, int(last)-8)
			return l.log.Truncate(uint64(l.before))
		}
	case 7:
		return l.read(int(l.log.First() + l.draw("read", l.log.Last()-l.log.First()+1)))
	}
	return nil
}

// read compares an entry while the log runs.
func (l *life) read(i int) error {
	if i == 0 {
		return nil
	}
	got, err := l.log.Entries(uint64(i))
	if err != nil || i%4 == 0 {
		return err
	}
	require.Len(l.t, got, 1)
	require.Equal(l.t, record(i).Data, got[0])
	return nil
}

// excused reports whether the disk gave the log a reason for an error.
func (l *life) excused(err error) bool {
	for _, f := range l.disk.Faults() {
		switch f.Kind {
		case disk.SyncError, disk.ReadError:
			if errors.Is(err, syscall.EIO) {
				return true
			}
		case disk.Full:
			if errors.Is(err, syscall.ENOSPC) {
				return true
			}
		default:
			if errors.Is(err, storage.ErrCorrupt) && l.class.damages {
				return true
			}
		}
	}
	return false
}

// end ends a life in one of the ways in which lives end.
func (l *life) end() {
	if l.draw("close", 3) == 2 {
		if err := l.log.Close(); err == nil {
			l.promise()
		} else {
			require.True(l.t, l.excused(err), err)
		}
	}
	if l.class.image && l.image == nil && l.draw("image", 3) == 2 {
		l.image, l.imaged = l.disk.Image(), l.owed
	}
	l.crash()
}

// crash stops whatever ran, and lets the disk do what it does meanwhile.
func (l *life) crash() {
	l.intended = l.files()
	if l.class.rot && l.draw("rot", 2) == 1 {
		l.disk.Rot()
	}
	switch l.draw("end", 4) {
	case 0:
		l.disk.Kill()
		l.found = l.files()
		return
	case 1:
		l.disk.Reboot()
	case 2, 3:
		l.disk.Crash()
	}
	if l.image != nil && l.draw("put back", 2) == 1 {
		l.disk.PutBack(l.image)
		l.owed, l.image = l.imaged, nil
	}
	l.found, l.seen = l.files(), len(l.disk.Faults())
}

// files returns what the files hold, as the system sees it.
func (l *life) files() map[string][]byte {
	odds := l.disk.Odds
	l.disk.Odds = disk.Odds{}
	defer func() { l.disk.Odds = odds }()
	all := map[string][]byte{}
	names, err := l.disk.List(dir)
	require.NoError(l.t, err)
	for _, name := range names {
		all[filepath.Join(dir, name)] = []byte(content(l.t, l.disk, name))
	}
	return all
}
