package session_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/session"
)

// A bundle has one number: it is executed once, and nothing else under that number is (spec X1).
func TestBundleIsOneRequest(t *testing.T) {
	w := newWorld(t, small)
	s := w.open(alice, 1)
	bundle := func(ops ...[]byte) *message.Request {
		return &message.Request{Type: message.RequestBundle, Client: alice, Session: s, Number: 1, Op: message.AppendBundle(nil, ops)}
	}
	require.Equal(t, session.Execute, w.verdict(bundle(nil, nil)))
	reply := session.Reply{Seq: w.seq, Result: message.AppendParts(nil, [][]byte{nil, nil})}
	w.Store(s, 1, reply)
	for _, r := range []*message.Request{bundle(nil, nil), bundle(nil), operation(alice, s, 1, 1)} {
		o := w.order(r)
		require.Equal(t, session.Duplicate, o.Verdict)
		require.Equal(t, reply, o.Reply)
	}
}
