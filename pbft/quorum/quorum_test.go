package quorum_test

import (
	"fmt"
	"math/bits"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/quorum"
)

func system(t require.TestingT, powers ...uint64) *quorum.System {
	s, err := quorum.New(powers)
	require.NoError(t, err)
	return s
}

func equal(n int) []uint64 {
	powers := make([]uint64, n)
	for i := range powers {
		powers[i] = 1
	}
	return powers
}

// eachVector calls do with every vector of n powers from 1 to max.
func eachVector(n int, max uint64, do func([]uint64)) {
	powers := equal(n)
	for {
		do(powers)
		i := 0
		for ; i < n && powers[i] == max; i++ {
			powers[i] = 1
		}
		if i == n {
			return
		}
		powers[i]++
	}
}

// The sizes by hand, the remainders of n/3 among them: an implementation that knows n = 3f+1 only is wrong at 5 and 6.
func TestSizes(t *testing.T) {
	for _, c := range []struct{ n, f, quorum, weak uint64 }{
		{1, 0, 1, 1}, {2, 0, 2, 1}, {3, 0, 3, 1},
		{4, 1, 3, 2}, {5, 1, 4, 2}, {6, 1, 5, 2},
		{7, 2, 5, 3}, {8, 2, 6, 3}, {9, 2, 7, 3}, {10, 3, 7, 4},
		{100, 33, 67, 34}, {quorum.PowerMax, 3002399751580330, 6004799503160662, 3002399751580331},
	} {
		s := system(t, c.n)
		got := []uint64{s.Total(), s.F(), s.Quorum(), s.Weak()}
		require.Equal(t, []uint64{c.n, c.f, c.quorum, c.weak}, got, "N=%d", c.n)
		require.Equal(t, c.n >= 4, s.TolerantOfFaults(), "N=%d", c.n)
	}
}

// "f = (N-1)/3 (integer division), quorum = floor(2N/3)+1, weak = f+1" (spec M1), and what they are for.
func TestSizesHoldForEveryTotal(t *testing.T) {
	check := func(n uint64) {
		s := system(t, n)
		f, q, weak := s.F(), s.Quorum(), s.Weak()
		require.True(t, 3*f < n && n <= 3*(f+1), "N=%d: f is the most that is less than a third", n)
		require.True(t, 3*q > 2*n && 3*(q-1) <= 2*n, "N=%d: quorum is the least above two thirds", n)
		require.Equal(t, n-f, q, "N=%d: correct members alone are exactly a quorum", n)
		require.GreaterOrEqual(t, 2*q-n, weak, "N=%d: two quorums share a correct member", n)
		require.Greater(t, weak, f, "N=%d: faulty members are not weak power", n)
	}
	for n := uint64(1); n <= 10_000; n++ {
		check(n)
		check(quorum.PowerMax + 1 - n)
	}
}

// The same, by enumeration of the sets themselves, for every small vector of powers.
func TestAnyTwoQuorumsShareACorrectMember(t *testing.T) {
	check := func(powers []uint64) {
		s := system(t, powers...)
		sums := subsetPowers(powers)
		for a, powerA := range sums {
			if powerA <= s.F() { // a set that may be faulty: the others must suffice, and it must not
				if s.Total()-powerA < s.Quorum() || powerA >= s.Weak() {
					require.Fail(t, "faulty members block or are weak power", "%v: %b", powers, a)
				}
			}
			if powerA < s.Quorum() {
				continue
			}
			for b := a; b < len(sums); b++ {
				if sums[b] >= s.Quorum() && sums[a&b] < s.Weak() {
					require.Fail(t, "quorums without a correct member in common", "%v: %b and %b", powers, a, b)
				}
			}
		}
	}
	for n := 1; n <= 10; n++ {
		check(equal(n))
	}
	for n, max := range map[int]uint64{1: 40, 2: 40, 3: 12, 4: 7, 5: 4, 6: 3} {
		eachVector(n, max, check)
	}
}

// subsetPowers returns the power of every subset, indexed by the subset's bits.
func subsetPowers(powers []uint64) []uint64 {
	sums := make([]uint64, 1<<len(powers))
	for set := 1; set < len(sums); set++ {
		lowest := bits.TrailingZeros(uint(set))
		sums[set] = sums[set&(set-1)] + powers[lowest]
	}
	return sums
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		powers []uint64
		want   error
	}{
		{"nil", nil, quorum.ErrNoMembers},
		{"none", []uint64{}, quorum.ErrNoMembers},
		{"one too many", equal(quorum.MembersMax + 1), quorum.ErrTooManyMembers},
		{"zero", []uint64{1, 0, 1}, quorum.ErrZeroPower},
		{"one too heavy", []uint64{quorum.PowerMax + 1}, quorum.ErrTotalPower},
		{"sum too heavy", []uint64{quorum.PowerMax, 1}, quorum.ErrTotalPower},
		{"sum wraps", []uint64{1 << 63, 1 << 63, 4}, quorum.ErrTotalPower},
		{"last wraps", []uint64{5, ^uint64(0)}, quorum.ErrTotalPower},
	} {
		s, err := quorum.New(c.powers)
		require.ErrorIs(t, err, c.want, c.name)
		require.Nil(t, s, c.name)
	}
	require.Equal(t, quorum.MembersMax, system(t, equal(quorum.MembersMax)...).Len())
	require.EqualValues(t, quorum.PowerMax, system(t, quorum.PowerMax-1, 1).Total())
}

func TestNewCopiesPowers(t *testing.T) {
	powers := []uint64{1, 2, 3}
	s := system(t, powers...)
	powers[1] = 9
	require.Equal(t, uint64(2), s.Power(1))
	require.Equal(t, 3, s.Len())
}

// Every subset of every small vector, against the sum of its powers.
func TestSetEverySubset(t *testing.T) {
	for n, max := range map[int]uint64{1: 5, 3: 5, 4: 4, 5: 3} {
		eachVector(n, max, func(powers []uint64) {
			s := system(t, powers...)
			set := quorum.NewSet(s)
			for subset, power := range subsetPowers(powers) {
				set.Clear()
				for i := range powers {
					if subset>>i&1 == 1 {
						require.True(t, set.Add(i))
						require.False(t, set.Add(i), "a second time")
					}
				}
				for i := range powers {
					require.Equal(t, subset>>i&1 == 1, set.Has(i))
				}
				require.Equal(t, power, set.Power())
				require.Equal(t, bits.OnesCount(uint(subset)), set.Len())
				require.Equal(t, 3*power > 2*s.Total(), set.HasQuorum())
				require.Equal(t, 3*power >= s.Total(), set.HasWeak())
			}
		})
	}
}

// Members beyond the first word of the bitset, and indexes that nobody may use.
func TestSetLarge(t *testing.T) {
	for _, n := range []int{63, 64, 65, 128, 1000, quorum.MembersMax} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			set := quorum.NewSet(system(t, equal(n)...))
			for i := n - 1; i >= 0; i-- {
				require.False(t, set.Has(i))
				require.True(t, set.Add(i))
				require.True(t, set.Has(i))
			}
			require.Equal(t, n, set.Len())
			for _, i := range []int{-1, n, n + 64} {
				require.Panics(t, func() { set.Add(i) }, "Add(%d)", i)
				require.Panics(t, func() { set.Has(i) }, "Has(%d)", i)
			}
			require.EqualValues(t, n, set.Power(), "a refused index leaves no trace")
		})
	}
}

func TestSetDoesNotAllocate(t *testing.T) {
	set := quorum.NewSet(system(t, equal(100)...))
	require.Zero(t, testing.AllocsPerRun(100, func() {
		set.Clear()
		for i := range 100 {
			set.Add(i)
		}
		if !set.HasQuorum() || !set.Has(99) {
			panic("no quorum")
		}
	}))
}
