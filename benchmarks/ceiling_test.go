package benchmarks_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/pbft/quorum"
)

// Rates on two cores with operations of 256 B, worked out apart from the code.
func TestCeiling(t *testing.T) {
	for n, want := range map[int]struct{ signed, unsigned float64 }{
		4: {44e3, 3.0e6}, 7: {25e3, 1.5e6}, 10: {18e3, 0.93e6}, 31: {5.6e3, 0.21e6}, 100: {1.7e3, 31e3},
	} {
		for _, signed := range []bool{false, true} {
			c, err := benchmarks.NewCeiling(benchmarks.Ceiling{Replicas: n, Payload: 256, Link: "tcp", Signed: signed})
			require.NoError(t, err)
			rate := want.unsigned
			if signed {
				rate = want.signed
			}
			require.InEpsilon(t, rate, c.PerSec(2), 0.06, "n = %d, signed %v", n, signed)
		}
	}
}

// For four replicas, a quorum of three and 1 KB: (3 + 2 + 3*1 + 4*2) checks at 23.5 us, 8 signatures at 11.5 us, 24 frames
// at 0.33 us, for 4000 operations; 4 hashes of 256 ns, and 3 KB at 1.58 ns a byte.
func TestCeilingByHand(t *testing.T) {
	c, err := benchmarks.NewCeiling(benchmarks.Ceiling{Replicas: 4, Payload: 1000, Link: "tls"})
	require.NoError(t, err)
	require.InDelta(t, (16*23500+8*11500+24*330)/4000+4*250+3*1580, c.CPU(), 2)
	require.InDelta(t, 3000, c.WireBytes(), 0)
	require.InDelta(t, 0.002, c.SignaturesMade(), 1e-9)
	require.InDelta(t, 0.004, c.SignaturesChecked(), 1e-9)
	signed, err := benchmarks.NewCeiling(benchmarks.Ceiling{Replicas: 4, Payload: 1000, Link: "tls", Signed: true})
	require.NoError(t, err)
	require.InDelta(t, 46000, signed.CPU()-c.CPU(), 1)
	require.InDelta(t, 4.004, signed.SignaturesChecked(), 1e-9)
}

func TestCeilingQuorum(t *testing.T) {
	for n := 4; n < 50; n++ {
		powers := make([]uint64, n)
		for i := range powers {
			powers[i] = 1
		}
		s, err := quorum.New(powers)
		require.NoError(t, err)
		require.EqualValues(t, s.Quorum(), benchmarks.CeilingQuorum(n), "n = %d", n)
	}
}

func TestNoCeiling(t *testing.T) {
	for _, c := range []benchmarks.Ceiling{{Replicas: 4, Link: "udp"}, {Replicas: 3, Link: "tcp"}, {Replicas: 4, Payload: -1, Link: "tcp"}} {
		_, err := benchmarks.NewCeiling(c)
		require.ErrorIs(t, err, benchmarks.ErrLoad)
	}
}
