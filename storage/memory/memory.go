// Package memory keeps a storage.Log in memory that can be torn, for simulations: [Log.Crash] ends it as a power failure
// would, with as much of the unsynced records kept as the caller says, and [Log.Reopen] gives what is left of it to the
// replica's next life. [Log.FailSync] is a disk that fails.
//
// Nothing here is random, waits or starts a goroutine: the same calls have the same effects. Calls cost tens of
// nanoseconds, and an allocation now and then.
package memory

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/twothirds-bft/twothirds/storage"
)

// Blocks of memory that records are copied to grow from the first size to the last.
const (
	arenaBytesMin = 512
	arenaBytesMax = 16 << 10
)

// Log is a storage.Log in memory. It drops all that Truncate allows it to drop.
type Log struct {
	mu       sync.Mutex
	durable  image
	unsynced []storage.Record // since the last good Sync, oldest first
	arena    []byte           // where data is copied to
	next     error            // the next sync fails with it
	broken   error
	closed   bool
	reopened bool
}

// image is what has reached the disk.
type image struct {
	entries []storage.Record // by index; those of one index in the order of writing
	states  [][]byte         // by slot; nil if never written
}

var _ storage.Log = (*Log)(nil)

// New returns an empty log.
func New() *Log { return new(Log) }

// Write implements storage.Log.
func (l *Log) Write(recs []storage.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return err
	}
	for i := range recs {
		size, limit := len(recs[i].Data), storage.StateBytesMax
		if recs[i].Slot == 0 {
			limit = storage.EntryBytesMax
		}
		if size > limit {
			return fmt.Errorf("%w: slot %d, index %d, %d bytes", storage.ErrTooLarge, recs[i].Slot, recs[i].Index, size)
		}
	}
	for _, rec := range recs {
		rec.Data = l.keep(rec.Data)
		l.unsynced = append(l.unsynced, rec)
	}
	return nil
}

// keep copies b to memory that is never written again.
func (l *Log) keep(b []byte) []byte {
	if len(b) == 0 {
		return []byte{}
	}
	if len(b) > cap(l.arena)-len(l.arena) {
		size := min(max(2*cap(l.arena), arenaBytesMin), arenaBytesMax)
		l.arena = make([]byte, 0, max(size, len(b)))
	}
	at := len(l.arena)
	l.arena = append(l.arena, b...)
	return l.arena[at:]
}

// usable returns why the log cannot be written to.
func (l *Log) usable() error {
	if l.closed {
		return storage.ErrClosed
	}
	return l.broken
}

// Sync implements storage.Log.
func (l *Log) Sync() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return err
	}
	return l.sync()
}

func (l *Log) sync() error {
	if l.next != nil {
		l.broken = fmt.Errorf("%w: %w", storage.ErrBroken, l.next)
		return l.broken
	}
	l.settle(len(l.unsynced))
	return nil
}

// settle makes the first n unsynced records durable and forgets the others.
func (l *Log) settle(n int) {
	for _, rec := range l.unsynced[:n] {
		l.durable.add(rec)
	}
	clear(l.unsynced)
	l.unsynced = l.unsynced[:0]
}

func (m *image) add(rec storage.Record) {
	if slot := int(rec.Slot); slot != 0 {
		for len(m.states) <= slot {
			m.states = append(m.states, nil)
		}
		m.states[slot] = rec.Data
		return
	}
	at := len(m.entries)
	for at > 0 && m.entries[at-1].Index > rec.Index { // indexes grow but for view changes
		at--
	}
	m.entries = slices.Insert(m.entries, at, rec)
}

// Entries implements storage.Log.
func (l *Log) Entries(index uint64) ([][]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, storage.ErrClosed
	}
	if index < l.first() {
		return nil, storage.ErrTruncated
	}
	var found [][]byte
	at, _ := slices.BinarySearchFunc(l.durable.entries, index, compareIndex)
	for ; at < len(l.durable.entries) && l.durable.entries[at].Index == index; at++ {
		found = append(found, clone(l.durable.entries[at].Data))
	}
	for _, rec := range l.unsynced {
		if rec.Slot == 0 && rec.Index == index {
			found = append(found, clone(rec.Data))
		}
	}
	return found, nil
}

func compareIndex(rec storage.Record, index uint64) int { return cmp.Compare(rec.Index, index) }

// clone copies b, to something that is not nil even if b is empty.
func clone(b []byte) []byte { return append(make([]byte, 0, len(b)), b...) }

// State implements storage.Log.
func (l *Log) State(slot uint8) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, rec := range slices.Backward(l.unsynced) {
		if slot != 0 && rec.Slot == slot {
			return clone(rec.Data)
		}
	}
	if int(slot) >= len(l.durable.states) || l.durable.states[slot] == nil {
		return nil
	}
	return clone(l.durable.states[slot])
}

// First implements storage.Log.
func (l *Log) First() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.first()
}

func (l *Log) first() uint64 {
	var first uint64
	if len(l.durable.entries) > 0 {
		first = l.durable.entries[0].Index
	}
	for _, rec := range l.unsynced {
		if rec.Slot == 0 && (first == 0 || rec.Index < first) {
			first = rec.Index
		}
	}
	return first
}

// Last implements storage.Log.
func (l *Log) Last() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	var last uint64
	if n := len(l.durable.entries); n > 0 {
		last = l.durable.entries[n-1].Index
	}
	for _, rec := range l.unsynced {
		if rec.Slot == 0 {
			last = max(last, rec.Index)
		}
	}
	return last
}

// Truncate implements storage.Log.
func (l *Log) Truncate(before uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return err
	}
	if first := l.first(); first == 0 || first >= before {
		return nil
	}
	if err := l.sync(); err != nil {
		return err
	}
	n, _ := slices.BinarySearchFunc(l.durable.entries, before, compareIndex)
	l.durable.entries = slices.Delete(l.durable.entries, 0, n)
	return nil
}

// Close implements storage.Log. Of a broken log, what was not synced is lost; to keep some of it, call Crash instead.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return storage.ErrClosed
	}
	err := l.broken
	if err == nil {
		err = l.sync()
	}
	l.end(0)
	return err
}

// end closes the log with the first keep of the unsynced records.
func (l *Log) end(keep int) {
	l.settle(keep)
	l.closed = true
}
