package message_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/crypto/cryptotest"
	. "github.com/twothirds-bft/twothirds/pbft/message"
)

// world is a membership whose keys the test holds. Members are named by index;
// their ids are neither dense nor equal to it.
type world struct {
	t       testing.TB
	cluster Digest
	members *Members
	door    *Door
	ring    *cryptotest.Ring
	epoch   Epoch
}

const outsider = 99 // the index of a signer who is no member

func memberID(i int) ReplicaID { return ReplicaID(10*i + 3) }

// newWorld makes a world of members with the given powers, in which clients sign.
func newWorld(t testing.TB, powers ...uint64) *world {
	return newWorldOf(t, Digest{1}, 7, true, Limits{}, powers...)
}

func newWorldOf(t testing.TB, cluster Digest, e Epoch, signed bool, l Limits, powers ...uint64) *world {
	w := &world{t: t, cluster: cluster, ring: cryptotest.NewRing(1), epoch: e}
	var list []Member
	for i, p := range powers {
		list = append(list, Member{ID: memberID(i), Key: w.signer(i).Public(), Power: p})
	}
	var err error
	w.members, err = NewMembers(e, list)
	require.NoError(t, err)
	w.door = NewDoor(cluster, w.members, w.ring.Verifier(), signed, l)
	return w
}

func (w *world) signer(i int) Signer { return w.ring.Signer(i) }

// client returns the signer of a client.
func (w *world) client(i int) Signer { return w.ring.Signer(1000 + i) }

// sign signs m as member i and returns the signature.
func (w *world) sign(i int, m Signed) []byte {
	_, err := w.door.Sign(w.signer(i), memberID(i), m)
	require.NoError(w.t, err)
	_, sig := m.Author()
	return sig
}

func (w *world) prepare(i int, v View, base Seq, at Point) *Prepare {
	m := &Prepare{Epoch: w.epoch, View: v, Base: base, Seq: at.Seq, Chain: at.Chain}
	w.sign(i, m)
	return m
}

func (w *world) commit(i int, v View, at Point) *Commit {
	m := &Commit{Epoch: w.epoch, View: v, Seq: at.Seq, Chain: at.Chain}
	w.sign(i, m)
	return m
}

func (w *world) suspect(i int, v View) Suspect {
	m := Suspect{Epoch: w.epoch, View: v, Decided: 5}
	w.sign(i, &m)
	return m
}

func (w *world) viewChange(i int, v View, r Rank, chain Digest) *ViewChange {
	m := &ViewChange{Epoch: w.epoch, View: v, Rank: r, Chain: chain}
	w.sign(i, m)
	return m
}

func (w *world) checkpoint(i int, body CheckpointBody) *Checkpoint {
	m := &Checkpoint{CheckpointBody: body}
	w.sign(i, m)
	return m
}

func (w *world) rank(v View, s Seq) Rank { return Rank{Epoch: w.epoch, View: v, Seq: s} }

// chain is a chain of headers above a point.
type chain struct {
	from    Point
	headers []Header
}

// newChain makes n headers above from. Chains of different tags differ in each.
func newChain(from Point, n int, tag byte) *chain {
	c := &chain{from: from}
	for i := range n {
		h := Header{Epoch: 7, View: 2, Seq: from.Seq + Seq(i) + 1, PayloadKind: PayloadBatch, PayloadHash: HashSHA256}
		h.PayloadDigest[0], h.PayloadDigest[1] = tag, byte(i)
		c.headers = append(c.headers, h)
	}
	return c
}

// fork makes a chain that leaves c after s.
func (c *chain) fork(s Seq, tag byte) *chain {
	kept := c.headers[:s-c.from.Seq]
	other := newChain(c.at(s), len(c.headers)-len(kept), tag)
	return &chain{from: c.from, headers: append(append([]Header(nil), kept...), other.headers...)}
}

// links returns the digests of the blocks above from, up to to.
func (c *chain) links(from, to Seq) []Digest {
	var out []Digest
	for s := from + 1; s <= to; s++ {
		out = append(out, c.headers[s-c.from.Seq-1].Digest())
	}
	return out
}

// at returns the place of seq s on the chain.
func (c *chain) at(s Seq) Point {
	return Point{Seq: s, Chain: Fold(c.from.Chain, c.links(c.from.Seq, s))}
}

// digestOf makes digests that differ.
func digestOf(n uint64) (d Digest) {
	binary.BigEndian.PutUint64(d[:], n)
	d[31] = 1
	return d
}

// request makes a well-formed request of client i.
func (w *world) request(i int, number uint64) Request {
	r := Request{
		Client: w.client(i).Public(), Session: SessionID{Seq: 4, Pos: 2}, Number: number, Awaited: 1, Op: []byte("op"),
	}
	require.NoError(w.t, w.door.SignRequest(w.client(i), &r))
	return r
}
