package checker_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/checker"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// engine returns the engine's verdict of a frame, and what it says in the checker's words.
func (w *world) engine(frame []byte) (checker.Fact, error) {
	m, err := wire.Decode(frame)
	if err != nil {
		return checker.Fact{}, err
	}
	switch m := m.(type) {
	case *message.PrepareCert:
		return w.certified(checker.Prepared, m.Votes, &message.Prepare{Epoch: m.Epoch, View: m.View, Base: m.Base, Seq: m.Seq, Chain: m.Chain}), w.door.PrepareCert(m)
	case *message.CommitCert:
		return w.certified(checker.Decided, m.Votes, &message.Commit{Epoch: m.Epoch, View: m.View, Seq: m.Seq, Chain: m.Chain}), w.door.CommitCert(m)
	case *message.CheckpointCert:
		return w.certified(checker.Stable, m.Votes, &message.Checkpoint{CheckpointBody: m.CheckpointBody}), w.door.CheckpointCert(m)
	case *message.NewView:
		_, err := w.door.Verify(memberID(0), m)
		return w.started(m), err
	case message.Signed:
		signer, _ := m.Author()
		return w.said(checker.Voted, m, signer), w.door.Signature(m)
	}
	return checker.Fact{}, wire.ErrMalformed
}

// said returns the fact that the given members signed m.
func (w *world) said(c checker.Claim, m message.Signed, signers ...message.ReplicaID) checker.Fact {
	f := checker.Fact{Claim: c, Kind: byte(m.Kind())}
	switch m := m.(type) {
	case *message.Prepare:
		f.Epoch, f.View, f.Base, f.Seq, f.Chain = uint64(m.Epoch), uint64(m.View), uint64(m.Base), uint64(m.Seq), m.Chain
	case *message.Commit:
		f.Epoch, f.View, f.Seq, f.Chain = uint64(m.Epoch), uint64(m.View), uint64(m.Seq), m.Chain
	case *message.Suspect:
		f.Epoch, f.View, f.Seq = uint64(m.Epoch), uint64(m.View), uint64(m.Decided)
	case *message.ViewChange:
		f.Epoch, f.View, f.Report, f.Seq, f.Chain = uint64(m.Epoch), uint64(m.View), uint64(m.Rank.View), uint64(m.Rank.Seq), m.Chain
	case *message.Checkpoint:
		f.Epoch, f.Seq, f.Chain, f.State, f.Clients = uint64(m.Epoch), uint64(m.Seq), m.Chain, m.State, m.Clients
	}
	for _, id := range signers {
		f.Signers = append(f.Signers, uint32(id))
		if i := w.members.Index(id); i >= 0 {
			f.Power += w.members.At(i).Power
		}
	}
	return f
}

func (w *world) certified(c checker.Claim, votes []message.CertVote, of message.Signed) checker.Fact {
	var signers []message.ReplicaID
	for i := range votes {
		signers = append(signers, votes[i].Signer)
	}
	f := w.said(c, of, signers...)
	f.Kind = map[checker.Claim]byte{checker.Prepared: 10, checker.Decided: 11, checker.Stable: 12}[c]
	return f
}

func (w *world) started(m *message.NewView) checker.Fact {
	var signers []message.ReplicaID
	for i := range m.Changes {
		signers = append(signers, m.Changes[i].Signer)
	}
	f := w.said(checker.Started, m, signers...)
	f.Epoch, f.View, f.Body, f.Chain = uint64(m.Epoch), uint64(m.View), m.BodyDigest(), w.root.Chain
	if m.Cert != nil {
		f.Base, f.Seq, f.Chain = uint64(m.Cert.Seq), uint64(m.Cert.Seq), m.Cert.Chain
	}
	return f
}

// engineEvidence is engine for a proof of guilt.
func (w *world) engineEvidence(proof []byte) (checker.Fact, error) {
	e, err := wire.DecodeEvidence(proof)
	if err != nil {
		return checker.Fact{}, err
	}
	culprit, err := w.door.Evidence(e)
	if err != nil {
		return checker.Fact{}, err
	}
	f := w.said(checker.Guilty, e.First, culprit)
	return checker.Fact{Claim: f.Claim, View: uint64(e.View()), Signers: f.Signers, Power: f.Power, Offence: checker.Offence(e.Kind)}, nil
}

// agree holds both sides to one verdict, for one reason as far as they tell reasons apart,
// and to one meaning. It returns what is proven, nothing if the message is refused.
func (w *world) agree(frame []byte) checker.Claim {
	want, wantErr := w.engine(frame)
	got, err := w.checker.Check(frame)
	return w.compare(frame, want, got, wantErr, err)
}

func (w *world) agreeEvidence(proof []byte) checker.Claim {
	want, wantErr := w.engineEvidence(proof)
	got, err := w.checker.Evidence(proof)
	return w.compare(proof, want, got, wantErr, err)
}

func (w *world) compare(b []byte, want, got checker.Fact, wantErr, err error) checker.Claim {
	w.t.Helper()
	if (wantErr == nil) != (err == nil) {
		require.Failf(w.t, "two verdicts", "engine: %v\nchecker: %v\nabout %x", wantErr, err, b)
	}
	if err != nil {
		require.ErrorIs(w.t, err, map[bool]error{true: checker.ErrBytes, false: checker.ErrProof}[isMalformed(wantErr)], "engine: %v", wantErr)
		require.Equal(w.t, checker.Fact{}, got)
		return 0
	}
	require.Equal(w.t, want, got)
	return got.Claim
}

// frame draws a message that claims something, mostly rightly, as bytes.
func (w *world) frame(what checker.Claim) []byte {
	var m message.Message
	switch what {
	case checker.Voted:
		m = w.single()
	case checker.Prepared:
		m = w.prepareCert(w.place(4))
	case checker.Decided:
		m = w.commitCert()
	case checker.Stable:
		m = w.checkpointCert()
	case checker.Started:
		m = w.newView()
	case checker.Guilty:
		proof, err := wire.AppendEvidence(nil, w.evidence())
		require.NoError(w.t, err)
		return proof
	}
	frame, err := wire.Append(nil, m)
	require.NoError(w.t, err)
	return frame
}

// generate draws a message, spoils it seldom, and has both sides look at it.
func generate(t testing.TB, d dice) (what checker.Claim, proven bool) {
	w := newWorld(t, d)
	what = checker.Claim(1 + d(6))
	b := w.frame(what)
	if d(6) == 5 {
		b = w.spoil(b)
	}
	if what == checker.Guilty {
		return what, w.agreeEvidence(b) == what
	}
	return what, w.agree(b) != 0
}
