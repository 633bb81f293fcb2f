package kv

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft"
)

func sum(parts ...[]byte) hash { return sha256.Sum256(bytes.Join(parts, nil)) }

func TestAppendRefuses(t *testing.T) {
	long := make([]byte, ValueBytesMax+1)
	for _, c := range []struct {
		verb Verb
		args [][]byte
		want error
	}{
		{Get, nil, ErrArgs},
		{Get, [][]byte{{}, {}}, ErrArgs},
		{Set, [][]byte{{}}, ErrArgs},
		{Set, [][]byte{{}, {}, {}}, ErrArgs},
		{Del, nil, ErrArgs},
		{Exists, nil, ErrArgs},
		{Del, make([][]byte, ArgsMax), nil},
		{Del, make([][]byte, ArgsMax+1), ErrArgs},
		{Incr, nil, ErrArgs},
		{Get, [][]byte{long[:KeyBytesMax]}, nil},
		{Get, [][]byte{long[:KeyBytesMax+1]}, ErrTooLong},
		{Exists, [][]byte{{}, long[:KeyBytesMax+1]}, ErrTooLong},
		{Set, [][]byte{long[:KeyBytesMax], long[:ValueBytesMax]}, nil},
		{Set, [][]byte{long[:KeyBytesMax+1], {}}, ErrTooLong},
		{Set, [][]byte{{}, long}, ErrTooLong},
		{0, nil, ErrMalformed},
		{Incr + 1, nil, ErrMalformed},
	} {
		op, err := Append([]byte{7}, c.verb, c.args...)
		if c.want == nil {
			require.NoError(t, err)
			require.NoError(t, newStore(Config{}).Admit(op[1:]))
			continue
		}
		require.ErrorIs(t, err, c.want, "%v with %d arguments", c.verb, len(c.args))
		require.Equal(t, []byte{7}, op)
	}
}

func TestAppendUpToTheLimit(t *testing.T) {
	value := make([]byte, ValueBytesMax)
	op, err := Append(nil, Set, nil, value)
	require.NoError(t, err)
	left := OpBytesMax - len(op)
	_, err = Append(op, Set, nil, value[:left-6+1]) // verb, count, empty key, length of three bytes
	require.ErrorIs(t, err, ErrFull)
	op, err = Append(op, Set, nil, value[:left-6])
	require.NoError(t, err)
	require.Len(t, op, OpBytesMax)
	_, err = Parse(op)
	require.NoError(t, err)
	_, err = Parse(append(op, byte(Get), 1, 0))
	require.ErrorIs(t, err, ErrMalformed)
}

func TestParseRefuses(t *testing.T) {
	many := bytes.Repeat([]byte{byte(Get), 1, 0}, CommandsMax)
	_, err := Parse(many)
	require.NoError(t, err)
	for name, op := range map[string][]byte{
		"nothing":               {},
		"no verb":               {0, 1, 0},
		"unknown verb":          {byte(Incr) + 1, 1, 0},
		"verb alone":            {byte(Get)},
		"no arguments":          {byte(Get), 0},
		"too many arguments":    {byte(Get), 2, 0, 0},
		"argument missing":      {byte(Set), 2, 0},
		"argument cut":          {byte(Get), 1, 2, 'a'},
		"long form of a count":  {byte(Get), 0x81, 0, 0},
		"long form of a length": {byte(Get), 1, 0x81, 0, 'a'},
		"endless number":        append([]byte{byte(Get), 1}, bytes.Repeat([]byte{0xff}, 12)...),
		"huge length":           binary.AppendUvarint([]byte{byte(Get), 1}, 1<<63),
		"key too long":          append([]byte{byte(Get), 1, 0x81, 8}, make([]byte, 1025)...),
		"bytes behind":          {byte(Get), 1, 0, 0},
		"too many commands":     append(many, byte(Get), 1, 0),
	} {
		_, err := Parse(op)
		require.ErrorIs(t, err, ErrMalformed, name)
	}
}

func TestParseResultsRefuses(t *testing.T) {
	for name, data := range map[string][]byte{
		"malformed operation":   {kindMalformed},
		"malformed among":       {byte(OK), kindMalformed},
		"unknown kind":          {byte(Error) + 1},
		"no integer":            {byte(Int)},
		"long form of a number": {byte(Int), 0x80, 0},
		"data cut":              {byte(Bulk), 2, 'a'},
		"data too long":         append(binary.AppendUvarint([]byte{byte(Bulk)}, ValueBytesMax+1), make([]byte, ValueBytesMax+1)...),
	} {
		list, err := AppendResults(make([]Result, 1), data)
		require.ErrorIs(t, err, ErrMalformed, name)
		require.Len(t, list, 1)
	}
	list, err := ParseResults(nil)
	require.NoError(t, err)
	require.Empty(t, list)
}

func TestVerbString(t *testing.T) {
	require.Equal(t, "get incr Verb(0) Verb(6)", fmt.Sprint(Get, Incr, Verb(0), Incr+1))
}

// What parses is what Append makes, is executed without a panic, and has results that parse: one for
// each command, since these are too short for the bound. What does not parse changes nothing.
func FuzzOperation(f *testing.F) {
	f.Add(command(f, command(f, nil, "set", "a", "1"), "incr", "a"))
	f.Add(command(f, command(f, nil, "del", "a", "", "a"), "get", "a"))
	f.Add([]byte{byte(Get), 1, 0x81, 0, 'a'})
	f.Fuzz(func(t *testing.T, op []byte) {
		s := newStore(Config{})
		before := s.Digest()
		commands, err := Parse(op)
		result := s.Execute(&pbft.Block{Ops: []pbft.Op{{Data: op}}})[0]
		list, resultErr := ParseResults(result)
		if err != nil {
			require.ErrorIs(t, err, ErrMalformed)
			require.ErrorIs(t, resultErr, ErrMalformed)
			require.Equal(t, before, s.Digest())
			return
		}
		require.NoError(t, resultErr)
		require.Len(t, list, len(commands))
		var again []byte
		for _, c := range commands {
			again, err = Append(again, c.Verb, c.Args...)
			require.NoError(t, err)
		}
		require.Equal(t, op, again)
	})
}

func FuzzResults(f *testing.F) {
	f.Add([]byte{byte(OK), byte(Int), 3, byte(Bulk), 1, 'a'})
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := ParseResults(data)
		if err != nil {
			require.ErrorIs(t, err, ErrMalformed)
			return
		}
		var again []byte
		for _, r := range list {
			switch r.Kind {
			case OK, Nil:
				again = appendKind(again, r.Kind)
			case Int:
				again = appendInt(again, r.Int)
			default:
				again = appendData(again, r.Kind, r.Data)
			}
		}
		require.True(t, bytes.Equal(data, again))
	})
}
