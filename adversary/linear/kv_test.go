package linear_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/linear"
	"github.com/twothirds-bft/twothirds/pbft"
)

func execute(a *linear.KV, input []byte) string {
	return string(a.Execute(&pbft.Block{Ops: []pbft.Op{{Data: input}}})[0])
}

// TestKV: what each operation does and answers.
func TestKV(t *testing.T) {
	a := linear.NewKV()
	long := strings.Repeat("x", linear.ValueMax)
	for _, c := range []struct {
		input []byte
		want  string
	}{
		{linear.Get("k"), ""},
		{linear.Put("k", "1"), ""},
		{linear.Put("k", "2"), "1"},
		{linear.CompareAndSwap("k", "1", "3"), "0"},
		{linear.CompareAndSwap("k", "2", "3"), "1"},
		{linear.Append("k", "4"), "34"},
		{linear.Get("k"), "34"},
		{linear.Get("j"), ""},
		{linear.CompareAndSwap("j", "", "5"), "1"},
		{linear.Put("k", long), "34"},
		{linear.Append("k", "y"), "y"},
		{linear.Put("k", long+"x"), "malformed"},
		{linear.Get(long), "malformed"},
		{[]byte("g\x01k\x00\x00\x00"), "malformed"},
		{[]byte("z\x01k\x00\x00"), "malformed"},
		{[]byte("g\x09k"), "malformed"},
		{nil, "malformed"},
		{linear.Get("k"), "y"},
	} {
		require.Equal(t, c.want, execute(a, c.input), "%q", c.input)
	}
}

// TestDigestIsOfTheState: however a state came about, it has one digest, a snapshot of it is
// one stream of bytes, and what is restored from that goes on alike.
func TestDigestIsOfTheState(t *testing.T) {
	workload := linear.Workload(4)
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 4))
		draw := func(_ string, n uint64) uint64 { return r.Uint64N(n) }
		a := linear.NewKV()
		seen := map[pbft.Digest]bool{a.Digest(): true}
		for range 60 {
			var before, after bytes.Buffer
			require.NoError(t, a.Snapshot(&before))
			digest := a.Digest()
			execute(a, workload(draw))
			require.NoError(t, a.Snapshot(&after))
			require.Equal(t, bytes.Equal(before.Bytes(), after.Bytes()), digest == a.Digest())
			seen[a.Digest()] = true

			b := linear.NewKV()
			require.NoError(t, b.Restore(bytes.NewReader(after.Bytes())))
			require.Equal(t, a.Digest(), b.Digest())
			var again bytes.Buffer
			require.NoError(t, b.Snapshot(&again))
			require.Equal(t, after.Bytes(), again.Bytes())
		}
		require.Greater(t, len(seen), 20)
	}
	a := linear.NewKV()
	execute(a, linear.Put("k", "1"))
	execute(a, linear.Put("k", ""))
	require.Equal(t, linear.NewKV().Digest(), a.Digest())
	require.NotEqual(t, digestOf("ab", "c"), digestOf("a", "bc"))
}

func digestOf(key, value string) pbft.Digest {
	a := linear.NewKV()
	execute(a, linear.Put(key, value))
	return a.Digest()
}

// TestRestoreRefuses what no snapshot is.
func TestRestoreRefuses(t *testing.T) {
	var buf bytes.Buffer
	a := linear.NewKV()
	execute(a, linear.Put("key", "value"))
	require.NoError(t, a.Snapshot(&buf))
	sound := buf.Bytes()
	for name, b := range map[string][]byte{
		"cut off":     sound[:len(sound)-1],
		"too long":    {0xff, 0xff, 0x7f},
		"bad length":  bytes.Repeat([]byte{0xff}, 12),
		"not a put":   append([]byte{byte(len(linear.Get("k")))}, linear.Get("k")...),
		"no sense":    {2, 1, 1},
		"length only": {5},
	} {
		require.Error(t, linear.NewKV().Restore(bytes.NewReader(b)), name)
	}
	require.NoError(t, linear.NewKV().Restore(bytes.NewReader(sound)))
}

// FuzzExecute: anyone may send anything.
func FuzzExecute(f *testing.F) {
	for _, b := range [][]byte{linear.Get("k"), linear.Put("k", "v"), linear.CompareAndSwap("k", "", "v"), linear.Append("k", "v"), {'p', 0xff}} {
		f.Add(b)
	}
	m := linear.KVModel()
	f.Fuzz(func(t *testing.T, b []byte) {
		a := linear.NewKV()
		result := execute(a, b)
		_, want := m.Step("", b)
		require.Equal(t, string(want), result)
		m.Key(b)
		m.Describe(b, nil)
		if m.ReadOnly(b) {
			require.Equal(t, linear.NewKV().Digest(), a.Digest())
		}
	})
}
