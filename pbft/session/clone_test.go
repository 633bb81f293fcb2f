package session_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/twothirds-bft/twothirds/pbft/session"
)

// A clone says what the original says, and neither hears of what the other executes.
func TestClone(t *testing.T) {
	for _, cfg := range []session.Config{small, {Sessions: 3, Window: 64}} {
		w := history(t, cfg)
		c := w.Clone()
		same(t, w.Table, c)
		before := w.AppendSnapshot(nil)
		c.Apply(w.seq+1, 0, opening(alice, 99))
		require.Equal(t, before, w.AppendSnapshot(nil))
		after := c.AppendSnapshot(nil)
		w.order(opening(bob, 50))
		require.Equal(t, after, c.AppendSnapshot(nil))
	}
	same(t, session.New(small), session.New(small).Clone())
}
