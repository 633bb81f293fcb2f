package novel

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/sim"
)

// A tape plays its scenario again, and one choice changes little else.
func TestTape(t *testing.T) {
	for seed := uint64(1); seed <= 50; seed++ {
		p := newPlayer(nil, sim.Seed(seed))
		sc := sim.Generate(p, sim.Options{})
		again := newPlayer(p.made, sim.Seed(seed+1))
		require.Equal(t, sc, sim.Generate(again, sim.Options{}))
		require.Equal(t, p.made, again.made)

		other := newPlayer(p.made.without("seed"), sim.Seed(seed+1))
		twin := sim.Generate(other, sim.Options{})
		require.NotEqual(t, sc.Seed, twin.Seed)
		twin.Seed = sc.Seed
		require.Equal(t, sc, twin)
	}
}

// Whatever is done to tapes, what they play is within the model.
func TestVariations(t *testing.T) {
	src := sim.Seed(1)
	a, b := newPlayer(nil, sim.Seed(2)), newPlayer(nil, sim.Seed(3))
	sim.Generate(a, sim.Options{})
	sim.Generate(b, sim.Options{Replicas: 7})
	changed := 0
	for range 200 {
		for _, x := range []tape{a.made.varied(src, 8), a.made.spliced(src, b.made)} {
			p := newPlayer(x, src)
			require.NoError(t, sim.Generate(p, sim.Options{}).Validate())
			if len(p.made) != len(a.made) {
				changed++
			}
		}
	}
	require.Positive(t, changed, "some variations must have other faults")
}

// A search is a function of its seed, and no corner: it reaches most of what as many worlds
// do that nothing guides. (How much exactly is chance in so few; the package has figures.)
func TestSearch(t *testing.T) {
	const worlds = 100
	o := sim.Options{Replicas: 4} // larger worlds have more states, guided or not
	one, two, plain := New(1, o), New(1, o), NewSeen()
	for i := range uint64(worlds) {
		r := one.Next()
		require.Nil(t, r.Failure, "world %d: %s", i, r.Scenario.TOML())
		if i < 5 {
			require.Equal(t, r.Hash, two.Next().Hash)
		}
		sim.Play(sim.Generate(sim.Seed(i+1), o), plain.Watch())
	}
	require.NotEmpty(t, one.corpus)
	require.Greater(t, 2*one.Seen.Len(), plain.Len())
}

// A world that was played before shows nothing new.
func TestSeen(t *testing.T) {
	s := NewSeen()
	sc := sim.Generate(sim.Seed(1), sim.Options{})
	first := sim.Play(sc, s.Watch())
	require.Equal(t, s.Len(), s.Fresh())
	require.Greater(t, s.Fresh(), 10)
	require.Equal(t, first.Hash, sim.Play(sc, s.Watch()).Hash, "watching changes nothing")
	require.Zero(t, s.Fresh())
	require.Equal(t, first.Hash, sim.Play(sc).Hash)
}
