package core_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// steps runs a core through one step per seed. Where a step takes its draws from
// its own seed, leaving others out does not change it: failures shrink.
func steps(seeds []uint64) error {
	rnd := rand.New(rand.NewPCG(uint64(len(seeds)), 0))
	c := newChaos(func(n uint64) uint64 { return rnd.Uint64N(n) })
	for _, seed := range seeds {
		rnd = rand.New(rand.NewPCG(seed, 1))
		if err := c.step(); err != nil {
			return err
		}
	}
	return nil
}

// FuzzStep throws verified messages of corrupt peers, ticks, turns and restarts at a
// core, two bytes a step. Nothing panics, and nothing that peers make it hold grows
// without bound (spec D1).
func FuzzStep(f *testing.F) {
	for seed := range uint64(4) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		data := make([]byte, 400)
		for i := range data {
			data[i] = byte(rnd.Uint64())
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var seeds []uint64
		for ; len(data) >= 2 && len(seeds) < 400; data = data[2:] {
			seeds = append(seeds, uint64(binary.BigEndian.Uint16(data)))
		}
		require.NoError(t, steps(seeds))
	})
}

// TestStepRapid draws from the same space and shrinks what fails.
func TestStepRapid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if err := steps(rapid.SliceOfN(rapid.Uint64(), 100, 600).Draw(t, "seeds")); err != nil {
			t.Fatal(err)
		}
	})
}

// TestStepLong goes deeper with fewer worlds.
func TestStepLong(t *testing.T) {
	for world := range uint64(20) {
		rnd := rand.New(rand.NewPCG(world, 3))
		seeds := make([]uint64, 3000)
		for i := range seeds {
			seeds[i] = rnd.Uint64()
		}
		require.NoError(t, steps(seeds), "world %d", world)
	}
}
