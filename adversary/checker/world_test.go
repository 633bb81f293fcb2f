package checker_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/checker"
	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

// dice makes all choices of a generated message: the next one in [0, n).
type dice func(n uint64) uint64

// rare is seldom true, and false for dice that only show 0.
func (d dice) rare() bool { return d(50) == 49 }

// around returns s, or seldom something near it or far off.
func (d dice) around(s uint64) uint64 {
	switch d(80) {
	case 76:
		return s + 1
	case 77:
		return max(s, 1) - 1
	case 78:
		return s + d(4)
	case 79:
		return []uint64{0, 1<<62 - 1, 1 << 62, 1<<64 - 1, 1<<62 - 2}[d(5)]
	}
	return s
}

func seeded(seed uint64) dice { return rand.New(rand.NewPCG(seed, 1)).Uint64N }

// ofBytes shows what the bytes say, and then 0.
func ofBytes(b []byte) dice {
	return func(n uint64) uint64 {
		if len(b) == 0 {
			return 0
		}
		v := uint64(b[0])
		b = b[1:]
		if n > 256 && len(b) >= 2 {
			v = v<<16 | uint64(binary.BigEndian.Uint16(b))
			b = b[2:]
		}
		return v % n
	}
}

// world is one cluster as both sides see it. The test holds all keys.
type world struct {
	t       testing.TB
	dice    dice
	ring    *cryptotest.Ring
	members *message.Members
	cluster message.Digest
	door    *message.Door
	checker *checker.Checker
	root    message.Point
	genesis message.Genesis
}

func newRing() *cryptotest.Ring { return cryptotest.NewRing(1) }

func memberID(i int) message.ReplicaID { return message.ReplicaID(10*i + 3) }

// newWorld draws a membership of 1 to 10 with powers, in which clients sign or not.
func newWorld(t testing.TB, d dice) *world {
	w := &world{t: t, dice: d, ring: newRing()}
	powers := make([]uint64, 1+(d(10)+3)%10)
	most := []uint64{1, 1, 3, 1 << 40}[d(4)]
	for i := range powers {
		powers[i] = 1 + d(most)
	}
	return w.start(message.Genesis{Name: "checked", Interval: 1 + message.Seq(d(3)), Signed: d(2) == 0, BlockBytes: 1024, OpBytes: 64}, powers...)
}

func (w *world) start(g message.Genesis, powers ...uint64) *world {
	for i, p := range powers {
		g.Members = append(g.Members, message.Member{ID: memberID(i), Key: w.ring.Signer(i).Public(), Power: p})
	}
	var err error
	w.cluster, w.members, err = g.Cluster()
	require.NoError(w.t, err)
	w.root = message.Root(w.cluster)
	w.door = message.NewDoor(w.cluster, w.members, w.ring.Verifier(), g.Signed, g.Limits())
	w.genesis = g
	keys := w.ring.Verifier()
	w.checker, err = checker.New(plain(&g), func(key, msg, sig []byte) bool {
		return keys.Verify(message.PublicKey(key), msg, sig)
	})
	require.NoError(w.t, err)
	require.Equal(w.t, [32]byte(w.cluster), w.checker.Cluster())
	require.Equal(w.t, [32]byte(w.root.Chain), w.checker.Root())
	return w
}

// plain returns a genesis as the checker takes it.
func plain(g *message.Genesis) checker.Genesis {
	p := checker.Genesis{Name: g.Name, Interval: uint64(g.Interval), Signed: g.Signed, OpBytes: g.OpBytes, BlockBytes: g.BlockBytes}
	for _, m := range g.Members {
		p.Members = append(p.Members, checker.Member{ID: uint32(m.ID), Key: m.Key, Power: m.Power})
	}
	return p
}

// sign signs m as member i, who need not exist; seldom with another key.
func (w *world) sign(i int, m message.Signed) {
	key := i
	if w.dice.rare() {
		key = int(w.dice(11))
	}
	_, err := w.door.Sign(w.ring.Signer(key), memberID(i), m)
	require.NoError(w.t, err)
}

// links returns n links; of equal tags the shorter are the beginning of the longer.
func links(n int, tag byte) (out []message.Digest) {
	for i := range n {
		out = append(out, message.Digest{tag, byte(i), 1})
	}
	return out
}

// signers draws members in order, mostly all, seldom one twice, out of order or unknown.
func (w *world) signers() (out []int) {
	for i := range w.members.Len() {
		switch w.dice(50) {
		case 45, 46, 47, 48:
		case 49:
			out = append(out, i, i)
		default:
			out = append(out, i)
		}
	}
	if w.dice.rare() {
		out = append(out, 10)
	}
	if n := len(out); n > 1 && w.dice.rare() {
		out[0], out[n-1] = out[n-1], out[0]
	}
	return out
}
