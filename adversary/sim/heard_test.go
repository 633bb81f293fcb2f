package sim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// still returns a world of four replicas, the last of them a liar, before its first event.
func still() *World {
	w := &World{sc: Scenario{Replicas: 4, Byzantine: []Liar{{Replica: 3, Behaviour: "silent"}}}.withDefaults(), now: clock.At(1), marks: map[string]uint64{}, newApp: newChainApp}
	w.build(Seed(1))
	return w
}

// grow makes three blocks of view 0 on the root, and one more on each of the first two.
func grow(o *oracle) (chain []message.Point, fork [2]message.Point) {
	at := o.w.root
	add := func(up message.Point, size uint32) message.Point {
		h := message.Header{Seq: up.Seq + 1, PayloadSize: size}
		o.learn(up.Chain, &h)
		return message.Point{Seq: h.Seq, Chain: up.Chain.Extend(h.Digest())}
	}
	chain = append(chain, at)
	for i := range 3 {
		at = add(at, 0)
		chain = append(chain, at)
		if i < 2 {
			fork[i] = add(at, 1)
		}
	}
	return chain, fork
}

// A decision needs COMMITs of three of four in one view at or above it on its chain.
func TestDecisionsAreBacked(t *testing.T) {
	w := still()
	o := w.oracle
	chain, fork := grow(o)
	commit := func(id message.ReplicaID, v message.View, p message.Point) {
		o.overhear(&message.Commit{View: v, Seq: p.Seq, Chain: p.Chain, Signer: id})
	}
	commit(0, 1, chain[2])
	commit(1, 1, chain[3])
	commit(2, 1, fork[0]) // beside chain[2]
	commit(2, 0, chain[2])
	commit(0, 1, chain[3])
	require.True(t, o.backed(chain[1]))
	require.False(t, o.backed(chain[2]), "two in view 1, one in view 0")
	o.overhear(&message.CommitCert{View: 1, Seq: 2, Chain: chain[2].Chain, Votes: []message.CertVote{{Signer: 3, Seq: 3}}})
	require.True(t, o.backed(chain[2]), "the liar's vote came in a certificate")
	require.False(t, o.backed(chain[3]), "and says no more than that")

	o.checkBacked(w.hosts[0], chain[2])
	require.Nil(t, w.failure)
	o.checkBacked(w.hosts[0], chain[3])
	require.Equal(t, "I4", w.failure.Oracle)
}

// A vote above its base is for what its view's primary has signed.
func TestVotesAreForProposals(t *testing.T) {
	o := still().oracle
	chain, fork := grow(o)
	vote := func(v message.View, p message.Point) string {
		return o.proposed(&message.Prepare{View: v, Seq: p.Seq, Chain: p.Chain, Signer: 1})
	}
	require.NotEmpty(t, vote(0, chain[1]), "nothing is signed")
	o.overhear(&message.Prepare{Seq: 2, Chain: chain[2].Chain, Signer: 2})
	require.NotEmpty(t, vote(0, chain[1]), "by the primary")
	o.overhear(&message.Prepare{Seq: 2, Chain: chain[2].Chain, Signer: 0})
	require.Empty(t, vote(0, chain[1]))
	require.NotEmpty(t, vote(0, fork[0]))
	require.NotEmpty(t, vote(4, chain[1]), "a block of another view")
	require.Empty(t, vote(4, chain[0]), "the base is nobody's proposal")
}

// Why a view is left, and must be (V1, V6, R2).
func TestViewsAreLeftForAReason(t *testing.T) {
	w := still()
	o, h := w.oracle, w.hosts[1]
	x := o.heard[1]
	told := func(from message.ReplicaID, m message.Message) { o.onHeard(h, &packet{from: from, msg: m}) }
	left := func(v message.View, send ...message.Message) string {
		out := &core.Output{}
		for _, m := range send {
			out.Send = append(out.Send, core.Outgoing{All: true, Msg: m})
		}
		return x.leaves(o, h, v, out)
	}
	require.NotEmpty(t, left(1))
	told(3, &message.Suspect{View: 0, Signer: 3})
	require.NotEmpty(t, left(1), "f is not weak")
	told(2, &message.Leave{View: 1, Suspects: []message.Suspect{{View: 0, Signer: 2}}})
	require.Empty(t, left(1))
	x.settle(h)
	require.NotEmpty(t, left(1), "what was passed on counts when it comes")
	told(2, &message.Suspect{View: 0, Signer: 2})
	require.Empty(t, left(1))
	x.settle(h)
	w.now = w.now.Add(h.core.Status().Timeout + 1)
	require.NotEmpty(t, left(1), "a SUSPECT counts for one timeout")
	require.NotEmpty(t, x.suspectsEntry(o, &message.Suspect{View: 1, Signer: 1}), "nobody waits for view 1")

	proof := &message.Evidence{Kind: message.EvidencePrepareFork, Culprit: 0, First: &message.Prepare{View: 0}}
	require.Empty(t, left(1, &message.Leave{View: 1, Proof: proof}))
	require.NotEmpty(t, left(2, &message.Leave{View: 2, Proof: proof}))

	require.Empty(t, x.follows(o, h))
	told(0, &message.ViewChange{View: 1, Signer: 0})
	require.Empty(t, left(1), "a resignation")
	require.Empty(t, x.follows(o, h))
	told(2, &message.ViewChange{View: 2, Signer: 2})
	require.NotEmpty(t, x.follows(o, h), "weak power is gone")
	told(3, &message.Leave{Changes: []message.ViewChange{{View: 1, Signer: 3}}})
	require.Empty(t, x.suspectsEntry(o, &message.Suspect{View: 1, Signer: 1}))
}

// What quorum power of correct replicas has voted for, and is accepted here, is known.
func TestVotesAreCounted(t *testing.T) {
	w := still()
	o, h := w.oracle, w.hosts[1]
	x := o.heard[1]
	chain, fork := grow(o)
	x.state.Tip = chain[2]
	counts := func(known message.Seq) string { return x.counts(o, h, x.commits, 0, known, "") }
	for i, p := range []message.Point{chain[2], chain[1], chain[2]} {
		require.Empty(t, counts(0))
		o.onHeard(h, &packet{msg: &message.Commit{Seq: p.Seq, Chain: p.Chain, Signer: message.ReplicaID(i)}})
	}
	require.NotEmpty(t, counts(0))
	require.Empty(t, counts(1), "two of them go on to the second block")
	x.commits[0].at = fork[0]
	require.Empty(t, counts(0), "another chain")
	x.commits[0].at = chain[3]
	require.Empty(t, counts(0), "headers are missing")
}

// Who has caught up beyond its tip accepts the next block of its view (N1).
func TestCaughtUpAccepts(t *testing.T) {
	w := still()
	o, h := w.oracle, w.hosts[1]
	x := o.heard[1]
	chain, fork := grow(o)
	for _, p := range chain[:3] {
		o.chain[p.Seq] = p.Chain
	}
	x.state.Tip, h.app.seq = chain[1], 2
	x.body = vote{at: chain[3], base: 2}
	require.Empty(t, x.accepts(o, h, 2), "its primary has not signed it")
	o.onHeard(h, &packet{msg: &message.Prepare{Seq: 3, Chain: chain[3].Chain}})
	require.NotEmpty(t, x.accepts(o, h, 2))
	require.Empty(t, x.accepts(o, h, 3), "it is decided")
	x.state.Tip = fork[0]
	require.Empty(t, x.accepts(o, h, 2), "its tip is not what was decided")
	x.state.Tip, x.changes[1] = chain[1], 1
	require.Empty(t, x.accepts(o, h, 2), "it has left the view")
}
