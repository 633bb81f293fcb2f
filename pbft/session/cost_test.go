package session_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// load is a closed loop: clients take turns, each with some numbers outstanding.
type load struct {
	*session.Table
	clients []message.Request // the next of each
	turn    int
	seq     message.Seq
	depth   uint64
	result  []byte
}

func newLoad(cfg session.Config, clients int, depth uint64) *load {
	l := &load{Table: session.New(cfg), seq: 1, depth: depth}
	for i := range clients {
		id := l.Apply(l.seq, uint32(i), opening(key(i), 1)).Session
		l.clients = append(l.clients, *operation(key(i), id, 0, 0))
	}
	return l
}

// next orders the next request of the next client and returns it.
func (l *load) next() *message.Request {
	l.seq++
	if l.turn++; l.turn >= len(l.clients) {
		l.turn = 0
	}
	r := &l.clients[l.turn]
	r.Number++
	if r.Number > l.depth {
		r.Awaited = r.Number - l.depth
	}
	if v := l.Apply(l.seq, 0, r).Verdict; v != session.Execute {
		panic(v)
	}
	return r
}

func (l *load) nextWithReply() {
	r := l.next()
	l.Store(r.Session, r.Number, session.Reply{Seq: l.seq, Result: l.result})
}

func TestApplyDoesNotAllocate(t *testing.T) {
	for _, depth := range []uint64{0, 7, 100} {
		mirror := newLoad(session.Config{}, 100, depth)
		executor := newLoad(session.Config{Replies: true}, 100, depth)
		for range 100 * (depth + 1) {
			executor.nextWithReply()
		}
		require.Zero(t, testing.AllocsPerRun(10000, func() { mirror.next() }), "depth %d", depth)
		r := executor.next()
		require.Zero(t, testing.AllocsPerRun(1000, func() { executor.Judge(r) }))
		require.Zero(t, testing.AllocsPerRun(1000, func() { executor.Admissible(r) }))
		require.Zero(t, testing.AllocsPerRun(1000, func() { executor.next() }), "dropping replies, depth %d", depth)
		executor.Digest()
		require.Zero(t, testing.AllocsPerRun(100, func() { executor.Digest(); executor.next() }))
	}
}

// A reply costs its own and its result's allocation; room for the list is made now and then.
func TestStoreAllocatesTheReplyOnly(t *testing.T) {
	l := newLoad(session.Config{Replies: true}, 10, 100)
	l.result = make([]byte, 64)
	for range 5000 {
		l.nextWithReply()
	}
	require.LessOrEqual(t, testing.AllocsPerRun(5000, l.nextWithReply), 2.0)
}

func BenchmarkApply(b *testing.B) {
	for _, clients := range []int{1, 100, 4096} {
		b.Run(fmt.Sprintf("mirror/sessions=%d", clients), func(b *testing.B) {
			l := newLoad(session.Config{}, clients, 16)
			b.ReportAllocs()
			for b.Loop() {
				l.next()
			}
		})
		b.Run(fmt.Sprintf("executor/sessions=%d/result=64", clients), func(b *testing.B) {
			l := newLoad(session.Config{Replies: true}, clients, 16)
			l.result = make([]byte, 64)
			b.ReportAllocs()
			for b.Loop() {
				l.nextWithReply()
			}
		})
	}
}

func BenchmarkAdmissible(b *testing.B) {
	l := newLoad(session.Config{}, 4096, 16)
	r := l.next()
	r.Number++
	b.ReportAllocs()
	for b.Loop() {
		if !l.Admissible(r) {
			b.Fatal("refused")
		}
	}
}

// The bound on bytes is met again and again: what the largest holders lose is paid for by those who store.
func BenchmarkStoreAtTheLimit(b *testing.B) {
	l := newLoad(session.Config{Replies: true, ReplyBytes: 8 << 20}, 4096, 1000)
	l.result = make([]byte, 1024)
	b.ReportAllocs()
	for b.Loop() {
		l.nextWithReply()
	}
}

func BenchmarkDigest(b *testing.B) {
	for _, touched := range []int{1, 64, 4096} {
		b.Run(fmt.Sprintf("sessions=4096/touched=%d", touched), func(b *testing.B) {
			l := newLoad(session.Config{Replies: true}, 4096, 16)
			l.result = make([]byte, 64)
			for range 4096 * 16 {
				l.nextWithReply()
			}
			l.Digest()
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				for range touched {
					l.nextWithReply()
				}
				b.StartTimer()
				l.Digest()
			}
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	l := newLoad(session.Config{Replies: true}, 4096, 16)
	l.result = make([]byte, 64)
	for range 4096 * 16 {
		l.nextWithReply()
	}
	buf := l.AppendSnapshot(nil)
	b.Run("append", func(b *testing.B) {
		b.SetBytes(int64(len(buf)))
		for b.Loop() {
			buf = l.AppendSnapshot(buf[:0])
		}
	})
	b.Run("restore", func(b *testing.B) {
		b.SetBytes(int64(len(buf)))
		for b.Loop() {
			if _, err := session.Restore(l.Config(), buf); err != nil {
				b.Fatal(err)
			}
		}
	})
}
