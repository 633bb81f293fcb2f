package client

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// A frame counts only if every reply in it is of the replica on whose link it came.
func TestDecodeReplies(t *testing.T) {
	for _, id := range []message.ReplicaID{0, 1, 1<<32 - 1} {
		list := []message.Reply{
			{Replica: id, Request: message.Digest{1, 2, 3}},
			{Replica: id, Request: message.Digest{4}, Seq: 5, Code: 2, Number: 1 << 60, Result: []byte("result")},
		}
		frame, err := wire.Append(nil, &message.Replies{View: 3, List: list})
		require.NoError(t, err)
		require.Equal(t, &message.Replies{View: 3, List: list}, decodeReplies(frame, id))
		require.Nil(t, decodeReplies(frame, id+1))
		for n := range frame {
			require.Nil(t, decodeReplies(frame[:n:n], id))
		}
		list[1].Replica++
		frame, err = wire.Append(nil, &message.Replies{List: list})
		require.NoError(t, err)
		require.Nil(t, decodeReplies(frame, id))
		require.Nil(t, decodeReplies(frame, id+1))
	}
}

// Of a frame the replies that nobody waits for are dropped and counted, and no more than those.
func TestWanted(t *testing.T) {
	b, x := opened(t, config(1, 1, 1, 1))
	strange := message.Reply{Request: message.Digest{7}}
	left := b.wanted(2, []message.Reply{strange, done(x, "result"), strange})
	require.Equal(t, []message.Reply{done(x, "result")}, left)
	require.EqualValues(t, 2, b.voices[2].unasked)
	require.Empty(t, b.wanted(2, []message.Reply{strange}))
	require.EqualValues(t, 3, b.voices[2].unasked)
}

// FuzzHandle: whatever a replica sends, the client does not panic, and keeps no more than the frame holds.
func FuzzHandle(f *testing.F) {
	frame, err := wire.Append(nil, &message.Reply{Replica: 10, Request: message.Digest{1}, Seq: 300, Number: 7, Result: []byte("r")})
	require.NoError(f, err)
	f.Add(frame)
	f.Add([]byte{byte(message.KindReply), 18, 4, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, frame []byte) {
		size, replies := 0, decodeReplies(frame, 10)
		if replies == nil {
			return
		}
		for _, r := range replies.List {
			require.Equal(t, message.ReplicaID(10), r.Replica)
			size += r.Size()
		}
		require.LessOrEqual(t, size, len(frame))
	})
}
