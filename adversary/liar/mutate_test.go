package liar_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
	"github.com/twothirds-bft/twothirds/pbft/wire/wiretest"
)

// bench is a cluster of n with a liar whose messages are caught.
type bench struct {
	door *message.Door
	env  *liar.Env
	ring *cryptotest.Ring
	sent []message.Message
	to   []message.ReplicaID
	now  clock.Instant
	lie  liar.Sender
}

// newBench corrupts replica self of n with a behaviour.
func newBench(t testing.TB, n, self int, with string, src sim.Source) *bench {
	t.Helper()
	b := &bench{ring: cryptotest.NewRing(1), now: clock.At(1)}
	g := message.Genesis{Name: "bench", Interval: 8, Signed: true}
	for i := range n {
		g.Members = append(g.Members, message.Member{ID: message.ReplicaID(i), Key: b.ring.Signer(i).Public(), Power: 1})
	}
	cluster, members, err := g.Cluster()
	require.NoError(t, err)
	b.door = message.NewDoor(cluster, members, b.ring.Verifier(), true, message.Limits{})
	b.env = &liar.Env{
		Self: message.ReplicaID(self), Door: b.door, Key: b.ring.Signer(self), Draw: src.Draw,
		Now: func() clock.Instant { return b.now },
		Send: func(to message.ReplicaID, m message.Message) {
			b.to, b.sent = append(b.to, to), append(b.sent, m)
		},
		After: func(_ clock.Duration, f func()) { f() },
	}
	behaviour, err := liar.Parse(with)
	require.NoError(t, err)
	b.lie = liar.NewBrain().Corrupt(b.env, behaviour)
	return b
}

// sign signs as any replica, correct ones too: it stands for what they would send.
func (b *bench) sign(id int, m message.Signed) message.Signed {
	if _, err := b.door.Sign(b.ring.Signer(id), message.ReplicaID(id), m); err != nil {
		panic(err)
	}
	return m
}

// cert is a prepare certificate at (1, 5) with votes up to 7.
func (b *bench) cert() *message.PrepareCert {
	c := &message.PrepareCert{View: 1, Base: 4, Seq: 5, Chain: message.Digest{5}, Links: []message.Digest{{6}, {7}}}
	for i := range 4 {
		s := message.Seq(min(5+i, 7))
		v := b.sign(i, &message.Prepare{View: 1, Base: 4, Seq: s, Chain: message.Fold(c.Chain, c.Links[:s-5])})
		_, sig := v.Author()
		c.Votes = append(c.Votes, message.CertVote{Signer: message.ReplicaID(i), Seq: s, Sig: sig})
	}
	return c
}

// The copy differs, the original does not, and the same draws make the same.
func TestMutate(t *testing.T) {
	for _, k := range wiretest.Kinds() {
		changed := 0
		for seed := uint64(1); seed <= 50; seed++ {
			m := wiretest.Sample(k)
			one := liar.Mutate(newBench(t, 4, 3, "silent", sim.Seed(seed)).env, m)
			two := liar.Mutate(newBench(t, 4, 3, "silent", sim.Seed(seed)).env, m)
			require.Equal(t, wiretest.Sample(k), m, "%v: the original is others'", k)
			require.Equal(t, one, two, "%v", k)
			require.Equal(t, k, one.Kind())
			if !reflect.DeepEqual(one, m) {
				changed++
			}
		}
		require.Greater(t, changed, 25, "%v", k)
	}
}

// What the liar signed it signs again, also deep inside; what others signed is broken.
func TestMutateSignsAgain(t *testing.T) {
	good, nested, broken := 0, 0, 0
	for seed := uint64(1); seed <= 400; seed++ {
		b := newBench(t, 4, 3, "silent", sim.Seed(seed))
		own := b.sign(3, &message.Prepare{View: 1, Base: 4, Seq: 5, Chain: message.Digest{5}})
		if _, err := b.door.Verify(3, liar.Mutate(b.env, own)); err == nil {
			good++
		}
		c := liar.Mutate(b.env, b.cert()).(*message.PrepareCert)
		if len(c.Votes) != 4 || c.Votes[3].Signer != 3 || c.Epoch != 0 || c.Seq > 5 || c.Base > c.Seq ||
			c.Votes[3].Seq < c.Seq || c.Votes[3].Seq-c.Seq > message.Seq(len(c.Links)) {
			continue
		}
		v := &c.Votes[3]
		p := &message.Prepare{
			View: c.View, Base: c.Base, Seq: v.Seq, Chain: message.Fold(c.Chain, c.Links[:v.Seq-c.Seq]), Signer: 3, Sig: v.Sig,
		}
		if b.door.Signature(p) == nil {
			nested++
		} else {
			require.GreaterOrEqual(t, p.View, message.View(1<<62))
		}
		if b.door.PrepareCert(c) != nil {
			broken++
		}
	}
	require.Greater(t, good, 200)
	require.Greater(t, nested, 100)
	require.Greater(t, broken, 100)
}

// Nothing that comes out makes the wire or the door panic, however often it is changed.
func FuzzMutate(f *testing.F) {
	for _, k := range wiretest.Kinds() {
		for seed := range byte(4) {
			f.Add(byte(k), []byte{seed, 1, seed * 7, 3, 200, 100, 50, seed, 17, 4, 9, 255})
		}
	}
	f.Fuzz(func(t *testing.T, kind byte, draws []byte) {
		list := wiretest.Kinds()
		m := wiretest.Sample(list[int(kind)%len(list)])
		b := newBench(t, 4, 3, "silent", sim.Bytes(draws))
		liar.Mutate(b.env, b.cert()) // something to take values from
		for range 1 + len(draws)/4 {
			m = liar.Mutate(b.env, m)
			_, _ = b.door.Verify(3, m)
			if frame, err := wire.Append(nil, m); err == nil {
				if m2, err := wire.Decode(frame); err == nil {
					_, _ = b.door.Verify(3, m2)
				}
			}
		}
	})
}
