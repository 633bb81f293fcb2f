package transporttest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/transport"
)

// Every member hears every other, and From is the sender's key.
func testDelivery(t *testing.T, f Fabric) {
	nodes := cluster(t, f, 4, transport.Limits{})
	for i, from := range nodes {
		for j, to := range nodes {
			if i != j {
				from.send(to, control(fmt.Sprintf("%d to %d", i, j)))
			}
		}
	}
	for i, from := range nodes {
		for j, to := range nodes {
			if i != j {
				require.Equal(t, []string{fmt.Sprintf("%d to %d", i, j)}, to.awaitFrames(from.key, 1))
			}
		}
	}
	for _, n := range nodes {
		require.Len(t, n.Links(), 3, "the own key is no link")
		for i, l := range n.Links() {
			require.Equal(t, transport.Member, l.Role)
			require.True(t, l.Connected)
			require.EqualValues(t, 1, l.Ups)
			require.EqualValues(t, 1, l.FramesIn)
			require.True(t, i == 0 || bytes.Compare(n.Links()[i-1].Peer[:], l.Peer[:]) < 0, "sorted")
		}
	}
}

// Within a class order holds, whatever the other class does.
func testOrderPerClass(t *testing.T, f Fabric) {
	const count = 1000
	nodes := cluster(t, f, 2, transport.Limits{})
	a, b := nodes[0], nodes[1]
	for i := range count {
		a.send(b, control(fmt.Sprintf("control %d", i)))
		a.send(b, bulk([]byte(fmt.Sprintf("bulk %d", i))))
	}
	next := map[string]int{}
	for _, s := range b.awaitFrames(a.key, 2*count) {
		class, _, _ := strings.Cut(s, " ")
		require.Equal(t, fmt.Sprintf("%s %d", class, next[class]), s)
		next[class]++
	}
	require.Equal(t, map[string]int{"control": count, "bulk": count}, next)
}

// One slice may be sent to several peers, and each receiver may scribble on what it got.
func testOwnership(t *testing.T, f Fabric) {
	keys := Keys(3)
	scribble := transport.Config{Handler: func(_ transport.Peer, data []byte) { clear(data) }}
	a := join(t, f, Spec{Key: keys[0], Members: PeersOf(keys)})
	b := join(t, f, Spec{Key: keys[1], Members: PeersOf(keys), Config: scribble})
	c := join(t, f, Spec{Key: keys[2], Members: PeersOf(keys), Config: scribble})
	a.awaitLink(b, c)
	data := bytes.Repeat([]byte("shared"), 50_000)
	want := string(data)
	for range 10 {
		a.send(b, bulk(data))
		a.send(c, bulk(data))
	}
	for _, n := range []*node{b, c} {
		for _, got := range n.awaitFrames(a.key, 10) {
			require.Equal(t, want, got, "arrives unchanged")
		}
	}
	require.Equal(t, want, string(data), "the sender's slice is not modified")
}

// Frames of 1 byte to FrameBytesMax pass, in either class; nothing else is accepted.
func testFrameSizes(t *testing.T, f Fabric) {
	const largest = 1 << 20
	nodes := cluster(t, f, 2, transport.Limits{FrameBytesMax: largest, QueueBytesMax: 16 * largest})
	a, b := nodes[0], nodes[1]
	var want []int
	for _, size := range []int{1, 4, 64<<10 - 1, 64 << 10, 64<<10 + 1, 300_000, largest} {
		for _, class := range []transport.Class{transport.Control, transport.Bulk} {
			data := make([]byte, size)
			data[size-1] = byte(size)
			a.send(b, transport.Frame{Class: class, Data: data})
			want = append(want, size)
		}
	}
	got := []int{}
	for _, s := range b.awaitFrames(a.key, len(want)) {
		require.Equal(t, byte(len(s)), s[len(s)-1])
		got = append(got, len(s))
	}
	require.ElementsMatch(t, want, got)
	require.False(t, a.Send(b.key, control("")), "empty")
	require.False(t, a.Send(b.key, bulk(make([]byte, largest+1))), "too large")
	require.False(t, a.Send(b.key, transport.Frame{Class: transport.Bulk + 1, Data: []byte("x")}), "no such class")
	l, _ := a.link(b.key)
	require.EqualValues(t, 3, l.Dropped)
	require.True(t, l.Connected, "a refused frame costs no link")
}

func testUnknownPeer(t *testing.T, f Fabric) {
	nodes := cluster(t, f, 2, transport.Limits{})
	require.False(t, nodes[0].Send(PeerOf(Keys(3)[2]), control("who?")))
	require.False(t, nodes[0].Send(nodes[0].key, control("to myself")))
}
