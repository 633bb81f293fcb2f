package wal

import (
	"fmt"
	"math"

	"github.com/twothirds-bft/twothirds/internal/bug"
	"github.com/twothirds-bft/twothirds/storage"
)

// recover takes up the log that the segments hold (spec R2). The package's doc says why each step is what it is.
func (l *Log) recover(numbers []uint64) error {
	if len(numbers) == 0 {
		return fmt.Errorf("%w in %s", storage.ErrNotExist, l.dir)
	}
	headers, err := l.readHeaders(numbers)
	if err != nil {
		return err
	}
	sealed, last := headers[:len(headers)-1], headers[len(headers)-1]
	for i, h := range sealed {
		if err := l.replaySealed(h, headers[i+1].previous); err != nil {
			return err
		}
	}
	end, durable, err := l.replayLast(last)
	if err != nil {
		return err
	}
	return l.resume(last, end, durable)
}

// readHeaders checks that the segments are those of one log, and complete.
func (l *Log) readHeaders(numbers []uint64) ([]header, error) {
	headers := make([]header, 0, len(numbers))
	for i, number := range numbers {
		corrupt := func(number uint64, reason string) error {
			return &storage.CorruptError{Segment: number, Reason: reason}
		}
		if want := numbers[0] + uint64(i); number != want {
			return nil, corrupt(want, "the segment is missing")
		}
		h, reason, err := l.readHeader(number)
		switch {
		case err != nil:
			return nil, err
		case reason != "":
			return nil, corrupt(number, reason)
		case h.number != number:
			return nil, corrupt(number, fmt.Sprintf("the file holds segment %d", h.number))
		case i > 0 && h.log != l.id:
			return nil, corrupt(number, "the segment belongs to another log")
		}
		l.id = h.log
		headers = append(headers, h)
	}
	return headers, nil
}

func (l *Log) readHeader(number uint64) (h header, reason string, err error) {
	f, size, err := l.openSegment(number)
	if err != nil {
		return h, "", err
	}
	defer f.Close()
	b := make([]byte, min(size, headerBytes))
	if n, err := f.ReadAt(b, 0); n < len(b) {
		return h, "", err
	}
	h, reason = parseHeader(b)
	return h, reason, nil
}

func (l *Log) openSegment(number uint64) (File, int64, error) {
	f, err := l.opts.FS.Open(fileName(l.dir, number, suffix))
	if err != nil {
		return nil, 0, err
	}
	size, err := f.Size()
	if err != nil {
		_ = f.Close()
		return nil, 0, err
	}
	return f, size, nil
}

// replaySealed takes up a segment that has a successor. It was durable up to the end that the successor names, so
// whatever is wrong below is damage. What comes behind was cut off once.
func (l *Log) replaySealed(h header, end int64) error {
	f, size, err := l.openSegment(h.number)
	if err != nil {
		return err
	}
	defer f.Close()
	s := newScanner(f, size, newKey(l.id, h.number))
	if _, err := l.replay(s, h, end); err != nil {
		return err
	}
	if s.off > end {
		s.reason = fmt.Sprintf("records reach beyond %d, the end of the segment", end)
	}
	if s.off != end {
		return &storage.CorruptError{Segment: h.number, Offset: s.off, Reason: s.reason}
	}
	return nil
}

// replayLast takes up the last segment and tells a torn tail from damage. It returns where the good records end, and how
// far they are proven to be durable.
func (l *Log) replayLast(h header) (end, durable int64, err error) {
	f, size, err := l.openSegment(h.number)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	s := newScanner(f, size, newKey(l.id, h.number))
	durable, err = l.replay(s, h, math.MaxInt64)
	if err != nil {
		return 0, 0, err
	}
	damaged := s.off < h.head
	if !damaged {
		damaged, err = provenDurable(f, size, s.key, s.off)
	}
	if damaged && !bug.M35 {
		err = &storage.CorruptError{Segment: h.number, Offset: s.off, Reason: s.reason}
	}
	return s.off, durable, err
}

// replay takes up records until end or a bad one. It returns how far they prove the segment durable.
func (l *Log) replay(s *scanner, h header, end int64) (durable int64, err error) {
	seg := &segment{number: h.number, key: s.key}
	l.segments = append(l.segments, seg)
	durable = h.head
	for s.off < end {
		off := s.off
		rec, ok, err := s.next()
		if err != nil {
			return 0, err
		}
		if !ok {
			break
		}
		switch {
		case rec.kind == kindMark:
		case rec.slot == 0:
			seg.entries = append(seg.entries, entry{rec.index, uint32(off), uint32(rec.size)})
		default:
			l.setState(rec.slot, s.data[:rec.size])
		}
		durable = max(durable, rec.synced)
	}
	seg.sort()
	return durable, nil
}

// resume goes on in a new segment, which fixes the end of the last one. Before that, what may be in the page cache alone
// is written once more and synced: a sync of pages that failed to be written earlier would succeed and mean nothing.
func (l *Log) resume(last header, end, durable int64) error {
	f, err := l.opts.FS.OpenReadWrite(fileName(l.dir, last.number, suffix))
	if err != nil {
		return err
	}
	number, previous := last.number+1, end
	if end == last.head { // nothing in it: replace it, lest a process that dies young fill the disk with heads
		number, previous = last.number, last.previous
		l.segments = l.segments[:len(l.segments)-1]
	}
	err = firstError(
		func() error { return rewrite(f, last.number, newKey(l.id, last.number), durable, end) },
		f.Sync,
		func() error { return l.begin(number, previous) },
		func() error { return f.Truncate(end) },
	)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil && l.file != nil {
		_ = l.file.Close()
	}
	return err
}

// rewrite writes the records of a segment between two offsets as they are. Each is checked once more: a disk may read one
// thing now and another then, and what was whole must not be replaced by what is not.
func rewrite(f File, number uint64, k key, from, to int64) error {
	s := scanFrom(f, from, to, k)
	var buf []byte
	for at := from; at < to; {
		_, ok, err := s.next()
		if err != nil {
			return err
		}
		if !ok {
			return &storage.CorruptError{Segment: number, Offset: s.off, Reason: "a record that was whole is not: " + s.reason}
		}
		buf = append(append(buf, s.head[:]...), s.data...)
		if len(buf) < windowBytes && s.off < to {
			continue
		}
		if err := writeAt(f, buf, at); err != nil {
			return err
		}
		at, buf = s.off, buf[:0]
	}
	return nil
}
