//go:build !race

package message_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/message"
)

// What is done for each request, in every replica, costs no allocation of its own: a
// batch is one, and a digest of an operation of usual length, or of a long bundle, none. The compiler makes
// slices.Grow two allocations where it instruments for the race detector.
func TestRequestsAllocateOnce(t *testing.T) {
	list := make([]message.Request, 500)
	for i := range list {
		list[i] = message.Request{Session: message.SessionID{Seq: 1}, Number: uint64(1 + i), Op: make([]byte, 256)}
	}
	long := list[0]
	long.Op = make([]byte, 64<<10)
	replies := make([]message.Reply, len(list))
	for name, c := range map[string]struct {
		most float64
		run  func()
	}{
		"batch":   {1, func() { message.AppendBatch(nil, list) }},
		"digest":  {0, func() { list[0].Digest(message.Digest{1}) }},
		"longest": {0, func() { long.Digest(message.Digest{1}) }},
		"replies": {1, func() { message.AppendReplies(nil, replies) }},
	} {
		require.LessOrEqual(t, testing.AllocsPerRun(10, c.run), c.most, name)
	}
}
