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
