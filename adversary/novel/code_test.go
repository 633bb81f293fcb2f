package novel

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// counted is a file of counters as the runtime writes it, of two functions.
func counted() []byte {
	b := append([]byte(magic), 1, 0, 0, 0)
	b = append(b, make([]byte, 16)...)
	b = append(b, varints, 0, 0, 0, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, 2)
	b = binary.LittleEndian.AppendUint32(b, 3)
	b = binary.LittleEndian.AppendUint32(b, 1)
	b = append(b, "strs"...)
	b = append(b, 2, 7, 1, 0, 0xac, 0x02) // function 1 of package 7: 0 and 300
	b = append(b, 1, 7, 2, 5)
	return append(b, magic...)
}

func TestParse(t *testing.T) {
	got := map[function][]uint32{}
	collect := func(f function, counters []uint32) { got[f] = counters }
	require.NoError(t, parse(counted(), collect))
	require.Equal(t, map[function][]uint32{{7, 1}: {0, 300}, {7, 2}: {5}}, got)

	for cut := range len(counted()) - len(magic) {
		require.ErrorIs(t, parse(counted()[:cut], collect), errFormat, cut)
	}
	other := counted()
	other[4]++
	require.ErrorIs(t, parse(other, collect), errFormat, "a version to come")
}

// Nothing is counted in tests, not with -cover either: the runtime hands out counters in
// binaries of go build -cover only.
func TestNoCode(t *testing.T) {
	c := newCode()
	require.Nil(t, c)
	require.Zero(t, c.fresh())
}
