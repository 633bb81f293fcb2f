package benchmarks

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// What one number an operation finds is what a comparison of all pairs finds.
func TestOrderAgainstAllPairs(t *testing.T) {
	type op struct{ sent, acked, position int }
	violations := 0
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 0))
		ops := make([]op, 1+rng.IntN(7))
		events := rng.Perm(2 * len(ops)) // the instants
		for i, p := range rng.Perm(len(ops)) {
			a, b := events[2*i], events[2*i+1]
			ops[i] = op{min(a, b), max(a, b), p + 1}
		}
		want := true
		for _, a := range ops {
			for _, b := range ops {
				want = want && (a.acked > b.sent || a.position < b.position)
			}
		}
		o, before := newOrder(), make([]uint64, len(ops))
		for now := range 2 * len(ops) {
			for i := range ops {
				switch now {
				case ops[i].sent:
					before[i] = o.sent()
				case ops[i].acked:
					o.acknowledged(before[i], uint64(len(ops)), uint64(ops[i].position))
				}
			}
		}
		_, err := o.verdict()
		require.Equal(t, want, err == nil, "seed %d: %+v: %v", seed, ops, err)
		if !want {
			violations++
		}
	}
	require.Greater(t, violations, 200)
	require.Less(t, violations, 1800)
}

func TestPositionsAreUnique(t *testing.T) {
	const most = 3 * pageSize
	o := newOrder()
	for p := uint64(1); p < most; p++ {
		o.acknowledged(0, most, p)
	}
	_, err := o.verdict()
	require.NoError(t, err)
	held := 0
	for _, p := range o.pages {
		if p != nil {
			held++
		}
	}
	require.Equal(t, 1, held, "position 0 is in the first page and never taken; full pages are let go")
	for _, again := range []uint64{5, 2*pageSize + 5} {
		o.wrong = nil
		o.acknowledged(0, most, again)
		_, err = o.verdict()
		require.ErrorContains(t, err, "two operations")
	}
}

func BenchmarkOrder(b *testing.B) {
	o := newOrder()
	for p := uint64(1); b.Loop(); p++ {
		o.acknowledged(o.sent(), p, p)
	}
}
