package kv

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/twothirds-bft/twothirds/pbft"
)

func newStore(cfg Config) *Store {
	s, err := New(cfg)
	if err != nil {
		panic(err)
	}
	return s
}

// run executes commands given as words, one operation in one block, and returns the results as text.
func run(t require.TestingT, s *Store, commands ...string) []string {
	var op []byte
	for _, line := range commands {
		op = command(t, op, strings.Split(line, " ")...)
	}
	return texts(t, execute(s, op)[0])
}

func command(t require.TestingT, op []byte, words ...string) []byte {
	args := make([][]byte, 0, len(words))
	for _, w := range words[1:] {
		args = append(args, []byte(w))
	}
	for v := Get; v.known(); v++ {
		if v.String() == words[0] {
			op, err := Append(op, v, args...)
			require.NoError(t, err)
			return op
		}
	}
	require.Fail(t, "no such command", words[0])
	return nil
}

// execute executes a block and then overwrites what the store was shown, which it must not rely on.
func execute(s *Store, ops ...[]byte) [][]byte {
	b := pbft.Block{Seq: 1}
	for _, op := range ops {
		b.Ops = append(b.Ops, pbft.Op{Data: bytes.Clone(op)})
	}
	results := s.Execute(&b)
	for i := range b.Ops {
		for k := range b.Ops[i].Data {
			b.Ops[i].Data[k] = 0xEE
		}
	}
	return results
}

func texts(t require.TestingT, data []byte) []string {
	list, err := ParseResults(data)
	require.NoError(t, err)
	var out []string
	for _, r := range list {
		out = append(out, text(r))
	}
	return out
}

func text(r Result) string {
	switch r.Kind {
	case OK:
		return "OK"
	case Nil:
		return "nil"
	case Int:
		return fmt.Sprint(r.Int)
	case Bulk:
		return fmt.Sprintf("%q", r.Data)
	}
	return "-" + string(r.Data)
}

func TestCommands(t *testing.T) {
	s := newStore(Config{})
	for _, c := range []struct{ command, want string }{
		{"get a", "nil"},
		{"set a 1", "OK"},
		{"get a", `"1"`},
		{"incr a", "2"},
		{"get a", `"2"`},
		{"incr fresh", "1"},
		{"set a word", "OK"},
		{"incr a", "-ERR value is not an integer or out of range"},
		{"get a", `"word"`},
		{"exists a fresh a none", "3"},
		{"del a none a", "1"},
		{"exists a", "0"},
		{"get a", "nil"},
		{"set  empty", "OK"}, // the empty key
		{"get ", `"empty"`},
		{"set e ", "OK"},
		{"get e", `""`},
		{"incr e", "-ERR value is not an integer or out of range"},
		{"set n -1", "OK"},
		{"incr n", "0"},
		{"set n 9223372036854775806", "OK"},
		{"incr n", "9223372036854775807"},
		{"incr n", "-ERR increment or decrement would overflow"},
		{"get n", `"9223372036854775807"`},
		{"set n -9223372036854775808", "OK"},
		{"incr n", "-9223372036854775807"},
	} {
		require.Equal(t, []string{c.want}, run(t, s, c.command), c.command)
	}
	for _, v := range []string{"+1", "01", "-0", "1_0", "0x1", "1.0", "9223372036854775808", "00000000000000000001", "x"} {
		require.Equal(t, []string{"OK", "-" + errNotInteger}, run(t, s, "set n "+v, "incr n"), v)
	}
	require.Equal(t, []string{"OK", "-" + errNotInteger}, texts(t, execute(s, command(t, command(t, nil, "set", "n", " 1"), "incr", "n"))[0]))
}

// A list is executed in order, nothing between.
func TestListInOrder(t *testing.T) {
	s := newStore(Config{})
	require.Equal(t, []string{"OK", "2", "2", `"2"`, "1", "nil", "1"},
		run(t, s, "set a 1", "incr a", "exists a a", "get a", "del a", "get a", "incr a"))
}

// An operation that is malformed anywhere does nothing and says so; the block around it goes on (spec N1).
func TestMalformedDoesNothing(t *testing.T) {
	s := newStore(Config{})
	good := command(t, nil, "set", "a", "1")
	bad := append(command(t, nil, "set", "a", "2"), byte(Get), 1, 9)
	empty := s.Digest()
	out := execute(s, bad, nil, []byte{0}, good)
	require.Len(t, out, 4)
	for _, r := range out[:3] {
		_, err := ParseResults(r)
		require.ErrorIs(t, err, ErrMalformed)
	}
	require.Equal(t, []string{"OK"}, texts(t, out[3]))
	require.Equal(t, []string{`"1"`}, run(t, s, "get a"))
	require.NotEqual(t, empty, s.Digest())
	require.ErrorIs(t, s.Admit(bad), ErrMalformed)
	require.NoError(t, s.Admit(good))
}

// What does not fit into one result is not executed, so that the client may submit it again.
func TestResultsBounded(t *testing.T) {
	s := newStore(Config{})
	value := strings.Repeat("v", ValueBytesMax)
	execute(s, command(t, nil, "set", "big", value))
	var op []byte
	for range 20 {
		op = command(t, op, "get", "big")
		op = command(t, op, "incr", "n")
	}
	data := execute(s, op)[0]
	require.LessOrEqual(t, len(data), ResultBytesMax)
	list, err := ParseResults(data)
	require.NoError(t, err)
	require.Greater(t, len(list), 2*(ResultBytesMax/ValueBytesMax)-4)
	require.Less(t, len(list), 40)
	for i, r := range list {
		require.Equal(t, []Kind{Bulk, Int}[i%2], r.Kind, "results are those of the first commands")
	}
	require.Equal(t, []string{fmt.Sprint(len(list)/2 + 1)}, run(t, s, "incr n"), "nothing behind the last result was executed")
}

func TestMemoryBounded(t *testing.T) {
	s := newStore(Config{BytesMax: 2*EntryBytes + 100})
	long := strings.Repeat("v", 98)
	require.Equal(t, []string{"OK", "OK"}, run(t, s, "set a "+long[:49], "set b "+long[:49]), "exactly full")
	digest := s.Digest()
	require.Equal(t, []string{"-" + errMemory, "-" + errMemory, "-" + errMemory}, run(t, s, "set c ", "incr c", "set a "+long[:50]))
	require.Equal(t, digest, s.Digest())
	require.Equal(t, []string{"OK", "1", "1", "OK"}, run(t, s, "set b "+long[:48], "del a", "incr c", "set c "+long[:50]))
	require.Equal(t, []string{"-" + errMemory}, run(t, s, "set c "+long[:51]))
	require.Equal(t, []string{"2", "OK"}, run(t, s, "del b c", "set a "+long))
	_, err := New(Config{BytesMax: -1})
	require.ErrorIs(t, err, ErrConfig)
}

// oracle is the store as one would write it on a napkin.
type oracle map[string]string

func (o oracle) do(words []string) string {
	switch key := words[1]; words[0] {
	case "get":
		if v, ok := o[key]; ok {
			return fmt.Sprintf("%q", v)
		}
		return "nil"
	case "set":
		o[key] = words[2]
		return "OK"
	case "incr":
		var n int64
		if v, ok := o[key]; ok {
			if _, err := fmt.Sscanf(v, "%d", &n); err != nil || fmt.Sprint(n) != v {
				return "-" + errNotInteger
			}
		}
		o[key] = fmt.Sprint(n + 1)
		return o[key]
	}
	n := 0
	for _, key := range words[1:] {
		if _, ok := o[key]; ok {
			n++
		}
		if words[0] == "del" {
			delete(o, key)
		}
	}
	return fmt.Sprint(n)
}

// digest returns the digest of the oracle by the definition alone: split the places by their bits.
func (o oracle) digest() pbft.Digest {
	var keys []string
	for k := range o {
		keys = append(keys, k)
	}
	return o.branch(keys, 0)
}

func (o oracle) branch(keys []string, depth int) hash {
	var groups [16][]string
	for _, k := range keys {
		d := hex.EncodeToString(place(k))[depth]
		i := strings.IndexByte("0123456789abcdef", d)
		groups[i] = append(groups[i], k)
	}
	used, parts := 0, [][]byte{nil}
	for i, g := range groups {
		switch len(g) {
		case 0:
			continue
		case 1:
			h := sum([]byte{tagLeaf}, place(g[0]), []byte(o[g[0]]))
			parts = append(parts, h[:])
		default:
			h := o.branch(g, depth+1)
			parts = append(parts, h[:])
		}
		used |= 1 << i
	}
	parts[0] = []byte{tagBranch, byte(used >> 8), byte(used)}
	return sum(parts...)
}

func place(key string) []byte {
	h := sum([]byte(key))
	return h[:]
}

var genWords = rapid.Custom(func(t *rapid.T) []string {
	key := rapid.SampledFrom([]string{"", "a", "b", "c", "dd", "\x00\xff", "e0", "e1", "e2", "e3", "e4", "e5"})
	switch verb := rapid.SampledFrom([]string{"get", "set", "set", "incr", "del", "exists"}).Draw(t, "verb"); verb {
	case "set":
		return []string{verb, key.Draw(t, "key"), rapid.SampledFrom([]string{"", "0", "-1", "41", "word", "\r\n"}).Draw(t, "value")}
	case "del", "exists":
		return append([]string{verb}, rapid.SliceOfN(key, 1, 4).Draw(t, "keys")...)
	default:
		return []string{verb, key.Draw(t, "key")}
	}
})

// Two stores given the same operations, in blocks cut differently and with digests taken at different times,
// return what a map would and name the same states.
func TestAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, o := newStore(Config{}), newStore(Config{}), oracle{}
		var ops, got [][]byte
		for range rapid.IntRange(1, 20).Draw(t, "ops") {
			var op []byte
			var want []string
			for _, words := range rapid.SliceOfN(genWords, 1, 6).Draw(t, "commands") {
				op = command(t, op, words...)
				want = append(want, o.do(words))
			}
			result := execute(a, op)[0]
			require.Equal(t, want, texts(t, result))
			ops, got = append(ops, op), append(got, result)
			if rapid.Bool().Draw(t, "checkpoint") {
				require.Equal(t, o.digest(), a.Digest())
				require.Equal(t, len(o), a.Len())
			}
		}
		require.Equal(t, got, execute(b, ops...), "one block or many")
		require.Equal(t, o.digest(), b.Digest())
		require.Equal(t, a.Digest(), b.Digest())
		require.Equal(t, a.bytes, b.bytes)
	})
}

// The digest names the content and nothing of how it came about, also far beyond notesMax.
func TestDigestIsOfTheContent(t *testing.T) {
	const keys = 3 * notesMax
	fill := func(s *Store, order []int, value string) {
		for _, i := range order {
			require.Equal(t, []string{"OK"}, run(t, s, fmt.Sprint("set key", i, " ", value)))
		}
	}
	order := rand.New(rand.NewPCG(1, 2)).Perm(keys)
	a, b := newStore(Config{}), newStore(Config{})
	fill(a, order, "final")
	o := oracle{}
	for _, i := range order {
		o[fmt.Sprint("key", i)] = "final"
	}
	fill(b, order[:keys/2], "other")
	require.NotEqual(t, a.Digest(), b.Digest())
	for i := range keys / 4 {
		execute(b, command(t, nil, "del", fmt.Sprint("key", i)), command(t, nil, "set", fmt.Sprint("passing", i), "x"))
	}
	b.Digest()
	for i := range keys / 4 {
		execute(b, command(t, nil, "del", fmt.Sprint("passing", i)))
	}
	slices.Reverse(order)
	fill(b, order, "final")
	require.Equal(t, o.digest(), a.Digest())
	require.Equal(t, a.Digest(), b.Digest())
	require.Equal(t, a.bytes, b.bytes)
	for _, change := range []string{"set key0 Final", "set key0 final0", "del key1", "set key2 1", "incr key2", "set new final"} {
		before := b.Digest()
		run(t, b, change)
		require.NotEqual(t, before, b.Digest(), change)
	}
}

// An empty store's digest is no leaf's, and emptying a store leads back to it.
func TestDigestOfNothing(t *testing.T) {
	s := newStore(Config{})
	empty := s.Digest()
	run(t, s, "set a 1", "set b 2")
	s.Digest()
	run(t, s, "del a b")
	require.Equal(t, empty, s.Digest())
	require.Empty(t, s.entries)
	require.Zero(t, s.tree.used)
	require.Zero(t, s.bytes)
}

func Example() {
	store, _ := New(Config{})
	op, _ := Append(nil, Set, []byte("greeting"), []byte("hello"))
	op, _ = Append(op, Incr, []byte("visits"))
	op, _ = Append(op, Get, []byte("greeting"))
	data := store.Execute(&pbft.Block{Ops: []pbft.Op{{Data: op}}})[0] // done by the cluster
	results, _ := ParseResults(data)
	fmt.Println(results[1].Int, string(results[2].Data))
	// Output: 1 hello
}
