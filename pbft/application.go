package pbft

import "github.com/twothirds-bft/twothirds/pbft/message"

// Application is the replicated state machine. All replicas must compute the same
// results and digests from the same blocks: no clock, no randomness, no map order,
// no I/O whose outcome differs (spec C2 says what happens otherwise).
//
// Its methods are called by one goroutine at a time, never concurrently. A panic
// stops the replica and is reported by Err.
//
// An Application that implements nothing more is volatile: it starts empty, and
// the engine runs the whole log through Execute before the replica votes
// (spec X7, C5). Snapshotter shortens that, Durable spares it.
type Application interface {
	// Execute applies the operations of one decided block in order and returns one
	// result for each. Duplicates and operations of expired sessions have been taken
	// out. The block and all it points to are valid during the call only; results
	// belong to the engine afterwards.
	Execute(b *Block) [][]byte

	// Digest names the state after the last Execute. It is called at checkpoints and
	// should be incremental: its cost must not grow with the state (spec C3).
	Digest() Digest
}

// Admitter may be implemented by an Application to refuse operations before they
// are ordered, such as malformed ones. It is advice for this replica's own clients
// only and never part of a block's validity: a faulty primary may order what Admit
// refuses, and Execute must cope (spec N1).
type Admitter interface {
	// Admit returns why op should not be ordered, or nil. It is called concurrently
	// with Execute and must not depend on state that Execute changes.
	Admit(op []byte) error
}

// Block is what Execute applies.
type Block struct {
	Seq message.Seq
	Ops []Op

	point  message.Point
	before Digest // state before this block, if that was a checkpoint
}

// Op is one operation to execute, exactly once. Session, Number and Index name it.
type Op struct {
	Client  message.PublicKey // who asked
	Session message.SessionID
	Number  uint64 // of its request
	Index   int    // its place there, if the request is a bundle; else 0
	Data    []byte
}

// Digest names a state.
type Digest = message.Digest
