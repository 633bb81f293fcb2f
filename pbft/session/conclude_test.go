package session

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// A primary that orders a request twice in one block must not make its client believe
// anything else than the result: the second one is answered once the first is stored.
func TestTwiceInOneBlock(t *testing.T) {
	table := New(Config{Replies: true})
	open := message.Request{Type: message.RequestOpen, Number: 1}
	id := table.Apply(1, 0, &open).Session
	op := message.Request{Session: id, Number: 1, Awaited: 1}
	first, second := table.Apply(2, 0, &op), table.Apply(2, 1, &op)
	require.Equal(t, Execute, first.Verdict)
	require.Equal(t, Duplicate, second.Verdict)
	require.False(t, second.Cached, "nothing is stored yet")
	early := second.Conclude(2, &op)
	require.Equal(t, message.ReplyForgotten, early.Code)

	first.Reply = Reply{Seq: 2, Result: []byte("result")}
	table.Store(id, 1, first.Reply)
	second = table.Judge(&op)
	require.Equal(t, first.Conclude(2, &op), second.Conclude(2, &op))
}

// Every verdict has an answer that says what became of the request.
func TestConclude(t *testing.T) {
	at, r := message.SessionID{Seq: 3, Pos: 1}, message.Request{Session: message.SessionID{Seq: 9}, Number: 4}
	for _, c := range []struct {
		o    Outcome
		want message.Reply
	}{
		{Outcome{Verdict: Opened, Session: at}, message.Reply{Seq: 5, Session: at}},
		{Outcome{Verdict: Execute, Session: at, Reply: Reply{Result: []byte("x")}}, message.Reply{Seq: 5, Session: at, Result: []byte("x")}},
		{Outcome{Verdict: Duplicate, Session: at, Cached: true, Reply: Reply{Seq: 4}}, message.Reply{Seq: 4, Session: at}},
		{Outcome{Verdict: Duplicate, Session: at}, message.Reply{Session: at, Code: message.ReplyForgotten}},
		{Outcome{Verdict: Expired}, message.Reply{Session: r.Session, Code: message.ReplyExpired}},
		{Outcome{Verdict: Refused}, message.Reply{Session: r.Session, Code: message.ReplyRefused}},
	} {
		require.Equal(t, c.want, c.o.Conclude(5, &r), "%v", c.o.Verdict)
	}
}
