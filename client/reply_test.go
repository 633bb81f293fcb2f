package client

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/message"
	"github.com/twothirds-bft/twothirds/pbft/wire"
)

// Peeking sees what decoding does, in every reply there is, and does not panic on any prefix of one.
func TestPeekReply(t *testing.T) {
	for _, id := range []message.ReplicaID{0, 1, 127, 128, 1 << 14, 1<<32 - 1} {
		for _, r := range []message.Reply{
			{Replica: id, Request: message.Digest{1, 2, 3}},
			{Replica: id, Request: message.Digest{4}, Seq: 5, Code: 2, Number: 1 << 60, Result: []byte("result")},
		} {
			frame, err := wire.Append(nil, &r)
			require.NoError(t, err)
			digest, ok := peekReply(frame)
			require.True(t, ok)
			require.Equal(t, r.Request, digest)
			require.Equal(t, r, *decodeReply(frame, id))
			require.Nil(t, decodeReply(frame, id+1))
			for n := range frame {
				if digest, ok := peekReply(frame[:n:n]); ok {
					require.Equal(t, r.Request, digest)
				}
			}
			frame[0]++
			_, ok = peekReply(frame)
			require.False(t, ok)
		}
	}
}

// FuzzHandle: whatever a replica sends, the client does not panic, and a frame that it counts is one that
// decodes.
func FuzzHandle(f *testing.F) {
	frame, err := wire.Append(nil, &message.Reply{Replica: 10, Request: message.Digest{1}, Seq: 300, Number: 7, Result: []byte("r")})
	require.NoError(f, err)
	f.Add(frame)
	f.Add([]byte{byte(message.KindReply), 8, 10, 18, 32})
	f.Fuzz(func(t *testing.T, frame []byte) {
		digest, ok := peekReply(frame)
		if r := decodeReply(frame, 10); r != nil {
			require.True(t, ok)
			require.Equal(t, r.Request, digest)
		}
	})
}
