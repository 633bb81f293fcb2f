package linear_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/adversary/linear"
)

// op is an operation that returned; unknown one that never did.
func op(client int, call, ret int64, input []byte, output string) linear.Op {
	return linear.Op{Client: client, Call: call, Return: ret, Input: input, Output: []byte(output)}
}

func unknown(client int, call int64, input []byte) linear.Op {
	return linear.Op{Client: client, Call: call, Input: input, Unknown: true}
}

// TestHistories: known cases, sound and not. Each broken one is what some bug looks like to
// clients.
func TestHistories(t *testing.T) {
	get, put, swap, add := linear.Get("k"), linear.Put, linear.CompareAndSwap, linear.Append
	for _, c := range []struct {
		name    string
		want    linear.Verdict
		history []linear.Op
	}{
		{"nothing happened", linear.Linearizable, nil},
		{"write, then read", linear.Linearizable, []linear.Op{op(0, 0, 1, put("k", "a"), ""), op(1, 2, 3, get, "a")}},
		{"stale read", linear.Broken, []linear.Op{op(0, 0, 1, put("k", "a"), ""), op(1, 2, 3, get, "")}},
		{"an old value may be read while the write goes on", linear.Linearizable, []linear.Op{op(0, 0, 9, put("k", "a"), ""), op(1, 2, 3, get, "")}},
		{"and the new one, but not the old one after it", linear.Broken, []linear.Op{
			op(0, 0, 9, put("k", "a"), ""), op(1, 2, 3, get, "a"), op(2, 4, 5, get, ""),
		}},
		{"a return and a call at one time overlap", linear.Linearizable, []linear.Op{op(0, 0, 2, put("k", "a"), ""), op(1, 2, 3, get, "")}},
		{"value from nowhere", linear.Broken, []linear.Op{op(0, 0, 1, put("k", "a"), ""), op(1, 2, 3, get, "b")}},
		{"read before it was written", linear.Broken, []linear.Op{op(1, 0, 1, get, "a"), op(0, 2, 3, put("k", "a"), "")}},
		{"lost write", linear.Broken, []linear.Op{
			op(0, 0, 1, put("k", "a"), ""), op(0, 2, 3, put("k", "b"), "a"), op(1, 4, 5, get, "a"),
		}},
		{"executed twice", linear.Broken, []linear.Op{op(0, 0, 1, add("k", "x"), "x"), op(1, 2, 3, get, "xx")}},
		{"executed twice, the second answer accepted", linear.Broken, []linear.Op{op(0, 0, 1, add("k", "x"), "xx")}},
		{"two winners of one swap", linear.Broken, []linear.Op{
			op(0, 0, 9, swap("k", "", "a"), "1"), op(1, 0, 9, swap("k", "", "b"), "1"),
		}},
		{"one winner", linear.Linearizable, []linear.Op{
			op(0, 0, 9, swap("k", "", "a"), "1"), op(1, 0, 9, swap("k", "", "b"), "0"), op(2, 10, 11, get, "a"),
		}},
		{"acknowledged and lost when all power failed", linear.Broken, []linear.Op{
			op(0, 0, 1, put("k", "a"), ""), op(0, 100, 101, add("k", "b"), "b"),
		}},
		{"fork: two clients in two worlds", linear.Broken, []linear.Op{
			op(0, 0, 1, add("k", "a"), "a"), op(1, 0, 1, add("k", "b"), "b"), op(0, 2, 3, get, "a"), op(1, 2, 3, get, "b"),
		}},
		{"order of two reads reversed", linear.Broken, []linear.Op{
			op(0, 0, 9, put("k", "a"), ""), op(1, 0, 9, put("k", "b"), "a"), op(2, 1, 2, get, "b"), op(2, 3, 4, get, "a"),
		}},
		{"other keys do not matter", linear.Linearizable, []linear.Op{
			op(0, 0, 1, put("k", "a"), ""), op(1, 2, 3, linear.Get("other"), ""), op(1, 4, 5, get, "a"),
		}},
		{"unless they are broken", linear.Broken, []linear.Op{
			op(0, 0, 1, put("k", "a"), ""), op(1, 2, 3, linear.Get("other"), "a"), op(1, 4, 5, get, "a"),
		}},

		{"no answer, took effect", linear.Linearizable, []linear.Op{unknown(0, 0, put("k", "a")), op(1, 2, 3, get, "a")}},
		{"no answer, no effect", linear.Linearizable, []linear.Op{unknown(0, 0, put("k", "a")), op(1, 2, 3, get, "")}},
		{"no answer, effect long after", linear.Linearizable, []linear.Op{
			unknown(0, 0, put("k", "a")), op(1, 2, 3, get, ""), op(1, 4, 5, put("k", "b"), ""), op(1, 6, 7, get, "b"), op(1, 8, 9, get, "a"),
		}},
		{"no answer, no effect before the call", linear.Broken, []linear.Op{op(1, 0, 1, get, "a"), unknown(0, 2, put("k", "a"))}},
		{"no answer, at most one effect", linear.Broken, []linear.Op{unknown(0, 0, add("k", "a")), op(1, 2, 3, get, "aa")}},
		{"read without an answer", linear.Linearizable, []linear.Op{unknown(0, 0, get), op(1, 2, 3, get, "")}},
		{"malformed", linear.Linearizable, []linear.Op{op(0, 0, 1, []byte("x"), "malformed"), unknown(1, 0, nil)}},
	} {
		r := linear.Check(c.history, linear.KVModel())
		require.Equal(t, c.want, r.Verdict, "%s: %v", c.name, r)
	}
}

// TestExplains: a broken history names the key, how far one gets, and what cannot be.
func TestExplains(t *testing.T) {
	history := []linear.Op{
		op(0, 0, 1, linear.Put("j", "a"), ""),
		op(0, 0, 1, linear.Put("k", "a"), ""), op(1, 2, 3, linear.Append("k", "b"), "ab"),
		unknown(2, 2, linear.CompareAndSwap("k", "c", "d")), op(3, 4, 5, linear.Get("k"), "x"),
	}
	r := linear.Check(history, linear.KVModel())
	require.Equal(t, "k", r.Key)
	require.Equal(t, 4, r.Ops)
	require.Equal(t, 2, r.Keys)
	require.Equal(t, history[4:], r.Next)
	text := r.String()
	for _, want := range []string{
		`broken: key "k", 4 operations`, `client 0, 0 to 1: put k "a" -> ""`, `client 1, 2 to 3: append k "b" -> "ab"`,
		`client 3, 4 to 5: get k -> "x"`,
	} {
		require.Contains(t, text, want)
	}
	var page bytes.Buffer
	require.NoError(t, r.HTML(&page))
	require.Contains(t, page.String(), "append k")
	require.Error(t, linear.Check(nil, linear.KVModel()).HTML(&page))
	require.Equal(t, "linearizable: 0 keys, 0 steps", linear.Check(nil, linear.KVModel()).String())
	m := linear.KVModel()
	m.Describe = nil
	require.Contains(t, linear.Check(history, m).String(), "-> 78")
}

// TestBound: where the search would take for ever it ends, undecided, always the same; a key
// that is broken counts more than one that is undecided.
func TestBound(t *testing.T) {
	var history []linear.Op
	for i := range 40 {
		history = append(history, unknown(i, 0, linear.Append("k", fmt.Sprint(i, ";"))))
	}
	history = append(history, op(99, 1, 2, linear.Get("k"), "never"))
	r := linear.CheckWithin(history, linear.KVModel(), 20_000)
	require.Equal(t, linear.Undecided, r.Verdict)
	require.Equal(t, 20_000, r.Steps)
	require.Equal(t, `undecided after 20000 steps: key "k", 41 operations`, r.String())
	require.Equal(t, r.Verdict, linear.CheckWithin(history, linear.KVModel(), 20_000).Verdict)
	for _, key := range []string{"j", "l"} {
		broken := append(history[:41:41], op(0, 0, 1, linear.Get(key), "x"))
		require.Equal(t, linear.Broken, linear.CheckWithin(broken, linear.KVModel(), 20_000).Verdict)
	}
	require.Panics(t, func() { linear.Check([]linear.Op{op(0, 2, 1, linear.Get("k"), "")}, linear.KVModel()) })
}

// world makes a history by executing a few operations of several clients on a real store,
// each at a time between its call and its return; some answers are lost.
func world(r *rand.Rand, clients, each int) (history []linear.Op) {
	type pending struct {
		op linear.Op
		at int64
	}
	var all []pending
	draw := func(_ string, n uint64) uint64 { return r.Uint64N(n) }
	workload := linear.Workload(1)
	for c := range clients {
		now := int64(0)
		for range each {
			call := now + r.Int64N(20)
			at := call + r.Int64N(20)
			now = at + r.Int64N(20)
			o := linear.Op{Client: c, Call: call, Return: now, Input: workload(draw)}
			if o.Unknown = r.IntN(8) == 0; o.Unknown {
				o.Return = 0
				at += r.Int64N(200)
			}
			all = append(all, pending{o, at})
			now++
		}
	}
	store := linear.NewKV()
	for at := int64(0); len(history) < len(all) && at < 1000; at++ {
		for i := range all {
			if p := &all[i]; p.at == at {
				if p.op.Unknown && r.IntN(3) == 0 {
					history = append(history, p.op) // no effect
					continue
				}
				result := execute(store, p.op.Input)
				if !p.op.Unknown {
					p.op.Output = []byte(result)
				}
				history = append(history, p.op)
			}
		}
	}
	return history
}

// naive tells by trying every order.
func naive(history []linear.Op, m linear.Model) bool {
	used := make([]bool, len(history))
	var try func(state string, left int) bool
	try = func(state string, left int) bool {
		if left == 0 {
			return true
		}
		for i := range history {
			if used[i] || !mayBeNext(history, used, i) {
				continue
			}
			next, out := m.Step(state, history[i].Input)
			if !history[i].Unknown && !bytes.Equal(out, history[i].Output) {
				continue
			}
			used[i] = true
			if try(next, left-1) || history[i].Unknown && try(state, left-1) {
				return true
			}
			used[i] = false
		}
		return false
	}
	return try("", len(history))
}

// mayBeNext reports whether nothing that is left had returned when i was called.
func mayBeNext(history []linear.Op, used []bool, i int) bool {
	for j := range history {
		if !used[j] && !history[j].Unknown && history[j].Return < history[i].Call {
			return false
		}
	}
	return true
}

// TestAgainstNaive: on generated histories, some with one answer changed, the verdict is
// that of trying every order.
func TestAgainstNaive(t *testing.T) {
	verdicts := map[linear.Verdict]int{}
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 2))
		history := world(r, 3, 2)
		if i := r.IntN(len(history)); seed%2 == 1 && !history[i].Unknown {
			history[i].Output = []byte(fmt.Sprint(r.IntN(4)))
		}
		got := linear.Check(history, linear.KVModel())
		want := linear.Broken
		if naive(history, linear.KVModel()) {
			want = linear.Linearizable
		}
		require.Equal(t, want, got.Verdict, "seed %d: %v", seed, got)
		if seed%2 == 0 {
			require.Equal(t, linear.Linearizable, got.Verdict, "seed %d: %v", seed, got)
		}
		verdicts[got.Verdict]++
	}
	require.Greater(t, verdicts[linear.Broken], 100)
	require.Greater(t, verdicts[linear.Linearizable], 800)
}

// TestLongHistories: a history as a world makes it is decided well within the bound.
func TestLongHistories(t *testing.T) {
	for seed := range uint64(20) {
		history := world(rand.New(rand.NewPCG(seed, 3)), 4, 15)
		got := linear.Check(history, linear.KVModel())
		require.Equal(t, linear.Linearizable, got.Verdict, "seed %d: %v", seed, got)
	}
}
