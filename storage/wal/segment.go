package wal

import (
	"cmp"
	"io"
	"slices"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/storage"
)

// entry says where an entry stands in its segment. Their number decides what the log costs in memory: 16 bytes each.
type entry struct {
	index uint64
	off   uint32
	size  uint32
}

func compareIndex(e entry, index uint64) int { return cmp.Compare(e.index, index) }

// segment is one file of the log.
type segment struct {
	number  uint64
	key     key
	entries []entry // by index; those of one index in the order of writing
}

func (s *segment) first() uint64 { return s.entries[0].index }
func (s *segment) last() uint64  { return s.entries[len(s.entries)-1].index }

// add notes an entry behind those of its own index. Indexes grow but for view changes, so it is the last one or near it.
func (s *segment) add(e entry) {
	if len(s.entries) == 0 || s.last() <= e.index {
		s.entries = append(s.entries, e)
		return
	}
	at, _ := slices.BinarySearchFunc(s.entries, e.index+1, compareIndex) // no overflow: last is above it
	s.entries = slices.Insert(s.entries, at, e)
}

// sort does for entries in the order of writing what add does one by one.
func (s *segment) sort() {
	byIndex := func(a, b entry) int { return cmp.Compare(a.index, b.index) }
	if !slices.IsSortedFunc(s.entries, byIndex) {
		slices.SortStableFunc(s.entries, byIndex)
	}
}

// at returns the entries of an index.
func (s *segment) at(index uint64) []entry {
	if len(s.entries) == 0 || index < s.first() || index > s.last() {
		return nil
	}
	from, _ := slices.BinarySearchFunc(s.entries, index, compareIndex)
	to := from
	for to < len(s.entries) && s.entries[to].index == index {
		to++
	}
	return s.entries[from:to]
}

// begin makes the next segment the active one. It is durable with its head before it has its name, and has its name
// before it is written to. previous is where the active segment ends, which must be complete and durable.
func (l *Log) begin(number uint64, previous int64) error {
	seg := &segment{number: number, key: newKey(l.id, number)}
	head := l.appendHead(make([]byte, headerBytes), seg.key)
	header{number: number, log: l.id, head: int64(len(head)), previous: previous}.put(head)

	temp, name := fileName(l.dir, number, suffixTemp), fileName(l.dir, number, suffix)
	f, err := l.opts.FS.Create(temp)
	if err != nil {
		return err
	}
	l.limit = int64(len(head)) + l.opts.SegmentBytes
	if err := firstError(
		func() error { return f.Preallocate(0, l.limit) },
		func() error { return writeAt(f, head, 0) },
		f.Sync,
		func() error { return l.opts.FS.Rename(temp, name) },
		func() error {
			if bug.M39 {
				return nil
			}
			return syncDir(l.opts.FS, l.dir)
		},
	); err != nil {
		_ = f.Close()
		return err
	}
	l.file, l.synced, l.zeroed = f, int64(len(head)), int64(len(head))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.segments = append(l.segments, seg)
	l.head, l.flushed = int64(len(head)), int64(len(head))
	return nil
}

// appendHead appends the newest value of every state.
func (l *Log) appendHead(buf []byte, k key) []byte {
	for slot, state := range l.states {
		if state != nil {
			buf = k.appendRecord(buf, int64(len(buf)), 0, kindRecord, storage.Record{Slot: uint8(slot), Data: state})
		}
	}
	return buf
}

// firstError calls steps in order up to the first that fails.
func firstError(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// writeAt writes all of b.
func writeAt(f File, b []byte, off int64) error {
	n, err := f.WriteAt(b, off)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	return err
}

// syncDir makes the names in a folder durable.
func syncDir(fsys FS, dir string) error {
	d, err := fsys.OpenDir(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closeErr := d.Close(); err == nil {
		err = closeErr
	}
	return err
}
