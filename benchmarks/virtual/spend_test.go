package virtual_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/benchmarks"
	"github.com/twothirds-bft/twothirds/benchmarks/virtual"
)

// Operations one after the other have no chance in them: each replica signs a PREPARE and a COMMIT for each, and a
// CHECKPOINT after 128 blocks; the body goes to three, and each vote too.
func TestSpend(t *testing.T) {
	work := virtual.Work{Clients: 1, Outstanding: 1, Payload: 1000, Operations: 256}
	s, err := virtual.Spend(t.Context(), virtual.Config{}, work)
	require.NoError(t, err)
	require.Equal(t, 256, s.Operations)
	require.Equal(t, uint64(4*256), s.Executed)
	require.Equal(t, uint64(4*256), s.Blocks)
	require.Equal(t, uint64(4*(2*256+2)), s.Signed)
	require.GreaterOrEqual(t, s.Frames, 256*(3+8*3))
	require.Equal(t, 256*(1+4), s.Letters, "asked of one, answered by all")
	require.GreaterOrEqual(t, s.Turns, int(s.Syncs))

	again, err := virtual.Spend(t.Context(), virtual.Config{}, work)
	require.NoError(t, err)
	require.Equal(t, s, again)

	work.Idle = 10 * time.Second
	idle, err := virtual.Spend(t.Context(), virtual.Config{}, work)
	require.NoError(t, err)
	require.Equal(t, s.Signed, idle.Signed, "who has nothing to do signs nothing")
	require.GreaterOrEqual(t, idle.Turns, s.Turns)

	work.Silent, work.Idle = 1, 0
	s, err = virtual.Spend(t.Context(), virtual.Config{}, work)
	require.NoError(t, err)
	require.Equal(t, uint64(3*256), s.Executed)
}

// A client's signature is checked once by each replica: by the one that the client asks, and by the others in the block.
func TestSpendSigned(t *testing.T) {
	work := virtual.Work{Clients: 1, Outstanding: 1, Operations: 64}
	plain, err := virtual.Spend(t.Context(), virtual.Config{}, work)
	require.NoError(t, err)
	signed, err := virtual.Spend(t.Context(), virtual.Config{Signed: true}, work)
	require.NoError(t, err)
	require.InDelta(t, 4*64, signed.Verified-plain.Verified, 8, "the plain ones are votes")
}

func TestSpendErrors(t *testing.T) {
	_, err := virtual.Spend(t.Context(), virtual.Config{Replicas: 3}, virtual.Work{Clients: 1, Outstanding: 1, Operations: 1})
	require.ErrorIs(t, err, virtual.ErrConfig)
	_, err = virtual.Spend(t.Context(), virtual.Config{}, virtual.Work{})
	require.ErrorIs(t, err, benchmarks.ErrLoad)
	_, err = virtual.Spend(t.Context(), virtual.Config{}, virtual.Work{Clients: 1, Outstanding: 1, Operations: 1, Silent: 2})
	require.Error(t, err, "two of four are no quorum")
}

// Operations that wait at one time share a request, as many as it takes: here 252 of 256 bytes in 64 KiB. A request has one
// letter to the primary and one from each replica, and a replica's processor pays for it once.
func TestBundles(t *testing.T) {
	work := virtual.Work{Clients: 1, Payload: 256, Operations: 504}
	for outstanding, letters := range map[int]int{1: 5 * 504, 2: 5 * 252, 252: 5 * 2} {
		work.Outstanding = outstanding
		s, err := virtual.Spend(t.Context(), virtual.Config{}, work)
		require.NoError(t, err)
		require.Equal(t, 504, s.Operations)
		require.Equal(t, uint64(4*504), s.Executed, "operations, not requests")
		require.Equal(t, letters, s.Letters)
	}
	free := virtual.Costs{Request: time.Millisecond, Operation: time.Microsecond}
	s, err := virtual.Spend(t.Context(), virtual.Config{Costs: &free}, virtual.Work{Clients: 1, Outstanding: 20, Operations: 100})
	require.NoError(t, err)
	require.Equal(t, 4*5*(time.Millisecond+19*time.Microsecond), s.CPU)
}

// What does not fit into one request goes into another, what does not fit into one frame into another, and all of it is
// answered and in its place.
func TestBundlesAreFull(t *testing.T) {
	for payload, requests := range map[int]int{0: 2, 256: 2, 40_000: 300} {
		s, err := virtual.Spend(t.Context(), virtual.Config{Log: "memory"}, virtual.Work{Clients: 1, Outstanding: 300, Payload: payload, Operations: 1})
		require.NoError(t, err)
		require.Equal(t, 300, s.Operations)
		require.Equal(t, uint64(4*300), s.Executed)
		require.GreaterOrEqual(t, s.ClientBytes, uint64(300*payload), payload)
		require.LessOrEqual(t, s.ClientBytes, uint64(300*(payload+4+4*12)+requests*1000), payload)
	}
	r := play(t, virtual.Config{}, benchmarks.Load{Clients: 4, Outstanding: 300, Payload: 16, For: 100 * time.Millisecond})
	require.Equal(t, r.Submitted, r.Ordered)
}
