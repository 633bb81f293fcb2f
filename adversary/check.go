package adversary

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// seedVariable names the seed that Check plays alone.
const seedVariable = "TWOTHIRDS_SEED"

// Check plays worlds, one per seed, until one breaks an invariant or all have been
// played. A failure is shrunk, told, and kept; what was kept by earlier runs of the
// same test is played first. TWOTHIRDS_SEED=n plays world n alone.
func Check(t *testing.T, opts ...Option) {
	t.Helper()
	c := newConfig(opts)
	c.replayKept(t)
	if s := os.Getenv(seedVariable); s != "" {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("%s=%q is not a number", seedVariable, s)
		}
		c.one(t, seed)
		return
	}
	if testing.Short() && c.limit == 0 {
		c.worlds = max(c.worlds/10, 1)
	}
	sizes := c.sizes
	if len(sizes) == 0 {
		sizes = []int{4}
	}
	for _, n := range sizes {
		c.campaign(t, n, len(sizes))
	}
}

// campaign plays a size's part of the worlds.
func (c *config) campaign(t *testing.T, n, parts int) {
	t.Helper()
	k := sim.Campaign{
		From: 1, To: max(c.worlds/uint64(parts), 1), For: c.limit, Options: c.world, With: c.with,
		Workers: runtime.GOMAXPROCS(0), Twice: 50,
	}
	k.Options.Replicas = n
	if c.limit > 0 {
		k.To = 1 << 62
	}
	tally := k.Run()
	if len(tally.Failures) == 0 {
		t.Logf("%d worlds of %d replicas (%d with a liar): %d blocks decided, %d views, %d crashes, nothing found",
			tally.Worlds, n, tally.Lying, tally.Decisions, tally.Views, tally.Crashes)
		return
	}
	f := &tally.Failures[0]
	c.report(t, sim.Generate(sim.Seed(f.Seed), k.Options), fmt.Sprintf("%s=%d go test -run '^%s$'", seedVariable, f.Seed, t.Name()))
}

// one plays the world of a seed.
func (c *config) one(t *testing.T, seed uint64) {
	t.Helper()
	o := c.world
	if len(c.sizes) > 0 {
		o.Replicas = c.sizes[0]
	}
	sc := sim.Generate(sim.Seed(seed), o)
	if sim.Play(sc, c.with...).Failure != nil {
		c.report(t, sc, fmt.Sprintf("%s=%d go test -run '^%s$'", seedVariable, seed, t.Name()))
	}
}

// Run plays one scenario and fails the test if an invariant breaks.
func Run(t testing.TB, sc Scenario, opts ...Option) *Result {
	t.Helper()
	c := newConfig(opts)
	r := sim.Play(sc, c.with...)
	if r.Failure != nil {
		t.Fatalf("%v\n\n%s", r.Failure, sc.TOML())
	}
	return r
}

// Replay plays a scenario file and fails the test if an invariant breaks.
func Replay(t testing.TB, file string, opts ...Option) *Result {
	t.Helper()
	sc, err := newConfig(opts).load(file)
	if err != nil {
		t.Fatal(err)
	}
	return Run(t, sc, opts...)
}

// Fuzz hands worlds to go test's fuzzer: its bytes are the choices of a world, so it
// mutates scenarios and schedules alike, guided by coverage.
func Fuzz(f *testing.F, opts ...Option) {
	c := newConfig(opts)
	for seed := uint64(1); seed <= 4; seed++ {
		r := sim.Record(sim.Seed(seed))
		sim.Generate(r, c.world)
		f.Add(r.Tape())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		src := sim.Bytes(b)
		sc := sim.Generate(src, c.world)
		if r := sim.Run(src, sc, c.with...); r.Failure != nil {
			t.Fatalf("%v\n\n%s", r.Failure, sc.TOML())
		}
	})
}
