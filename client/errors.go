package client

import (
	"errors"
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Errors of operations. All but ErrForgotten, alone, say that the operation was not executed and never
// will be. Wrapped in an *UnknownOutcomeError they are the reason why that is not known.
var (
	// ErrForgotten means that the operation was executed, once, and that its result is lost: no answer
	// came while the cluster still had it cached.
	ErrForgotten = errors.New("client: executed, but the result is forgotten")

	// ErrClosed means that the Client was closed.
	ErrClosed = errors.New("client: closed")

	// ErrTooLarge means that the operation is longer than Config.OpBytesMax.
	ErrTooLarge = errors.New("client: operation too large")

	// ErrRefused means that the cluster can never execute the request as it stands: its session has a
	// smaller window than Config.Window says.
	ErrRefused = errors.New("client: refused, the cluster's window is smaller than the client's")

	// ErrSessionExpired means that the session of the operation had ended when the cluster came to it,
	// so that it will not be executed from now on. It always comes in an *UnknownOutcomeError: whether
	// an earlier copy was executed while the session lived is not known, and nobody can tell any more
	// (spec X1). Look at the application's state before doing it again. The Client itself goes on with a
	// new session.
	ErrSessionExpired = errors.New("client: session expired")

	// ErrOverloaded means that replicas which include a correct one refused the operation for want of
	// room when its context ended. It comes in an *UnknownOutcomeError, beside the context's error.
	ErrOverloaded = errors.New("client: cluster overloaded")

	// ErrReply means that the cluster gave an answer that this version of the client does not know. It
	// comes in an *UnknownOutcomeError.
	ErrReply = errors.New("client: unknown kind of reply")

	// ErrForeign is returned by Resolve for an outcome that is not one of this Client's.
	ErrForeign = errors.New("client: outcome of another client")
)

// UnknownOutcomeError says that an operation was sent and that nobody has heard, or can tell, what
// became of it: it may have been executed, once, or not. Unless it wraps ErrSessionExpired, ErrReply or
// ErrClosed it may still be executed, and Client.Resolve tells later (spec X5).
//
// It keeps the outcome, once known, for as long as it is kept itself.
type UnknownOutcomeError struct {
	Session message.SessionID
	Number  uint64         // of the operation in its session
	Digest  message.Digest // of the request, as replicas know it
	Err     error          // why the wait ended: the context's error or one of this package's

	client *Client
	op     *op
}

// Error implements error.
func (e *UnknownOutcomeError) Error() string {
	return fmt.Sprintf("client: unknown outcome of operation %d of session %d.%d (%v): %v",
		e.Number, e.Session.Seq, e.Session.Pos, e.Digest, e.Err)
}

// Unwrap returns Err.
func (e *UnknownOutcomeError) Unwrap() error { return e.Err }
