package shrink

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
	"github.com/twothirds-bft/twothirds/pbft/message"
)

func TestReduce(t *testing.T) {
	list := make([]int, 40)
	for i := range list {
		list[i] = i
	}
	tried := 0
	needs := func(all ...int) func([]int) bool {
		return func(rest []int) bool {
			tried++
			return !slices.ContainsFunc(all, func(n int) bool { return !slices.Contains(rest, n) })
		}
	}
	require.Equal(t, []int{3, 17, 39}, Reduce(list, needs(3, 17, 39)))
	require.Less(t, tried, 80)
	require.Empty(t, Reduce(list, needs()))
	require.Equal(t, list, Reduce(list, needs(list...)))
	// Each can only go after the one behind it.
	require.Equal(t, []int{0}, Reduce(list, func(rest []int) bool { return len(rest) > 0 && rest[len(rest)-1] == len(rest)-1 }))
}

func TestParts(t *testing.T) {
	require.Nil(t, parts("silent"))
	require.Equal(t, []string{"50ms"}, parts("delay(50ms)"))
	require.Equal(t, []string{
		"a", "when(p,compose(b,c,d))", "compose(when(p,compose(b,c,d)))",
	}, slices.Concat(parts("compose(a,when(p,compose(b,c,d)))")[:2], []string{"compose(when(p,compose(b,c,d)))"}))
	require.Contains(t, parts("when(p,compose(b,c,d))"), "when(p,compose(b,d))")
	require.Contains(t, parts("compose(a,b,c)"), "compose(a,c)")
}

func TestSimpler(t *testing.T) {
	ms := clock.Millisecond
	require.Equal(t, []clock.Duration{0, 100 * ms, 600 * ms, 1000 * ms, 1200 * ms, 1230 * ms}, fewDigits(1234*ms))
	require.Equal(t, []clock.Duration{0, 100 * clock.Microsecond}, fewDigits(150 * clock.Microsecond)[:2])
	require.Empty(t, fewDigits(0))
	require.Equal(t, []int64{1, 2, 5, 10}, smaller(20, 1))
	require.Equal(t, []int64{0, 1, 2, 3}, smaller(4, 0))
	require.Equal(t, []int64{1, 2, 3, 4, 8}, smaller(0, 1))
	require.Empty(t, smaller(1, 1))
	require.Equal(t, []int64{0, 7, -3}, smaller(-7, 0))
}

// Taking a replica out renumbers the others wherever they are named, and takes out
// what concerned it alone.
func TestWithoutReplica(t *testing.T) {
	sc := sim.Scenario{
		Replicas: 5, Lost: []int{4}, Twins: []int{2},
		Byzantine: []sim.Liar{{Replica: 1, Behaviour: "silent"}, {Replica: 3, Behaviour: "silent"}},
		Crashes:   []sim.Crash{{Replica: 2}, {Replica: 4}},
		Cuts:      []sim.Cut{{Side: []int{2}}, {Side: []int{0, 2, 3}}},
		Rules:     []sim.Rule{{Do: sim.Drop, From: []int{2}}, {Do: sim.Drop, To: []int{0, 6}}, {Do: sim.Drop}},
	}
	c := clone(sc)
	without(&c, 2)
	require.Equal(t, sim.Scenario{
		Replicas: 4, Lost: []int{3},
		Byzantine: []sim.Liar{{Replica: 1, Behaviour: "silent"}, {Replica: 2, Behaviour: "silent"}},
		Crashes:   []sim.Crash{{Replica: 3}},
		Cuts:      []sim.Cut{{Side: []int{0, 2}}},
		Rules:     []sim.Rule{{Do: sim.Drop, To: []int{0, 5}}, {Do: sim.Drop}},
	}, c)
	require.Equal(t, []int{4}, sc.Lost, "the original is as it was")
	require.Equal(t, 4, sc.Crashes[1].Replica)
}

func TestPlaces(t *testing.T) {
	sc := sim.Scenario{Cuts: []sim.Cut{{Side: []int{2, 3}}}, Crashes: []sim.Crash{{Replica: 3}}}
	names := map[string]int{}
	for _, p := range append(places(sc, true), places(sc, false)...) {
		names[p.name]++
	}
	require.Equal(t, 1, names["cuts.side"], "the list, not its elements")
	require.Equal(t, 1, names["cuts.from"])
	require.Equal(t, 1, names["crashes"])
	require.Equal(t, 1, names["links.delay_max"])
	for _, p := range places(sc, false) {
		if p.name == "crashes.replica" {
			require.Empty(t, simpler(p, p.of(&sc)), "who it is, is not made simpler")
		}
	}
}

func TestRules(t *testing.T) {
	prepare := cut{kind: message.KindPrepare, from: 0, to: 1}
	nth := prepare
	nth.nth = 2
	tail := cut{kind: message.KindCommit, from: 0, to: 1, since: clock.Millisecond}
	list := []cut{
		tail, nth, {kind: message.KindStatus, all: true}, {kind: message.KindFetch, all: true},
		{kind: message.KindCommit, from: 2, to: 3}, {kind: message.KindPrepare, from: 2, to: 3},
		{kind: message.KindPrepare, from: 2, to: 1}, {kind: message.KindCommit, from: 2, to: 1},
	}
	require.Equal(t, []sim.Rule{
		{Do: sim.Drop, Kinds: []string{"STATUS", "FETCH"}},
		{Do: sim.Drop, From: []int{2}, To: []int{1, 3}, Kinds: []string{"PREPARE", "COMMIT"}},
		{Do: sim.Drop, From: []int{0}, To: []int{1}, Kinds: []string{"PREPARE"}, Nth: 2},
		{Do: sim.Drop, From: []int{0}, To: []int{1}, Kinds: []string{"COMMIT"}, Begin: clock.Millisecond},
	}, rules(list))
	require.Empty(t, rules(nil))
	require.Equal(t, []cut{
		{kind: message.KindCommit, from: 0, to: 1, since: clock.Millisecond}, nth, {kind: message.KindStatus, all: true},
		{kind: message.KindFetch, all: true},
	}, cutsWithout(slices.Clone(list), 2))
	require.Equal(t, 1, cutsWithout([]cut{{from: 2, to: 0}}, 1)[0].from)
}

// storyLog is a log of three processes: 0 sends to 1, 1 to 2 and 2 to 0, in this order, and
// then 0 sends twice to 1 at one instant, and a last time.
func storyLog() *log {
	l := newLog(&sim.Scenario{}, false)
	ms := clock.Millisecond
	for i, x := range []struct {
		from, to int
		at       clock.Duration
	}{{0, 1, ms}, {1, 2, 2 * ms}, {2, 0, 3 * ms}, {0, 1, 15 * ms}, {0, 1, 15 * ms}, {0, 1, 37 * ms}} {
		for _, kind := range []sim.EventKind{sim.EventSend, sim.EventDeliver} {
			e := sim.Event{At: x.at, Kind: kind, ID: uint64(i), Msg: &message.Prepare{}, Replica: x.from, Peer: x.to}
			if kind == sim.EventDeliver {
				e.Replica, e.Peer = x.to, x.from
			}
			_ = l.OnEvent(nil, e)
		}
	}
	return l
}

// What happened before the end of a process is what it can know of.
func TestPast(t *testing.T) {
	l := storyLog()
	require.Len(t, l.delivered, 6)
	require.Equal(t, l.delivered[:1], l.past(1)[:1])
	require.Len(t, l.past(1), 6, "0 knew of 2, and told 1")
	require.Equal(t, l.delivered[:2], l.past(2))
	require.Equal(t, l.delivered[:3], l.past(0))
	require.Equal(t, l.delivered[:3], l.past(2, 0))
	require.Empty(t, l.past())
}

// What is not kept goes as widely as it can, with all that comes after what is kept.
func TestWithout(t *testing.T) {
	l := storyLog()
	of := func(from, to, nth int, since clock.Duration) cut {
		return cut{kind: message.KindPrepare, from: from, to: to, nth: nth, since: since}
	}
	require.Equal(t, []cut{{kind: message.KindPrepare, all: true}}, l.without(nil, nil))
	require.Equal(t, []cut{
		of(0, 1, 1, 0), of(0, 1, 3, 0), of(0, 1, 0, 30*clock.Millisecond), of(1, 2, 0, 0), of(2, 0, 0, 0),
	}, l.without(nil, l.delivered[3:4]), "the third is sent at the instant of the second")
	require.Equal(t, []cut{of(0, 1, 0, 10*clock.Millisecond)}, l.tail([]cut{of(0, 1, 0, 37*clock.Millisecond)}, of(0, 1, 0, 0), 1))
}
