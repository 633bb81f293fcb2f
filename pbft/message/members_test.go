package message_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	. "github.com/twothirds-bft/twothirds/pbft/message"
)

// TestMembers (spec M1, V7): sorted by id, whatever the order given; primaries in
// turn.
func TestMembers(t *testing.T) {
	list := []Member{{ID: 1<<32 - 1, Key: PublicKey{3}, Power: 2}, {ID: 0, Key: PublicKey{1}, Power: 1}, {ID: 1 << 31, Key: PublicKey{2}, Power: 1}}
	m, err := NewMembers(7, list)
	require.NoError(t, err)
	require.Equal(t, Epoch(7), m.Epoch())
	require.Equal(t, 3, m.Len())
	require.Equal(t, uint64(4), m.Quorums().Total())
	ids := []ReplicaID{0, 1 << 31, 1<<32 - 1}
	for i, id := range ids {
		require.Equal(t, id, m.At(i).ID)
		require.Equal(t, i, m.Index(id))
		require.Equal(t, id, m.Primary(View(i)))
		require.Equal(t, id, m.Primary(View(i)+3000))
	}
	many, err := NewMembers(7, append(list, Member{ID: 7, Key: PublicKey{4}, Power: 1}, Member{ID: 8, Key: PublicKey{5}, Power: 1}))
	require.NoError(t, err)
	for i := range many.Len() {
		require.Equal(t, many.At(i).ID, many.Primary(View(i)), "each leads")
	}
	require.Equal(t, -1, m.Index(5))

	other := slices.Clone(list)
	slices.Reverse(other)
	same, err := NewMembers(7, other)
	require.NoError(t, err)
	require.Equal(t, m.Digest(), same.Digest())
	list[0].Power = 9
	require.Equal(t, uint64(2), m.At(2).Power, "the list is the caller's")
}

// TestMembersThatCannotBe (spec M1).
func TestMembersThatCannotBe(t *testing.T) {
	a, b := Member{ID: 1, Key: PublicKey{1}, Power: 1}, Member{ID: 2, Key: PublicKey{2}, Power: 1}
	for name, list := range map[string][]Member{
		"none":      nil,
		"same id":   {a, {ID: 1, Key: PublicKey{2}, Power: 1}},
		"same key":  {a, b, {ID: 3, Key: PublicKey{1}, Power: 1}},
		"no power":  {a, {ID: 2, Key: PublicKey{2}}},
		"too much":  {a, {ID: 2, Key: PublicKey{2}, Power: 1 << 53}},
		"overflows": {a, {ID: 2, Key: PublicKey{2}, Power: 1<<64 - 1}},
	} {
		_, err := NewMembers(0, list)
		require.ErrorIs(t, err, ErrMembers, name)
		_, _, err = (&Genesis{Members: list}).Cluster()
		require.ErrorIs(t, err, ErrMembers, name)
	}
}

// TestGenesis (spec D3): the cluster's id covers all that its members agreed on.
func TestGenesis(t *testing.T) {
	base := Genesis{Name: "bank", Interval: 128, Signed: true, Members: []Member{{ID: 1, Key: PublicKey{1}, Power: 1}, {ID: 2, Key: PublicKey{2}, Power: 1}}}
	seen := map[Digest]string{}
	for name, change := range map[string]func(g *Genesis){
		"base": func(*Genesis) {}, "name": func(g *Genesis) { g.Name = "bang" }, "longer name": func(g *Genesis) { g.Name += "\x00" },
		"interval": func(g *Genesis) { g.Interval++ }, "signed": func(g *Genesis) { g.Signed = false },
		"id": func(g *Genesis) { g.Members[1].ID++ }, "key": func(g *Genesis) { g.Members[1].Key[0]++ },
		"power": func(g *Genesis) { g.Members[1].Power++ }, "fewer": func(g *Genesis) { g.Members = g.Members[:1] },
	} {
		g := base
		g.Members = slices.Clone(base.Members)
		change(&g)
		id, members, err := g.Cluster()
		require.NoError(t, err)
		require.Zero(t, members.Epoch())
		require.Empty(t, seen[id], name)
		require.False(t, id.IsZero())
		seen[id] = name
	}
}

// A genesis in which an admissible operation fits into no block is refused: each
// primary would propose it, and nobody could accept it.
func TestGenesisHasRoomForEachOperation(t *testing.T) {
	g := Genesis{Interval: 128, Members: []Member{{ID: 1, Power: 1}}, OpBytes: 1000}
	alone := sizeAlone(t, g.OpBytes)
	g.BlockBytes = alone
	_, _, err := g.Cluster()
	require.NoError(t, err)
	g.BlockBytes = alone - 1
	_, _, err = g.Cluster()
	require.ErrorIs(t, err, ErrMembers)
}

// sizeAlone returns the length of a block with one signed operation of n bytes.
func sizeAlone(t *testing.T, n int) int {
	raw := AppendBatch(nil, []Request{{Session: SessionID{Seq: 1}, Number: 1, Op: make([]byte, n), Sig: make([]byte, SignatureSize)}})
	_, err := ParseBatch(raw)
	require.NoError(t, err)
	return len(raw)
}

// TestOrders: ranks by epoch, view, seq (spec N3), sessions by age.
func TestOrders(t *testing.T) {
	ranks := []Rank{{}, {Seq: 9}, {View: 1}, {View: 1, Seq: 1}, {View: 2}, {Epoch: 1}, {Epoch: 1, View: 0, Seq: 3}}
	sessions := []SessionID{{}, {Pos: 1}, {Seq: 1}, {Seq: 1, Pos: 1 << 31}, {Seq: 1 << 63}}
	for i := range ranks {
		for j := range ranks {
			require.Equal(t, slices.Compare([]int{i}, []int{j}), ranks[i].Compare(ranks[j])) // M18
		}
	}
	for i := range sessions {
		for j := range sessions {
			require.Equal(t, slices.Compare([]int{i}, []int{j}), sessions[i].Compare(sessions[j]))
		}
	}
}

// TestNames: what traces print.
func TestNames(t *testing.T) {
	names := map[string]bool{}
	for k := KindPrePrepare; k < KindCount; k++ {
		names[k.String()] = true
	}
	require.Len(t, names, int(KindCount)-1)
	require.Equal(t, "KIND-0 KIND-19 KIND-255", fmt.Sprint(Kind(0), " ", KindCount, " ", Kind(255)))
	require.Equal(t, "7/2/9", Rank{Epoch: 7, View: 2, Seq: 9}.String())
	require.Equal(t, "9:0102000000000000", Point{Seq: 9, Chain: Digest{1, 2}}.String())
}

// TestChain (spec B1): a digest names the block and its whole past.
func TestChain(t *testing.T) {
	root := Root(cluster)
	require.Zero(t, root.Seq)
	require.NotEqual(t, root, Root(Digest{}))
	c := newChain(root, 5, 1)
	require.Equal(t, c.at(5).Chain, Fold(c.at(2).Chain, c.links(2, 5)))
	require.Equal(t, c.at(3).Chain, Fold(c.at(3).Chain, nil))
	pp := &PrePrepare{Parent: c.at(2).Chain, Header: c.headers[2]}
	require.Equal(t, c.at(3), pp.Point())
	d := c.headers[0].Digest()
	for name, change := range map[string]func(h *Header){
		"epoch": func(h *Header) { h.Epoch++ }, "view": func(h *Header) { h.View++ }, "seq": func(h *Header) { h.Seq++ },
		"kind": func(h *Header) { h.PayloadKind++ }, "hash": func(h *Header) { h.PayloadHash++ },
		"size": func(h *Header) { h.PayloadSize++ }, "digest": func(h *Header) { h.PayloadDigest[31]++ },
	} {
		h := c.headers[0]
		change(&h)
		require.NotEqual(t, d, h.Digest(), name)
	}
}
