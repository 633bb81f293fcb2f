package pbft

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	"github.com/twothirds-bft/twothirds/pbft/core"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/transport"
)

// A repeat of a PREPARE waits for a sync, and newer ones of a primary do not: it must not take their place in the queue of a
// slow peer (spec D1, N7). The newest may be repeated, and other votes are in order anyway.
func TestOldPrepareIsNotSentAfterNewer(t *testing.T) {
	ring, net := cryptotest.NewRing(1), &sink{sent: make(map[transport.Peer][][]byte)}
	g := message.Genesis{Name: "send", Interval: 128}
	for i := range 2 {
		g.Members = append(g.Members, message.Member{ID: message.ReplicaID(i), Key: ring.Signer(i).Public(), Power: 1})
	}
	_, members, err := g.Cluster()
	require.NoError(t, err)
	r := &Replica{members: members, net: net}
	prepare := func(view message.View, seq message.Seq) message.Message {
		return &message.Prepare{View: view, Seq: seq, Chain: message.Digest{1}, Sig: make([]byte, message.SignatureSize)}
	}
	commit := &message.Commit{View: 1, Seq: 4, Chain: message.Digest{1}, Sig: make([]byte, message.SignatureSize)}
	r.send([]core.Outgoing{{All: true, Msg: prepare(1, 5)}, {All: true, Msg: prepare(1, 6)}})
	r.send([]core.Outgoing{{To: 1, Msg: prepare(1, 5)}, {To: 1, Msg: commit}, {To: 1, Msg: prepare(1, 6)}})
	r.send([]core.Outgoing{{All: true, Msg: prepare(2, 3)}, {To: 1, Msg: prepare(1, 6)}})
	want := []message.Message{prepare(1, 5), prepare(1, 6), commit, prepare(1, 6), prepare(2, 3)}
	require.Len(t, net.sent[members.At(1).Key], len(want))
	for i, frame := range net.sent[members.At(1).Key] {
		m, err := wire.Decode(frame)
		require.NoError(t, err)
		require.Equal(t, want[i], m)
	}
}
