package message_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	. "github.com/twothirds-bft/twothirds/pbft/message"
)

// TestBundle (spec X1): a bundle gives back the operations that it was made of, in place.
func TestBundle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ops := drawOps(t)
		r := Request{Type: RequestBundle, Number: 1, Session: SessionID{Seq: 1}, Op: AppendBundle(nil, ops)}
		require.Len(t, r.Op, BundleSize(ops))
		got, err := ParseFlat(r.AppendFlat(nil))
		require.NoError(t, err)
		require.Equal(t, len(ops), got.Count())
		require.Equal(t, ops, slices.Collect(got.Ops()))
	})
	one := Request{Op: []byte("op")}
	require.Equal(t, 1, one.Count())
	require.Equal(t, [][]byte{[]byte("op")}, slices.Collect(one.Ops()))
	require.Zero(t, (&Request{Type: RequestOpen}).Count())
}

// TestMalformedBundle (spec N1): counts and lengths that lie.
func TestMalformedBundle(t *testing.T) {
	good := AppendBundle(nil, [][]byte{[]byte("op"), {}, []byte("three")})
	for name, op := range map[string][]byte{
		"nothing":          nil,
		"no operations":    make([]byte, 4),
		"count too small":  append([]byte{0, 0, 0, 2}, good[4:]...),
		"count too large":  append([]byte{0, 0, 0, 4}, good[4:]...),
		"count of many":    AppendBundle(nil, make([][]byte, BundleMax+1)),
		"one byte more":    append(bytes.Clone(good), 0),
		"one byte less":    good[:len(good)-1],
		"half a length":    good[:len(good)-7],
		"length beyond it": append([]byte{0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff}, good[8:]...),
	} {
		r := Request{Type: RequestBundle, Number: 1, Session: SessionID{Seq: 1}, Op: op}
		_, err := ParseFlat(r.AppendFlat(nil))
		require.ErrorIs(t, err, ErrBatch, name)
	}
	for name, r := range map[string]Request{
		"no session": {Type: RequestBundle, Number: 1, Op: good},
		"no number":  {Type: RequestBundle, Session: SessionID{Seq: 1}, Op: good},
	} {
		_, err := ParseFlat(r.AppendFlat(nil))
		require.ErrorIs(t, err, ErrBatch, name)
	}
	most := Request{Type: RequestBundle, Number: 1, Session: SessionID{Seq: 1}, Op: AppendBundle(nil, make([][]byte, BundleMax))}
	_, err := ParseFlat(most.AppendFlat(nil))
	require.NoError(t, err)
}

// TestParts (spec X1): results come back, each once and in order, and no part is long but for one long result.
func TestParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 8, 1000, 40_000, 64 << 10, 100_000}), 1, 20).Draw(t, "sizes")
		results := make([][]byte, len(sizes))
		for i, size := range sizes {
			results[i] = bytes.Repeat([]byte{byte(i)}, size)
		}
		var got [][]byte
		for parts := AppendParts(nil, results); len(parts) > 0; {
			var part []byte
			part, parts = CutPart(parts)
			from, list, err := ParsePart(part, len(results))
			require.NoError(t, err)
			require.Len(t, got, from)
			require.True(t, len(part) <= 64<<10+8 || len(list) == 1)
			got = append(got, list...)
		}
		require.Equal(t, results, got)
	})
}

// TestAreParts (spec X1): results of as many operations are parts, and nothing else is.
func TestAreParts(t *testing.T) {
	two := AppendParts(nil, [][]byte{[]byte("op"), make([]byte, 64<<10)})
	require.True(t, AreParts(two, 2))
	require.True(t, AreParts(AppendParts(nil, make([][]byte, BundleMax)), BundleMax))
	require.False(t, AreParts(two, 1))
	require.False(t, AreParts(two, 3))
	for _, b := range [][]byte{nil, []byte("ok"), make([]byte, 8), bytes.Repeat([]byte{0xff}, 8), two[:len(two)-1], append(bytes.Clone(two), 0)} {
		require.False(t, AreParts(b, 2))
	}
}

// TestMalformedPart (spec D1): what a lying replica may send.
func TestMalformedPart(t *testing.T) {
	good := AppendParts(nil, [][]byte{[]byte("op"), {}, []byte("three")})
	with := func(at int, value uint32) []byte {
		b := bytes.Clone(good)
		binary.BigEndian.PutUint32(b[at:], value)
		return b
	}
	for name, part := range map[string][]byte{
		"nothing":           nil,
		"half a head":       good[:7],
		"no results":        with(4, 0)[:8],
		"too many results":  with(4, 4),
		"too few results":   with(4, 2),
		"results beyond":    with(0, 1),
		"from far away":     with(0, 1<<32-1),
		"count without end": with(4, 1<<32-1),
		"length beyond it":  with(8, 1<<32-1),
		"one byte less":     good[:len(good)-1],
		"one byte more":     append(bytes.Clone(good), 0),
	} {
		_, _, err := ParsePart(part, 3)
		require.ErrorIs(t, err, ErrPart, name)
	}
	_, _, err := ParsePart(good, 2)
	require.ErrorIs(t, err, ErrPart)
}
