package wal

import (
	"bufio"
	"errors"
	"io"
	"math"
)

const windowBytes = 256 << 10

// scanner reads the records of a segment one behind the other.
type scanner struct {
	src    *bufio.Reader
	size   int64 // of the file
	key    key
	off    int64  // where the next record begins, or the bad one
	reason string // what is wrong with the record at off, after next has said that it is bad
	head   [recordBytes]byte
	data   []byte // of the newest record, with padding; reused
}

func newScanner(f io.ReaderAt, size int64, k key) *scanner { return scanFrom(f, headerBytes, size, k) }

// scanFrom returns a scanner whose first record is at off.
func scanFrom(f io.ReaderAt, off, size int64, k key) *scanner {
	src := io.NewSectionReader(f, off, max(size-off, 0))
	return &scanner{src: bufio.NewReaderSize(src, int(min(size, windowBytes))), size: size, key: k, off: off}
}

// next returns the record at off and moves behind it. If there is no good one, it returns false and stays; an error is
// the file system's alone. Nothing is allocated for a record before its header is proven and the file is long enough.
func (s *scanner) next() (record, bool, error) {
	if s.off+recordBytes > s.size {
		return s.bad("the file ends before the record's header does")
	}
	if _, err := io.ReadFull(s.src, s.head[:]); err != nil {
		return s.failed(err)
	}
	rec, ok := s.key.parse(s.head[:], s.off)
	switch {
	case !ok:
		return s.bad("checksum of the record's header")
	case s.off+extent(rec.size) > min(s.size, math.MaxUint32):
		return s.bad("the file ends before the record does")
	}
	n := int(extent(rec.size) - recordBytes)
	if cap(s.data) < n {
		s.data = make([]byte, n)
	}
	s.data = s.data[:n]
	if _, err := io.ReadFull(s.src, s.data); err != nil {
		return s.failed(err)
	}
	if !rec.holds(s.data) {
		return s.bad("checksum of the record's data")
	}
	s.off += extent(rec.size)
	return rec, true, nil
}

func (s *scanner) bad(reason string) (record, bool, error) {
	s.reason = reason
	return record{}, false, nil
}

// failed keeps a disk that cannot be read apart from a record that was not written. A file that became shorter since its
// size was asked for is the former too.
func (s *scanner) failed(err error) (record, bool, error) {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return record{}, false, err
}

// provenDurable reports whether a record behind off was put together when off was durable already.
func provenDurable(f io.ReaderAt, size int64, k key, off int64) (bool, error) {
	window := make([]byte, min(windowBytes, max(size-off, 0)))
	for at := off + alignment; at+recordBytes <= size; {
		n := int(min(int64(len(window)), size-at))
		if m, err := f.ReadAt(window[:n], at); m < n {
			if errors.Is(err, io.EOF) || err == nil {
				err = io.ErrUnexpectedEOF
			}
			return false, err
		}
		i := 0
		for ; i+recordBytes <= n; i += alignment {
			if le.Uint32(window[i+4:]) != k.tag { // almost always, and parse is not inlined
				continue
			}
			if rec, ok := k.parse(window[i:], at+int64(i)); ok && rec.synced > off {
				return true, nil
			}
		}
		at += int64(i)
	}
	return false, nil
}
