package transporttest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/transport"
)

// A link that falls comes up again, both ends are told, and frames pass. While it is down Send says
// so (spec S2).
func testReconnect(t *testing.T, f Fabric) {
	nodes := cluster(t, f, 3, transport.Limits{})
	a, b, other := nodes[0], nodes[1], nodes[2]
	for round := 1; round <= 3; round++ {
		f.Cut(a.key, b.key)
		for _, end := range [][2]*node{{a, b}, {b, a}} {
			from, to := end[0], end[1]
			from.eventually(func() bool { l, ok := from.link(to.key); return ok && !l.Connected }, "link falls")
			require.False(t, from.Send(to.key, control("lost")))
			l, _ := from.link(to.key)
			require.Error(t, l.LastErr)
			require.EqualValues(t, round, l.Ups)
			require.Positive(t, l.Dropped)
		}
		a.send(other, control("elsewhere all is well"))

		f.Heal(a.key, b.key)
		a.eventually(func() bool { return a.upCount(b.key) == round+1 && b.upCount(a.key) == round+1 }, "both are told")
		a.send(b, control("again"))
		b.send(a, control("again"))
		b.awaitFrames(a.key, round)
		a.awaitFrames(b.key, round)
	}
	other.awaitFrames(a.key, 3)
	require.Equal(t, 1, a.upCount(other.key))
	require.NotContains(t, a.received(b.key), "lost")
}

// A process that ends and starts again under its key is linked to again.
func testRestart(t *testing.T, f Fabric) {
	keys := Keys(3)
	for _, restarted := range []int{0, 2} { // the end that dials, and the one that is dialled
		a := join(t, f, Spec{Key: keys[1], Members: PeersOf(keys)})
		b := join(t, f, Spec{Key: keys[restarted], Members: PeersOf(keys)})
		a.awaitLink(b)
		require.NoError(t, b.Close())
		b = join(t, f, Spec{Key: keys[restarted], Members: PeersOf(keys)})
		a.eventually(func() bool { return a.upCount(b.key) == 2 && b.upCount(a.key) == 1 }, "linked again")
		a.send(b, control("welcome back"))
		b.awaitFrames(a.key, 1)
		require.NoError(t, a.Close())
		require.NoError(t, b.Close())
	}
}

// While the Handler is at work for an old link of a peer, a new link of that peer waits its turn: order
// per peer holds across reconnects.
func testOneHandlerAtATime(t *testing.T, f Fabric) {
	nodes := cluster(t, f, 2, transport.Limits{})
	for _, end := range [][2]*node{{nodes[0], nodes[1]}, {nodes[1], nodes[0]}} {
		from, slow := end[0], end[1]
		ups := from.upCount(slow.key)
		release := slow.hold(from.key)
		from.send(slow, control("slow"))
		slow.awaitFrames(from.key, 1)
		f.Cut(from.key, slow.key)
		from.eventually(func() bool { l, _ := from.link(slow.key); return !l.Connected }, "link falls")
		f.Heal(from.key, slow.key)
		from.eventually(func() bool { return from.upCount(slow.key) > ups && from.Send(slow.key, control("next")) },
			"the blocked Handler does not keep the link down")
		require.Equal(t, ups, slow.upCount(from.key), "OnUp waits for the Handler, too")
		require.Equal(t, []string{"slow"}, slow.received(from.key))
		release()
		require.Equal(t, []string{"slow", "next"}, slow.awaitFrames(from.key, 2))
	}
}

// What OnUp sends arrives, after every reconnect: the engine's newest messages (spec S2, S3).
func testSendFromOnUp(t *testing.T, f Fabric) {
	keys := Keys(2)
	var self *node
	joined := make(chan struct{}) // OnUp may come before Join has returned
	a := join(t, f, Spec{Key: keys[0], Members: PeersOf(keys)})
	b := join(t, f, Spec{Key: keys[1], Members: PeersOf(keys), Config: transport.Config{OnUp: func(p transport.Peer) {
		<-joined
		self.Send(p, control("newest vote"))
	}}})
	self = b
	close(joined)
	for round := 1; round <= 3; round++ {
		require.Equal(t, strings.Repeat("newest vote", round), strings.Join(a.awaitFrames(b.key, round), ""))
		f.Cut(a.key, b.key)
		a.eventually(func() bool { l, _ := a.link(b.key); return !l.Connected }, "link falls")
		f.Heal(a.key, b.key)
	}
}

// Members may join and leave a running endpoint (spec R5).
func testSetMembers(t *testing.T, f Fabric) {
	keys := Keys(3)
	all := PeersOf(keys)
	for _, joiner := range []int{2, 0} { // one that is to be dialled, and one that dials and so is a client first
		veterans := make([]transport.Peer, 0, 2)
		for i, p := range all {
			if i != joiner {
				veterans = append(veterans, p)
			}
		}
		a := join(t, f, Spec{Key: keys[1], Members: veterans})
		j := join(t, f, Spec{Key: keys[joiner], Members: all})
		if joiner == 0 {
			a.awaitLink(j)
			l, _ := a.link(j.key)
			require.Equal(t, transport.Client, l.Role)
		}
		f.SetMembers(t, a.Endpoint, a.key, all)
		a.eventually(func() bool {
			l, _ := a.link(j.key)
			return l.Connected && l.Role == transport.Member && j.connected(a.key)
		}, "the joiner is a member now")
		if joiner == 0 {
			j.eventually(func() bool { return j.upCount(a.key) == 2 }, "limits change with the role, so the link starts over")
		}
		a.eventually(func() bool { return a.Send(j.key, control("welcome")) }, "can send")
		j.awaitFrames(a.key, 1)

		f.SetMembers(t, a.Endpoint, a.key, veterans)
		if joiner == 0 {
			j.eventually(func() bool { return j.upCount(a.key) == 3 }, "comes back as a client")
			a.eventually(func() bool { l, ok := a.link(j.key); return ok && l.Role == transport.Client }, "as a client")
		} else {
			j.eventually(func() bool { l, _ := j.link(a.key); return !l.Connected }, "is not dialled any more")
			a.eventually(func() bool { _, ok := a.link(j.key); return !ok }, "is forgotten")
		}
		require.NoError(t, a.Close())
		require.NoError(t, j.Close())
	}
}
