package cluster

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft"
)

func TestPositions(t *testing.T) {
	var a application
	ops := []pbft.Op{{Data: []byte("a")}, {Data: nil}, {Data: []byte("b")}}
	for block := range uint64(2) {
		for i, result := range a.Execute(&pbft.Block{Ops: ops}) {
			require.Equal(t, block*3+uint64(i)+1, position(ops[i].Data, result))
			require.Zero(t, position([]byte("another"), result), "the result of what somebody else asked")
		}
	}
	require.Zero(t, position(nil, nil))
}

func TestAgreed(t *testing.T) {
	good := func() map[int]report {
		return map[int]report{0: {Seq: 5, Ops: 10, State: "a"}, 1: {Seq: 5, Ops: 10, State: "a"}}
	}
	for _, c := range []struct {
		name  string
		spoil func(map[int]report)
		same  bool
		err   string
	}{
		{"as it should be", func(map[int]report) {}, true, ""},
		{"nobody", func(m map[int]report) { clear(m) }, false, ""},
		{"one is behind", func(m map[int]report) { m[1] = report{Seq: 4, Ops: 8, State: "b"} }, false, ""},
		{"another state", func(m map[int]report) { m[1] = report{Seq: 5, Ops: 10, State: "b"} }, false, "different things"},
		{"too much", func(m map[int]report) { m[1] = report{Seq: 6, Ops: 13, State: "b"} }, false, "13 operations of 12"},
		{"stopped", func(m map[int]report) { m[1] = report{Err: "disk"} }, false, "disk"},
	} {
		m := good()
		c.spoil(m)
		same, err := agreed(m, 10, 12)
		require.Equal(t, c.same, same, c.name)
		if c.err == "" {
			require.NoError(t, err, c.name)
		} else {
			require.ErrorContains(t, err, c.err, c.name)
		}
	}
	same, err := agreed(good(), 11, 12)
	require.NoError(t, err)
	require.False(t, same, "an acknowledged operation is missing")
}
