package core

import (
	"fmt"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// ForkedError says that two conflicting decisions are certified: more than f of
// the power is faulty. The replica stops; both certificates are kept (spec V4).
type ForkedError struct {
	Decided  message.Point        // here
	Other    message.Point        // elsewhere
	Commit   *message.CommitCert  // for Decided, if held
	Conflict *message.CommitCert  // for Other, if it is a decision
	Prepare  *message.PrepareCert // for Other, if it is a base
}

// Error implements error.
func (e *ForkedError) Error() string {
	return fmt.Sprintf("core: forked: decided %v here, certified %v elsewhere; more than f replicas are faulty", e.Decided, e.Other)
}

// DivergedError says that this replica's state differs from the one that quorum
// power holds (spec C2): its application is not deterministic, or its memory or
// disk is bad. It signs nothing until its state is discarded and fetched.
type DivergedError struct {
	Seq    message.Seq
	Own    message.CheckpointBody
	Stable message.CheckpointBody
}

// Error implements error.
func (e *DivergedError) Error() string {
	return fmt.Sprintf("core: diverged at seq %d: own state %v, clients %v; quorum has %v, %v",
		e.Seq, e.Own.State, e.Own.Clients, e.Stable.State, e.Stable.Clients)
}

// NondeterministicError says that no state digest at Seq can reach quorum power any
// more: the application is not deterministic (spec C2). No view change can mend
// that.
type NondeterministicError struct {
	Seq     message.Seq
	Digests []message.Digest // of the application's state, by member index; zero if not reported
}

// Error implements error.
func (e *NondeterministicError) Error() string {
	return fmt.Sprintf("core: application is not deterministic: no quorum of equal states at seq %d: %v", e.Seq, e.Digests)
}
