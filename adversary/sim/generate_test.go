package sim_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// Whatever is drawn stays within the model, and is a file.
func TestGenerated(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 10, 13} {
		for seed := uint64(1); seed <= 400; seed++ {
			sc := sim.Generate(sim.Seed(seed), sim.Options{Replicas: n})
			require.NoError(t, sc.Validate(), "n = %d, seed %d", n, seed)
			back, err := sim.ParseScenario(sc.TOML())
			require.NoError(t, err)
			require.Equal(t, sc, back)
		}
	}
}

// present returns the kinds of faults that a scenario has, as far as it shows.
func present(sc *sim.Scenario) (out []string) {
	has := func(name string, yes bool) {
		if yes {
			out = append(out, name)
		}
	}
	has("liar", len(sc.Byzantine) > 0)
	has("twin", len(sc.Twins) > 0)
	has("lost", len(sc.Lost) > 0)
	has("loss", sc.Links.LossPercent > 0)
	has("duplicate", sc.Links.DuplicatePercent > 0)
	has("slow-links", sc.Links.SlowPercent > 0)
	has("spread", sc.Links.Spread != sim.Uniform)
	has("reorder", !sc.Links.InOrder)
	has("bandwidth", len(sc.Pipes) > 0)
	has("cuts", len(sc.Cuts) > 0)
	has("pause", len(sc.Pauses) > 0)
	has("flip", len(sc.Flips) > 0)
	has("crowd", sc.Clients > 5)
	has("reopen", sc.Reopen > 0)
	has("wide", sc.Wide)
	has("evict", sc.Sessions > 0)
	has("bundle", sc.Bundle > 0)
	for _, r := range sc.Rules {
		has(string(r.Do), true)
	}
	for _, d := range sc.Disks {
		has(string(d.Fault), true)
	}
	for _, c := range sc.Crashes {
		has("amnesia", c.Amnesia)
		has("power", c.All)
		has("effect", c.Effect > 0)
		has("crash", !c.Amnesia && !c.All && !c.Orderly && c.Effect == 0)
		has("stop", c.Orderly)
	}
	for _, c := range sc.Clocks {
		has("skew", c.Skew != 0)
		has("drift", c.Drift != 0)
		has("grain", c.Grain != 0)
		has("late", c.Late != 0)
		has("wall", len(c.Wall) > 0)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// A kind that is forced is in every world, alone; one that is forbidden is in none, and
// the rest of the world stays as it was.
func TestOnlyAndWithout(t *testing.T) {
	shows := map[string][]string{
		"slow-disk": {"slow"}, "mute": {"drop"}, "faint": {"drop"}, "slow-primary": {"liar", "crowd", "wide"}, "outage": {"drop", "lost"},
	}
	for _, cut := range []string{"partition", "one-way", "bridge", "star", "flap", "clog", "swizzle", "leader"} {
		shows[cut] = []string{"cuts"}
	}
	for _, disk := range []string{"lost-sync", "stale-read", "old-image", "rot", "misdirected"} {
		shows[disk] = []string{"crash", "effect", disk}
	}
	shared := []string{"cuts", "crash", "effect", "drop", "liar", "lost", "wide"} // other kinds bring them too
	for _, f := range sim.Faults() {
		want := shows[f.Name]
		if want == nil {
			want = []string{f.Name}
		}
		seen := 0
		for seed := uint64(1); seed <= 40; seed++ {
			sc := sim.Generate(sim.Seed(seed), sim.Options{Replicas: 7, Only: []string{f.Name}})
			require.Subset(t, want, present(&sc), "%s, seed %d", f.Name, seed)
			if len(present(&sc)) > 0 {
				seen++
			}
			without := sim.Generate(sim.Seed(seed), sim.Options{Replicas: 7, Without: []string{f.Name}})
			if len(want) == 1 && !slices.Contains(shared, want[0]) {
				require.NotContains(t, present(&without), want[0], "seed %d", seed)
			}
		}
		require.Greater(t, seen, 30, "%s", f.Name)
	}
	taken := 0
	for seed := uint64(1); seed <= 100; seed++ {
		with := sim.Generate(sim.Seed(seed), sim.Options{})
		without := sim.Generate(sim.Seed(seed), sim.Options{Without: []string{"disks", "clocks"}})
		require.Empty(t, without.Disks)
		require.Empty(t, without.Clocks)
		if len(with.Disks) == 0 || len(with.Clocks) == 0 || without.Heal == 0 {
			continue
		}
		taken++
		with.Disks, with.Clocks, with.Crashes, without.Crashes = nil, nil, nil, nil // a bad disk comes with a crash
		require.Equal(t, with, without)
	}
	require.Positive(t, taken)
	for seed := uint64(1); seed <= 100; seed++ {
		sc := sim.Generate(sim.Seed(seed), sim.Options{Without: []string{"liars", "lost", "outage"}})
		require.Empty(t, sc.Byzantine)
		require.Empty(t, sc.Lost)
	}
	o := sim.Options{Without: []string{"dsks"}}
	require.ErrorContains(t, o.Validate(), "dsks")
}

// Most worlds have the smallest size that masks a fault, some have others, and where
// anybody lies it is often the first primary.
func TestSizesAndFirstLiars(t *testing.T) {
	sizes, lying, first := map[int]int{}, 0, 0
	for seed := uint64(1); seed <= 1000; seed++ {
		sc := sim.Generate(sim.Seed(seed), sim.Options{})
		sizes[sc.Replicas]++
		if len(sc.Byzantine) > 0 {
			lying++
			if slices.ContainsFunc(sc.Byzantine, func(l sim.Liar) bool { return l.Replica == 0 }) {
				first++
			}
		}
	}
	require.Greater(t, sizes[4], 700)
	require.Equal(t, 1000, sizes[4]+sizes[5]+sizes[6]+sizes[7])
	for n := 5; n <= 7; n++ {
		require.Greater(t, sizes[n], 30)
	}
	require.InDelta(t, 0.5, float64(first)/float64(lying), 0.06)
}

// No seed is without a chance for each kind, and most have a good network.
func TestSwarm(t *testing.T) {
	count, calm := map[string]int{}, 0
	const seeds = 1000
	for seed := uint64(1); seed <= seeds; seed++ {
		sc := sim.Generate(sim.Seed(seed), sim.Options{})
		for _, name := range present(&sc) {
			count[name]++
		}
		l := sc.Links
		if len(sc.Cuts)+len(sc.Rules)+len(sc.Pipes) == 0 && l.LossPercent+l.SlowPercent == 0 {
			calm++
		}
	}
	require.Greater(t, calm, seeds/2)
	for _, name := range present(everything()) {
		require.Positive(t, count[name], "%s", name)
		require.Less(t, count[name], seeds, "%s", name)
	}
}

// everything is a scenario that has all kinds.
func everything() *sim.Scenario {
	sc := &sim.Scenario{
		Clients: 6, Reopen: 1, Wide: true, Sessions: 1, Bundle: 1, Flips: []sim.Flip{{}},
		Byzantine: []sim.Liar{{}}, Twins: []int{1}, Lost: []int{1}, Pipes: []sim.Pipe{{}}, Cuts: []sim.Cut{{}}, Pauses: []sim.Pause{{}},
		Links:   sim.Links{LossPercent: 1, DuplicatePercent: 1, SlowPercent: 1, Spread: sim.HeavyTail},
		Rules:   []sim.Rule{{Do: sim.Drop}, {Do: sim.Replay}, {Do: sim.Corrupt}},
		Crashes: []sim.Crash{{}, {Effect: 1}, {All: true}, {Amnesia: true}},
		Clocks:  []sim.Clock{{Skew: 1, Drift: 1, Grain: 1, Late: 1, Wall: []sim.Step{{}}}},
	}
	for _, f := range []sim.DiskFault{sim.LostSync, sim.StaleRead, sim.OldImage, sim.Rot, sim.Misdirected, sim.SyncError, sim.Full, sim.Slow} {
		sc.Disks = append(sc.Disks, sim.Disk{Fault: f})
	}
	return sc
}

// A campaign reaches every rare state that there is a name for.
func TestRareStatesAreReached(t *testing.T) {
	var all sim.Tally
	for from := uint64(1); from < 800; from += 80 {
		tally := sim.Campaign{From: from, To: from + 79, Workers: 2}.Run()
		require.Empty(t, tally.Failures)
		all.Merge(&tally)
		if len(all.Unreached()) == 0 {
			return
		}
	}
	require.Empty(t, all.Unreached(), "of %v", all.Marks)
}

// Worlds that once failed. What was found is told in their files.
func TestReplays(t *testing.T) {
	files, err := filepath.Glob("testdata/replays/*.toml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			b, err := os.ReadFile(f)
			require.NoError(t, err)
			sc, err := sim.ParseScenario(b)
			require.NoError(t, err)
			require.NotEmpty(t, sc.About)
			for seed := range uint64(3) {
				sc.Seed += seed
				require.Nil(t, sim.Play(sc).Failure, fmt.Sprint("seed ", sc.Seed))
			}
		})
	}
}
