package wal

import "fmt"

const (
	segmentBytesDefault = 64 << 20
	segmentBytesMin     = 4 << 10
	segmentBytesMax     = 1 << 30 // with a head of 255 states and one more entry still below 4 GB, the range of an offset
)

// Options configure a log. The zero value is good for use. They are no part of the log: it may be opened with others
// than it was created with.
type Options struct {
	// SegmentBytes is the size at which a segment is closed and the next begun, without the copy of the states at its
	// head; a segment with a single larger entry exceeds it. Truncate frees whole segments only. Between 4 KB and 1 GB;
	// 0 means 64 MB.
	SegmentBytes int64

	// FS is the file system; nil means [OS].
	FS FS
}

// Validate reports what is wrong with the options.
func (o *Options) Validate() error {
	if o.SegmentBytes != 0 && (o.SegmentBytes < segmentBytesMin || o.SegmentBytes > segmentBytesMax) {
		return fmt.Errorf("wal: SegmentBytes %d is not between %d and %d", o.SegmentBytes, segmentBytesMin, segmentBytesMax)
	}
	return nil
}

// withDefaults returns the options with the zero values replaced.
func (o Options) withDefaults() Options {
	if o.SegmentBytes == 0 {
		o.SegmentBytes = segmentBytesDefault
	}
	if o.FS == nil {
		o.FS = OS
	}
	return o
}
