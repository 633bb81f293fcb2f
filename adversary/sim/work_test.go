package sim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto"
	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// floods are liars that try to make others work.
var floods = []string{"bad-signatures", "masks", "replay", "future", "amplify", "ask-all", "reflect", "half-valid", "overflow"}

func flooded(seed uint64, behaviours ...string) *Result {
	return RunSeed(seed, Options{Behaviours: behaviours, Only: []string{"liar"}})
}

// Floods cost correct replicas no more than I12 allows, and do not stop them.
func TestFloodsAreCheap(t *testing.T) {
	dropped := uint64(0)
	for seed := uint64(1); seed <= 20; seed++ {
		r := flooded(seed, floods...)
		require.Nil(t, r.Failure, "seed %d", seed)
		dropped += r.Marks[filtered]
	}
	require.NotZero(t, dropped, "the filter was idle")
}

// twice is a verifier that does everything two times over.
type twice struct{ crypto.Verifier }

func (v twice) Verify(key crypto.PublicKey, msg, sig []byte) bool {
	v.Verifier.Verify(key, msg, sig)
	return v.Verifier.Verify(key, msg, sig)
}

// I12 sees a door that checks a signature twice, and each kind of message has the room
// that the door takes up at most.
func TestWorkForNothingIsSeen(t *testing.T) {
	ring := cryptotest.NewRing(1)
	w := &World{sc: Scenario{Replicas: 4}.withDefaults(), now: clock.At(1), marks: map[string]uint64{}, newApp: newChainApp}
	w.build(Seed(1))
	m := &message.Suspect{View: 3, Signer: 1}
	_, err := w.door.Sign(ring.Signer(1), 1, m)
	require.NoError(t, err)
	check := func(door *message.Door) *Failure {
		w.failure, w.door = nil, door
		p := &packet{from: 1, msg: m}
		w.verify(p)
		w.oracle.onVerified(w.hosts[0], p)
		return w.failure
	}
	cluster, members, err := w.genesis.Cluster()
	require.NoError(t, err)
	require.Nil(t, check(w.door))
	require.Equal(t, "I12", check(message.NewDoor(cluster, members, twice{&w.meter}, true, message.Limits{})).Oracle)

	w.hosts[0].filter.marks.View = 4
	require.Equal(t, "I12", check(message.NewDoor(cluster, members, &w.meter, true, message.Limits{})).Oracle, "a SUSPECT of a view that was left")
}
