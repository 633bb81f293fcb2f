package core_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// "Every K blocks a replica signs CHECKPOINT(e, seq, C_s, state digest, client-table
// digest, members ...), once per seq" (spec C1).
func TestCheckpointEveryInterval(t *testing.T) {
	s := play(t, "new n=4 interval=3", "submit 0 a b c d e f g", "run", "run in=1s")
	var seqs []message.Seq
	for _, m := range s.hosts[2].sentKind(message.KindCheckpoint) {
		cp := m.(*message.Checkpoint)
		seqs = append(seqs, cp.Seq)
		require.Equal(t, s.cfg.Members.Digest(), cp.Members)
		require.Equal(t, s.at(map[message.Seq]string{3: "c", 6: "f"}[cp.Seq]), cp.Point())
		require.False(t, cp.State.IsZero() || cp.Clients.IsZero())
	}
	require.Equal(t, []message.Seq{3, 6}, seqs)
}

// "Quorum power of equal ones makes it stable: low moves there, once this replica has
// executed as far" (spec C1).
func TestLowWaitsForTheOwnExecution(t *testing.T) {
	s := play(t, "new n=4 interval=2", "submit 0 a b")
	for range 12 {
		for _, h := range s.hosts {
			h.turn()
			h.sync()
			if h.id != 3 {
				h.execute()
			}
		}
		for i := range 16 {
			s.deliver(i/4, i%4, anything, false)
		}
	}
	s.play(t, "expect 0,1,2 stable=2", "expect 3 decided=2 stable=0!", "execute 3", "expect 3 stable=2")
	require.NoError(t, s.door.CheckpointCert(s.hosts[0].written(core.RecordStable)[0].Message.(*message.CheckpointCert)))
}

// CHECKPOINTs beyond the window, off the interval or below low are not held (spec C1,
// D1).
func TestCheckpointsOffThePlan(t *testing.T) {
	s := play(t, "new n=4 interval=2 byz=3", "submit 0 a b", "run", "run in=200ms")
	before := s.hosts[0].core.Status().Stats.Drops[core.DropWindow]
	for _, seq := range []message.Seq{1, 2, 3, 8, 1 << 40} {
		m := &message.Checkpoint{CheckpointBody: message.CheckpointBody{Seq: seq}}
		_, err := s.door.Sign(s.hosts[3].signer, 3, m)
		require.NoError(t, err)
		s.transmit(3, 0, m)
	}
	s.play(t, "run")
	require.Equal(t, before+5, s.hosts[0].core.Status().Stats.Drops[core.DropWindow])
	require.Zero(t, s.hosts[0].core.Footprint().Collects)
}

// "It stops for good and reports both" (spec C2).
func TestDivergedReplicaStops(t *testing.T) {
	s := play(t, "new n=4 interval=2 byz=3", "rot 3", "submit 0 a b", "run", "stops 3 diverged")
	var diverged *core.DivergedError
	require.ErrorAs(t, s.hosts[3].fault, &diverged)
	require.EqualValues(t, 2, diverged.Seq)
	require.NotEqual(t, diverged.Own.State, diverged.Stable.State)
	require.Equal(t, diverged.Own.Chain, diverged.Stable.Chain)
}

// "be it ... or after executing its log at a restart" (spec C2): a replica whose
// application restores another state than it signed finds that out at the next
// checkpoint at the latest.
func TestDivergenceAfterARestart(t *testing.T) {
	s := play(t, "new n=4 interval=2 byz=3", "submit 0 a b c", "run", "run in=200ms", "expect all stable=2", "crash 3", "rot 3", "restart 3",
		"submit 0 d", "run", "run in=200ms")
	var diverged *core.DivergedError
	require.ErrorAs(t, s.hosts[3].fault, &diverged)
}

// The same where it signed the checkpoint, which was not stable then, and executes it anew:
// what it signed is right, and what it has is not.
func TestDivergenceFromWhatWasSigned(t *testing.T) {
	s := play(t, "new n=4 interval=2 byz=3", "mute *->3 CHECKPOINT", "submit 0 a b", "run", "expect 3 executed=2! stable=0!", "crash 3", "rot 3", "restart 3",
		"run", "unmute", "run in=200ms")
	var diverged *core.DivergedError
	require.ErrorAs(t, s.hosts[3].fault, &diverged)
	require.EqualValues(t, 2, diverged.Seq)
	require.NotEqual(t, diverged.Own.State, diverged.Stable.State)
}

// "When the CHECKPOINTs of one seq can no longer give any digest quorum power, every
// replica stops and reports them all; views are not changed for that" (spec C2). As
// long as silence could still make one, nobody stops.
func TestNondeterminismStopsAll(t *testing.T) {
	s := play(t, "new n=4 interval=2 byz=0,1,2,3", "rot 1,2", "mute *->* CHECKPOINT", "submit 0 a b", "run",
		"expect all stable=0! view=0!", "unmute", "run in=100ms")
	for _, h := range s.hosts {
		var nondeterministic *core.NondeterministicError
		require.ErrorAs(t, h.fault, &nondeterministic)
		require.EqualValues(t, 2, nondeterministic.Seq)
		require.GreaterOrEqual(t, len(nondeterministic.Digests), 3)
	}
}

// "Two CHECKPOINTs of one seq are reported as diverged or faulty, not as proof"
// (spec E1).
func TestTwoCheckpointsAreNoProof(t *testing.T) {
	s := play(t, "new n=4 interval=2 byz=3", "crash 3", "mute 1,2->0 CHECKPOINT", "submit 0 a b", "run")
	for i := range 2 {
		m := &message.Checkpoint{CheckpointBody: message.CheckpointBody{Seq: 2, State: message.Digest{byte(i)}}}
		_, err := s.door.Sign(s.hosts[3].signer, 3, m)
		require.NoError(t, err)
		s.transmit(3, 0, m)
	}
	s.play(t, "run")
	require.EqualValues(t, 1, s.hosts[0].core.Status().Stats.Drops[core.DropTwoCheckpoints])
	require.Empty(t, s.hosts[0].written(core.RecordEvidence))
}

// A stable checkpoint off the own decided chain is a fork like two CCs (spec V4, C1).
func TestForkedCheckpointStops(t *testing.T) {
	s := play(t, "new n=4 interval=2 byz=1,2,3", "submit 0 a b", "mute *->0 CHECKPOINT", "run", "crash 1", "crash 2", "crash 3")
	cert := &message.CheckpointCert{CheckpointBody: message.CheckpointBody{Seq: 2, Chain: message.Digest{1}}}
	for i := 1; i < 4; i++ {
		m := &message.Checkpoint{CheckpointBody: cert.CheckpointBody}
		_, err := s.door.Sign(s.hosts[i].signer, message.ReplicaID(i), m)
		require.NoError(t, err)
		cert.Votes = append(cert.Votes, message.CertVote{Signer: m.Signer, Seq: 2, Sig: m.Sig})
	}
	s.transmit(2, 0, cert)
	s.play(t, "run")
	var forked *core.ForkedError
	require.ErrorAs(t, s.hosts[0].fault, &forked)
	s.violations = nil
}

// "pulls blocks, each covered by a checkpoint certificate or a CC with links: those
// above its own decided point" (spec C4): replica 3 is three checkpoints behind, and
// its peers answer from their logs.
func TestTransferFromTheLog(t *testing.T) {
	s := play(t, "new n=4 interval=2", "cut 0,1,2|3", "submit 0 a b c d e f g", "run", "run in=200ms", "expect 0,1,2 stable=6", "heal",
		"run in=2s who=3 executed=7 stable=6")
	require.Equal(t, s.hosts[0].state, s.hosts[3].state)
	require.Len(t, s.hosts[3].written(core.RecordBlock), 7)
}

// "it discards all pre-prepare, prepare, and commit messages with sequence number less
// than or equal to n and all earlier checkpoint[s]" (the paper, 4.3; spec C1, D1).
func TestBelowLowIsForgotten(t *testing.T) {
	s := play(t, "new n=4 interval=2", "submit 0 a b c", "run", "run in=100ms", "expect all stable=2")
	for _, h := range s.hosts {
		held := h.core.Footprint()
		require.Equal(t, 1, held.Blocks)
		require.Equal(t, 2, held.Chain, "low and what is above")
		require.Zero(t, held.Collects+held.Checkpoints+held.Requests)
	}
}
