// Package wiretest makes messages for tests: generators of every kind, for
// properties that hold of all messages (package rapid), and one sample of each,
// for golden files.
//
// Generated messages have an encoding, in which nothing is lost: signatures are 64
// bytes, requests are well-formed, lists without elements are nil. They say
// whatever comes to mind; nothing in them is signed or fits together. All are
// free of shared memory and belong to the caller.
package wiretest

import (
	"math"

	"pgregory.net/rapid"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Kinds returns the kinds in the order of their numbers.
func Kinds() []message.Kind {
	var kinds []message.Kind
	for k := message.KindPrePrepare; k < message.KindCount; k++ {
		kinds = append(kinds, k)
	}
	return kinds
}

// Message generates messages of all kinds.
func Message() *rapid.Generator[message.Message] {
	return rapid.Custom(func(t *rapid.T) message.Message {
		return Of(rapid.SampledFrom(Kinds()).Draw(t, "kind")).Draw(t, "message")
	})
}

// Of generates messages of one kind. It panics if there is no such kind.
func Of(k message.Kind) *rapid.Generator[message.Message] {
	draw, ok := generators[k]
	if !ok {
		panic("wiretest: no such kind: " + k.String())
	}
	return rapid.Custom(func(t *rapid.T) message.Message { return draw(t) })
}

// Evidence generates proofs that prove nothing.
func Evidence() *rapid.Generator[*message.Evidence] { return rapid.Custom(evidence) }

// Header generates headers, the zero one among them.
func Header() *rapid.Generator[message.Header] { return rapid.Custom(header) }

var generators = map[message.Kind]func(*rapid.T) message.Message{
	message.KindPrePrepare: func(t *rapid.T) message.Message {
		return &message.PrePrepare{Parent: digest(t), Header: header(t)}
	},
	message.KindBody: func(t *rapid.T) message.Message {
		return &message.Body{Parent: digest(t), Header: header(t), Raw: some(t)}
	},
	message.KindPrepare:    func(t *rapid.T) message.Message { return prepare(t) },
	message.KindCommit:     func(t *rapid.T) message.Message { return commit(t) },
	message.KindSuspect:    func(t *rapid.T) message.Message { return new(suspect(t)) },
	message.KindLeave:      func(t *rapid.T) message.Message { return leave(t) },
	message.KindViewChange: func(t *rapid.T) message.Message { return new(viewChange(t)) },
	message.KindNewView:    func(t *rapid.T) message.Message { return newView(t) },
	message.KindCheckpoint: func(t *rapid.T) message.Message {
		return &message.Checkpoint{CheckpointBody: checkpointBody(t), Signer: id(t), Sig: sig(t)}
	},
	message.KindPrepareCert:    func(t *rapid.T) message.Message { return prepareCert(t) },
	message.KindCommitCert:     func(t *rapid.T) message.Message { return commitCert(t) },
	message.KindCheckpointCert: func(t *rapid.T) message.Message { return checkpointCert(t) },
	message.KindStatus: func(t *rapid.T) message.Message {
		return &message.Status{
			Epoch: epoch(t), Entered: view(t), Target: view(t), Tip: seq(t), Certified: seq(t),
			Decided: seq(t), Stable: seq(t), Nonce: number(t), Echo: number(t),
		}
	},
	message.KindFetch: func(t *rapid.T) message.Message {
		return &message.Fetch{From: point(t), Want: point(t), Bodies: yes(t)}
	},
	message.KindBlocks: func(t *rapid.T) message.Message { return blocks(t) },
	message.KindFetchView: func(t *rapid.T) message.Message {
		return &message.FetchView{Epoch: epoch(t), View: view(t)}
	},
	message.KindRequests: func(t *rapid.T) message.Message {
		return &message.Requests{List: rapid.SliceOfN(rapid.Custom(request), 1, 5).Draw(t, "requests"), Overdue: rapid.Bool().Draw(t, "overdue")}
	},
	message.KindReply: func(t *rapid.T) message.Message {
		return &message.Replies{View: view(t), List: rapid.SliceOfN(rapid.Custom(reply), 1, 5).Draw(t, "replies")}
	},
}

func prepare(t *rapid.T) *message.Prepare {
	return &message.Prepare{
		Epoch: epoch(t), View: view(t), Base: seq(t), Seq: seq(t), Chain: digest(t), Signer: id(t), Sig: sig(t),
	}
}

func commit(t *rapid.T) *message.Commit {
	return &message.Commit{Epoch: epoch(t), View: view(t), Seq: seq(t), Chain: digest(t), Signer: id(t), Sig: sig(t)}
}

func suspect(t *rapid.T) message.Suspect {
	return message.Suspect{Epoch: epoch(t), View: view(t), Decided: seq(t), Signer: id(t), Sig: sig(t)}
}

func viewChange(t *rapid.T) message.ViewChange {
	return message.ViewChange{
		Epoch: epoch(t), View: view(t), Rank: message.Rank{Epoch: epoch(t), View: view(t), Seq: seq(t)},
		Chain: digest(t), Signer: id(t), Sig: sig(t),
	}
}

func newView(t *rapid.T) *message.NewView {
	return &message.NewView{
		Epoch: epoch(t), View: view(t), Changes: list(t, viewChange), Cert: perhaps(t, prepareCert),
		Signer: id(t), Sig: sig(t),
	}
}

func leave(t *rapid.T) *message.Leave {
	return &message.Leave{
		Epoch: epoch(t), View: view(t), Suspects: list(t, suspect), Changes: list(t, viewChange),
		Proof: perhaps(t, evidence),
	}
}

func checkpointBody(t *rapid.T) message.CheckpointBody {
	return message.CheckpointBody{
		Epoch: epoch(t), Seq: seq(t), Chain: digest(t), State: digest(t), Clients: digest(t),
		Members: digest(t), Reputation: digest(t), SnapshotSeq: seq(t), SnapshotRoot: digest(t),
	}
}

func certVote(t *rapid.T) message.CertVote {
	return message.CertVote{Signer: id(t), Seq: seq(t), Sig: sig(t)}
}

func prepareCert(t *rapid.T) *message.PrepareCert {
	return &message.PrepareCert{
		Epoch: epoch(t), View: view(t), Base: seq(t), Seq: seq(t), Chain: digest(t),
		Links: list(t, digest), Votes: list(t, certVote),
	}
}

func commitCert(t *rapid.T) *message.CommitCert {
	return &message.CommitCert{
		Epoch: epoch(t), View: view(t), Seq: seq(t), Chain: digest(t),
		Links: list(t, digest), Votes: list(t, certVote),
	}
}

func checkpointCert(t *rapid.T) *message.CheckpointCert {
	return &message.CheckpointCert{CheckpointBody: checkpointBody(t), Votes: list(t, certVote)}
}

func header(t *rapid.T) message.Header {
	return message.Header{
		Epoch: epoch(t), View: view(t), Seq: seq(t),
		PayloadKind: message.PayloadKind(octet(t)), PayloadHash: message.HashKind(octet(t)),
		PayloadSize: uint32(number(t)), PayloadDigest: digest(t),
	}
}

func blocks(t *rapid.T) *message.Blocks {
	return &message.Blocks{
		From: point(t),
		Blocks: list(t, func(t *rapid.T) message.BlockData {
			return message.BlockData{Header: header(t), Raw: none(some(t))}
		}),
		Prepare: perhaps(t, prepare), Links: list(t, digest),
		Commit: perhaps(t, commitCert), Stable: perhaps(t, checkpointCert),
	}
}

func evidence(t *rapid.T) *message.Evidence {
	return &message.Evidence{
		Kind: message.EvidenceKind(octet(t)), Culprit: id(t), First: signed(t), Second: signed(t),
		Fork: digest(t), Links: list(t, digest), Header: header(t), Raw: none(some(t)),
	}
}

func signed(t *rapid.T) message.Signed {
	switch rapid.IntRange(0, 4).Draw(t, "signed") {
	case 0:
		return prepare(t)
	case 1:
		return commit(t)
	case 2:
		return new(viewChange(t))
	case 3:
		return newView(t)
	}
	return nil
}

func request(t *rapid.T) message.Request {
	r := message.Request{Client: message.PublicKey(digest(t)), Number: max(number(t), 1)}
	r.Awaited = rapid.Uint64Range(0, r.Number).Draw(t, "awaited")
	if yes(t) {
		r.Sig = sig(t)
	}
	if yes(t) {
		r.Type, r.Op = message.RequestOpen, []byte{}
		return r
	}
	r.Session, r.Op = message.SessionID{Seq: max(seq(t), 1), Pos: uint32(number(t))}, some(t)
	if yes(t) {
		r.Type, r.Op = message.RequestBundle, message.AppendBundle(nil, [][]byte{some(t), some(t)})
	}
	return r
}

func reply(t *rapid.T) message.Reply {
	return message.Reply{
		Replica: id(t), Request: digest(t), Seq: seq(t), Code: message.ReplyCode(octet(t)),
		Session: message.SessionID{Seq: seq(t), Pos: uint32(number(t))}, Number: number(t), Result: none(some(t)),
	}
}

// number favours what encodings get wrong: zero, the edges of varints, the
// largest.
func number(t *rapid.T) uint64 {
	return rapid.OneOf(
		rapid.SampledFrom([]uint64{0, 1, 127, 128, 1<<14 - 1, 1 << 14, 1 << 32, 1<<62 - 1, 1 << 63, math.MaxUint64}),
		rapid.Uint64(),
	).Draw(t, "number")
}

func epoch(t *rapid.T) message.Epoch       { return message.Epoch(number(t)) }
func view(t *rapid.T) message.View         { return message.View(number(t)) }
func seq(t *rapid.T) message.Seq           { return message.Seq(number(t)) }
func id(t *rapid.T) message.ReplicaID      { return message.ReplicaID(number(t)) }
func octet(t *rapid.T) uint8               { return uint8(number(t)) }
func yes(t *rapid.T) bool                  { return rapid.Bool().Draw(t, "yes") }
func point(t *rapid.T) message.Point       { return message.Point{Seq: seq(t), Chain: digest(t)} }
func sig(t *rapid.T) []byte                { return octets(t, message.SignatureSize) }
func digest(t *rapid.T) (d message.Digest) { copy(d[:], octets(t, len(d))); return d }

// octets makes n bytes of one draw, all zero for 0. Drawing each would take most of
// a test's time.
func octets(t *rapid.T, n int) []byte {
	b := make([]byte, n)
	x := rapid.Uint64().Draw(t, "octets")
	for i := range b {
		b[i] = byte(x >> (8 * (i % 8)))
	}
	return b
}

// some makes bytes of any length, not nil.
func some(t *rapid.T) []byte {
	return octets(t, rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 300)).Draw(t, "length"))
}

// none turns what is empty into nil.
func none(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

func list[T any](t *rapid.T, draw func(*rapid.T) T) []T {
	var out []T
	for range rapid.IntRange(0, 4).Draw(t, "elements") {
		out = append(out, draw(t))
	}
	return out
}

func perhaps[T any](t *rapid.T, draw func(*rapid.T) *T) *T {
	if !yes(t) {
		return nil
	}
	return draw(t)
}
