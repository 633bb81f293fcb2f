package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// proofs returns the kinds of evidence that a replica has on record against another,
// and checks that anyone would believe them (spec E1).
func (s *script) proofs(t *testing.T, at, culprit int) (out []message.EvidenceKind) {
	for _, r := range s.hosts[at].written(core.RecordEvidence) {
		id, err := s.door.Evidence(r.Evidence)
		require.NoError(t, err)
		if int(id) == culprit {
			out = append(out, r.Evidence.Kind)
		}
	}
	return out
}

// "two PREPAREs, or two COMMITs, of one view on different chains, shown with links"
// (spec E1).
func TestEvidenceOfForks(t *testing.T) {
	s := play(t, "new n=4 interval=8 byz=0,3", "crash 0", "crash 3", "byz 0 propose on=root op=a", "byz 0 propose on=a op=c", "byz 0 propose on=root op=b",
		"byz 0 PREPARE at=c", "run", "byz 3 PREPARE at=b to=1", "byz 3 PREPARE at=c to=1", "byz 3 COMMIT at=c to=1", "byz 3 COMMIT at=b to=1", "run")
	require.Equal(t, []message.EvidenceKind{message.EvidencePrepareFork, message.EvidenceCommitFork}, s.proofs(t, 1, 3))
	require.Len(t, s.hosts[1].written(core.RecordEvidence)[0].Evidence.Links, 1, "from the fork at 1 to the vote at 2")
	s.play(t, "expect 1,2 view=0! target=0!")
}

// "two PREPAREs of one view with different bases" (spec E1).
func TestEvidenceOfBases(t *testing.T) {
	s := play(t, "new n=4 interval=8 byz=3", "crash 3", "submit 0 a b", "run", "byz 3 PREPARE base=0 at=a", "byz 3 PREPARE base=1 at=b", "run")
	require.Equal(t, []message.EvidenceKind{message.EvidenceBase}, s.proofs(t, 0, 3))
}

// "a VIEW-CHANGE(e, v') whose rank is below a COMMIT(e, v < v') of its signer"
// (spec E1).
func TestEvidenceOfLowReports(t *testing.T) {
	s := play(t, "new n=4 interval=8 byz=3", "crash 3", "submit 0 a b", "run", "byz 3 COMMIT at=b", "byz 3 VIEW-CHANGE view=1 rank=0 at=b to=0",
		"byz 3 VIEW-CHANGE view=2 rank=0 at=a to=1", "run")
	require.Empty(t, s.proofs(t, 0, 3), "as high as its COMMIT")
	require.Equal(t, []message.EvidenceKind{message.EvidenceLowReport}, s.proofs(t, 1, 3))
}

// "two VIEW-CHANGEs ... of one view with different bodies" (spec E1), one of them
// passed on in a LEAVE.
func TestEvidenceOfTwoReports(t *testing.T) {
	s := play(t, "new n=4 interval=8 byz=2,3", "crash 2", "crash 3", "submit 0 a", "run", "mute 1->0 VIEW-CHANGE", "byz 3 VIEW-CHANGE view=1 rank=0 at=a to=0",
		"byz 3 VIEW-CHANGE view=1 to=1", "byz 2 VIEW-CHANGE view=1 to=1", "run")
	require.Equal(t, []message.EvidenceKind{message.EvidenceViewChange}, s.proofs(t, 0, 3))
}

// "a block signed by its primary whose payload is the one that the header names and
// fails the pure validity function" (spec E1): the batch is no batch.
func TestEvidenceOfPayloads(t *testing.T) {
	s := play(t, "new n=4 byz=0", "crash 0")
	raw := []byte("no batch")
	h := message.Header{
		Seq: 1, PayloadKind: message.PayloadBatch, PayloadHash: message.HashSHA256, PayloadSize: uint32(len(raw)),
		PayloadDigest: message.PayloadDigest(raw),
	}
	p := s.names.learn(s.root.Chain, &h, nil)
	m := &message.Prepare{Seq: 1, Chain: p.Chain}
	_, err := s.door.Sign(s.hosts[0].signer, 0, m)
	require.NoError(t, err)
	for i := 1; i < 4; i++ {
		s.transmit(0, i, &message.PrePrepare{Parent: s.root.Chain, Header: h})
		s.transmit(0, i, m)
		s.transmit(0, i, &message.Body{Parent: s.root.Chain, Header: h, Raw: raw})
	}
	s.play(t, "run", "expect 1,2,3 view=1!")
	require.Equal(t, []message.EvidenceKind{message.EvidencePayload}, s.proofs(t, 2, 0))
}

// "compared only within one epoch and one kind" (spec E1): PREPARE on one chain and
// COMMIT on another is what a correct replica does when the primary equivocates.
func TestPrepareAndCommitAreNotCompared(t *testing.T) {
	s := play(t, "new n=4 byz=0,3", "crash 0", "crash 3", "byz 0 propose on=root op=a", "byz 0 propose on=root op=b", "byz 0 PREPARE at=a", "run",
		"byz 3 PREPARE at=b", "byz 3 COMMIT at=a", "run")
	require.Empty(t, s.proofs(t, 1, 3))
}

// "They are kept, one per culprit and kind, persisted, exposed to the application"
// (spec E1, D1), also across a restart.
func TestEvidenceIsKeptOnce(t *testing.T) {
	s := play(t, "new n=4 interval=8 byz=3", "crash 3", "submit 0 a b c", "run")
	lies := []string{"byz 3 PREPARE base=0 at=a to=0", "byz 3 PREPARE base=1 at=b to=0", "byz 3 PREPARE base=2 at=c to=0", "run"}
	s.play(t, lies...)
	require.Len(t, s.proofs(t, 0, 3), 1)
	s.play(t, "crash 0", "restart 0", "run")
	s.play(t, lies...)
	require.Len(t, s.proofs(t, 0, 3), 1)
	require.Equal(t, 1, s.hosts[0].core.Footprint().Evidence)
}

// "relayed ones inside N9's answers" (spec N8, N9, V1): what an answer carries of the
// primary counts as if it had come from the primary.
func TestEvidenceFromAnAnswer(t *testing.T) {
	s := play(t, "new n=4 byz=0", "crash 0", "byz 0 propose on=root op=a to=1", "byz 0 PREPARE at=a to=1", "byz 0 propose on=root op=b to=2,3",
		"byz 0 PREPARE at=b to=2,3", "run in=200ms who=1,2,3 view=1")
	for i := 1; i < 4; i++ {
		require.Equal(t, []message.EvidenceKind{message.EvidencePrepareFork}, s.proofs(t, i, 0))
	}
}
