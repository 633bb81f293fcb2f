package adversary

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/twothirds-bft/twothirds/adversary/explore"
	"github.com/twothirds-bft/twothirds/adversary/shrink"
	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// seedVariable names the seed that Check plays alone.
const seedVariable = "TWOTHIRDS_SEED"

// Finding is a world in which an invariant broke.
type Finding struct {
	Seed     uint64   // of the campaign
	Scenario Scenario // it fails when played
	Failure  *Failure

	of   *config                  // as what it is played
	file func(name string) []byte // the replay file, if it was shrunk
}

// File returns the finding as a replay file of a name.
func (f *Finding) File(name string) []byte {
	if f.file == nil {
		return f.Scenario.TOML()
	}
	return f.file(name)
}

// Failure is an invariant that did not hold.
type Failure = sim.Failure

// Search plays worlds, one per seed, and returns the first that breaks an invariant,
// as it was found, or nil. It is Check without a test.
func Search(opts ...Option) *Finding {
	found, _ := newConfig(opts).search(func(sim.Tally, int) {})
	return found
}

// Shrink makes a finding smaller as long as it still fails in the same way.
func (f *Finding) Shrink() *Finding {
	if f.of.shrink <= 0 {
		return f
	}
	r := shrink.Run(f.Scenario, shrink.Options{Time: f.of.shrink, With: f.of.with})
	return &Finding{Seed: f.Seed, Scenario: r.Scenario, Failure: r.Failure, of: f.of, file: r.File}
}

// Check plays worlds, one per seed, until one breaks an invariant or all have been
// played. A failure is shrunk, told, and kept; what was kept by earlier runs of the
// same test is played first. TWOTHIRDS_SEED=n plays world n alone.
func Check(t *testing.T, opts ...Option) {
	t.Helper()
	c := newConfig(opts)
	c.replayKept(t)
	if testing.Short() && c.limit == 0 {
		c.worlds = max(c.worlds/10, 1)
	}
	var clean []string
	found, err := c.search(func(tally sim.Tally, n int) {
		clean = append(clean, fmt.Sprintf("%d worlds of %d replicas (%d with a liar): %d blocks decided, %d views, %d crashes, nothing found",
			tally.Worlds, n, tally.Lying, tally.Decisions, tally.Views, tally.Crashes))
	})
	for _, line := range clean { // from here, so that it stands under the caller's line
		t.Log(line)
	}
	if err != nil {
		t.Fatal(err)
	}
	if found != nil {
		again := fmt.Sprintf("%s=%d go test -run '^%s$'", seedVariable, found.Seed, t.Name())
		c.report(t, found.Shrink(), again)
	}
}

// search plays a campaign for each size, or the one seed that the environment names.
func (c *config) search(clean func(t sim.Tally, replicas int)) (*Finding, error) {
	from, to := uint64(1), max(c.worlds/uint64(len(c.sizes)), 1)
	if c.limit > 0 {
		to = 1 << 62
	}
	if s := os.Getenv(seedVariable); s != "" {
		seed, err := strconv.ParseUint(s, 10, 62)
		if err != nil {
			return nil, fmt.Errorf("%s=%q is not a seed", seedVariable, s)
		}
		from, to = seed, seed
	}
	for _, n := range c.sizes {
		k := sim.Campaign{
			From: from, To: to, For: c.limit, Options: c.world, With: c.with, Workers: runtime.GOMAXPROCS(0), Twice: 50,
		}
		k.Options.Replicas = n
		tally := k.Run()
		if len(tally.Failures) > 0 {
			seed := tally.Failures[0].Seed
			sc := sim.Generate(sim.Seed(seed), k.Options)
			return &Finding{Seed: seed, Scenario: sc, Failure: c.play(sc).Failure, of: c}, nil
		}
		clean(tally, n)
	}
	return nil, nil
}

// play plays a scenario with what the options add.
func (c *config) play(sc Scenario, more ...sim.Option) *Result {
	return sim.Play(sc, append(c.with[:len(c.with):len(c.with)], more...)...)
}

// Run plays one scenario and fails the test if an invariant breaks.
func Run(t testing.TB, sc Scenario, opts ...Option) *Result {
	t.Helper()
	r := newConfig(opts).play(sc)
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

// Play plays one world, all of whose choices come from src, the scenario's included: the
// draws of a property-testing library (sim.Func), which then shrinks worlds as it shrinks
// values, or the bytes of a fuzzer (sim.Bytes). Result.Scenario alone does not play it again,
// src does. If src panics, as such libraries do where they cut a try short, so does Play.
func Play(src Source, opts ...Option) *Result {
	c, careful := newConfig(opts), &careful{src: src}
	r := sim.Run(careful, c.generate(careful), c.with...)
	if careful.panicked != nil {
		panic(careful.panicked)
	}
	return r
}

// careful keeps a panic of a source until its world is over: in a world a panic is taken
// for one of the engine.
type careful struct {
	src      Source
	panicked any
}

// Draw implements Source.
func (c *careful) Draw(label string, n uint64) (v uint64) {
	if c.panicked != nil {
		return 0
	}
	defer func() {
		if c.panicked = recover(); c.panicked != nil {
			v = 0
		}
	}()
	return c.src.Draw(label, n)
}

// generate draws a scenario of one of the sizes.
func (c *config) generate(src Source) Scenario {
	o := c.world
	if o.Replicas = c.sizes[0]; len(c.sizes) > 1 {
		o.Replicas = c.sizes[src.Draw("size", uint64(len(c.sizes)))]
	}
	return sim.Generate(src, o)
}

// Fuzz hands worlds to go test's fuzzer: its bytes are the choices of a world, so it
// mutates scenarios and schedules alike, guided by coverage. Run it with
// -fuzzminimizetime=1x: a tape is long, and making each interesting one shorter takes all of
// the time otherwise.
func Fuzz(f *testing.F, opts ...Option) {
	c := newConfig(opts)
	for seed := uint64(1); seed <= 4; seed++ {
		r := sim.Record(sim.Seed(seed))
		c.generate(r)
		f.Add(r.Tape())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if r := Play(sim.Bytes(b), opts...); r.Failure != nil {
			t.Fatalf("%v\n\n%s", r.Failure, r.Scenario.TOML())
		}
	})
}

// Exhaust tries everything in a small world of the engine and fails the test if an
// invariant breaks or not all could be tried. It knows no application: what it plays
// are the rules themselves.
func Exhaust(t testing.TB, w explore.World) explore.Report {
	t.Helper()
	r, err := explore.Run(w, explore.Options{})
	switch {
	case err != nil:
		t.Fatal(err)
	case r.Violation != nil || !r.Closed:
		t.Fatal(r)
	}
	return r
}
