package benchmarks

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestProcessMemory(t *testing.T) {
	runtime.GC()
	before := ProcessMemory()
	require.Positive(t, before.Live)
	held := make([]byte, 64<<20)
	for i := 0; i < len(held); i += 1024 {
		held[i] = 1
	}
	if before.Resident > 0 { // only Linux tells
		require.Greater(t, ProcessMemory().Resident, before.Resident+32<<20)
	}
	require.EqualValues(t, 1, held[1024])
}

func TestTrend(t *testing.T) {
	grows := func(n int) (seen []Memory) {
		for i := range n {
			seen = append(seen, Memory{At: time.Duration(i) * memoryEvery, Resident: uint64(i), Live: uint64(2 * i)})
		}
		return seen
	}
	for n, want := range map[int][2]uint64{1: {0, 0}, 3: {0, 2}, 10: {1, 7}, 600: {29, 569}} {
		first, last, most := trend(grows(n))
		require.Equal(t, want[0], first.Resident, n)
		require.Equal(t, want[1], last.Resident, n)
		require.EqualValues(t, n-1, most.Resident)
		require.EqualValues(t, 2*n-2, most.Live)
	}
	first, last, most := trend(nil)
	require.Zero(t, first)
	require.Zero(t, last)
	require.Zero(t, most)
}
