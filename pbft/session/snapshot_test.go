package session_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// history is a log that leaves something of everything behind.
func history(t require.TestingT, cfg session.Config) *world {
	w := newWorld(t, cfg)
	a := w.open(alice, 3)
	b := w.open(bob, 1)
	w.execute(alice, a, 2, 1, "two")
	w.execute(alice, a, 1, 1, "")
	w.execute(bob, b, 70, 69, "seventy")
	w.open(carol, math.MaxUint64)
	w.execute(alice, a, 5, 2, "five")
	return w
}

// "part of the checkpointed state" (spec X1): everything that can change a later outcome changes the digest.
func TestDigestCoversEverything(t *testing.T) {
	seen := map[message.Digest]string{}
	add := func(name string, cfg session.Config, log func(*world)) {
		w := newWorld(t, cfg)
		log(w)
		d := w.Digest()
		require.Equal(t, d, w.Digest())
		require.Empty(t, seen[d], "%s has the digest of another", name)
		seen[d] = name
	}
	opened := func(nonce uint64, more func(*world, message.SessionID)) func(*world) {
		return func(w *world) { more(w, w.open(alice, nonce)) }
	}
	one := func(reply session.Reply) func(*world) {
		return opened(1, func(w *world, s message.SessionID) {
			w.verdict(operation(alice, s, 70, 70))
			w.Store(s, 70, reply)
		})
	}
	nothing := func(*world, message.SessionID) {}
	add("empty", small, func(*world) {})
	add("session", small, opened(1, nothing))
	add("nonce", small, opened(2, nothing))
	add("client", small, func(w *world) { w.open(bob, 1) })
	add("id", small, func(w *world) { w.seq++; w.open(alice, 1) })
	add("place in the block", small, func(w *world) { w.Apply(1, 1, opening(alice, 1)) })
	add("number", small, opened(1, func(w *world, s message.SessionID) { w.verdict(operation(alice, s, 1, 1)) }))
	add("other number", small, opened(1, func(w *world, s message.SessionID) { w.verdict(operation(alice, s, 65, 2)) }))
	add("awaited", small, opened(1, func(w *world, s message.SessionID) { w.verdict(operation(alice, s, 65, 3)) }))
	add("last use", small, opened(1, func(w *world, s message.SessionID) { w.seq++; w.verdict(operation(alice, s, 65, 3)) }))
	add("no reply", small, opened(1, func(w *world, s message.SessionID) { w.verdict(operation(alice, s, 70, 70)) }))
	add("reply", small, one(session.Reply{Seq: 2}))
	add("reply's seq", small, one(session.Reply{Seq: 1}))
	add("reply's code", small, one(session.Reply{Seq: 2, Code: 1}))
	add("reply's result", small, one(session.Reply{Seq: 2, Result: []byte{0}}))
	add("two", small, func(w *world) { w.open(alice, 1); w.open(bob, 1) })
	add("two in the other order", small, func(w *world) { w.open(bob, 1); w.open(alice, 1) })
	for name, change := range map[string]func(*session.Config){
		"sessions":    func(c *session.Config) { c.Sessions++ },
		"window":      func(c *session.Config) { c.Window *= 2 },
		"reply bytes": func(c *session.Config) { c.ReplyBytes++ },
		"mirror":      func(c *session.Config) { c.Replies = false },
	} {
		cfg := small
		change(&cfg)
		add(name, cfg, func(*world) {})
	}
}

// The formats are part of what replicas agree on: a change here splits a cluster of two versions.
func TestFormatsNeverChange(t *testing.T) {
	w := history(t, small)
	require.Equal(t, "783dc267bbf591a9", history(t, session.Config{Sessions: 4}).Digest().String())
	require.Equal(t, "f805e3d9caf1445c", w.Digest().String())
	require.Equal(t, "0e7b0e985e8b2f04", message.PayloadDigest(w.AppendSnapshot(nil)).String())
}

// A digest costs what was touched: it is the same whether it was asked for after every request or only now.
func TestDigestIsIncremental(t *testing.T) {
	cfg := session.Config{Sessions: 37, Window: 64, ReplyBytes: 20000, Replies: true}
	often, once := newWorld(t, cfg), newWorld(t, cfg)
	seen := map[message.Digest]bool{}
	for i := range 200 {
		for _, w := range []*world{often, once} {
			client := key(i * i % 61)
			w.open(client, uint64(i+1))
			require.Equal(t, session.Execute, w.verdict(operation(client, id(w.seq, 0), 1, 1)))
			if w == often {
				seen[w.Digest()] = true
			}
			w.Store(id(w.seq-1, 0), 1, session.Reply{Seq: w.seq, Result: []byte("result")})
		}
		seen[often.Digest()] = true
	}
	require.Len(t, seen, 400)
	require.Equal(t, often.Digest(), once.Digest())
}

// A table left out of the snapshot, or any part of it, is a request executed again (spec X1, X7).
func TestRestoredTableGoesOn(t *testing.T) {
	w := history(t, small)
	restored, err := session.Restore(small, append([]byte("prefix"), w.AppendSnapshot(nil)...)[6:])
	require.NoError(t, err)
	same(t, w.Table, restored)
	other := &world{Table: restored, t: t, seq: w.seq}
	for i := range 40 {
		for _, r := range []*message.Request{
			operation(alice, id(1, 0), uint64(i), uint64(i/4)), operation(bob, id(2, 0), uint64(60+i), 60),
			opening(key(i%5), uint64(1+i/8)), operation(alice, id(1, 0), uint64(i), uint64(i/4)),
		} {
			require.Equal(t, w.order(r), other.order(r))
		}
		same(t, w.Table, restored)
	}
}

// A block is not told twice after a restart either: the places are in the snapshot.
func TestRestoredTableKnowsItsPlace(t *testing.T) {
	w := history(t, small)
	restored, err := session.Restore(small, w.AppendSnapshot(nil))
	require.NoError(t, err)
	require.Panics(t, func() { restored.Apply(w.seq, 0, opening(key(9), 1)) })
	require.NotPanics(t, func() { restored.Apply(w.seq, 1, opening(key(9), 1)) })
}

func TestSnapshotIsNotAliased(t *testing.T) {
	w := history(t, small)
	b := w.AppendSnapshot(nil)
	restored, err := session.Restore(small, b)
	require.NoError(t, err)
	clear(b)
	same(t, w.Table, restored)
}

func TestSnapshotOfAnotherConfig(t *testing.T) {
	executor, mirror := history(t, small), history(t, mirrorOf(small))
	restored, err := session.Restore(mirrorOf(small), executor.AppendSnapshot(nil))
	require.NoError(t, err, "a mirror of an executor")
	same(t, mirror.Table, restored)
	_, err = session.Restore(small, mirror.AppendSnapshot(nil))
	require.ErrorIs(t, err, session.ErrOtherConfig, "an executor that lacks replies")
	for _, change := range []func(*session.Config){
		func(c *session.Config) { c.Sessions++ },
		func(c *session.Config) { c.Window *= 2 },
		func(c *session.Config) { c.ReplyBytes++ },
	} {
		cfg := small
		change(&cfg)
		_, err := session.Restore(cfg, executor.AppendSnapshot(nil))
		require.ErrorIs(t, err, session.ErrOtherConfig)
	}
}

// Places in the snapshot of history, in bytes.
const (
	atCount   = 1 + 21
	atSession = atCount + 4
	atClient  = atSession + 12
	atNonce   = atClient + 32
	atAwaited = atNonce + 8
	atUsed    = atAwaited + 8
	atBits    = atUsed + 12
	atReplies = atBits + 8
	atReply   = atReplies + 4
	headSize  = atReply - atSession
)

// Strict: what AppendSnapshot does not write, Restore does not read.
func TestRestoreIsStrict(t *testing.T) {
	w := newWorld(t, small)
	a := w.open(alice, 3)
	w.execute(alice, a, 2, 1, "two")
	w.execute(alice, a, 3, 1, "three")
	good := w.AppendSnapshot(nil)
	const second = atReply + 17 + 4 + len("two")
	for name, change := range map[string]func(b []byte) []byte{
		"empty":              func([]byte) []byte { return nil },
		"version":            func(b []byte) []byte { b[0]++; return b },
		"trailing byte":      func(b []byte) []byte { return append(b, 0) },
		"too many sessions":  func(b []byte) []byte { b[atCount+3] = 4; return b },
		"sessions missing":   func(b []byte) []byte { b[atCount+3] = 2; return b },
		"id zero":            func(b []byte) []byte { clear(b[atSession : atSession+8]); return b },
		"nonce zero":         func(b []byte) []byte { clear(b[atNonce : atNonce+8]); return b },
		"awaited zero":       func(b []byte) []byte { clear(b[atAwaited : atAwaited+8]); return b },
		"no such seq":        func(b []byte) []byte { b[atUsed] = 0x40; return b },
		"reply not awaited":  func(b []byte) []byte { b[atAwaited+7] = 3; return b },
		"reply not executed": func(b []byte) []byte { b[atReply+7] = 1; return b },
		"replies not rising": func(b []byte) []byte { b[second+7] = 2; return b },
		"reply too early":    func(b []byte) []byte { b[atReply+15] = 0; return b },
		"reply too late":     func(b []byte) []byte { b[atReply+15] = 9; return b },
		"a reply fewer":      func(b []byte) []byte { b[atReplies+3]--; return b },
		"a reply more":       func(b []byte) []byte { b[atReplies+3]++; return b },
		"endless result":     func(b []byte) []byte { b[atReply+17] = 0xff; return b },
	} {
		_, err := session.Restore(small, change(bytes.Clone(good)))
		require.ErrorIs(t, err, session.ErrSnapshot, name)
	}
	for n := range good {
		_, err := session.Restore(small, good[:n])
		require.Error(t, err, "cut at %d", n)
	}
}

// Strict about what concerns several sessions, and about limits.
func TestRestoreIsStrictAcrossSessions(t *testing.T) {
	w := newWorld(t, small)
	w.verdict(operation(alice, w.open(alice, 1), 1, 1))
	w.verdict(operation(bob, w.open(bob, 1), 1, 1))
	good := w.AppendSnapshot(nil)
	for name, change := range map[string]func(b []byte){
		"one id":                        func(b []byte) { copy(b[headSize+atSession:headSize+atClient], b[atSession:]) },
		"one client":                    func(b []byte) { copy(b[headSize+atClient:headSize+atNonce], b[atClient:]) },
		"one place of last use":         func(b []byte) { copy(b[atUsed:atBits], b[headSize+atUsed:]) },
		"last use at another's opening": func(b []byte) { copy(b[atUsed:atBits], b[headSize+atSession:]) },
		"last use before the opening":   func(b []byte) { clear(b[atUsed:atBits]) },
		"used, but nothing executed":    func(b []byte) { clear(b[atBits:atReplies]) },
		"executed, but never used":      func(b []byte) { copy(b[atUsed:atBits], b[atSession:]) },
		"awaiting number 0": func(b []byte) {
			copy(b[atUsed:atBits], b[atSession:])
			clear(b[atBits:atReplies])
			b[atAwaited+7] = 0
		},
		"withdrawn, but never used": func(b []byte) {
			copy(b[atUsed:atBits], b[atSession:])
			clear(b[atBits:atReplies])
			b[atAwaited+7] = 2
		},
	} {
		b := bytes.Clone(good)
		change(b)
		_, err := session.Restore(small, b)
		require.ErrorIs(t, err, session.ErrSnapshot, name)
	}

	b := history(t, session.Config{Sessions: 3, Window: 64, ReplyBytes: 2000}).AppendSnapshot(nil)
	b[1+3] = 2
	_, err := session.Restore(session.Config{Sessions: 2, Window: 64, ReplyBytes: 2000}, b)
	require.ErrorIs(t, err, session.ErrSnapshot, "too many sessions")

	over := newWorld(t, session.Config{Sessions: 1, Window: 64, ReplyBytes: 300, Replies: true})
	s := over.open(alice, 1)
	over.execute(alice, s, 1, 1, "")
	over.execute(alice, s, 2, 1, "")
	b = over.AppendSnapshot(nil)
	b[1+4+8+7], b[1+4+8+6] = 200, 0
	_, err = session.Restore(session.Config{Sessions: 1, Window: 64, ReplyBytes: 200, Replies: true}, b)
	require.ErrorIs(t, err, session.ErrSnapshot, "too many reply bytes")
}

// No number is above 2^64 - 1, so no bit of the window may stand for one.
func TestRestoreRefusesNumbersBeyondTheLast(t *testing.T) {
	w := newWorld(t, small)
	s := w.open(alice, 1)
	w.verdict(operation(alice, s, math.MaxUint64, math.MaxUint64))
	b := w.AppendSnapshot(nil)
	require.Equal(t, byte(0x80), b[atBits])
	_, err := session.Restore(small, b)
	require.NoError(t, err)
	b[atReplies-1] = 1
	_, err = session.Restore(small, b)
	require.ErrorIs(t, err, session.ErrSnapshot)
}

// A mirror's snapshot has no replies, whatever it says.
func TestMirrorSnapshotHoldsNoReplies(t *testing.T) {
	b := history(t, small).AppendSnapshot(nil)
	b[atCount-1] = 0
	_, err := session.Restore(mirrorOf(small), b)
	require.ErrorIs(t, err, session.ErrSnapshot)
}

// Whatever Restore accepts is canonical and works.
func FuzzRestore(f *testing.F) {
	cfg := small
	f.Add(history(f, cfg).AppendSnapshot(nil))
	f.Add(newWorld(f, cfg).AppendSnapshot(nil))
	mirror := mirrorOf(cfg)
	f.Add(history(f, mirror).AppendSnapshot(nil))
	full := newWorld(f, cfg)
	for i := range 5 {
		s := full.open(key(i), math.MaxUint64)
		full.execute(key(i), s, math.MaxUint64-uint64(i), math.MaxUint64-63, "result")
	}
	f.Add(full.AppendSnapshot(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := session.Restore(mirror, b); err == nil {
			exercise(t, m)
		}
		table, err := session.Restore(cfg, b)
		if err != nil {
			return
		}
		require.Equal(t, b, table.AppendSnapshot(nil))
		exercise(t, table)
	})
}

// exercise takes a table through openings until everybody was evicted.
func exercise(t *testing.T, table *session.Table) {
	table.Digest()
	for i := range 2 * small.Sessions {
		client, s := key(1000+i), id(1<<62+message.Seq(i), 0) // above all that Restore accepts
		require.Equal(t, session.Opened, table.Apply(s.Seq, 0, opening(client, math.MaxUint64)).Verdict)
		require.Equal(t, session.Execute, table.Apply(s.Seq, 1, operation(client, s, 1, 1)).Verdict)
		table.Store(s, 1, session.Reply{Seq: s.Seq, Result: make([]byte, 700)})
		table.Digest()
	}
	require.Equal(t, small.Sessions, table.Len())
}
