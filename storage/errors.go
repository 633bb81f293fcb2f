package storage

import (
	"errors"
	"fmt"
)

// Errors of a log, to be asked for with errors.Is.
var (
	// ErrBroken is the answer of a log whose disk failed it. The cause is wrapped beside it. It never heals: stop the
	// replica (spec R3).
	ErrBroken = errors.New("storage: the log is broken")
	// ErrCorrupt is what every [CorruptError] is.
	ErrCorrupt = errors.New("storage: the log is damaged")
	// ErrTruncated is the answer to a question about entries that were let go.
	ErrTruncated = errors.New("storage: the log does not reach back that far")
	// ErrNotExist means that there is no log to open. That is not an empty log (spec R2): a replica that finds its log
	// gone must not begin a new one under its old key (spec R4).
	ErrNotExist = errors.New("storage: there is no log")
	// ErrExist means that a log is already where one was to be created.
	ErrExist = errors.New("storage: there is a log already")
	// ErrLocked means that the log is open elsewhere, in this process or another.
	ErrLocked = errors.New("storage: the log is in use")
	// ErrTooLarge refuses a record above [EntryBytesMax] or [StateBytesMax].
	ErrTooLarge = errors.New("storage: the record is too large")
	// ErrClosed is the answer of a log after Close.
	ErrClosed = errors.New("storage: the log is closed")
)

// CorruptError names damage to something that had been durable. The log is not repaired: what the replica promised with
// the lost record is unknown, so it must not vote (spec R2, R4).
type CorruptError struct {
	Segment uint64 // number of the file
	Offset  int64  // where the record begins in it, in bytes; 0 for the file as a whole
	Reason  string
}

// Error names the place and the reason.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("%v: segment %d, offset %d: %s", ErrCorrupt, e.Segment, e.Offset, e.Reason)
}

// Is makes every CorruptError an ErrCorrupt.
func (e *CorruptError) Is(target error) bool { return target == ErrCorrupt }
