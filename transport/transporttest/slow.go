package transporttest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/transport"
)

const (
	fillerBytes = 64 << 10
	queueBytes  = 1 << 20
)

var slowLimits = transport.Limits{FrameBytesMax: queueBytes, QueueBytesMax: queueBytes, QueueFramesMax: 64}

// clog sends bulk to a peer that does not take it until not even the network does any more, and
// returns how many frames were accepted.
func (n *node) clog(to *node) (accepted int) {
	n.t.Helper()
	filler := bulk([]byte(strings.Repeat("f", fillerBytes)))
	still := 0
	n.eventually(func() bool {
		still++
		for n.Send(to.key, filler) {
			accepted++
			still = 0
		}
		return still > 50
	}, "a peer that takes nothing makes Send refuse")
	return accepted
}

// A peer that stops reading costs the memory of its queues and nobody else anything. Everything that
// Send accepted arrives when it comes back to life.
func testSlowPeerIsBounded(t *testing.T, f Fabric) {
	nodes := cluster(t, f, 3, slowLimits)
	a, stuck, live := nodes[0], nodes[1], nodes[2]
	release := stuck.hold(a.key)
	accepted := a.clog(stuck)
	for i := 0; a.Send(stuck.key, control(fmt.Sprint(i))); i++ {
		accepted++
		require.LessOrEqual(t, i, slowLimits.QueueFramesMax, "frames are bounded, however small")
	}
	l, _ := a.link(stuck.key)
	require.LessOrEqual(t, l.QueuedBytes, 2*queueBytes)
	require.Greater(t, l.QueuedBytes, queueBytes/2)
	require.Positive(t, l.Dropped)

	for i := range 100 {
		a.send(live, control(fmt.Sprint(i)))
		live.awaitFrames(a.key, i+1)
	}
	stuck.send(a, control("others are heard by the stuck one's sender"))
	a.awaitFrames(stuck.key, 1)

	release()
	require.Len(t, stuck.awaitFrames(a.key, accepted), accepted)
	a.eventually(func() bool { l, _ = a.link(stuck.key); return l.QueuedBytes == 0 }, "queue drains")
	require.Zero(t, l.QueuedFrames)
}

// What was queued when a link falls is lost and counted; the new link begins with an empty queue (spec S2).
func testLostWithLink(t *testing.T, f Fabric) {
	nodes := cluster(t, f, 2, slowLimits)
	a, b := nodes[0], nodes[1]
	release := b.hold(a.key)
	a.clog(b)
	before, _ := a.link(b.key)
	require.Positive(t, before.QueuedFrames)
	f.Cut(a.key, b.key)
	a.eventually(func() bool {
		l, _ := a.link(b.key)
		return !l.Connected && l.Dropped == before.Dropped+uint64(before.QueuedFrames) && l.QueuedFrames == 0
	}, "the queue is lost")
	f.Heal(a.key, b.key)
	a.eventually(func() bool { return a.Send(b.key, control("fresh")) }, "comes up")
	release()
	b.eventually(func() bool { return slices.Contains(b.received(a.key), "fresh") }, "goes on")
}

// A newer frame of a slot takes the place of the older one in the queue and keeps its turn (spec D1).
func testSupersede(t *testing.T, f Fabric) {
	nodes := cluster(t, f, 2, slowLimits)
	a, b := nodes[0], nodes[1]
	release := b.hold(a.key)
	accepted := a.clog(b)
	vote := func(slot uint64, data string) transport.Frame {
		return transport.Frame{Slot: slot, Data: []byte(data)}
	}
	a.send(b, vote(1, "prepare 1"))
	a.send(b, control("answer"))
	a.send(b, vote(2, "commit 1"))
	for i := 2; i <= 1000; i++ {
		a.send(b, vote(1, fmt.Sprint("prepare ", i)))
	}
	require.False(t, a.Send(b.key, transport.Frame{Class: transport.Bulk, Slot: 1, Data: make([]byte, fillerBytes)}),
		"slots of one class say nothing about the other's")
	l, _ := a.link(b.key)
	require.EqualValues(t, 999, l.Superseded)

	release()
	got := slices.DeleteFunc(b.awaitFrames(a.key, accepted+3), func(s string) bool { return len(s) == fillerBytes })
	require.Equal(t, []string{"prepare 1000", "answer", "commit 1"}, got)
}

// A control frame overtakes all bulk but what is under way (spec D2).
func testControlGoesFirst(t *testing.T, f Fabric) {
	nodes := cluster(t, f, 2, slowLimits)
	a, b := nodes[0], nodes[1]
	release := b.hold(a.key)
	accepted := a.clog(b)
	l, _ := a.link(b.key)
	a.send(b, control("vote"))
	release()
	before := slices.Index(b.awaitFrames(a.key, accepted+1), "vote")
	require.LessOrEqual(t, before, accepted-l.QueuedFrames+1)
}
