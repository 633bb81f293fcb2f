package links_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/twothirds-bft/twothirds/transport"
	"github.com/twothirds-bft/twothirds/transport/internal/links"
)

func control(slot uint64, data string) transport.Frame {
	return transport.Frame{Slot: slot, Data: []byte(data)}
}

func bulk(n int) transport.Frame {
	return transport.Frame{Class: transport.Bulk, Data: make([]byte, n)}
}

func texts(batch []links.Slice) (out []string) {
	for _, s := range batch {
		out = append(out, string(s.Frame[s.From:s.To]))
	}
	return out
}

// D1: "For votes the older of the same signer, kind and view gives way in place (it keeps its turn in the queue)".
func TestSupersedeKeepsTheTurn(t *testing.T) {
	q := links.NewQueue(100, 10)
	require.Equal(t, links.Queued, q.Put(control(7, "old vote")))
	require.Equal(t, links.Queued, q.Put(control(0, "answer")))
	require.Equal(t, links.Superseded, q.Put(control(7, "new vote")))
	require.Equal(t, links.Queued, q.Put(control(8, "other kind")))
	require.Equal(t, []string{"new vote", "answer", "other kind"}, texts(q.Take(nil)))
	require.Equal(t, links.Queued, q.Put(control(7, "next vote")), "what has been taken is not replaced")
}

// D1: "for the rest the newest of that peer is dropped and counted".
func TestNewestIsDroppedWhenFull(t *testing.T) {
	q := links.NewQueue(10, 3)
	require.Equal(t, links.Queued, q.Put(control(0, "12345")))
	require.Equal(t, links.Full, q.Put(control(0, "123456")), "bytes")
	require.Equal(t, links.Queued, q.Put(control(1, "1")))
	require.Equal(t, links.Queued, q.Put(control(0, "2")))
	require.Equal(t, links.Full, q.Put(control(0, "3")), "frames")
	require.Equal(t, links.Superseded, q.Put(control(1, "4444")), "a full queue still supersedes")
	require.Equal(t, links.Full, q.Put(control(1, "55555")), "but never beyond its bytes")
	require.Equal(t, links.Queued, q.Put(bulk(10)), "each class has its own bound")
	require.Equal(t, []string{"12345", "4444", "2", string(make([]byte, 10))}, texts(q.Take(nil)))
}

// D2: "Bulk answers and bodies never stand before votes: two queues per peer, slices <= 64 KB".
func TestControlOvertakesSlicesOfBulk(t *testing.T) {
	q := links.NewQueue(1<<20, 10)
	q.Put(bulk(3 * links.SliceBytes))
	require.Len(t, q.Take(nil), 1)
	q.Put(control(0, "vote"))
	batch := q.Take(nil)
	require.Len(t, batch, 2)
	require.Equal(t, transport.Control, batch[0].Class)
	require.Equal(t, 2*links.SliceBytes, batch[1].To, "the slice after the one that was under way")
}

func TestControlDoesNotStarveBulk(t *testing.T) {
	q := links.NewQueue(1<<20, 4096)
	q.Put(bulk(links.SliceBytes))
	for range 200 {
		q.Put(control(0, string(make([]byte, 1000))))
	}
	batch := q.Take(nil)
	require.Equal(t, transport.Bulk, batch[len(batch)-1].Class)
	require.Len(t, batch, links.SliceBytes/1000+1)
}

func TestReadyAfterAnEmptyTake(t *testing.T) {
	q := links.NewQueue(100, 10)
	for range 3 {
		require.Empty(t, q.Take(nil))
		q.Put(control(0, "a"))
		q.Put(control(0, "b"))
		select {
		case <-q.Ready():
		default:
			require.Fail(t, "not woken")
		}
		require.Len(t, q.Take(nil), 2)
	}
}

// A Put that has decided to wake the taker must not block on a wake-up that nobody collected.
func TestPutNeverBlocks(t *testing.T) {
	q := links.NewQueue(100, 10)
	for range 3 {
		require.Empty(t, q.Take(nil))
		q.Put(control(0, "a"))
		require.Len(t, q.Take(nil), 1) // woken by something else
	}
}

func TestCloseCountsWhatIsLost(t *testing.T) {
	q := links.NewQueue(1<<20, 10)
	q.Put(control(0, "a"))
	q.Put(bulk(2 * links.SliceBytes))
	q.Take(nil)
	require.Equal(t, 1, q.Close(), "a frame that is partly taken is lost, too")
	require.Equal(t, links.Closed, q.Put(control(0, "b")))
	require.Empty(t, q.Take(nil))
}

// The queue against a naive model: two lists of whole frames.
func TestQueueAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const bytesMax, framesMax = 300_000, 40
		q := links.NewQueue(bytesMax, framesMax)
		var model [2][]transport.Frame // queued and not begun
		var begun [2][]byte            // what is left of a frame partly taken
		id := byte(0)
		put := func(t *rapid.T) {
			f := transport.Frame{
				Class: transport.Class(rapid.IntRange(0, 1).Draw(t, "class")),
				Slot:  rapid.Uint64Range(0, 3).Draw(t, "slot"),
			}
			size := rapid.SampledFrom([]int{1, 50, 1000, 20_000, links.SliceBytes, links.SliceBytes + 1, 150_000}).Draw(t, "size")
			id++
			f.Data = bytes.Repeat([]byte{id}, size)
			require.Equal(t, modelPut(&model[f.Class], len(begun[f.Class]), f, bytesMax, framesMax), q.Put(f))
		}
		take := func(t *rapid.T) {
			got := [2]int{}
			for _, s := range q.Take(nil) {
				c := s.Class
				got[c] += s.To - s.From
				if len(begun[c]) == 0 {
					begun[c], model[c] = model[c][0].Data, model[c][1:]
				}
				require.Equal(t, begun[c][:s.To-s.From], s.Frame[s.From:s.To])
				begun[c] = begun[c][s.To-s.From:]
				require.Equal(t, s.Last(), len(begun[c]) == 0)
				require.True(t, s.Last() || s.To-s.From == links.SliceBytes, "only a full slice leaves a rest")
			}
			for c := range got {
				require.LessOrEqual(t, got[c], links.SliceBytes)
				require.True(t, got[c] > 0 || len(model[c])+len(begun[c]) == 0, "each class has its share of every turn")
			}
		}
		t.Repeat(map[string]func(*rapid.T){"put": put, "take": take, "": func(t *rapid.T) {
			bytes, frames := q.Queued()
			for c := range model {
				bytes -= len(begun[c])
				if len(begun[c]) > 0 {
					frames--
				}
				frames -= len(model[c])
				for _, f := range model[c] {
					bytes -= len(f.Data)
				}
			}
			require.Zero(t, bytes)
			require.Zero(t, frames)
		}})
	})
}

func modelPut(list *[]transport.Frame, begun int, f transport.Frame, bytesMax, framesMax int) links.Verdict {
	queued, frames := begun, len(*list)
	if begun > 0 {
		frames++
	}
	for _, g := range *list {
		queued += len(g.Data)
	}
	for i, g := range *list {
		if f.Slot != 0 && g.Slot == f.Slot {
			if queued-len(g.Data)+len(f.Data) > bytesMax {
				return links.Full
			}
			(*list)[i] = f
			return links.Superseded
		}
	}
	if queued+len(f.Data) > bytesMax || frames >= framesMax {
		return links.Full
	}
	*list = append(*list, f)
	return links.Queued
}

func BenchmarkPutTake(b *testing.B) {
	q := links.NewQueue(1<<20, 4096)
	f := transport.Frame{Data: make([]byte, 200)}
	var batch []links.Slice
	for i := 0; b.Loop(); i++ {
		q.Put(f)
		if i%64 == 0 {
			batch = q.Take(batch[:0])
		}
	}
}
