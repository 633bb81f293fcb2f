package session_test

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// oracle is rule X1 read aloud: plain maps that forget nothing of a live session, and searches.
type oracle struct {
	cfg  session.Config
	live map[message.SessionID]*oracleSession
}

type oracleSession struct {
	client         message.PublicKey
	nonce, awaited uint64
	executed       map[uint64]bool
	used           message.SessionID
	replies        map[uint64]session.Reply
}

func (o *oracle) of(client message.PublicKey) (message.SessionID, *oracleSession) {
	for id, s := range o.live {
		if s.client == client {
			return id, s
		}
	}
	return message.SessionID{}, nil
}

func (o *oracle) apply(at message.SessionID, r *message.Request) session.Outcome {
	if r.Type == message.RequestOpen {
		return o.open(at, r)
	}
	s := o.live[r.Session]
	awaited := max(r.Awaited, 1)
	switch {
	case r.Number-awaited >= o.cfg.Window:
		return session.Outcome{Verdict: session.Refused, Session: r.Session}
	case s == nil || s.client != r.Client:
		return session.Outcome{Verdict: session.Expired, Session: r.Session}
	case r.Number < s.awaited || s.executed[r.Number]:
		reply, ok := s.replies[r.Number]
		return session.Outcome{Verdict: session.Duplicate, Session: r.Session, Cached: ok, Reply: reply}
	}
	s.executed[r.Number] = true
	s.used = at
	s.awaited = max(s.awaited, awaited)
	for n := range s.replies {
		if n < s.awaited {
			delete(s.replies, n)
		}
	}
	return session.Outcome{Verdict: session.Execute, Session: r.Session}
}

func (o *oracle) open(at message.SessionID, r *message.Request) session.Outcome {
	id, s := o.of(r.Client)
	switch {
	case s != nil && r.Number < s.nonce:
		return session.Outcome{Verdict: session.Refused}
	case s != nil && r.Number == s.nonce:
		return session.Outcome{Verdict: session.Duplicate, Session: id, Cached: true, Reply: session.Reply{Seq: id.Seq}}
	case s != nil:
		delete(o.live, id)
	case len(o.live) == o.cfg.Sessions:
		delete(o.live, o.leastRecentlyUsed())
	}
	o.live[at] = &oracleSession{client: r.Client, nonce: r.Number, awaited: 1, used: at,
		executed: map[uint64]bool{}, replies: map[uint64]session.Reply{}}
	return session.Outcome{Verdict: session.Opened, Session: at}
}

func (o *oracle) leastRecentlyUsed() (oldest message.SessionID) {
	for id, s := range o.live {
		if oldest.Seq == 0 || s.used.Compare(o.live[oldest].used) < 0 {
			oldest = id
		}
	}
	return oldest
}

func (s *oracleSession) held() (bytes int) {
	for _, r := range s.replies {
		bytes += len(r.Result) + session.ReplyOverhead
	}
	return bytes
}

func (o *oracle) store(id message.SessionID, number uint64, r session.Reply) {
	s := o.live[id]
	if s == nil || number < s.awaited || len(r.Result)+session.ReplyOverhead > o.cfg.ReplyBytes {
		return
	}
	s.replies[number] = r
	if o.cutTo(math.MaxInt) <= o.cfg.ReplyBytes {
		return
	}
	level := 0
	for o.cutTo(level+1) <= o.cfg.ReplyBytes-o.cfg.ReplyBytes/8 {
		level++
	}
	for _, s := range o.live {
		for s.held() > level {
			lowest := uint64(math.MaxUint64)
			for n := range s.replies {
				lowest = min(lowest, n)
			}
			delete(s.replies, lowest)
		}
	}
}

// cutTo returns what is left when each session is cut down to level.
func (o *oracle) cutTo(level int) (bytes int) {
	for _, s := range o.live {
		bytes += min(level, s.held())
	}
	return bytes
}

// run drives an executor's table, a mirror and the oracle with one log.
type run struct {
	*rapid.T
	executor, mirror *session.Table
	oracle           *oracle
	at               message.SessionID
	history          []*message.Request
	ids              []message.SessionID
	owner            map[message.SessionID]message.PublicKey
	executed         map[string]bool // session and number, for ever
	refused          map[string]bool // the bytes of operations refused, for ever
}

// "The replicated session table executes each number at most once, in any order within a window, and caches replies; it
// is bounded (sessions, numbers, bytes), part of the checkpointed state, and evicts by a function of the ordered log"
// (spec X1), for random logs: executor, mirror and oracle agree on every outcome, and a table that was restored or
// whose digest was never asked for goes on like one that was not.
func TestTableAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := session.Config{
			Sessions:   rapid.IntRange(1, 4).Draw(t, "sessions"),
			Window:     rapid.SampledFrom([]uint64{64, 128}).Draw(t, "window"),
			ReplyBytes: rapid.IntRange(100, 3000).Draw(t, "reply bytes"),
			Replies:    true,
		}
		r := &run{
			T: t, executor: session.New(cfg), mirror: session.New(mirrorOf(cfg)),
			oracle: &oracle{cfg: cfg, live: map[message.SessionID]*oracleSession{}}, at: id(1, 0),
			owner: map[message.SessionID]message.PublicKey{}, executed: map[string]bool{}, refused: map[string]bool{},
		}
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			r.step()
		}
		r.restore()
	})
}

func mirrorOf(cfg session.Config) session.Config {
	cfg.Replies = false
	return cfg
}

func (r *run) step() {
	switch rapid.IntRange(0, 9).Draw(r.T, "next") {
	case 0:
		r.at = id(r.at.Seq+1, 0)
	case 1:
		r.executor.Digest()
	case 2:
		r.restore()
	}
	q := r.request()
	r.history = append(r.history, q)
	judged, admissible := r.executor.Judge(q), r.executor.Admissible(q)
	require.Equal(r, admissible, r.mirror.Admissible(q))
	got, mirrored, want := r.executor.Apply(r.at.Seq, r.at.Pos, q), r.mirror.Apply(r.at.Seq, r.at.Pos, q), r.oracle.apply(r.at, q)
	require.Equal(r, want, got, "%+v", q)
	require.Equal(r, want.Verdict, mirrored.Verdict)
	require.Equal(r, want.Session, mirrored.Session)
	require.Equal(r, admissible, want.Verdict == session.Execute || want.Verdict == session.Opened)
	if want.Verdict == session.Opened {
		judged.Session = r.at
	}
	require.Equal(r, want, judged)
	r.after(q, got)
	require.Len(r, r.oracle.live, r.executor.Len())
	r.bounded(r.executor, r.oracle.cutTo(math.MaxInt))
	r.bounded(r.mirror, 0)
	r.at.Pos++
}

func (r *run) bounded(table *session.Table, want int) {
	counted, actual := table.HeldBytes()
	require.Equal(r, want, actual)
	require.Equal(r, want, counted)
	require.LessOrEqual(r, want, table.Config().ReplyBytes)
}

// after checks what holds over the whole log, and stores the reply of what was executed.
func (r *run) after(q *message.Request, o session.Outcome) {
	bytes := string(q.AppendFlat(nil))
	switch o.Verdict {
	case session.Opened:
		require.NotContains(r, r.owner, o.Session)
		r.ids = append(r.ids, o.Session)
		r.owner[o.Session] = q.Client
	case session.Refused:
		if q.Type == message.RequestOperation {
			r.refused[bytes] = true
		}
	case session.Execute:
		identity := fmt.Sprint(q.Session, q.Number)
		require.False(r, r.executed[identity], "twice: %+v", q)
		require.False(r, r.refused[bytes], "refused once: %+v", q)
		require.Equal(r, r.owner[q.Session], q.Client)
		r.executed[identity] = true
		if rapid.IntRange(0, 9).Draw(r.T, "store") > 0 {
			reply := session.Reply{Seq: r.at.Seq, Result: make([]byte, rapid.IntRange(0, 500).Draw(r.T, "result"))}
			r.executor.Store(q.Session, q.Number, reply)
			r.mirror.Store(q.Session, q.Number, reply)
			r.oracle.store(q.Session, q.Number, reply)
		}
	}
	for id, s := range r.oracle.live {
		n := q.Number + rapid.Uint64Range(0, 3).Draw(r.T, "number asked")
		done := n < s.awaited || s.executed[n]
		require.Equal(r, done, r.executor.Executed(id, n))
		require.Equal(r, done, r.mirror.Executed(id, n))
	}
}

// request draws anything that may come: fresh, repeated, another's, too far, too old.
func (r *run) request() *message.Request {
	if len(r.history) > 0 && rapid.IntRange(0, 4).Draw(r.T, "repeat") == 0 {
		return rapid.SampledFrom(r.history).Draw(r.T, "repeated")
	}
	client := key(rapid.IntRange(0, 4).Draw(r.T, "client"))
	if len(r.ids) == 0 || rapid.IntRange(0, 4).Draw(r.T, "open") == 0 {
		return opening(client, rapid.Uint64Range(1, 6).Draw(r.T, "nonce"))
	}
	s := r.ids[max(0, len(r.ids)-1-rapid.IntRange(0, 5).Draw(r.T, "session"))]
	if rapid.IntRange(0, 9).Draw(r.T, "own") > 0 {
		client = r.owner[s]
	}
	low := uint64(1)
	if live := r.oracle.live[s]; live != nil {
		low = live.awaited
	}
	window := r.oracle.cfg.Window
	if rapid.IntRange(0, 49).Draw(r.T, "far") == 0 {
		low = math.MaxUint64 - 2*window
	}
	number := satAdd(low, rapid.Uint64Range(0, window+2).Draw(r.T, "above"))
	awaited := rapid.SampledFrom([]uint64{0, 1, number, number - min(number, window), number - min(number, window-1),
		low, rapid.Uint64Range(low, number).Draw(r.T, "between")}).Draw(r.T, "awaited")
	return operation(client, s, number, min(awaited, number))
}

func satAdd(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}

// restore goes on with tables made from the snapshots of those before. Their digests are made from nothing, the
// executor's own step by step.
func (r *run) restore() {
	snapshot := r.executor.AppendSnapshot(nil)
	restored, err := session.Restore(r.executor.Config(), snapshot)
	require.NoError(r, err)
	same(r, r.executor, restored)
	mirror, err := session.Restore(r.mirror.Config(), snapshot)
	require.NoError(r, err)
	same(r, r.mirror, mirror)
	require.False(r, bytes.Equal(snapshot, mirror.AppendSnapshot(nil)))
	r.executor, r.mirror = restored, mirror
}
