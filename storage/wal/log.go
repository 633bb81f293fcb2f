package wal

import (
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/storage"
)

const (
	bufferBytes = 4 << 20   // written to the file, not synced, when so much has gathered
	zeroBytes   = 256 << 10 // zeroed ahead at a time
	zeroBelow   = 64 << 10  // a larger write gains too little from zeros under it
)

// Log is a storage.Log in a folder. The zero value is not usable: see [Create] and [Open].
type Log struct {
	dir  string
	opts Options
	id   uint64 // drawn at Create
	lock io.Closer

	// The writer's own.
	file   File  // the active segment
	synced int64 // so far it is durable
	zeroed int64 // so far zeros were written ahead
	limit  int64 // where it is full
	broken error // wraps storage.ErrBroken; final

	// What readers look at. Only the writer changes it, under mu; it reads it without.
	mu       sync.RWMutex
	segments []*segment // oldest first; the last is active
	head     int64      // where the active segment's records begin
	flushed  int64      // so far the active segment is in its file
	buf      []byte     // and this comes behind it
	states   [256][]byte
	closed   bool
}

var _ storage.Log = (*Log)(nil)

func (l *Log) active() *segment { return l.segments[len(l.segments)-1] }

// end returns where the next record will stand.
func (l *Log) end() int64 { return l.flushed + int64(len(l.buf)) }

// usable returns why the log cannot be written to.
func (l *Log) usable() error {
	if l.closed {
		return storage.ErrClosed
	}
	return l.broken
}

// fail breaks the log for good (spec R3).
func (l *Log) fail(err error) error {
	l.broken = fmt.Errorf("%w: %w", storage.ErrBroken, err)
	return l.broken
}

// Write implements storage.Log. It copies the records into a buffer, and waits for the disk only when that is full (4 MB)
// or a segment is.
func (l *Log) Write(recs []storage.Record) error {
	if err := l.usable(); err != nil {
		return err
	}
	for i := range recs {
		if size := int64(len(recs[i].Data)); size > sizeMax(recs[i].Slot) {
			return fmt.Errorf("%w: slot %d, index %d, %d bytes", storage.ErrTooLarge, recs[i].Slot, recs[i].Index, size)
		}
	}
	for i := range recs {
		if err := l.makeRoom(extent(int64(len(recs[i].Data)))); err != nil {
			return l.fail(err)
		}
		l.add(recs[i])
	}
	return nil
}

// makeRoom empties the buffer or begins a segment if a record of n bytes asks for it.
func (l *Log) makeRoom(n int64) error {
	switch end := l.end(); {
	case end+n > l.limit && end > l.head:
		return l.roll()
	case len(l.buf) > 0 && int64(len(l.buf))+n > bufferBytes:
		return l.flush()
	}
	return nil
}

// add puts a record into the buffer and makes it known to readers.
func (l *Log) add(rec storage.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	off, seg := l.end(), l.active()
	l.buf = seg.key.appendRecord(l.buf, off, l.synced, kindRecord, rec)
	if rec.Slot != 0 {
		l.setState(rec.Slot, rec.Data)
		return
	}
	seg.add(entry{index: rec.Index, off: uint32(off), size: uint32(len(rec.Data))})
}

// setState keeps a copy. An empty state is not nil.
func (l *Log) setState(slot uint8, data []byte) {
	if l.states[slot] == nil {
		l.states[slot] = make([]byte, 0, len(data))
	}
	l.states[slot] = append(l.states[slot][:0], data...)
}

// Sync implements storage.Log: one write and one fdatasync.
func (l *Log) Sync() error {
	if err := l.usable(); err != nil {
		return err
	}
	if err := l.sync(); err != nil {
		return l.fail(err)
	}
	return nil
}

func (l *Log) sync() error {
	if err := l.flush(); err != nil {
		return err
	}
	if l.synced == l.flushed {
		return nil
	}
	if bug.M33 {
		return nil
	}
	if err := l.file.SyncData(); err != nil && !bug.M34 {
		return err
	}
	l.synced = l.flushed
	return nil
}

// flush writes the buffer to the file. Readers copy from the buffer until the file has it.
func (l *Log) flush() error {
	if len(l.buf) == 0 {
		return nil
	}
	if err := l.zeroAhead(); err != nil {
		return err
	}
	if err := writeAt(l.file, l.buf, l.flushed); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flushed = l.end()
	if cap(l.buf) > 2*bufferBytes {
		l.buf = nil // it held one large record
	}
	l.buf = l.buf[:0]
	return nil
}

var zeros [zeroBytes]byte

// zeroAhead writes zeros where the next records will stand, if the buffer is small and reaches new ground. Space that was
// allocated but never written costs the file system a journal entry in each sync; this way it is one in many, and the
// sync of 4 to 64 KB takes two thirds of the time. Nothing was ever written there, so the zeros change nothing that
// recovery could see.
func (l *Log) zeroAhead() error {
	end := l.end()
	if end <= l.zeroed || len(l.buf) > zeroBelow || end >= l.limit {
		return nil
	}
	until := min(end+zeroBytes, l.limit)
	if err := writeAt(l.file, zeros[:until-end], end); err != nil {
		return err
	}
	l.zeroed = until
	return nil
}

// roll begins the next segment. The active one is complete and durable before that (see the package's doc).
func (l *Log) roll() error {
	if err := l.sync(); err != nil {
		return err
	}
	full := l.file
	if err := l.begin(l.active().number+1, l.flushed); err != nil {
		return err
	}
	return full.Close()
}

// Truncate implements storage.Log. It deletes the oldest segments as long as all entries in them are below before. The
// folder is synced after each, so that no crash leaves a gap.
func (l *Log) Truncate(before uint64) error {
	if err := l.usable(); err != nil {
		return err
	}
	for oldest := l.segments[0]; l.disposable(oldest, before); oldest = l.segments[0] {
		if err := l.sync(); err != nil {
			return l.fail(err)
		}
		l.mu.Lock()
		l.segments = slices.Delete(l.segments, 0, 1)
		l.mu.Unlock()
		if err := l.opts.FS.Remove(fileName(l.dir, oldest.number, suffix)); err != nil {
			return l.fail(err)
		}
		if err := syncDir(l.opts.FS, l.dir); err != nil {
			return l.fail(err)
		}
	}
	return nil
}

func (l *Log) disposable(s *segment, before uint64) bool {
	return s != l.active() && (len(s.entries) == 0 || s.last() < before)
}

// Close implements storage.Log. It leaves a mark behind the last record which proves that all before it was durable.
func (l *Log) Close() error {
	if l.closed {
		return storage.ErrClosed
	}
	err := l.broken
	if err == nil {
		err = l.mark()
	}
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	for _, c := range []io.Closer{l.file, l.lock} {
		if closeErr := c.Close(); err == nil {
			err = closeErr
		}
	}
	return err
}

func (l *Log) mark() error {
	if err := l.sync(); err != nil || l.end() == l.head {
		return err
	}
	l.mu.Lock()
	l.buf = l.active().key.appendRecord(l.buf, l.end(), l.synced, kindMark, storage.Record{})
	l.mu.Unlock()
	return l.sync()
}
