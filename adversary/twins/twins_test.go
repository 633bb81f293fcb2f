package twins_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/sim"
	"github.com/twothirds-bft/twothirds/adversary/twins"
)

func space(t testing.TB, s twins.Shape) *twins.Space {
	x, err := twins.New(s)
	require.NoError(t, err)
	return x
}

// reach returns, for each pair of processes, whether they reach each other in each phase,
// as one text. Pairs of one replica are left out, and what is called name[i] is i.
func reach(x *twins.Space, sc *sim.Scenario, name []int) string {
	n := sc.Replicas
	body := func(i int) int {
		if i >= n {
			return sc.Twins[i-n]
		}
		return i
	}
	out := fmt.Sprint(sc.Twins)
	for k := range x.Phases() {
		at := x.Begin(k)
		for i := range name {
			for j := range name {
				if body(name[i]) != body(name[j]) {
					cut := slices.ContainsFunc(sc.Cuts, func(c sim.Cut) bool {
						between := func(a, b int) bool { return slices.Contains(c.Side, a) && slices.Contains(c.Others, b) }
						return c.From <= at && at < c.To && (between(name[i], name[j]) || between(name[j], name[i]))
					})
					out += fmt.Sprint(" ", !cut)
				}
			}
		}
		for _, c := range sc.Crashes {
			if c.At == at {
				out += fmt.Sprint(" crash ", slices.Index(name, c.Replica))
			}
		}
	}
	return out
}

// exchanges returns the names of processes under every exchange of bodies.
func exchanges(sc *sim.Scenario) (out [][]int) {
	for set := range 1 << len(sc.Twins) {
		var name []int
		for i := range sc.Replicas + len(sc.Twins) {
			name = append(name, i)
		}
		for k, r := range sc.Twins {
			if set>>k&1 != 0 {
				name[r], name[sc.Replicas+k] = sc.Replicas+k, r
			}
		}
		out = append(out, name)
	}
	return out
}

// No two scenarios of a space are the same up to exchanges of bodies, and nothing is
// missing: their orbits add up to all sequences of patterns.
func TestEachOnce(t *testing.T) {
	for _, c := range []struct {
		shape  twins.Shape
		counts int // choices of twins, times what a phase can be to the power of phases
	}{
		{twins.Shape{Phases: 2}, 4 * 16 * 16},                         // 16 = partitions of 5 into at most two blocks
		{twins.Shape{Phases: 1, Shared: true}, 4 * 4 * 64},            // 4 partitions of 3, 64 masks
		{twins.Shape{Phases: 1, Crashes: true}, 4 * 16 * 6},           // none or one of 5 crashes
		{twins.Shape{Phases: 2, Twins: 2, Parts: 1}, 6},               // all together, always
		{twins.Shape{Replicas: 7, Phases: 1}, 21 * 256},               // 256 = partitions of 9
		{twins.Shape{Phases: 1, Twins: 2, Crashes: true}, 6 * 32 * 7}, // 32 = partitions of 6
	} {
		t.Run(fmt.Sprintf("%+v", c.shape), func(t *testing.T) {
			x := space(t, c.shape)
			seen := map[string]bool{}
			for i := range x.Size() {
				sc := x.At(i)
				require.NoError(t, sc.Validate())
				orbit := map[string]bool{}
				for _, name := range exchanges(&sc) {
					orbit[reach(x, &sc, name)] = true
				}
				for k := range orbit {
					require.False(t, seen[k], "scenario %d is there already", i)
					seen[k] = true
				}
			}
			require.Len(t, seen, c.counts)
		})
	}
}

// Pick goes through all, each once, in another order for each seed.
func TestPick(t *testing.T) {
	x := space(t, twins.Shape{Phases: 2})
	var orders [2][]uint64
	for seed := range orders {
		for sc := range x.Sample(uint64(seed)) {
			orders[seed] = append(orders[seed], sc.Seed)
		}
		require.Equal(t, x.Size(), uint64(len(orders[seed])))
	}
	require.NotEqual(t, orders[0], orders[1])
	for seed := range orders {
		slices.Sort(orders[seed])
		require.Equal(t, orders[seed], slices.Compact(orders[seed]))
	}
}

func TestShapes(t *testing.T) {
	for _, s := range []twins.Shape{
		{Replicas: 17}, {Twins: 5}, {Twins: -1}, {Phases: -1}, {Phases: 40}, {Shared: true, Phases: 8}, {Replicas: 16, Twins: 5, Shared: true},
	} {
		_, err := twins.New(s)
		require.ErrorIs(t, err, twins.ErrShape, "%+v", s)
	}
	require.Panics(t, func() { x := space(t, twins.Shape{Phases: 1}); x.At(x.Size()) })
}

// The engine stands all of a sample, and the partitions do what they are for: views
// change, and twins are convicted.
func TestWorlds(t *testing.T) {
	for _, s := range []twins.Shape{{}, {Shared: true, Phases: 6}, {Crashes: true, Phases: 6}} {
		x := space(t, s)
		views, evidence := uint64(0), 0
		for i := range uint64(25) {
			r := sim.Play(x.Pick(1, i))
			require.Nil(t, r.Failure, "%+v, scenario %d", s, r.Scenario.Seed)
			require.GreaterOrEqual(t, r.Elapsed, x.Begin(x.Phases()), "it must last until the network has healed")
			views += r.Views
			evidence += r.Evidence
		}
		require.Greater(t, views, uint64(50), "partitions end views")
		require.Positive(t, evidence)
	}
}

// BenchmarkTwins says how fast scenarios are played, and what happens in one.
func BenchmarkTwins(b *testing.B) {
	x := space(b, twins.Shape{})
	var events, views, decisions, evidence uint64
	var virtual float64
	for i := range uint64(b.N) {
		r := sim.Play(x.Pick(1, i))
		require.Nil(b, r.Failure, "%d: %v", i, r.Failure)
		events, views, decisions, evidence = events+r.Events, views+r.Views, decisions+uint64(r.Decisions), evidence+uint64(r.Evidence)
		virtual += r.Elapsed.Seconds()
	}
	n := float64(b.N)
	b.ReportMetric(n/b.Elapsed().Seconds(), "scenarios/s")
	b.ReportMetric(float64(events)/n, "events/scenario")
	b.ReportMetric(float64(views)/n, "views/scenario")
	b.ReportMetric(float64(decisions)/n, "decisions/scenario")
	b.ReportMetric(float64(evidence)/n, "evidence/scenario")
	b.ReportMetric(virtual/n, "virtual-s/scenario")
}
