package liar_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/liar"
	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/clock"
)

// rough is a world in which primaries pause and messages are lost until it heals, and
// the liars lead views beside the first.
func rough(n int, behaviour string) sim.Scenario {
	sc := sim.Scenario{
		Replicas: n, Decisions: 6, Until: 20, Clients: 1, Interval: 3, Window: 3, Heal: 500 * ms, Limit: 20 * clock.Second,
		Pauses: []sim.Pause{{Replica: 0, From: 30 * ms, To: 350 * ms}},
		Links:  sim.Links{DelayMin: ms, DelayMax: 8 * ms, LossPercent: 3, DuplicatePercent: 3},
	}
	for i := range (n - 1) / 3 {
		sc.Byzantine = append(sc.Byzantine, sim.Liar{Replica: 1 + 2*i, Behaviour: behaviour})
	}
	return sc
}

// calm is one in which the liars lead the first views and nothing else is wrong.
func calm(n int, behaviour string) sim.Scenario {
	sc := sim.Scenario{Replicas: n, Decisions: 10, Until: 20, Clients: 1, Burst: true, Interval: 4, Limit: 20 * clock.Second}
	for i := range (n - 1) / 3 {
		sc.Byzantine = append(sc.Byzantine, sim.Liar{Replica: i, Behaviour: behaviour})
	}
	return sc
}

// The true engine decides and convicts nobody innocent, with f liars of a kind, at
// several sizes.
func TestHonest(t *testing.T) {
	for _, b := range liar.Behaviours {
		t.Run(b.Name, func(t *testing.T) {
			t.Parallel()
			for _, n := range []int{4, 7, 10} {
				honest(t, rough(n, b.Name))
			}
			honest(t, calm(4, b.Name))
		})
	}
}

// Liars of different kinds in one world, and liars that are several things.
func TestHonestMixed(t *testing.T) {
	names := make([]string, len(liar.Behaviours))
	for i := range names {
		names[i] = liar.Behaviours[i].Name
	}
	for i, name := range names {
		other, third := names[(i+len(names)/3)%len(names)], names[(i*7+5)%len(names)]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seven := rough(7, name)
			seven.Byzantine[1].Behaviour = other
			honest(t, seven)
			honest(t, calm(4, fmt.Sprintf("compose(%s,when(view>=1,%s),sometimes(50,%s))", name, other, third)))
		})
	}
}

func honest(t *testing.T, sc sim.Scenario) {
	t.Helper()
	r := sim.Run(sim.Seed(1), sc)
	if r.Failure != nil {
		t.Fatalf("%v\n%s", r.Failure, sc.TOML())
	}
	require.GreaterOrEqual(t, r.Decisions, sc.Decisions)
}

// Everything shows what it does: a weakened core falls to it, or a count tells. What is
// left is listed with the reason.
func TestEverythingIsShown(t *testing.T) {
	shown := map[string]bool{}
	show := func(behaviour string) {
		for _, name := range strings.FieldsFunc(behaviour, func(r rune) bool { return strings.ContainsRune("(),", r) }) {
			shown[name] = true
		}
	}
	for _, x := range loads {
		show(x.behaviour)
	}
	for _, x := range bites {
		show(x.behaviour)
	}
	for _, x := range doors {
		show(x.behaviour)
	}
	for _, b := range liar.Behaviours {
		_, without := unshown[b.Name]
		require.NotEqual(t, shown[b.Name], without, b.Name)
	}
}

// unshown are behaviours to which nothing falls, and why.
var unshown = map[string]string{
	"high-report":   "a report without its certificate is not used (V2), and no switch takes that away",
	"false-replies": "clients of worlds count equal replies themselves; package client has tests of its own",
	"false-parts":   "the same",
}
