package wal

import (
	"errors"
	"io"
	"io/fs"

	"github.com/twothirds-bft/twothirds/storage"
)

// place is an entry and the segment that it stands in.
type place struct {
	*segment
	entry
}

// Entries implements storage.Log. It reads the disk outside any lock: a slow reader does not hold up the writer. Checksums
// are verified once more.
func (l *Log) Entries(index uint64) ([][]byte, error) {
	places, recent, err := l.find(index)
	if err != nil || len(places)+len(recent) == 0 {
		return nil, err
	}
	found := make([][]byte, 0, len(places)+len(recent))
	for len(places) > 0 {
		n := 1
		for n < len(places) && places[n].segment == places[0].segment {
			n++
		}
		if found, err = l.read(found, places[:n]); err != nil {
			return nil, l.explain(index, err)
		}
		places = places[n:]
	}
	return append(found, recent...), nil
}

// find returns where the entries of an index stand, and copies of those that are not in a file yet, which are the newest.
func (l *Log) find(index uint64) (places []place, recent [][]byte, err error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return nil, nil, storage.ErrClosed
	}
	if index < l.first() {
		return nil, nil, storage.ErrTruncated
	}
	for _, seg := range l.segments {
		for _, e := range seg.at(index) {
			if off := int64(e.off) - l.flushed; seg == l.active() && off >= 0 {
				data := l.buf[off+recordBytes:][:e.size]
				recent = append(recent, append(make([]byte, 0, len(data)), data...))
				continue
			}
			places = append(places, place{seg, e})
		}
	}
	return places, recent, nil
}

// read appends the entries at places of one segment.
func (l *Log) read(found [][]byte, places []place) ([][]byte, error) {
	seg := places[0].segment
	f, err := l.opts.FS.Open(fileName(l.dir, seg.number, suffix))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for _, p := range places {
		b := make([]byte, extent(int64(p.size)))
		if n, err := f.ReadAt(b, int64(p.off)); err != nil && n < len(b) && !errors.Is(err, io.EOF) {
			return nil, err
		}
		rec, ok := seg.key.parse(b, int64(p.off))
		if !ok || rec.index != p.index || rec.size != int64(p.size) || !rec.holds(b[recordBytes:]) {
			return nil, &storage.CorruptError{Segment: seg.number, Offset: int64(p.off), Reason: "an entry changed after it was written"}
		}
		found = append(found, b[recordBytes:recordBytes+p.size])
	}
	return found, nil
}

// explain turns the loss of a file into what it is, if the entry was let go while we looked.
func (l *Log) explain(index uint64, err error) error {
	if errors.Is(err, fs.ErrNotExist) && index < l.First() {
		return storage.ErrTruncated
	}
	return err
}

// State implements storage.Log.
func (l *Log) State(slot uint8) []byte {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.states[slot] == nil {
		return nil
	}
	return append([]byte{}, l.states[slot]...)
}

// First implements storage.Log.
func (l *Log) First() uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.first()
}

func (l *Log) first() uint64 {
	var first uint64
	for _, seg := range l.segments {
		if len(seg.entries) > 0 && (first == 0 || seg.first() < first) {
			first = seg.first()
		}
	}
	return first
}

// Last implements storage.Log.
func (l *Log) Last() uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var last uint64
	for _, seg := range l.segments {
		if len(seg.entries) > 0 {
			last = max(last, seg.last())
		}
	}
	return last
}
