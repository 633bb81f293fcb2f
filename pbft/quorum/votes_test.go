package quorum_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/twothirds-bft/twothirds/pbft/quorum"
)

// oraclePoint is the definition read aloud: of the values voted for, the largest that enough members reach.
func oraclePoint(s *quorum.System, threshold uint64, values []uint64) uint64 {
	var point uint64
	for _, candidate := range values {
		var power uint64
		for i, value := range values {
			if value >= candidate {
				power += s.Power(i)
			}
		}
		if power >= threshold {
			point = max(point, candidate)
		}
	}
	return point
}

// Every threshold, every assignment of values, reached from the empty count by Record in both orders of members, and
// from there every single change by Record and by Set.
func TestVotesEveryAssignment(t *testing.T) {
	for _, c := range []struct {
		n               int
		powerMax, value uint64
	}{{1, 3, 3}, {2, 3, 3}, {3, 3, 3}, {4, 1, 3}, {4, 2, 2}, {5, 1, 2}} {
		eachVector(c.n, c.powerMax, func(powers []uint64) {
			s := system(t, powers...)
			for threshold := uint64(1); threshold <= s.Total(); threshold++ {
				votes := quorum.NewVotes(s, threshold)
				eachVector(c.n, c.value+1, func(plusOne []uint64) {
					everyChange(t, s, threshold, votes, minusOne(plusOne), c.value)
				})
			}
		})
	}
}

func minusOne(values []uint64) []uint64 {
	out := make([]uint64, len(values))
	for i := range values {
		out[i] = values[i] - 1
	}
	return out
}

// everyChange starts from values and lets each member vote for each value up to valueMax, by Record and by Set.
func everyChange(t *testing.T, s *quorum.System, threshold uint64, votes *quorum.Votes, values []uint64, valueMax uint64) {
	fill := func(backwards bool) uint64 {
		votes.Reset()
		for i := range values {
			if backwards {
				i = len(values) - 1 - i
			}
			votes.Record(i, values[i])
		}
		return votes.Point()
	}
	check := func(what string, i int, value uint64, after []uint64) {
		want := oraclePoint(s, threshold, after)
		if votes.Point() != want || votes.Value(i) != after[i] {
			require.Fail(t, what, "threshold %d, %v, member %d to %d: point %d, want %d",
				threshold, values, i, value, votes.Point(), want)
		}
	}
	for _, backwards := range []bool{false, true} {
		for i := range values {
			for value := range valueMax + 1 {
				before := fill(backwards)
				if want := oraclePoint(s, threshold, values); before != want {
					require.Fail(t, "Point", "threshold %d, %v: point %d, want %d", threshold, values, before, want)
				}
				after := append([]uint64(nil), values...)
				after[i] = max(after[i], value)
				moved := votes.Record(i, value)
				check("Record", i, value, after)
				if moved != (votes.Point() > before) {
					require.Fail(t, "Record", "threshold %d, %v, member %d to %d: moved %t", threshold, values, i, value, moved)
				}

				fill(backwards)
				after[i] = value
				votes.Set(i, value)
				check("Set", i, value, after)
			}
		}
	}
}

// Long histories over arbitrary systems: the count must not drift from its definition.
func TestVotesAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := system(t, rapid.SliceOfN(rapid.Uint64Range(1, 1<<40), 1, 30).Draw(t, "powers")...)
		threshold := rapid.SampledFrom([]uint64{1, s.Weak(), s.Quorum(), s.Total()}).Draw(t, "threshold")
		votes := quorum.NewVotes(s, threshold)
		values := make([]uint64, s.Len())
		var before uint64
		t.Repeat(map[string]func(*rapid.T){
			"record": func(t *rapid.T) {
				i := rapid.IntRange(0, s.Len()-1).Draw(t, "member")
				value := rapid.OneOf(rapid.Uint64Range(0, 12), rapid.Uint64()).Draw(t, "value")
				values[i] = max(values[i], value)
				moved := votes.Record(i, value)
				require.Equal(t, votes.Point() > before, moved)
			},
			"set": func(t *rapid.T) {
				i := rapid.IntRange(0, s.Len()-1).Draw(t, "member")
				values[i] = rapid.Uint64Range(0, 12).Draw(t, "value")
				votes.Set(i, values[i])
			},
			"": func(t *rapid.T) {
				require.Equal(t, oraclePoint(s, threshold, values), votes.Point())
				for i, value := range values {
					require.Equal(t, value, votes.Value(i))
				}
				before = votes.Point()
			},
		})
	})
}

// "The certified point is the quorum-th largest vote" (spec N3): f liars neither raise it above what a correct member
// voted for, nor hold it below what all the correct ones voted for, for every N to 40.
func TestFLiarsDoNotMoveThePoint(t *testing.T) {
	for n := 1; n <= 40; n++ {
		s := system(t, equal(n)...)
		f := int(s.F())
		for _, lie := range []uint64{0, 1, ^uint64(0)} {
			votes := quorum.NewVotes(s, s.Quorum())
			for i := range n {
				value := uint64(10)
				if i < f {
					value = lie
				}
				votes.Record(i, value)
			}
			require.EqualValues(t, 10, votes.Point(), "N=%d", n)
		}
	}
}

func TestVotesReset(t *testing.T) {
	s := system(t, 3, 1, 1, 1, 5)
	votes := quorum.NewVotes(s, s.Quorum())
	for i := range 5 {
		votes.Record(i, uint64(10+i))
	}
	require.EqualValues(t, 11, votes.Point(), "3, 1, 1 and 1 voted 10 to 13, 5 voted 14: 8 of 11 voted 11 or more")
	votes.Reset()
	require.Zero(t, votes.Point())
	for i := range 5 {
		require.Zero(t, votes.Value(i))
	}
	require.False(t, votes.Record(0, 7))
	require.True(t, votes.Record(4, 9))
	require.EqualValues(t, 7, votes.Point())
}

func TestVotesRefuseNonsense(t *testing.T) {
	s := system(t, equal(4)...)
	require.Panics(t, func() { quorum.NewVotes(s, 0) })
	require.Panics(t, func() { quorum.NewVotes(s, 5) })
	votes := quorum.NewVotes(s, 4)
	for _, i := range []int{-1, 4} {
		require.Panics(t, func() { votes.Record(i, 1) })
		require.Panics(t, func() { votes.Set(i, 1) })
		require.Panics(t, func() { votes.Value(i) })
	}
}

func TestVotesDoNotAllocate(t *testing.T) {
	s := system(t, equal(21)...)
	votes := quorum.NewVotes(s, s.Quorum())
	seq := uint64(0)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		seq++
		for i := range 21 {
			votes.Record((i*8+int(seq))%21, seq)
		}
		votes.Set(3, seq-1)
		if seq%50 == 0 {
			votes.Reset()
		}
	}))
}

// One vote, in the two orders that bound its cost: everyone in the order of the last round, and a fresh shuffle.
func BenchmarkRecord(b *testing.B) {
	for _, n := range []int{4, 10, 31, 100, 1000} {
		for _, shuffled := range []bool{false, true} {
			b.Run(fmt.Sprintf("n=%d/shuffled=%t", n, shuffled), func(b *testing.B) {
				s := system(b, equal(n)...)
				votes := quorum.NewVotes(s, s.Quorum())
				order := rand.New(rand.NewPCG(1, 2)).Perm(n * 16)
				for i := range order {
					if order[i] %= n; !shuffled {
						order[i] = i % n
					}
				}
				b.ReportAllocs()
				seq, next := uint64(1), 0
				for b.Loop() {
					votes.Record(order[next], seq)
					if next++; next == len(order) {
						next = 0
					}
					if next%n == 0 {
						seq++
					}
				}
			})
		}
	}
}
