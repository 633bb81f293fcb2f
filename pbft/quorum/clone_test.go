package quorum_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/quorum"
)

// A clone counts what the original counted, and neither hears of the other's votes.
func TestVotesClone(t *testing.T) {
	s := system(t, 3, 1, 1, 1, 5)
	votes := quorum.NewVotes(s, s.Quorum())
	for i := range 5 {
		votes.Record(i, uint64(10+i))
	}
	same := votes.Clone()
	require.Equal(t, votes, same)
	require.True(t, same.Record(0, 14))
	require.True(t, votes.Record(0, 13))
	require.EqualValues(t, 14, same.Point())
	require.EqualValues(t, 13, votes.Point())
	same.Reset()
	require.EqualValues(t, 13, votes.Value(0))
}
