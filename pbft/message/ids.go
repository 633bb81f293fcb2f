package message

import (
	"cmp"
	"encoding/hex"
	"fmt"

	"github.com/twothirds-bft/twothirds/internal/bug"
)

// ReplicaID names a replica in every epoch. It is chosen by the operator and
// never used again for another key.
type ReplicaID uint32

// Epoch counts memberships. Epoch 0 is the genesis membership (spec R5).
type Epoch uint64

// View counts primaries within an epoch (spec V1).
type View uint64

// Seq is a position in the log. Genesis is 0, the first block is 1 (spec B1).
type Seq uint64

// PublicKey is an Ed25519 public key (spec D3). It is an alias so that packages
// that know nothing of messages can speak of keys.
type PublicKey = [32]byte

// Digest is a SHA-256 hash.
type Digest [32]byte

// IsZero reports whether d is the zero digest, which no hash is.
func (d Digest) IsZero() bool { return d == Digest{} }

// String returns the first eight bytes in hex, enough to tell digests apart in
// traces.
func (d Digest) String() string { return hex.EncodeToString(d[:8]) }

// Rank orders prepare certificates: epoch, then view, then seq (spec N3).
type Rank struct {
	Epoch Epoch
	View  View
	Seq   Seq
}

// Compare returns -1, 0 or +1 as r is below, equal to or above o.
func (r Rank) Compare(o Rank) int {
	if bug.M18 {
		return cmp.Or(cmp.Compare(r.Epoch, o.Epoch), cmp.Compare(r.Seq, o.Seq), cmp.Compare(r.View, o.View))
	}
	return cmp.Or(cmp.Compare(r.Epoch, o.Epoch), cmp.Compare(r.View, o.View), cmp.Compare(r.Seq, o.Seq))
}

// String returns epoch/view/seq.
func (r Rank) String() string { return fmt.Sprintf("%d/%d/%d", r.Epoch, r.View, r.Seq) }

// Point is a place on one chain. The digest names the block at Seq and its
// whole past (spec B1).
type Point struct {
	Seq   Seq
	Chain Digest
}

// String returns seq:digest.
func (p Point) String() string { return fmt.Sprintf("%d:%s", p.Seq, p.Chain) }

// SessionID names a client session by the place of the operation that opened
// it, so it is never used again (spec X1). The zero value is no session.
type SessionID struct {
	Seq Seq
	Pos uint32
}

// Compare orders sessions by the time they were opened.
func (s SessionID) Compare(o SessionID) int {
	return cmp.Or(cmp.Compare(s.Seq, o.Seq), cmp.Compare(s.Pos, o.Pos))
}

// Kind is the type of a message. It is part of every signed byte string, so a
// signature of one kind never passes for another (spec D3).
type Kind uint8

// The kinds. Their numbers are part of the wire format and never change.
const (
	KindPrePrepare     Kind = 1
	KindBody           Kind = 2
	KindPrepare        Kind = 3
	KindCommit         Kind = 4
	KindSuspect        Kind = 5
	KindLeave          Kind = 6
	KindViewChange     Kind = 7
	KindNewView        Kind = 8
	KindCheckpoint     Kind = 9
	KindPrepareCert    Kind = 10
	KindCommitCert     Kind = 11
	KindCheckpointCert Kind = 12
	KindStatus         Kind = 13
	KindFetch          Kind = 14
	KindBlocks         Kind = 15
	KindFetchView      Kind = 16
	KindRequests       Kind = 17
	KindReply          Kind = 18
	KindCount          Kind = 19 // one more than the largest
)

var kindNames = [KindCount]string{
	KindPrePrepare: "PRE-PREPARE", KindBody: "BODY", KindPrepare: "PREPARE", KindCommit: "COMMIT",
	KindSuspect: "SUSPECT", KindLeave: "LEAVE", KindViewChange: "VIEW-CHANGE", KindNewView: "NEW-VIEW",
	KindCheckpoint: "CHECKPOINT", KindPrepareCert: "PC", KindCommitCert: "CC", KindCheckpointCert: "STABLE",
	KindStatus: "STATUS", KindFetch: "FETCH", KindBlocks: "BLOCKS", KindFetchView: "FETCH-VIEW",
	KindRequests: "REQUESTS", KindReply: "REPLY",
}

// String returns the paper's name of the kind.
func (k Kind) String() string {
	if k < KindCount && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("KIND-%d", uint8(k))
}
