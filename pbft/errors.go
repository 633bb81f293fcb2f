package pbft

import (
	"errors"
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Errors of the environment and of callers. Those that stop a replica are
// returned by Err for good.
var (
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("pbft: replica closed")
	// ErrOverloaded says that the operation was not admitted: too much is pending
	// (spec T1). It has not been and will not be executed.
	ErrOverloaded = errors.New("pbft: overloaded, the operation was not admitted")
	// ErrNotBootstrapped says that the log is empty and Config.Bootstrap is not set
	// (spec R2).
	ErrNotBootstrapped = errors.New("pbft: the log is empty: set Bootstrap for a new replica, and never for one that lost its log")
	// ErrBootstrapped says that Config.Bootstrap is set and the log is not empty.
	ErrBootstrapped = errors.New("pbft: the log holds a replica already: start it without Bootstrap")
	// ErrWrongCluster says that the log is of another cluster or replica.
	ErrWrongCluster = errors.New("pbft: the log belongs to another cluster or replica: compare Genesis, Self and the place of the log")
	// ErrDurability says that a write or sync failed; what the disk holds is unknown
	// (spec R3).
	ErrDurability = errors.New("pbft: the log failed")
	// ErrApplication says that the application panicked or returned nonsense.
	ErrApplication = errors.New("pbft: the application failed")
	// ErrTruncated says that blocks are asked for that the log no longer holds.
	ErrTruncated = errors.New("pbft: no longer in the log")
	// ErrSessionExpired says that the session was evicted before the operation was
	// ordered; it was not executed.
	ErrSessionExpired = errors.New("pbft: session expired, the operation was not executed")
)

// ErrTooLarge says that an operation is larger than Genesis.OpBytes allows.
var ErrTooLarge = errors.New("pbft: operation too large")

// errForgotten is the cause of an unknown outcome that the session table no longer
// tells.
var errForgotten = errors.New("executed or withdrawn, and the reply is no longer kept")

// UnknownOutcomeError says that waiting for an operation ended before its result
// was known: it may or may not be executed, now or later (spec X5).
type UnknownOutcomeError struct {
	Session message.SessionID
	Number  uint64
	Cause   error // why waiting ended
}

// Error implements error.
func (e *UnknownOutcomeError) Error() string {
	return fmt.Sprintf("pbft: outcome of operation %d unknown: %v", e.Number, e.Cause)
}

// Unwrap returns why waiting ended.
func (e *UnknownOutcomeError) Unwrap() error { return e.Cause }
