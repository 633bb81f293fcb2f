package pbft

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// What becomes of an older session says nothing about the one that took its place,
// and reaches those who wait for it (spec X1).
func TestRepliesBelongToTheirSession(t *testing.T) {
	older, newer := message.SessionID{Seq: 3}, message.SessionID{Seq: 9}
	s := &submitter{session: newer, waiting: map[ticket]chan outcome{
		{older, 1}: make(chan outcome, 1),
		{newer, 1}: make(chan outcome, 1),
	}}
	old := s.waiting[ticket{older, 1}]
	s.reply(&message.Request{Session: older, Number: 1}, &message.Reply{Code: message.ReplyExpired})
	require.Equal(t, message.ReplyExpired, (<-old).code)
	require.Equal(t, newer, s.session)
	require.Len(t, s.waiting, 1)
	s.reply(&message.Request{Session: newer, Number: 1}, &message.Reply{Code: message.ReplyExpired})
	require.Zero(t, s.session, "the next operation opens another")
}

// An opening that finds the pool full says so, and its nonce is not raised for it.
func TestBusyOpening(t *testing.T) {
	o := &opening{nonce: 7, done: make(chan struct{})}
	s := &submitter{opening: o}
	s.answered(6, &message.Reply{Code: message.ReplyBusy})
	require.NotNil(t, s.opening, "another one's")
	s.answered(7, &message.Reply{Code: message.ReplyBusy})
	<-o.done
	require.ErrorIs(t, o.err, ErrOverloaded)
	require.Zero(t, s.opened.step)
}
