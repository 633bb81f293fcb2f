package session_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// Three clients. The first has the zero key, which must be as good as any.
var alice, bob, carol = key(0), key(1), key(2)

func key(i int) (k message.PublicKey) {
	k[0], k[31] = byte(i), byte(i>>8)
	return k
}

func id(seq message.Seq, pos uint32) message.SessionID { return message.SessionID{Seq: seq, Pos: pos} }

func opening(client message.PublicKey, nonce uint64) *message.Request {
	return &message.Request{Type: message.RequestOpen, Client: client, Number: nonce}
}

func operation(client message.PublicKey, s message.SessionID, number, awaited uint64) *message.Request {
	return &message.Request{Client: client, Session: s, Number: number, Awaited: awaited, Op: []byte("op")}
}

// small is a config at whose limits tests arrive soon.
var small = session.Config{Sessions: 3, Window: 64, ReplyBytes: 2000, Replies: true}

// world is a table and the place in the log that comes next. One request makes a block.
type world struct {
	*session.Table
	t   require.TestingT
	seq message.Seq
}

func newWorld(t require.TestingT, cfg session.Config) *world {
	return &world{Table: session.New(cfg), t: t}
}

func (w *world) order(r *message.Request) session.Outcome {
	w.seq++
	return w.Apply(w.seq, 0, r)
}

func (w *world) open(client message.PublicKey, nonce uint64) message.SessionID {
	o := w.order(opening(client, nonce))
	require.Equal(w.t, session.Opened, o.Verdict)
	return o.Session
}

// execute orders a request that must be executed, and stores its reply.
func (w *world) execute(client message.PublicKey, s message.SessionID, number, awaited uint64, result string) {
	require.Equal(w.t, session.Execute, w.order(operation(client, s, number, awaited)).Verdict)
	w.Store(s, number, session.Reply{Seq: w.seq, Result: []byte(result)})
}

func (w *world) verdict(r *message.Request) session.Verdict { return w.order(r).Verdict }

// same requires that two tables are alike in all that matters.
func same(t require.TestingT, a, b *session.Table) {
	require.Equal(t, a.AppendSnapshot(nil), b.AppendSnapshot(nil))
	require.Equal(t, a.Digest(), b.Digest())
	require.Equal(t, a.Len(), b.Len())
}

func TestConfig(t *testing.T) {
	require.NoError(t, session.Config{}.Validate())
	require.Equal(t, session.Config{Sessions: 4096, Window: 1024, ReplyBytes: 64 << 20}, session.New(session.Config{}).Config())
	require.NoError(t, session.Config{Sessions: 1, Window: 64, ReplyBytes: 1}.Validate())
	for _, bad := range []session.Config{
		{Sessions: -1}, {Sessions: session.SessionsMax + 1},
		{Window: 32}, {Window: 96}, {Window: session.WindowMax * 2},
		{ReplyBytes: -1}, {ReplyBytes: session.ReplyBytesMax + 1},
	} {
		require.ErrorIs(t, bad.Validate(), session.ErrConfig, "%+v", bad)
		require.Panics(t, func() { session.New(bad) }, "%+v", bad)
		_, err := session.Restore(bad, nil)
		require.ErrorIs(t, err, session.ErrConfig, "%+v", bad)
	}
}

func TestVerdictString(t *testing.T) {
	for v, name := range map[session.Verdict]string{
		session.Execute: "execute", session.Opened: "opened", session.Duplicate: "duplicate",
		session.Expired: "expired", session.Refused: "refused", 0: "verdict-0",
	} {
		require.Equal(t, name, v.String())
	}
}
