package session

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// Every move of the window from every place over every word boundary, all bits set before.
func TestRaiseEveryMove(t *testing.T) {
	const window = 128
	for _, base := range []uint64{1, 2, math.MaxUint64 - 4*window} {
		for from := base; from < base+window+2; from++ {
			for span := uint64(0); span < window+70; span++ {
				s := newSession(0, window)
				s.awaited = from
				for n := range uint64(window) {
					s.mark(from + n)
				}
				s.raise(from + span)
				if s.awaited != from+span {
					t.Fatalf("from %d by %d: awaited %d", from, span, s.awaited)
				}
				for n := range uint64(window) {
					if s.done(from+span+n) != (span+n < window) {
						t.Fatalf("from %d by %d: number %d", from, span, from+span+n)
					}
				}
			}
		}
	}
}

// The level by its definition: one more would be too much.
func TestWaterLevel(t *testing.T) {
	left := func(held []int, level int) (sum int) {
		for _, h := range held {
			sum += min(h, level)
		}
		return sum
	}
	rapid.Check(t, func(t *rapid.T) {
		held := rapid.SliceOfN(rapid.IntRange(0, 20), 1, 6).Draw(t, "held")
		budget := rapid.IntRange(0, 60).Draw(t, "budget")
		level := waterLevel(held, budget)
		require.LessOrEqual(t, left(held, level), budget)
		if level < math.MaxInt {
			require.Greater(t, left(held, level+1), budget)
		}
	})
}

// A digest hashes what was touched, and each result once.
func TestDigestCostsWhatWasTouched(t *testing.T) {
	table := New(Config{Replies: true})
	for i := range uint32(1000) {
		r := &message.Request{Type: message.RequestOpen, Client: message.PublicKey{byte(i), byte(i >> 8)}, Number: 1}
		table.Apply(1, i, r)
	}
	require.Len(t, table.dirty, 1000)
	table.Digest()
	require.Empty(t, table.dirty)
	for i, pos := range []uint32{1, 500, 1} {
		r := &message.Request{Client: message.PublicKey{byte(pos), byte(pos >> 8)}, Session: message.SessionID{Seq: 1, Pos: pos}, Number: uint64(i + 1)}
		require.Equal(t, Execute, table.Apply(2, uint32(i), r).Verdict)
		table.Store(r.Session, r.Number, Reply{Seq: 2, Result: []byte("result")})
	}
	require.Len(t, table.dirty, 2)
	table.Digest()
	require.Empty(t, table.dirty)
	s := table.slots[1]
	require.Len(t, s.replies.live(), 2)
	before := table.Digest()
	s.replies.live()[0].Result[0]++ // nobody may do this; it shows that the result is not read again
	table.soil(s)
	require.Equal(t, before, table.Digest())
	require.Equal(t, []uint32{2, 3, 8}, table.hashParents(1, []uint32{4, 5, 7, 16, 17}), "each parent once")
}

// Random inserts and drops: the list holds what a map does, in order, counts its bytes, and does not keep the room of
// a burst or the replies that it dropped.
func TestRepliesAgainstMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q replies
		model := map[uint64]int{}
		low := uint64(0)
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			switch rapid.IntRange(0, 20).Draw(t, "do") {
			case 0:
				low += rapid.Uint64Range(0, 300).Draw(t, "below")
				q.dropBelow(low)
			case 1:
				q.dropAll()
				low += 400
			default:
				for range rapid.IntRange(1, 20).Draw(t, "inserts") {
					n := low + rapid.Uint64Range(0, 300).Draw(t, "number")
					result := make([]byte, n%7)
					require.Equal(t, model[n] == 0, q.insert(&cached{number: n, Reply: Reply{Result: result}}))
					model[n] = ReplyOverhead + len(result)
				}
			}
			for n := range model {
				if n < low {
					delete(model, n)
				}
			}
			sum := 0
			for i, c := range q.live() {
				require.Equal(t, model[c.number], c.size())
				require.True(t, i == 0 || q.live()[i-1].number < c.number)
				sum += c.size()
			}
			require.Len(t, q.live(), len(model))
			require.Equal(t, sum, q.bytes)
			require.LessOrEqual(t, cap(q.list), max(64, 8*len(model)))
			for i, c := range q.list[:cap(q.list)] {
				require.Equal(t, i >= q.head && i < len(q.list), c != nil, "entry %d", i)
			}
		}
	})
}
