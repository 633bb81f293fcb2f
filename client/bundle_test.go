package client

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// bundled is a bench with a session and a bundle of operations on its way.
func bundled(t *testing.T, ops ...string) (*bench, *call) {
	b, first := opened(t, config(1, 1, 1, 1))
	b.bundle = message.BundleMax
	var x *call
	for _, op := range ops {
		x, _ = b.submit([]byte(op))
	}
	list, _ := b.turn()
	require.Equal(t, []*call{x}, list)
	require.NotSame(t, first, x)
	return b, x
}

// part is a reply with results from one operation on.
func part(x *call, from int, results ...string) message.Reply {
	list := make([][]byte, from+len(results)) // those before it are empty, and cut off
	for i, r := range results {
		list[from+i] = []byte(r)
	}
	r := done(x, "")
	r.Result = message.AppendParts(nil, list[from:])
	r.Result[3] = byte(from)
	return r
}

func outcomes(t *testing.T, x *call) (list []string) {
	for _, o := range x.ops {
		result, err := o.outcome()
		require.NoError(t, err)
		list = append(list, string(result))
	}
	return list
}

// Operations that wait at one time travel in one request, as many as may (spec X1).
func TestOperationsThatWaitShareARequest(t *testing.T) {
	_, x := bundled(t, "a", "", "ccc")
	require.Equal(t, message.RequestBundle, x.req.Type)
	require.Equal(t, message.AppendBundle(nil, [][]byte{[]byte("a"), {}, []byte("ccc")}), x.req.Op)

	b, _ := opened(t, config(1, 1, 1, 1))
	b.bundle = 3
	b.cfg.OpBytesMax = 40
	for _, size := range []int{1, 1, 1, 1, 40, 20, 8, 8, 1} {
		b.submit([]byte(strings.Repeat("x", size)))
	}
	var got []string
	for x := b.queue.front; x != nil; x = x.next {
		one := ""
		for _, o := range x.ops {
			one += fmt.Sprint(len(o.data), " ")
		}
		got = append(got, one)
		x.close()
		require.LessOrEqual(t, len(x.req.Op), 40)
	}
	require.Equal(t, []string{"1 1 1 ", "1 ", "40 ", "20 8 ", "8 1 "}, got, "three at most, and 40 bytes with their lengths")
}

// A result counts once weak power has said the same of the same part; parts may come in any order (spec X2).
func TestPartsAreCountedOneByOne(t *testing.T) {
	b, x := bundled(t, "a", "b", "c")
	b.answer(3, part(x, 0, "right", "right"))
	b.answer(2, part(x, 2, "last"))
	b.answer(1, part(x, 0, "wrong", "right")) // a liar, so are the next two
	b.answer(1, part(x, 1, "right"))
	b.answer(1, part(x, 1, "right", "last"))
	require.False(t, isSettled(x))
	b.answer(3, part(x, 2, "last"))
	require.False(t, isSettled(x))
	b.answer(2, part(x, 0, "right", "right"))
	require.True(t, isSettled(x))
	require.Equal(t, []string{"right", "right", "last"}, outcomes(t, x))
	require.Equal(t, uint64(1), b.voices[1].disagreed)
	require.Zero(t, b.voices[2].disagreed+b.voices[3].disagreed)
}

// What no correct replica says is the fault of the one who says it, and of nobody else (spec D1).
func TestMalformedParts(t *testing.T) {
	b, x := bundled(t, "a", "b")
	for i, result := range []string{"", "abc", "\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x00", "\xff\xff\xff\xff\x00\x00\x00\x00"} {
		r := done(x, "")
		r.Result = []byte(result)
		b.answer(1, r)
		require.Equal(t, uint64(i+1), b.voices[1].malformed)
	}
	r := done(x, "")
	r.Result = []byte("\x00\x00\x00\x00 no part")
	b.answer(1, r)
	require.False(t, isSettled(x))
	b.answer(2, done(x, "r"))
	b.answer(3, done(x, "r"))
	require.Equal(t, []string{"r0", "r1"}, outcomes(t, x))
}

// An operation may leave a request that is not made yet, and then it never leaves this machine; one of several in
// a request that is made has an unknown outcome, which Resolve tells (spec X5).
func TestCancelOneOfSeveral(t *testing.T) {
	b, _ := opened(t, config(1, 1, 1, 1))
	b.bundle = message.BundleMax
	late := errors.New("late")
	x, first := b.submit([]byte("first"))
	_, second := b.submit([]byte("second"))
	_, third := b.submit([]byte("third"))
	_, err := b.cancel(second, late)
	require.Equal(t, late, err)
	list, _ := b.turn()
	require.Equal(t, []*call{x}, list)
	require.Equal(t, message.AppendBundle(nil, [][]byte{[]byte("first"), []byte("third")}), x.req.Op)

	var unknown *UnknownOutcomeError
	_, err = b.cancel(third, late)
	require.ErrorAs(t, err, &unknown)
	require.ErrorIs(t, err, late)
	require.Equal(t, 1, b.status().Abandoned)
	require.Equal(t, 1+2, b.status().Outstanding)
	for i := range 2 {
		b.answer(i, done(x, "r"))
	}
	result, err := unknown.op.outcome()
	require.NoError(t, err)
	require.Equal(t, "r1", string(result))
	result, err = first.outcome()
	require.NoError(t, err)
	require.Equal(t, "r0", string(result))
	require.EqualValues(t, 2, b.stats.Done)
}
